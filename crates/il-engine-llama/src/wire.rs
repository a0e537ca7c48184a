//! What the two halves say to each other, and how it is written on a pipe.
//!
//! The one idea: a frame is a length, a tag and fields in a fixed order. Both ends are the same binary, so there are
//! no versions; a frame that cannot be read ends the worker, and the parent starts a new one.
//!
//! Deliberately absent: what orders mean (`serve`), and who waits for which report (`worker`).

mod code;

use std::{
    fmt,
    io::{self, Read, Write},
};

use self::code::{Decode, Encode, In, Out};

/// Longest frame that is believed; a prompt is some hundred kilobytes.
const LONGEST: usize = 256 << 20;

/// Text of a prompt or an answer. `Debug` prints its size only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secretive(pub String);

impl fmt::Debug for Secretive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

/// How the worker is to open the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) model: String,
    /// Tokens that one sequence holds.
    pub(crate) context: u32,
    pub(crate) sequences: u32,
    /// Tokens of a prompt that are given to llama.cpp in one call.
    pub(crate) chunk: u32,
    /// 0: as many as there are physical cores.
    pub(crate) threads: u32,
    pub(crate) gpu_layers: u32,
}

/// What a model says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    /// `general.name` of the file.
    pub name: String,
    /// `general.architecture`.
    pub architecture: String,
    /// Size and quantisation for people: `qwen2 0.5B Q8_0`.
    pub description: String,
    pub parameters: u64,
    /// Of all tensors.
    pub bytes: u64,
    /// Tokens in the vocabulary.
    pub vocabulary: u32,
    /// Length of one embedding.
    pub width: u32,
    /// Tokens of context that it was trained with.
    pub trained_context: u32,
    /// Tokens that one sequence holds here.
    pub context: u32,
    pub threads: u32,
    /// How the processor is used: `AVX2 = 1 | FMA = 1`.
    pub system: String,
    /// Text of the file's own fill-in-the-middle tokens, in the order prefix, suffix, middle, pad, repository, file; empty: none.
    pub fim: Vec<String>,
}

/// One part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A special token.
    Marker(String),
    /// Ordinary text.
    Text(Secretive),
}

/// Where an answer ends beside the end-of-text token and its stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nowhere.
    Free,
    /// Before the end of the line.
    Line,
    /// Before a line that is indented less than `indent` columns, or after this many lines.
    Block { max_lines: u32, indent: u32 },
}

/// How a token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0: always the likeliest.
    pub temperature: f32,
    /// 0: all.
    pub top_k: u32,
    pub top_p: f32,
    pub min_p: f32,
    pub seed: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            seed: 0,
        }
    }
}

/// Whether drafts are checked several tokens at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speculation {
    Off,
    /// As many at once as pays by what was measured and accepted.
    #[default]
    Adaptive,
    /// Always this many tokens a step, one sure and the others drafted.
    Width(u32),
}

/// A prompt and how it is to be continued.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Generation {
    pub(crate) id: u32,
    /// What is being written: its sequence is gone on with.
    pub(crate) document: u64,
    /// Somebody waits for it.
    pub(crate) interactive: bool,
    pub(crate) prompt: Vec<Piece>,
    /// Adapters and their weights.
    pub(crate) adapters: Vec<(u32, f32)>,
    pub(crate) max_tokens: u32,
    pub(crate) extent: Extent,
    /// Special tokens or texts.
    pub(crate) stops: Vec<String>,
    pub(crate) sampling: Sampling,
    /// GBNF.
    pub(crate) grammar: Option<String>,
    /// [`Speculation::Off`] where there is nobody to draft.
    pub(crate) speculation: Speculation,
}

