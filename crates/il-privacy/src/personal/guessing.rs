//! Whether a value that only a word beside it calls a secret is one: drawn at random, or a password that somebody thought up.
//!
//! The one idea: identifiers, words and messages are made of the pairs of letters that words are made of; what is drawn at
//! random is not.
//!
//! Deliberately absent: a list of words, but of the few that stand for a password in every test.

/// Per first letter, the second letters that follow it in words: 280 of 676 pairs make up 95 % of the words in source code.
const PAIRS: [u32; 26] = [
    0x17E_BD6F, 0x016_493F, 0x01E_4DBF, 0x016_493F, 0x0FF_F97F, 0x01A_493F, 0x016_69D1, 0x01A_4111,
    0x2AE_F87F, 0x000_0000, 0x004_0111, 0x11C_4919, 0x014_D113, 0x03E_ED7D, 0x07E_FD6F, 0x01E_C991,
    0x010_0000, 0x13E_FD7D, 0x11C_DD95, 0x11E_4995, 0x00E_B97F, 0x000_4111, 0x002_6191, 0x008_8112,
    0x004_A100, 0x000_0110,
];
/// Changes between letters and digits that no name has.
const MIXED: usize = 6;
/// What a test's password is, with or without digits behind it.
const DULL: [&str; 35] = [
    "tiger", "foobar", "password", "passwd", "pass", "pwd", "secret", "token", "key", "apikey",
    "user", "username", "admin", "root", "test", "testing", "guest", "login", "default", "none",
    "null", "true", "false", "string", "value", "foo", "bar", "baz", "hello", "world", "abc",
    "postgres", "mysql", "qwerty", "letmein",
];

/// Drawn at random: long enough, of letters and digits, and not made of words.
pub(super) fn random(text: &str) -> bool {
    let bytes = text.as_bytes();
    let count = |fits: fn(&u8) -> bool| bytes.iter().filter(|it| fits(it)).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    let others = bytes
        .iter()
        .filter(|it| !it.is_ascii_alphanumeric() && !b"+/=_-.~:".contains(it))
        .count();
    if bytes.len() < 12 || letters < 3 || digits < 1 || others * 8 > bytes.len() || is_name(bytes) {
        return false;
    }
    let mixed = bytes.len() >= 16 && changes(bytes) >= MIXED;
    distinct(bytes) >= 8.min(bytes.len() * 2 / 3)
        && (mixed || in_words(bytes) * 5 < bytes.len() * 2)
}

/// Whether it is a name or text, and not what is drawn.
pub(crate) fn is_made_of_words(text: &[u8]) -> bool {
    in_words(text) * 2 >= text.len()
}

/// How often a letter follows a digit or a digit a letter.
fn changes(text: &[u8]) -> usize {
    let change = |a: u8, b: u8| {
        a.is_ascii_digit() && b.is_ascii_alphabetic()
            || a.is_ascii_alphabetic() && b.is_ascii_digit()
    };
    text.windows(2).filter(|it| change(it[0], it[1])).count()
}

/// Thought up to be hard to guess, or random: of several kinds of signs, and no code.
pub(super) fn password(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |fits: fn(&u8) -> bool| bytes.iter().any(fits);
    let special = bytes.iter().filter(|it| it.is_ascii_punctuation()).count();
    let joining = bytes.iter().filter(|it| b"_-./: ".contains(it)).count();
    if is_noise(bytes) {
        return true;
    }
    if bytes.len() < 6 || is_dull(text) || is_code(text) {
        return false;
    }
    if random(text) {
        return true;
    }
    let kinds = [
        has(u8::is_ascii_lowercase),
        has(u8::is_ascii_uppercase),
        has(u8::is_ascii_digit),
        special > joining,
    ];
    let kinds = kinds.into_iter().filter(|it| *it).count();
    let digits = bytes.iter().filter(|it| it.is_ascii_digit()).count();
    if is_name(bytes) {
        // `correct-Horse-42-Battery`, `Horse-Battery42`
        let dashes = bytes.iter().filter(|it| **it == b'-').count();
        return kinds >= 3
            && (bytes.len() >= 12 && joining >= 2 || bytes.len() >= 10 && dashes == joining);
    }
    match (special, joining) {
        // One word: `S3cr3tPw9`, `tr0ub4dor`, `swordfish9`, no `sha256` and no `utf8`.
        (0, 0) => bytes.len() >= 8 && digits > 0,
        // `hunter2!`, `p@ssw0rd`; a name with a sign in it is of two kinds.
        _ if special > joining => kinds >= 3 && special * 2 <= bytes.len(),
        // `blue-Horse-42`
        _ => bytes.len() >= 10 && kinds >= 3 && in_words(bytes) * 2 < bytes.len() && special <= 3,
    }
}

