//! What a name says about what it is given.
//!
//! The one idea: a word counts if it is a word of the name; the other words say whether the name is that of the secret or of
//! something about it.
//!
//! Deliberately absent: what it is given.

use std::ops::Range;

use super::assignment::{in_name, name_start};

/// Whether the near text has one of the words, or there are none.
pub(super) fn has_any(near: &[u8], words: &[String]) -> bool {
    let has = |word: &String| {
        let word = word.as_bytes();
        near.windows(word.len())
            .any(|it| it.eq_ignore_ascii_case(word))
    };
    words.is_empty() || words.iter().any(has)
}

/// Whether the word is one of those that a name is made of: `token` is in `authToken` and not in `tokenizer`. One that is
/// common has to be, and one that is short also at its beginning; a longer name of a service may be a part of a word.
pub(super) fn is_whole(text: &[u8], word: &Range<usize>, common: bool) -> bool {
    const SHORT: usize = 4;
    let short = word.len() <= SHORT;
    if !common && !short {
        return true;
    }
    let (first, last) = (text[word.start], text[word.end - 1]);
    let joins = |a: u8, b: u8| {
        a.is_ascii_lowercase() && b.is_ascii_lowercase()
            || a.is_ascii_uppercase() && b.is_ascii_uppercase()
    };
    let before = word.start.checked_sub(1).map(|it| text[it]);
    if short && before.is_some_and(|it| joins(it, first)) {
        return false;
    }
    const FOLLOWING: [&[u8]; 9] = [
        b"key", b"token", b"secret", b"api", b"auth", b"pass", b"cred", b"word", b"id",
    ];
    let rest = &text[word.end..];
    let follows = |it: &&[u8]| {
        rest.get(..it.len())
            .is_some_and(|at| at.eq_ignore_ascii_case(it))
    };
    !rest.first().is_some_and(|it| joins(last, *it)) || FOLLOWING.iter().any(follows)
}

/// Whether the name goes on to say that it is that of something about the secret: `password_field`, `tokenType`.
pub(super) fn is_about(text: &[u8], word: &Range<usize>) -> bool {
    const ABOUT: [&[u8]; 46] = [
        b"regex",
        b"pattern",
        b"field",
        b"label",
        b"placeholder",
        b"hint",
        b"help",
        b"message",
        b"msg",
        b"error",
        b"url",
        b"uri",
        b"path",
        b"file",
        b"dir",
        b"type",
        b"class",
        b"selector",
        b"input",
        b"prompt",
        b"title",
        b"format",
        b"length",
        b"policy",
        b"column",
        b"param",
        b"header",
        b"prefix",
        b"suffix",
        b"endpoint",
        b"expire",
        b"expiry",
        b"ttl",
        b"count",
        b"limit",
        b"style",
        b"icon",
        b"valid",
        b"hasher",
        b"template",
        b"desc",
        b"name",
        b"version",
        b"scope",
        b"issuer",
        b"manager",
    ];
    let rest = text[word.end..].iter().take(48);
    let len = rest.take_while(|it| in_name(**it)).count();
    let rest = &text[word.end..word.end + len];
    let holds = |it: &&[u8]| rest.windows(it.len()).any(|at| at.eq_ignore_ascii_case(it));
    !rest.is_empty() && ABOUT.iter().any(holds)
}

/// Whether what is called by the name takes the secret: `setPassword("…")`, `.token("…")`, `password.equals("…")`.
pub(super) fn takes_it(text: &[u8], word: &Range<usize>) -> bool {
    const TAKING: [&[u8]; 5] = [b".", b"set", b"set_", b"with", b"with_"];
    /// Whose it is; any other word may be what is done with it, as in `check_password`.
    const OF: [&[u8]; 16] = [
        b"db",
        b"database",
        b"user",
        b"admin",
        b"root",
        b"client",
        b"key",
        b"store",
        b"keystore",
        b"truststore",
        b"proxy",
        b"smtp",
        b"ssl",
        b"auth",
        b"default",
        b"api",
    ];
    let rest = &text[word.end..];
    if rest.starts_with(b".equals(") {
        return true;
    }
    let before = &text[name_start(text, word)..word.start];
    let without = |before: &'_ [u8], it: &[u8]| {
        let at = before.len().checked_sub(it.len())?;
        before[at..].eq_ignore_ascii_case(it).then_some(at)
    };
    let taking = |before: &[u8]| TAKING.iter().any(|it| without(before, it).is_some());
    let joined = before.strip_suffix(b"_").unwrap_or(before);
    let mut whose = OF.iter().filter_map(|it| without(joined, it));
    rest.starts_with(b"(") && (taking(before) || whose.any(|at| taking(&joined[..at])))
}