/// What a request took, as counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Tokens of the prompt.
    pub prompt: u32,
    /// Of these, still in the cache from a request before.
    pub reused: u32,
    /// Tokens of the prompt that were computed.
    pub evaluated: u32,
    /// Tokens of the answer.
    pub answer: u32,
    /// Decoding steps after the prompt.
    pub steps: u32,
    /// Drafted tokens that were checked.
    pub drafted: u32,
    /// Of these, what the model would have said.
    pub accepted: u32,
    /// The sequence that it ran in.
    pub sequence: u32,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            prompt,
            reused,
            evaluated,
            answer,
            steps,
            drafted,
            accepted,
            sequence: _,
        } = self;
        write!(
            f,
            "{prompt} tokens of prompt, {reused} known and {evaluated} read; {answer} said in {steps} steps"
        )?;
        if *drafted > 0 {
            write!(f, ", {accepted} of {drafted} drafted ones were right")?;
        }
        Ok(())
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model or the extent said so.
    Complete,
    /// The most tokens.
    Length,
    /// The one who asked.
    Cancelled,
}

/// From the parent to the worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Open {
        opening: Opening,
    },
    Count {
        id: u32,
        texts: Vec<Secretive>,
    },
    /// With `special`, special tokens in the text are read as such.
    Tokens {
        id: u32,
        text: Secretive,
        special: bool,
    },
    Load {
        id: u32,
        adapter: u32,
        path: String,
    },
    Unload {
        adapter: u32,
    },
    Generate {
        generation: Box<Generation>,
    },
    Cancel {
        id: u32,
    },
    Draft {
        id: u32,
        text: Secretive,
    },
    Embed {
        id: u32,
        texts: Vec<Secretive>,
    },
    /// Runs into a native assertion: for the test that the parent survives it.
    Assert,
}

/// From the worker to the parent. Id 0 is the opening.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Report {
    Opened {
        info: Box<Info>,
    },
    Failed {
        id: u32,
        why: String,
    },
    Counts {
        id: u32,
        counts: Vec<u32>,
    },
    /// Each token, and whether it is a special one.
    Tokens {
        id: u32,
        tokens: Vec<(u32, bool)>,
    },
    Loaded {
        id: u32,
    },
    Said {
        id: u32,
        text: Secretive,
        probability: f32,
    },
    /// Asks for a draft; `held` was decoded and not yet said.
    Wanted {
        id: u32,
        held: Secretive,
    },
    Done {
        id: u32,
        ending: Ending,
        stats: Stats,
    },
    Embedded {
        id: u32,
        vectors: Vec<Vec<f32>>,
    },
}

impl Report {
    /// Whose it is; 0 for the opening.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Self::Opened { .. } => 0,
            Self::Failed { id, .. }
            | Self::Counts { id, .. }
            | Self::Tokens { id, .. }
            | Self::Loaded { id }
            | Self::Said { id, .. }
            | Self::Wanted { id, .. }
            | Self::Done { id, .. }
            | Self::Embedded { id, .. } => *id,
        }
    }
}

