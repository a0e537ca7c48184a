//! From the bytes of an answer to news, wherever the network splits them.
//!
//! Deliberately absent: where bytes come from, and what a dialect's values mean.

use serde_json::Value;

use crate::{
    dialect::{News, Read},
    ndjson::Ndjson,
    sse::{Event, LONGEST_LINE, Sse, TooLong},
};

/// How values follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// One a line.
    Ndjson,
    /// One value: a server that does not stream.
    Whole,
}

impl Framing {
    /// What is asked for.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream",
            Self::Ndjson => "application/x-ndjson",
            Self::Whole => "application/json",
        }
    }
}

/// What came is no stream of this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garbled {
    /// Something that is not JSON, or without end.
    Nonsense,
    /// It ends in the middle of a value.
    Cut,
}

impl From<TooLong> for Garbled {
    fn from(_: TooLong) -> Self {
        Self::Nonsense
    }
}

/// Reads one answer.
#[derive(Debug)]
pub(crate) struct Reader {
    frames: Frames,
    read: Read,
}

#[derive(Debug)]
enum Frames {
    Sse(Sse),
    Ndjson(Ndjson),
    Whole(Vec<u8>),
}

impl Reader {
    pub(crate) fn new(framing: Framing, read: Read) -> Self {
        let frames = match framing {
            Framing::Sse => Frames::Sse(Sse::default()),
            Framing::Ndjson => Frames::Ndjson(Ndjson::default()),
            Framing::Whole => Frames::Whole(Vec::new()),
        };
        Self { frames, read }
    }

    /// Takes the next bytes; pushes what they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], news: &mut Vec<News>) -> Result<(), Garbled> {
        let mut events = Vec::new();
        match &mut self.frames {
            Frames::Sse(sse) => sse.push(bytes, &mut events)?,
            Frames::Ndjson(ndjson) => {
                let mut lines = Vec::new();
                ndjson.push(bytes, &mut lines)?;
                events.extend(lines.into_iter().map(unnamed));
            }
            Frames::Whole(whole) => {
                whole.extend_from_slice(bytes);
                if whole.len() > LONGEST_LINE {
                    return Err(Garbled::Nonsense);
                }
            }
        }
        self.news(&events, news)
    }

    /// Nothing more comes. A value that is not whole was cut off.
    pub(crate) fn finish(&mut self, news: &mut Vec<News>) -> Result<(), Garbled> {
        let mut events = Vec::new();
        match &mut self.frames {
            Frames::Sse(sse) => sse.finish(&mut events),
            Frames::Ndjson(ndjson) => {
                let mut lines = Vec::new();
                ndjson.finish(&mut lines);
                events.extend(lines.into_iter().map(unnamed));
            }
            Frames::Whole(whole) => {
                let text = String::from_utf8_lossy(whole).into_owned();
                events.push(unnamed(text));
            }
        }
        self.news(&events, news)
    }

    fn news(&self, events: &[Event], news: &mut Vec<News>) -> Result<(), Garbled> {
        for event in events {
            let data = event.data.trim();
            if data == "[DONE]" {
                news.push(News::Over);
            } else if !data.is_empty() {
                let value: Value = serde_json::from_str(data).map_err(|it| match it.is_eof() {
                    true => Garbled::Cut,
                    false => Garbled::Nonsense,
                })?;
                (self.read)(&event.name, &value, news);
            }
        }
        Ok(())
    }
}

fn unnamed(data: String) -> Event {
    Event {
        name: String::new(),
        data,
    }
}
