//! Server-sent events, byte by byte.
//!
//! The one idea: bytes go in as they come off the wire, split wherever the network split them, and whole events come
//! out. Lines are kept as bytes until they are whole, so a character split in two is one again.
//!
//! Deliberately absent: ids, `retry` and reconnecting: an answer that broke off is not asked for again in the middle.

use std::mem;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The `event` field; empty when there was none.
    pub(crate) name: String,
    /// The `data` lines, joined by newlines.
    pub(crate) data: String,
}

/// A line longer than this is no event of any server that we know.
pub(crate) const LONGEST_LINE: usize = 4 << 20;

/// More than [`LONGEST_LINE`] bytes without an end of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Reads events from pieces of a body.
#[derive(Debug, Default)]
pub(crate) struct Sse {
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed that follows ends no line of its own.
    after_return: bool,
    /// The first line was seen; before it a byte order mark may stand.
    begun: bool,
    event: Event,
    has_data: bool,
}

impl Sse {
    /// Takes the next bytes; pushes the events that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        for byte in bytes {
            let after_return = mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(events),
                _ if self.line.len() >= LONGEST_LINE => return Err(TooLong),
                _ => self.line.push(*byte),
            }
        }
        Ok(())
    }

    /// Nothing more comes. The event before it may lack its blank line: several servers forget the last one.
    pub(crate) fn finish(&mut self, events: &mut Vec<Event>) {
        if !self.line.is_empty() {
            self.end_line(events);
        }
        self.dispatch(events);
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let line = mem::take(&mut self.line);
        let line = match mem::replace(&mut self.begun, true) {
            true => &line[..],
            false => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line),
        };
        if line.is_empty() {
            self.dispatch(events);
            return;
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.data(value),
            "event" => value.clone_into(&mut self.event.name),
            // llama.cpp's server had a field of its own for errors in the middle of an answer.
            "error" => {
                "error".clone_into(&mut self.event.name);
                self.data(value);
            }
            // Comments have an empty name; ids and whatever else comes are of no use here.
            _ => {}
        }
    }

    fn data(&mut self, value: &str) {
        if mem::replace(&mut self.has_data, true) {
            self.event.data.push('\n');
        }
        self.event.data.push_str(value);
    }

    fn dispatch(&mut self, events: &mut Vec<Event>) {
        let event = mem::take(&mut self.event);
        if mem::take(&mut self.has_data) {
            events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<Event> {
        let (mut sse, mut events) = (Sse::default(), Vec::new());
        for piece in pieces {
            sse.push(piece, &mut events).expect("short lines");
        }
        sse.finish(&mut events);
        events
    }

    /// Reads the text whole, in two pieces at every place, and byte by byte.
    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let bytes = text.as_bytes();
        let whole = read(&[bytes]);
        let found: Vec<(&str, &str)> = whole
            .iter()
            .map(|it| (it.name.as_str(), it.data.as_str()))
            .collect();
        assert_eq!(found, expected);
        for at in 0..=bytes.len() {
            assert_eq!(read(&[&bytes[..at], &bytes[at..]]), whole, "split at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), whole);
    }

    #[test]
    fn events_end_at_a_blank_line_of_any_kind() {
        check("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
        check("data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
        check("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]);
        check("data: a\r\n\ndata: b\n\r\n", &[("", "a"), ("", "b")]);
    }

    #[test]
    fn data_of_several_lines_is_one_text() {
        check("data: a\ndata: b\ndata:\n\n", &[("", "a\nb\n")]);
        check("data\n\n", &[("", "")]);
    }

    #[test]
    fn one_blank_after_the_colon_is_no_part_of_the_value() {
        check("data:  a: b\n\ndata:c\n\n", &[("", " a: b"), ("", "c")]);
    }

    #[test]
    fn comments_ids_and_events_without_data_are_passed_over() {
        check(
            ": keep alive\n\nid: 1\nretry: 5\n\nevent: ping\n\nfoo: x\ndata: a\n\n",
            &[("", "a")],
        );
    }

    #[test]
    fn names_belong_to_their_event_alone() {
        check(
            "event: x\ndata: 1\n\ndata: 2\n\nerror: {\"code\":500}\n\n",
            &[("x", "1"), ("", "2"), ("error", "{\"code\":500}")],
        );
    }

    #[test]
    fn a_byte_order_mark_stands_only_at_the_start() {
        check(
            "\u{feff}data: a\n\n\u{feff}data: b\n\ndata: \u{feff}\n\n",
            &[("", "a"), ("", "\u{feff}")],
        );
    }

    #[test]
    fn characters_split_in_two_are_whole() {
        check("data: é 文 🦀\n\n", &[("", "é 文 🦀")]);
    }

    #[test]
    fn the_last_event_may_lack_its_blank_line() {
        check("data: a", &[("", "a")]);
        check("data: [DONE]\n", &[("", "[DONE]")]);
        check("", &[]);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let (mut sse, mut events) = (Sse::default(), Vec::new());
        let piece = vec![b'x'; LONGEST_LINE];
        assert_eq!(sse.push(&piece, &mut events), Ok(()));
        assert_eq!(sse.push(b"x", &mut events), Err(TooLong));
    }

    proptest! {
        #[test]
        fn where_the_network_splits_makes_no_difference(
            text in "(data|event|error|:)?[: a🦀\r\n\u{feff}]{0,40}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|it| it.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|it| &bytes[it[0]..it[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }
    }
}