/// Writes one frame and flushes it.
pub(crate) fn write(to: &mut impl Write, message: &impl Encode) -> io::Result<()> {
    let mut out = Out(vec![0; 4]);
    message.encode(&mut out);
    let size = u32::try_from(out.0.len() - 4).map_err(io::Error::other)?;
    out.0[..4].copy_from_slice(&size.to_le_bytes());
    to.write_all(&out.0)?;
    to.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn read<T: Decode>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut size = [0; 4];
    match from.read_exact(&mut size) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "a frame that cannot be read");
    let size = u32::from_le_bytes(size) as usize;
    if size > LONGEST {
        return Err(bad());
    }
    let mut bytes = vec![0; size];
    from.read_exact(&mut bytes)?;
    let mut input = In(&bytes);
    let message = T::decode(&mut input).ok_or_else(bad)?;
    if input.0.is_empty() {
        Ok(Some(message))
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(it: &str) -> Secretive {
        Secretive(it.to_owned())
    }

    fn generation() -> Generation {
        Generation {
            id: 7,
            document: 5,
            interactive: true,
            prompt: vec![Piece::Marker("<m>".to_owned()), Piece::Text(text("let ä"))],
            adapters: vec![(3, 0.5)],
            max_tokens: 64,
            extent: Extent::Block {
                max_lines: 8,
                indent: 4,
            },
            stops: vec!["\n\n".to_owned()],
            sampling: Sampling::default(),
            grammar: Some("root ::= \"a\"".to_owned()),
            speculation: Speculation::Width(4),
        }
    }

    fn round_trip<T: Encode + Decode + PartialEq + fmt::Debug>(messages: Vec<T>) {
        let mut stream = Vec::new();
        for it in &messages {
            write(&mut stream, it).expect("writes into memory");
        }
        let mut input = stream.as_slice();
        for it in messages {
            assert_eq!(read::<T>(&mut input).expect("whole"), Some(it));
        }
        assert_eq!(read::<T>(&mut input).expect("the end"), None);
    }

    #[test]
    fn every_order_is_read_as_it_was_written() {
        let texts = vec![text("a"), text("")];
        round_trip(vec![
            Order::Open {
                opening: Opening {
                    model: "m.gguf".to_owned(),
                    context: 4096,
                    sequences: 3,
                    chunk: 128,
                    threads: 0,
                    gpu_layers: 0,
                },
            },
            Order::Count {
                id: 1,
                texts: texts.clone(),
            },
            Order::Tokens {
                id: 2,
                text: text("b"),
                special: true,
            },
            Order::Load {
                id: 3,
                adapter: 4,
                path: "a.gguf".to_owned(),
            },
            Order::Unload { adapter: 4 },
            Order::Generate {
                generation: Box::new(generation()),
            },
            Order::Cancel { id: 7 },
            Order::Draft {
                id: 7,
                text: text("x"),
            },
            Order::Embed { id: 8, texts },
            Order::Assert,
        ]);
    }

    #[test]
    fn every_report_is_read_as_it_was_written() {
        let info = Info {
            name: "tiny".to_owned(),
            fim: vec!["<p>".to_owned()],
            parameters: 1 << 40,
            ..Info::default()
        };
        let stats = Stats {
            prompt: 2,
            accepted: 1,
            sequence: 3,
            ..Stats::default()
        };
        round_trip(vec![
            Report::Opened {
                info: Box::new(info),
            },
            Report::Failed {
                id: 1,
                why: "no".to_owned(),
            },
            Report::Counts {
                id: 1,
                counts: vec![1, 2],
            },
            Report::Tokens {
                id: 1,
                tokens: vec![(5, true)],
            },
            Report::Loaded { id: 1 },
            Report::Said {
                id: 1,
                text: text("é"),
                probability: 0.25,
            },
            Report::Wanted {
                id: 1,
                held: text("\n"),
            },
            Report::Done {
                id: 1,
                ending: Ending::Length,
                stats,
            },
            Report::Embedded {
                id: 1,
                vectors: vec![vec![0.5, -1.0]],
            },
        ]);
    }

    #[test]
    fn a_frame_that_is_cut_or_senseless_is_an_error() {
        let mut stream = Vec::new();
        let order = Order::Generate {
            generation: Box::new(generation()),
        };
        write(&mut stream, &order).expect("writes into memory");
        for cut in 4..stream.len() {
            read::<Order>(&mut &stream[..cut]).expect_err("cut");
        }
        for cut in 0..stream.len() - 4 {
            let mut shorter = u32::try_from(cut).expect("small").to_le_bytes().to_vec();
            shorter.extend(&stream[4..4 + cut]);
            read::<Order>(&mut shorter.as_slice()).expect_err("fields are missing");
        }
        let long = [255; 8];
        read::<Order>(&mut long.as_slice()).expect_err("too long to be true");
    }

    #[test]
    fn debug_prints_no_text_of_a_prompt() {
        let shown = format!(
            "{:?}",
            Order::Generate {
                generation: Box::new(generation())
            }
        );
        assert!(
            !shown.contains("let") && shown.contains("<6 bytes>"),
            "{shown}"
        );
    }
}
