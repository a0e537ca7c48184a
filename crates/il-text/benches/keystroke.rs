//! What a keystroke in a file of 10 MB costs: `cargo bench -p il-text`.
//!
//! Prints the median and the 99th percentile of each step at scattered places. It asserts nothing: how
//! much work a key may cause is tested by counting, in `text.rs`; this says what that work comes to.

#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use il_text::{Edit, Encoding, Text};

const ROUNDS: usize = 20_000;

fn main() {
    let source = ten_megabytes();
    let text = Text::from(source.as_str());
    let places = scattered(&text);

    println!("{text:?}, {ROUNDS} rounds each");
    measure("apply an edit", &places, |at| {
        text.apply(&Edit::insert(at, "x"))
    });
    measure("offset to UTF-16 line and column", &places, |at| {
        text.line_col(at, Encoding::Utf16)
    });
    let columns: Vec<_> = places
        .iter()
        .map(|&at| text.line_col(at, Encoding::Utf16))
        .collect();
    measure("UTF-16 line and column to offset", &columns, |at| {
        text.offset(at, Encoding::Utf16)
    });
    measure("window of 32 KiB + 8 KiB", &places, |at| {
        text.window(at, 32 << 10, 8 << 10)
    });
    measure("snapshot", &places, |_| text.clone());
}

fn measure<I: Copy, O>(name: &str, inputs: &[I], mut step: impl FnMut(I) -> O) {
    let mut times: Vec<Duration> = inputs
        .iter()
        .map(|&input| {
            let start = Instant::now();
            black_box(step(black_box(input)));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let (median, slow) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name:<34} p50 {median:>9.2?}  p99 {slow:>9.2?}");
}

/// 10 MB of lines with an astral character in each.
fn ten_megabytes() -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < 10 << 20 {
        text.push_str(&format!(
            "    let 𝒳{number} = compute(\"é\"); // {number:x}\n"
        ));
        number += 1;
    }
    text
}

/// Character boundaries all over the text, in no order that a cache would like.
fn scattered(text: &Text) -> Vec<usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0)
    };
    (0..ROUNDS)
        .map(|_| text.floor(next() % text.len()))
        .collect()
}
