//! What holds for every rule that is shipped, and for every text.

mod properties;

use super::*;
use crate::samples::{Sample, sample};

/// Made-up secrets of each template.
const SEEDS: u64 = 6;

/// All rules, on or off. One for all tests: patterns are compiled once.
fn everything() -> &'static Finder {
    static ALL: LazyLock<Finder> = LazyLock::new(|| {
        let on = crate::Category::ALL.map(|it| it.word().to_owned()).to_vec();
        let off = Vec::new();
        Finder::new(Rules::shipped(), &Switches { on, off })
    });
    &ALL
}

/// Rules that find the same where both forms meet; either is right.
const ALIKE: &[(&str, &str)] = &[
    ("session-cookie", "cookie-header"),
    ("bearer-token", "jwt"),
    ("bearer-token", "authorization-header"),
    ("password", "password-unquoted"),
];

fn alike(a: &str, b: &str) -> bool {
    a == b || ALIKE.contains(&(a, b)) || ALIKE.contains(&(b, a))
}

/// What is wrong with what is found in a sample.
fn complaint(finder: &Finder, rule: RuleId, sample: &Sample) -> Option<String> {
    let found = finder.find(&sample.text);
    let own: Vec<_> = found
        .iter()
        .filter(|it| alike(&finder.rule(it.rule).id, &finder.rule(rule).id))
        .collect();
    let named = |it: &Finding| {
        format!(
            "{} `{}`",
            finder.rule(it.rule).id,
            &sample.text[it.span.clone()]
        )
    };
    let others = || found.iter().map(named).collect::<Vec<_>>();
    for part in &sample.secret {
        let covers = |it: &&&Finding| it.span.start <= part.start && part.end <= it.span.end;
        let Some(by) = own.iter().find(covers) else {
            return Some(format!(
                "`{}` is not found, but {:?}",
                &sample.text[part.clone()],
                others()
            ));
        };
        if sample.exact && by.span != *part {
            return Some(format!(
                "found is `{}` of {}",
                &sample.text[by.span.clone()],
                sample.text
            ));
        }
        let signs: &[char] = match finder.rule(rule).category {
            crate::Category::Personal => &['"', '\'', '\n'],
            _ => &['"', '\'', '\n', ' '],
        };
        if sample.text[by.span.clone()].contains(signs) {
            return Some(format!(
                "found is too much: `{}`",
                &sample.text[by.span.clone()]
            ));
        }
    }
    None
}

#[test]
fn every_rule_finds_its_own_samples_and_nothing_in_what_only_looks_like_them() {
    let finder = everything();
    let mut problems = Vec::new();
    for (id, rule) in finder.rules() {
        for template in &rule.positives {
            let wrong = (0..SEEDS).find_map(|seed| complaint(finder, id, &sample(template, seed)));
            if let Some(what) = wrong {
                problems.push(format!("{}: {template:?}: {what}", rule.id));
            }
        }
        for template in &rule.negatives {
            let wrong = (0..SEEDS).find_map(|seed| {
                let text = sample(template, seed).text;
                let found = finder.find(&text).into_iter().find(|it| it.rule == id)?;
                Some(text[found.span].to_owned())
            });
            if let Some(what) = wrong {
                problems.push(format!(
                    "{}: negative {template:?}: found is `{what}`",
                    rule.id
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_an_escape_stands_before_is_found() {
    for escape in ["\\n", "\\t", "\\r\\n"] {
        let secret = crate::samples::expand("ghp_{alnum:36}", 1);
        let text = format!("text = \"first{escape}{secret}{escape}last\"");
        let found = Finder::shipped().find(&text);
        let found: Vec<&str> = found.iter().map(|it| &text[it.span.clone()]).collect();
        assert_eq!(found, [&*secret], "{text}");
    }
}
