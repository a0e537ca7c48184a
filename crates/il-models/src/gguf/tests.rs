//! Headers as they are, and as they are when a file is broken.

use super::{
    writing::{Writing, small},
    *,
};

fn read_bytes(bytes: &[u8]) -> Result<Facts, Strange> {
    read(bytes, bytes.len() as u64)
}

#[test]
fn a_file_says_what_it_is() {
    let facts = read_bytes(&small()).expect("a model");
    assert_eq!(facts.architecture, "qwen2");
    assert_eq!(facts.name.as_deref(), Some("Qwen2.5 Coder 1.5B"));
    assert_eq!(facts.quantisation.as_deref(), Some("Q8_0"));
    assert_eq!(
        (facts.context, facts.layers, facts.width),
        (Some(32768), Some(28), Some(1536))
    );
    assert_eq!(facts.tokenizer.as_deref(), Some("gpt2"));
    assert_eq!(facts.pretokenizer.as_deref(), Some("qwen2"));
    assert_eq!(
        (facts.vocabulary, facts.tensors, facts.parameters),
        (10, 1, 128)
    );
    let Fim {
        prefix,
        suffix,
        middle,
        pad,
        ..
    } = facts.fim;
    assert_eq!(
        (prefix, suffix, middle, pad),
        (Some(3), Some(4), Some(5), None)
    );
    assert!(facts.has_token("<|fim_prefix|>") && !facts.has_token("fn") && !facts.has_token("<"));
    assert!(!facts.is_adapter && facts.size == small().len() as u64);
}

#[test]
fn its_template_is_found_by_its_name_and_its_tokens() {
    let facts = read_bytes(&small()).expect("a model");
    let id = |file: &str| facts.template(file).map(|it| it.template.id.to_string());
    assert_eq!(
        id("qwen2.5-coder-1.5b.gguf").ok().as_deref(),
        Some("qwen2.5-coder")
    );
    // A file that is called anything is what it calls itself.
    assert_eq!(id("model.gguf").ok().as_deref(), Some("qwen2.5-coder"));
    assert!(matches!(
        id("starcoder2-3b.gguf"),
        Err(fim::Unknown::Architecture { .. })
    ));
}

#[test]
fn another_version_and_another_order_of_bytes_are_told_apart() {
    let of = |version: u32| {
        let bytes = Writing::new()
            .text("general.architecture", "a")
            .file(version, 1);
        read_bytes(&bytes)
    };
    assert!(of(2).is_ok() && of(3).is_ok());
    assert!(matches!(of(1), Err(Strange::Version(1))));
    assert!(matches!(of(4), Err(Strange::Version(4))));
    assert!(matches!(
        of(3_u32.swap_bytes()),
        Err(Strange::OtherWayRound)
    ));
    assert!(matches!(read_bytes(b"GGU"), Err(Strange::NoGguf)));
    assert!(matches!(read_bytes(b"<html><body>"), Err(Strange::NoGguf)));
    let nameless = Writing::new().number("x", 1).file(3, 1);
    assert!(matches!(
        read_bytes(&nameless),
        Err(Strange::NoArchitecture)
    ));
}

#[test]
fn every_beginning_of_a_file_is_no_file() {
    let whole = small();
    for length in 0..whole.len() {
        let found = read_bytes(&whole[..length]);
        assert!(
            found.is_err(),
            "{length} of {} bytes were enough",
            whole.len()
        );
    }
    let cut = read_bytes(&whole[..whole.len() - 1]);
    assert!(matches!(cut, Err(Strange::Part { .. })), "{cut:?}");
}

#[test]
fn no_wrong_byte_is_fatal() {
    let whole = small();
    let head = whole.len() - 34 * 4;
    for at in 0..head {
        for wrong in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = wrong;
            // Whatever comes of it: it comes, soon, and without a panic.
            drop(read_bytes(&bytes));
        }
    }
}

#[test]
fn no_random_bytes_are_fatal() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..2000 {
        let mut bytes = small();
        for _ in 0..8 {
            let at = next() as usize % bytes.len();
            bytes[at] = next() as u8;
        }
        bytes.truncate(24 + next() as usize % bytes.len());
        drop(read_bytes(&bytes));
    }
}

#[test]
fn a_promise_that_no_file_can_keep_costs_nothing() {
    let huge = u64::MAX.to_le_bytes();
    for at in [8, 16, 24] {
        let mut bytes = small();
        bytes[at..at + 8].copy_from_slice(&huge);
        assert!(read_bytes(&bytes).is_err(), "at {at}");
    }
}
