//! Messages as bytes: integers in little endian, texts and lists behind their length.
//!
//! Deliberately absent: a format that somebody else could read.

use super::{
    Ending, Extent, Generation, Info, Opening, Order, Piece, Report, Sampling, Secretive,
    Speculation, Stats,
};

/// What is being written.
pub(crate) struct Out(pub(crate) Vec<u8>);

/// What is still to be read.
pub(crate) struct In<'a>(pub(crate) &'a [u8]);

pub(crate) trait Encode {
    fn encode(&self, out: &mut Out);
}

pub(crate) trait Decode: Sized {
    /// `None` when the bytes make no sense.
    fn decode(input: &mut In<'_>) -> Option<Self>;
}

impl In<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn get<T: Decode>(&mut self) -> Option<T> {
        T::decode(self)
    }
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Encode for $kind {
            fn encode(&self, out: &mut Out) {
                out.0.extend(self.to_le_bytes());
            }
        }
        impl Decode for $kind {
            fn decode(input: &mut In<'_>) -> Option<Self> {
                input.take().map(Self::from_le_bytes)
            }
        }
    )*};
}
number!(u8, u32, u64, f32);

impl Encode for bool {
    fn encode(&self, out: &mut Out) {
        u8::from(*self).encode(out);
    }
}

impl Decode for bool {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        match input.get::<u8>()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

fn put_length(length: usize, out: &mut Out) {
    // A frame is shorter than 4 GiB, so what is longer is found out when the frame is closed.
    u32::try_from(length).unwrap_or(u32::MAX).encode(out);
}

impl Encode for String {
    fn encode(&self, out: &mut Out) {
        put_length(self.len(), out);
        out.0.extend(self.as_bytes());
    }
}

impl Decode for String {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        let length = input.get::<u32>()? as usize;
        let (head, rest) = input.0.split_at_checked(length)?;
        input.0 = rest;
        Self::from_utf8(head.to_vec()).ok()
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Out) {
        put_length(self.len(), out);
        self.iter().for_each(|it| it.encode(out));
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        let length = input.get::<u32>()? as usize;
        // No element is shorter than a byte: a false length cannot make us allocate.
        if length > input.0.len() {
            return None;
        }
        (0..length).map(|_| input.get()).collect()
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Out) {
        self.is_some().encode(out);
        if let Some(it) = self {
            it.encode(out);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        match input.get::<bool>()? {
            false => Some(None),
            true => input.get().map(Some),
        }
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, out: &mut Out) {
        self.0.encode(out);
        self.1.encode(out);
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        Some((input.get()?, input.get()?))
    }
}

/// A struct is its fields, in order.
macro_rules! fields {
    ($kind:ident { $($field:ident),* $(,)? }) => {
        impl Encode for $kind {
            fn encode(&self, out: &mut Out) {
                let Self { $($field),* } = self;
                $($field.encode(out);)*
            }
        }
        impl Decode for $kind {
            fn decode(input: &mut In<'_>) -> Option<Self> {
                Some(Self { $($field: input.get()?),* })
            }
        }
    };
}

/// An enum is a tag, then the fields of its variant.
macro_rules! variants {
    ($kind:ident { $($tag:literal $variant:ident { $($field:ident),* }),* $(,)? }) => {
        impl Encode for $kind {
            fn encode(&self, out: &mut Out) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $tag.encode(out);
                        $($field.encode(out);)*
                    })*
                }
            }
        }
        impl Decode for $kind {
            fn decode(input: &mut In<'_>) -> Option<Self> {
                match input.get::<u8>()? {
                    $($tag => Some(Self::$variant { $($field: input.get()?),* }),)*
                    _ => None,
                }
            }
        }
    };
}

impl Encode for Secretive {
    fn encode(&self, out: &mut Out) {
        self.0.encode(out);
    }
}

impl Decode for Secretive {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        input.get().map(Self)
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Out) {
        (**self).encode(out);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        input.get().map(Self::new)
    }
}

fields!(Opening {
    model,
    context,
    sequences,
    chunk,
    threads,
    gpu_layers,
});
fields!(Info {
    name,
    architecture,
    description,
    parameters,
    bytes,
    vocabulary,
    width,
    trained_context,
    context,
    threads,
    system,
    fim,
});
fields!(Sampling {
    temperature,
    top_k,
    top_p,
    min_p,
    seed,
});
fields!(Stats {
    prompt,
    reused,
    evaluated,
    answer,
    steps,
    drafted,
    accepted,
    sequence,
});
fields!(Generation {
    id,
    document,
    interactive,
    prompt,
    adapters,
    max_tokens,
    extent,
    stops,
    sampling,
    grammar,
    speculation,
});

variants!(Extent {
    0u8 Free {},
    1u8 Line {},
    2u8 Block { max_lines, indent },
});
variants!(Ending {
    0u8 Complete {},
    1u8 Length {},
    2u8 Cancelled {},
});

// Tuple variants by hand: the macro above is for named fields.
impl Encode for Speculation {
    fn encode(&self, out: &mut Out) {
        let width = match self {
            Self::Off => 0,
            Self::Adaptive => u32::MAX,
            Self::Width(it) => *it,
        };
        width.encode(out);
    }
}

impl Decode for Speculation {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        Some(match input.get::<u32>()? {
            0 => Self::Off,
            u32::MAX => Self::Adaptive,
            it => Self::Width(it),
        })
    }
}

impl Encode for Piece {
    fn encode(&self, out: &mut Out) {
        match self {
            Self::Marker(it) => (0u8, it.clone()).encode(out),
            Self::Text(it) => (1u8, it.clone()).encode(out),
        }
    }
}

impl Decode for Piece {
    fn decode(input: &mut In<'_>) -> Option<Self> {
        match input.get::<u8>()? {
            0 => input.get().map(Self::Marker),
            1 => input.get().map(Self::Text),
            _ => None,
        }
    }
}

variants!(Order {
    0u8 Open { opening },
    1u8 Count { id, texts },
    2u8 Tokens { id, text, special },
    3u8 Load { id, adapter, path },
    4u8 Unload { adapter },
    5u8 Generate { generation },
    6u8 Cancel { id },
    7u8 Draft { id, text },
    8u8 Embed { id, texts },
    9u8 Assert {},
});
variants!(Report {
    0u8 Opened { info },
    1u8 Failed { id, why },
    2u8 Counts { id, counts },
    3u8 Tokens { id, tokens },
    4u8 Loaded { id },
    5u8 Said { id, text, probability },
    6u8 Wanted { id, held },
    7u8 Done { id, ending, stats },
    8u8 Embedded { id, vectors },
});
