//! Licences as SPDX expressions: which of them somebody does not want.
//!
//! The one idea: who may choose (`OR`) chooses what is wanted; who must keep all (`AND`) is bound by the worst.
//!
//! Deliberately absent: law.

/// Of code whose licence nobody could tell.
pub const UNKNOWN: &str = "NOASSERTION";

/// Whether nothing but licences of these patterns can be chosen.
pub fn is_any_of(expression: &str, patterns: &[String]) -> bool {
    if patterns.is_empty() {
        return false;
    }
    let words: Vec<&str> = words(expression);
    if words.is_empty() {
        return any(UNKNOWN, patterns);
    }
    let mut rest = &words[..];
    alternatives(&mut rest, patterns)
}

fn words(expression: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for word in expression.split_whitespace() {
        let mut word = word;
        while let Some(rest) = word.strip_prefix('(') {
            out.push("(");
            word = rest;
        }
        let bare = word.trim_end_matches(')');
        // `MIT/Apache-2.0`, as old manifests have it, is a choice.
        for (n, part) in bare.split('/').filter(|it| !it.is_empty()).enumerate() {
            if n > 0 {
                out.push("OR");
            }
            out.push(part);
        }
        out.extend(std::iter::repeat_n(")", word.len() - bare.len()));
    }
    out
}

/// `a OR b`: unwanted when all are.
fn alternatives(rest: &mut &[&str], patterns: &[String]) -> bool {
    let mut unwanted = together(rest, patterns);
    while let Some((&"OR" | &"or", after)) = rest.split_first() {
        *rest = after;
        unwanted &= together(rest, patterns);
    }
    unwanted
}

/// `a AND b`: unwanted when any is.
fn together(rest: &mut &[&str], patterns: &[String]) -> bool {
    let mut unwanted = one(rest, patterns);
    while let Some((&("AND" | "and"), after)) = rest.split_first() {
        *rest = after;
        unwanted |= one(rest, patterns);
    }
    unwanted
}

fn one(rest: &mut &[&str], patterns: &[String]) -> bool {
    let Some((&word, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    if word == "(" {
        let unwanted = alternatives(rest, patterns);
        if let Some((&")", after)) = rest.split_first() {
            *rest = after;
        }
        return unwanted;
    }
    if let Some((&("WITH" | "with"), [_, after @ ..])) = rest.split_first() {
        *rest = after;
    }
    any(word, patterns)
}

fn any(licence: &str, patterns: &[String]) -> bool {
    let licence = licence.to_ascii_lowercase();
    patterns
        .iter()
        .any(|it| fits(it.to_ascii_lowercase().as_bytes(), licence.as_bytes()))
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&it| it == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, patterns: &str, expected: bool) {
        let patterns: Vec<String> = patterns.split(' ').map(str::to_owned).collect();
        assert_eq!(is_any_of(expression, &patterns), expected, "{expression}");
    }

    #[test]
    fn a_pattern_stands_for_every_version() {
        check("GPL-3.0-or-later", "GPL-*", true);
        check("LGPL-2.1", "GPL-*", false);
        check("AGPL-3.0-only", "*GPL*", true);
        check("gpl-2.0", "GPL-*", true);
        check("MIT", "MIT", true);
    }

    #[test]
    fn who_may_choose_chooses_what_is_wanted() {
        check("MIT OR GPL-3.0", "GPL-*", false);
        check("GPL-2.0 OR GPL-3.0", "GPL-*", true);
        check("MIT/Apache-2.0", "GPL-*", false);
        check("GPL-2.0/MIT", "GPL-*", false);
    }

    #[test]
    fn who_must_keep_all_is_bound_by_the_worst() {
        check("MIT AND GPL-3.0", "GPL-*", true);
        check("(MIT OR Apache-2.0) AND GPL-3.0", "GPL-*", true);
        check("(MIT OR GPL-3.0) AND BSD-3-Clause", "GPL-*", false);
        check("GPL-2.0 WITH Classpath-exception-2.0", "GPL-*", true);
    }

    #[test]
    fn what_nobody_could_tell_has_a_name() {
        check("", "GPL-*", false);
        check("", "NOASSERTION", true);
        check("NOASSERTION", "NO*", true);
    }
}