/// Signs of many kinds between letters, as a keyboard that is hit gives them and no code.
fn is_noise(text: &[u8]) -> bool {
    let signs = text.iter().filter(|it| it.is_ascii_punctuation());
    let kinds = signs
        .fold(0u128, |seen, it| seen | 1 << (it & 127))
        .count_ones() as usize;
    let letters = text.iter().filter(|it| it.is_ascii_alphanumeric()).count();
    // Patterns and formats have their signs in pairs and repeat them.
    let pattern = [
        &b"(?"[..],
        b"[^",
        b"\\",
        b".*",
        b"a-z",
        b"0-9",
        b"://",
        b"::",
        b"();",
    ];
    let code = pattern
        .iter()
        .any(|it| text.windows(it.len()).any(|at| at == *it));
    text.len() >= 10 && kinds >= 6 && letters >= 4 && !code && !text.contains(&b' ')
}

/// The same without quotes around it, where a name may stand as well.
pub(super) fn bare_password(text: &str) -> bool {
    let name = |it: u8| it.is_ascii_alphanumeric() || b"_-./:".contains(&it);
    password(text)
        && (!text.bytes().all(name)
            || in_words(text.as_bytes()) * 2 < text.len()
                && (random(text) || is_scattered(text.as_bytes()) || is_no_name(text.as_bytes())))
}

/// A password in an address, where nothing else stands: anything that is not the word itself.
pub(super) fn url_password(text: &str) -> bool {
    text.len() >= 3
        && !is_dull(text)
        && !text.starts_with(['$', '{', '<', '%', ':', '*', '[', '('])
        && !text.contains(['(', '{'])
}

/// `DOT11_AUTH_80211`, `view_3d`, `0x8009030E_u32`: words, numbers, and words with a number behind them, joined; or a number.
fn is_name(text: &[u8]) -> bool {
    if text.starts_with(b"0x") && text.len() < 20 {
        return true;
    }
    let mut count = 0;
    let dull = |part: &[u8]| {
        count += 1;
        let letters = part
            .iter()
            .take_while(|it| it.is_ascii_alphabetic())
            .count();
        let number = part[letters..].iter().all(u8::is_ascii_digit);
        part.len() <= 3
            || letters == part.len()
            || number && (letters == 0 || letters >= 2) && part.len() - letters <= 5
    };
    text.split(|it| b"_-.:/".contains(it)).all(dull) && count > 1
}

fn is_dull(text: &str) -> bool {
    let word = text.trim_end_matches(|it: char| it.is_ascii_digit() || it.is_ascii_punctuation());
    let dull = |part: &str| part.is_empty() || DULL.iter().any(|it| it.eq_ignore_ascii_case(part));
    let special = text
        .bytes()
        .any(|it| it.is_ascii_punctuation() && !b"_-.".contains(&it));
    !special && word.split(['_', '-', '.']).all(dull)
}

/// What stands in quotes in code and is no value: paths, formats, calls, markup, addresses, patterns.
fn is_code(text: &str) -> bool {
    let starts = [
        "/", "./", "../", "~/", "http:", "https:", "file:", "$", "--", ".", "<", "{", "[", "(",
        "%", ":", "\\", "#",
    ];
    text.contains(['(', '{', '<', '>', '\\', '|', ';', ' ', '\t', ','])
        || text.contains("::")
        || text.ends_with("):")
        || text.contains('[') && text.ends_with(']')
        || text.matches('%').count() > 1
        || text.contains("://")
        || text.matches('/').count() > 1 && !text.ends_with('=')
        || starts.iter().any(|it| text.starts_with(it))
            && in_words(text.as_bytes()) * 2 > text.len()
        || text.contains('@') && text.rsplit('@').next().is_some_and(|it| it.contains('.'))
}

