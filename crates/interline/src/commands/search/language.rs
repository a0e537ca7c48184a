//! Languages as they are typed: an identifier, or what comes near one.

use il_lang::{Language, registry};

use crate::failure::usage;

/// How many near ones are named.
const NAMED: usize = 4;

/// The identifiers of the languages that were typed.
pub(super) fn all(typed: &[String]) -> anyhow::Result<Vec<String>> {
    typed.iter().map(|it| one(it)).collect()
}

fn one(typed: &str) -> anyhow::Result<String> {
    let lower = typed.to_lowercase();
    if let Some(language) = registry().by_id(&lower) {
        return Ok(language.id.to_owned());
    }
    let near = near(&lower);
    let near: Vec<String> = near.iter().map(|id| format!("`{id}`")).collect();
    Err(usage(match near.is_empty() {
        true => format!("no language is called `{typed}`: say `rust`, `python`, `typescript`, …"),
        false => format!(
            "no language is called `{typed}`: is it {}?",
            near.join(" or ")
        ),
    }))
}

/// Those that may be meant, likeliest first.
fn near(typed: &str) -> Vec<&'static str> {
    let near: Vec<(usize, &'static str)> = registry()
        .languages()
        .iter()
        .map(|language| (distance_to(typed, language), language.id))
        .filter(|it| it.0 <= 2.min(typed.chars().count() / 2))
        .collect();
    let nearest = near.iter().map(|it| it.0).min();
    let near = near.into_iter().filter(|it| Some(it.0) == nearest);
    near.map(|it| it.1).take(NAMED).collect()
}

fn distance_to(typed: &str, language: &Language) -> usize {
    let ending = typed.trim_start_matches('.');
    if language.extensions.contains(&ending) || language.name.to_lowercase() == typed {
        return 0;
    }
    let names = std::iter::once(&language.id).chain(&language.aliases);
    // Of an alias of two letters everything short is near.
    let names = names.filter(|name| name.len() > 3 || typed.len() <= 3);
    let distances = names.map(|name| distance(typed, name));
    distances.min().unwrap_or(usize::MAX)
}

/// Levenshtein's: how many letters are to be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let got = one(typed).unwrap_or_else(|error| error.to_string());
        assert_eq!(got, expected);
    }

    #[test]
    fn identifiers_and_their_aliases_are_known() {
        check("rust", "rust");
        check("Rust", "rust");
        check("py", "python");
    }

    #[test]
    fn near_ones_are_named() {
        check("rsut", "no language is called `rsut`: is it `rust`?");
        check("pyhton", "no language is called `pyhton`: is it `python`?");
        check(
            "nonsense",
            "no language is called `nonsense`: say `rust`, `python`, `typescript`, …",
        );
    }
}
