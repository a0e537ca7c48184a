//! What holds for every text.

use proptest::prelude::*;

use super::*;

/// Times that patterns read a byte of a text, for each rule that knows a word of it. Windows of a rule that touch are one,
/// those that are cut for their length overlap by their reach, and a match that reaches the end of its window is read again
/// with twice as much.
const TIMES: usize = 8;
/// Bytes that patterns read more for each time that a rule's word stands there: a value, or several of a list.
const PER_WORD: usize = 1024;
/// Bytes that a window has though its text is short.
const MORE: usize = 4096;

/// The front or the rest of a text.
fn cut(text: &str, at: proptest::sample::Index, front: bool) -> String {
    let at = text.floor_char_boundary(at.index(text.len() + 1));
    let half = if front { &text[..at] } else { &text[at..] };
    half.to_owned()
}

/// Pieces that texts are made of: whatever rules look for, and what is in their way.
fn piece(finder: &'static Finder) -> impl Strategy<Value = String> {
    let words: Vec<String> = finder
        .rules
        .iter()
        .flat_map(|it| it.keywords.clone())
        .collect();
    let templates: Vec<String> = finder
        .rules
        .iter()
        .flat_map(|it| it.positives.clone())
        .collect();
    let signs = [
        "\"",
        "'",
        "`",
        "\\",
        "\\\"",
        "\n",
        "\r\n",
        " ",
        "=",
        ":",
        "=>",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "</",
        ",",
        ";",
        "\0",
        "é",
        "💩",
        "-----BEGIN ",
        "-----END ",
        "-----",
        "xxxxxxxx",
        "\u{feff}",
        "$",
        "%",
        "@",
        "://",
        "&",
        "?",
        "--",
        "#",
        "//",
        "||",
        "??",
        " or ",
        ".unwrap_or(",
        "#[arg(default_value = \"",
        "\")]\n",
        "${",
        "Private-Lines: 2\\n",
        "<REDACTED:password-1>",
        "REDACTED_jwt_2",
    ];
    prop_oneof![
        3 => proptest::sample::select(words),
        1 => (proptest::sample::select(templates.clone()), 0u64..64).prop_map(|(it, seed)| crate::samples::expand(&it, seed)),
        1 => (proptest::sample::select(templates), 0u64..64, any::<proptest::sample::Index>(), any::<bool>())
            .prop_map(|(it, seed, at, front)| cut(&crate::samples::expand(&it, seed), at, front)),
        4 => proptest::sample::select(signs.to_vec()).prop_map(str::to_owned),
        2 => "[A-Za-z0-9+/_-]{1,80}",
        1 => "[0-9 -]{1,40}",
        1 => any::<String>(),
    ]
}

fn text(finder: &'static Finder) -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(finder), 0..24).prop_map(|it| it.concat())
}

#[track_caller]
fn check_bound(finder: &Finder, text: &str) {
    let (_, work) = finder.find_counting(text);
    let times = |it: &RuleId| finder.rules[usize::from(it.0)].keywords.len().min(1);
    let hits = finder
        .words
        .iter()
        .flat_map(|it| it.find_overlapping_iter(text));
    let hits = hits.flat_map(|it| &*finder.of_word[it.pattern().as_usize()]);
    let (mut known, mut count) = (rustc_hash::FxHashSet::default(), 0);
    for id in hits.chain(&finder.digits).chain(&finder.ats) {
        known.insert(*id);
        count += times(id);
    }
    let most = known.len() * (TIMES * text.len() + MORE) + count * PER_WORD;
    assert!(
        work.matched <= most,
        "{work:?} of {} bytes, {} rules, {count} words",
        text.len(),
        known.len(),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_in_order_apart_and_of_whole_characters(text in text(everything())) {
        let found = everything().find(&text);
        let mut end = 0;
        for it in found {
            prop_assert!(it.span.start >= end && it.span.start < it.span.end);
            prop_assert!(text.get(it.span.clone()).is_some());
            end = it.span.end;
        }
    }

    #[test]
    fn the_work_is_bounded_whatever_the_text(text in text(everything()), times in 1usize..40) {
        check_bound(everything(), &text);
        check_bound(everything(), &text.repeat(times));
    }

    #[test]
    fn what_is_far_away_changes_nothing(before in text(everything()), text in text(everything()), after in text(everything())) {
        // Further than any window reaches, and of nothing that goes on: short lines.
        let far = "\nlet a = b;\n\n\n\n\n\n\n".repeat(1000);
        let found = |text: &str, from: usize, to: usize| -> Vec<Finding> {
            let inside = everything().find(text).into_iter().filter(|it| from <= it.span.start && it.span.end <= to);
            inside.map(|it| Finding { span: it.span.start - from..it.span.end - from, ..it }).collect()
        };
        let alone = format!("{far}{text}{far}");
        let among = format!("{before}{far}{text}{far}{after}");
        let (from, to) = (far.len(), far.len() + text.len());
        let expected = found(&alone, from, to);
        let shift = before.len();
        prop_assert_eq!(found(&among, from + shift, to + shift), expected);
    }
}

#[test]
fn texts_made_to_take_long_do_not() {
    let finder = everything();
    let words: Vec<&str> = finder
        .rules
        .iter()
        .flat_map(|it| &it.keywords)
        .map(String::as_str)
        .collect();
    let texts = [
        words.concat().repeat(2),
        words.join("=").repeat(2),
        words.join("=\"").repeat(2),
        words.join(": {").repeat(2),
        "a".repeat(12_500),
        "password=".repeat(2_500),
        "password=\"".repeat(2_500),
        "password: {".repeat(2_500),
        "eyJ".repeat(7_500),
        "eyJhbGciOi.".repeat(2_500),
        "://a:".repeat(5_000),
        format!("://a:{}", "b".repeat(12_500)),
        "-----BEGIN PRIVATE KEY-----".repeat(1_000),
        "BEGIN PRIVATE KEY ".repeat(1_000),
        "cookie: ".repeat(2_500),
        "curl -u ".repeat(2_500),
        "\\\"".repeat(12_500),
        "1 ".repeat(12_500),
        "4111 ".repeat(5_000),
        "a@".repeat(12_500),
        "a@b.".repeat(6_250),
        "DE89 ".repeat(5_000),
    ];
    for text in texts {
        check_bound(finder, &text);
    }
}
