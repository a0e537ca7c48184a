//! The table against its own samples.

use std::collections::HashSet;

use super::*;

/// `python: eval(x)`.
fn candidate(sample: &str) -> (&str, &str) {
    sample.split_once(": ").expect("LANGUAGE: LINE")
}

fn remarked(sample: &str) -> Vec<Arc<str>> {
    // No file of the repository may look like a leaked password.
    let sample = &sample.replace("{made-up}", &format!("horse-{}", 7 * 1234));
    let (language, text) = candidate(sample);
    assert!(
        il_lang::registry().by_id(language).is_some(),
        "no language `{language}`"
    );
    let candidate = Candidate {
        language,
        before: "",
        text,
        after: "",
    };
    let all = Weaknesses::shipped();
    let hit = |it: &&Weakness| {
        let registry = il_lang::registry();
        let language = registry.by_id(language).unwrap();
        let word = it.words.iter().any(|word| {
            text.to_ascii_lowercase()
                .contains(&word.to_ascii_lowercase())
        });
        it.is_of(language) && word && it.find(text, language).is_some()
    };
    let ids: Vec<_> = all.iter().filter(hit).map(|it| it.id.clone()).collect();
    let mut remarks = Vec::new();
    let blocked = all.check(&candidate, &mut remarks);
    assert_eq!(
        !ids.is_empty(),
        blocked.is_some() || !remarks.is_empty(),
        "the words let through what the patterns find: {sample}"
    );
    ids
}

#[test]
fn every_row_can_be_read() {
    let (rows, problems) = read(TABLE);
    assert_eq!(problems, Vec::<String>::new());
    assert!(rows.len() >= 40, "{} rows", rows.len());
    let mut ids = HashSet::new();
    for row in &rows {
        assert!(ids.insert(row.id.clone()), "{} twice", row.id);
        assert!(row.cwe.starts_with("CWE-"), "{}", row.id);
        assert!(row.pattern.get().is_some(), "{}: pattern", row.id);
        assert!(
            row.unless.as_ref().is_none_or(|it| it.get().is_some()),
            "{}: unless",
            row.id
        );
        assert!(!row.words.is_empty(), "{}: words", row.id);
        assert!(row.positives.len() >= 2, "{}: positives", row.id);
        assert!(row.negatives.len() >= 2, "{}: negatives", row.id);
        for language in &row.languages {
            let mut languages = il_lang::registry().languages().iter();
            assert!(
                languages.any(|it| it.id == language || it.family == language),
                "{}: no language `{language}`",
                row.id
            );
        }
    }
}

#[test]
fn every_row_finds_its_positives_and_leaves_its_negatives() {
    let mut wrong = String::new();
    for row in Weaknesses::shipped().iter() {
        for sample in &row.positives {
            if !remarked(sample).contains(&row.id) {
                wrong += &format!("{} does not find {sample}\n", row.id);
            }
        }
        for sample in &row.negatives {
            if remarked(sample).contains(&row.id) {
                wrong += &format!("{} finds {sample}\n", row.id);
            }
        }
    }
    assert_eq!(wrong, "");
}