/// Whether name and value are all of a line, as where settings are calls: `storePassword "…"`.
pub(super) fn is_statement(text: &[u8], word: &Range<usize>, value: &Range<usize>) -> bool {
    let start = name_start(text, word);
    let indentation = text[..start]
        .iter()
        .rev()
        .take_while(|it| matches!(it, b' ' | b'\t'));
    let line = start - indentation.count();
    let first = line == 0 || matches!(text[line - 1], b'\n' | b'{');
    // A quote, and what ends a statement.
    let behind = text.get(value.end + 1..).unwrap_or_default();
    let spaces = behind.iter().take_while(|it| **it == b' ').count();
    let last = matches!(behind.get(spaces), None | Some(b'\n' | b'\r' | b';' | b'}'));
    first
        && last
        && text[word.end..]
            .iter()
            .take_while(|it| in_name(**it))
            .count()
            == 0
}

/// Whether the name follows a word that gives it the value beside it: `#define PASSWORD "…"`.
pub(super) fn is_defined(text: &[u8], word: &Range<usize>) -> bool {
    const DEFINING: [&[u8]; 7] = [
        b"define ", b"set(", b"setq ", b"def ", b"defvar ", b"{:", b"{",
    ];
    let before = &text[..name_start(text, word)];
    DEFINING.iter().any(|it| before.ends_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(name: &str, word: &str) -> (Vec<u8>, Range<usize>) {
        let at = name
            .to_ascii_lowercase()
            .find(word)
            .expect("the word is in the name");
        (name.as_bytes().to_vec(), at..at + word.len())
    }

    #[test]
    fn a_word_of_a_name_is_told_from_a_part_of_another_word() {
        let whole = |name: &str, of: &str, common: bool| {
            let (text, at) = word(name, of);
            is_whole(&text, &at, common)
        };
        for name in [
            "token",
            "authToken",
            "TOKEN_2",
            "accesstoken",
            "tokenSecret",
            "my-token",
        ] {
            assert!(whole(name, "token", true), "{name}");
        }
        for name in ["tokenizer", "tokens", "TOKENIZE"] {
            assert!(!whole(name, "token", true), "{name}");
        }
        assert!(whole("oktaToken", "okta", false) && whole("OKTAKEY", "okta", false));
        assert!(!whole("proktalist", "okta", false));
        assert!(
            whole("myadobecom", "adobe", false),
            "a long name may be a part of a word"
        );
    }

    #[test]
    fn a_name_may_be_that_of_something_about_the_secret() {
        let about = |name: &str| {
            let (text, at) = word(name, "password");
            is_about(&text, &at)
        };
        assert!(
            about("password_field = 1") && about("passwordResetUrl:") && about("PASSWORD_REGEX")
        );
        assert!(!about("password = field") && !about("db_password") && !about("field_password"));
    }

    #[test]
    fn a_call_takes_the_secret_if_its_name_says_so() {
        let takes = |name: &str| {
            let (text, at) = word(name, "password");
            takes_it(&text, &at)
        };
        for name in [
            "setPassword(",
            "x.password(",
            "with_password(",
            ".db_password(",
            "setKeyStorePassword(",
            "password.equals(",
        ] {
            assert!(takes(name), "{name}");
        }
        assert!(!takes("check_password(") && !takes("get_password(") && !takes("setPassword ="));
    }
}
