//! What stands where a secret would: `xxxx`, `<token>`, `${TOKEN}`, `your_token`, `changeme`, our own placeholders.
//!
//! The one idea: people write stand-ins in few ways, whatever the kind of secret, so they are known in one place.
//!
//! Deliberately absent: what only one kind's documentation uses; that is in the rule's `allow`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Words that nobody's secret has in it by chance.
const WORDS: [&str; 16] = [
    "redacted",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "your_",
    "your-",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourpass",
    "example",
    "replace_",
    "replaceme",
    "insert_",
    "dummy",
];
/// Of secrets that only a word gives away.
const WEAK_WORDS: [&str; 12] = [
    "test", "sample", "fake", "mock", "foobar", "foo_", "bar_", "some_", "my_", "todo", "fixme",
    "secret_",
];
/// Both, those that always count first.
static WORDING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(WORDS.iter().chain(&WEAK_WORDS))
        .expect("two dozen words fit into an automaton")
});
/// What begins a reference to a value that is elsewhere, or something to be filled in.
const BEGINNINGS: [&str; 13] = [
    "${", "{{", "<%", "$(", "#{", "@{", "%(", "%{", "[[", "{%", "__", "<", "$$",
];
/// A sequence of that many signs is typed, not drawn.
const SEQUENCE: usize = 8;
/// So many equal steps from byte to byte are counted, not drawn.
const STEPS: usize = 5;

/// Whether this is no secret but stands for one. `weak`: only a word beside it says that it is one.
pub(super) fn is_stand_in(secret: &str, weak: bool) -> bool {
    let bytes = secret.as_bytes();
    if begins_as_one(bytes, weak)
        || is_mostly_one_sign(bytes)
        || has_sequence(bytes)
        || counts(bytes)
    {
        return true;
    }
    // Overlapping, since the words that count only if it is weak may hide one that always does.
    let mut words = WORDING.find_overlapping_iter(bytes);
    words.any(|it| weak || it.pattern().as_usize() < WORDS.len())
}

fn begins_as_one(secret: &[u8], weak: bool) -> bool {
    if BEGINNINGS
        .iter()
        .any(|it| secret.starts_with(it.as_bytes()))
    {
        return true;
    }
    let encloses =
        |open: u8, close: u8| secret.first() == Some(&open) && secret.last() == Some(&close);
    let name = |it: &[u8]| {
        it.len() > 1
            && it
                .iter()
                .all(|it| it.is_ascii_alphanumeric() || *it == b'_')
            && !it[0].is_ascii_digit()
    };
    // `$TOKEN`, `%TOKEN%`, `{token}`, `%s`; a password may begin so, a name may not go on otherwise.
    weak && match secret {
        [b'$', rest @ ..] => name(rest),
        [b'%', ..] => encloses(b'%', b'%') || secret.len() == 2,
        [b'{' | b'[' | b'(', ..] => {
            encloses(b'{', b'}') || encloses(b'[', b']') || encloses(b'(', b')')
        }
        _ => false,
    }
}

/// `xxxxxxxx`, `********`, `000000`: one sign makes up half of it in one piece.
fn is_mostly_one_sign(secret: &[u8]) -> bool {
    let mut longest = 0;
    let mut run = 0;
    let mut last = None;
    for it in secret {
        run = if last == Some(it) { run + 1 } else { 1 };
        last = Some(it);
        longest = longest.max(run);
    }
    longest >= 4 && longest * 2 >= secret.len()
}

/// `12345678`, `abcdefgh`, `87654321`.
fn has_sequence(secret: &[u8]) -> bool {
    let mut up = 1;
    let mut down = 1;
    let mut pairs = secret.windows(2);
    pairs.any(|pair| {
        let (a, b) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        let alike = a.is_ascii_digit() == b.is_ascii_digit() && a.is_ascii_alphanumeric();
        let next = alike && a + 1 == b || (a, b) == (b'9', b'0');
        let previous = alike && b + 1 == a;
        up = if next { up + 1 } else { 1 };
        down = if previous { down + 1 } else { 1 };
        up >= SEQUENCE || down >= SEQUENCE
    })
}

/// `00112233445566778899aabbccddeeff`, `0x0102030405060708`: bytes of which each is as much more, or less, than the last.
fn counts(secret: &[u8]) -> bool {
    let digits = secret.strip_prefix(b"0x").unwrap_or(secret);
    let digit = |it: u8| char::from(it).to_digit(16);
    let byte = |it: &[u8]| Some(digit(it[0])? << 4 | digit(it[1])?);
    let mut last: Option<(u32, u32)> = None;
    let mut run = 0;
    for pair in digits.chunks_exact(2) {
        let Some(byte) = byte(pair) else {
            return false;
        };
        let step = last.map_or(0, |(last, _)| byte.wrapping_sub(last) & 0xFF);
        let same = step != 0 && last.is_some_and(|(_, before)| before == step);
        run = if same { run + 1 } else { 0 };
        if run >= STEPS {
            return true;
        }
        last = Some((byte, step));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_instead_of_a_secret_is_none() {
        for it in [
            "xxxxxxxxxxxx",
            "AKIAXXXXXXXXXXXXXXXX",
            "AKIAIOSFODNN7EXAMPLE",
            "********",
            "<your token>",
            "${TOKEN}",
            "{{ token }}",
            "$(cat token)",
            "sk-your_key_here",
            "changeme",
            "sk_1234567890",
            "abcdefghijkl",
            "<REDACTED:aws-access-key-1>",
            "REDACTED_aws_access_key_1",
            "__TOKEN__",
            "000102030405060708090a0b0c0d0e0f", // interline:allow
            "0x00112233445566778899aabbccddeeff",
            "0F0E0D0C0B0A09080706050403020100",
        ] {
            assert!(is_stand_in(it, false), "{it}");
        }
        for it in [
            "$TOKEN",
            "%TOKEN%",
            "{token}",
            "%s",
            "test_token",
            "my_password",
        ] {
            assert!(is_stand_in(it, true) && !is_stand_in(it, false), "{it}");
        }
    }

    #[test]
    fn a_secret_may_have_a_run_or_begin_with_any_sign() {
        for it in [
            "AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0%2BuSeid%2BULvsea4J",
            "$up3r!",
            "{p4ss",
            "pa%%word9",
            "0000a8f3c1",
            "0a1b2c9f00010203c4d5e6f7",
        ] {
            assert!(!is_stand_in(it, true), "{it}");
        }
    }
}