/// Digits stand between letters.
fn is_scattered(text: &[u8]) -> bool {
    let last = text.iter().rposition(|it| it.is_ascii_alphabetic());
    let first = text.iter().position(u8::is_ascii_digit);
    matches!((first, last), (Some(first), Some(last)) if first < last && first > 0)
}

/// A digit, and letters of both cases behind it: no name begins so, and no number goes on so.
fn is_no_name(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().any(u8::is_ascii_uppercase)
        && text.iter().any(u8::is_ascii_lowercase)
        && !text.starts_with(b"0x")
        && changes(text) >= 2
}

/// How many of the letters stand in words: runs of letters of one case, or with a capital, that are paired as in words, and are
/// four or more or stand alone.
fn in_words(text: &[u8]) -> usize {
    let mut sum = 0;
    let mut at = 0;
    while at < text.len() {
        let len = word(&text[at..]);
        let run = &text[at..at + len];
        let joined = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
        let alone = len >= 2
            && !joined(at.checked_sub(1).map(|it| &text[it]))
            && !joined(text.get(at + len));
        let pairs = run.windows(2).filter(|it| is_pair(it[0], it[1])).count();
        if (len >= 4 || alone) && pairs * 4 >= (len - 1) * 3 {
            sum += len;
        }
        at += len.max(1);
    }
    sum
}

fn word(text: &[u8]) -> usize {
    let capitals = text.iter().take_while(|it| it.is_ascii_uppercase()).count();
    let small = text[capitals..]
        .iter()
        .take_while(|it| it.is_ascii_lowercase())
        .count();
    match (capitals, small) {
        (0 | 1, _) => capitals + small,
        (_, 0) => capitals,
        // `HTTPServer`: the last capital is the next word's.
        _ => capitals - 1,
    }
}

fn is_pair(a: u8, b: u8) -> bool {
    let idx = |it: u8| usize::from(it.to_ascii_lowercase() - b'a');
    PAIRS[idx(a)] >> idx(b) & 1 == 1
}

fn distinct(text: &[u8]) -> usize {
    text.iter()
        .fold(0u128, |seen, it| seen | 1 << (it & 127))
        .count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_told_from_what_is_written() {
        for it in [
            "9f86d081884c7d659a2f",
            "kX9vQ2mLp7Rt4WzB",
            "Zm9vYmFyMTIzNDU2Nzg5MGFi+Q==",
            "a3f1-9bc2-77de-41aa",
        ] {
            assert!(random(it), "{it}");
        }
        for it in [
            "authorization_code_2",
            "com.example.Service2",
            "MyTokenProvider42Impl",
            "application/x-www-form-urlencoded2",
            "20240102030405",
            "short1",
            "version-1.2.3-beta",
            "sha256-of-the-content",
            "DOT11_AUTH_ALGO_80211_OPEN",
            "ggml_view_3d",
            "0x8009030E_u32",
        ] {
            assert!(!random(it), "{it}");
        }
    }

    #[test]
    fn a_password_that_somebody_thought_up_is_one() {
        for it in [
            "hunter2!",
            "p@ssw0rd",
            "S3cr3tPw9",
            "Tr0ub4dor&3",
            "kX9vQ2mLp7Rt",
            "Winter2024!",
            "blue42horse",
            "swordfish9",
            "Tiger-Lily77",
        ] {
            assert!(password(it), "{it}");
        }
        for it in [
            "secret",
            "password",
            "password1",
            "test123",
            "foo_bar",
            "my-password",
            "config.password",
            "getPassword()",
            "/run/secrets/db",
            "user@mail.com",
            "Enter your password:",
            "utf8",
            "sha256",
            "Win32_System",
            "Password",
            "%s:%s",
            "{0}",
        ] {
            assert!(!password(it), "{it}");
        }
    }
}
