//! The hand-made set is well-formed, and what is generated is where its labels say.

use std::collections::BTreeSet;

use il_privacy::{Category, Rules};

use super::*;

#[test]
fn the_independent_set_has_every_category_and_as_many_near_misses_as_it_says() {
    let blocks = blocks::read(INDEPENDENT);
    for block in &blocks {
        let [_, category, _] = block.words[..] else {
            panic!("`@ {}` has no three words", block.words.join(" "))
        };
        let known = Category::ALL.iter().any(|it| it.word() == category);
        assert!(known || category == "none", "{category}");
        let marks = block.text.matches(['«', '»']).count();
        assert_eq!(marks, if known { 2 } else { 0 }, "{}", block.text);
    }
    let set = independent(1);
    let labels: Vec<_> = set.files.iter().flat_map(|it| &it.labels).collect();
    assert_eq!(labels.len(), blocks.len());
    let categories: BTreeSet<_> = labels.iter().filter_map(|it| it.category).collect();
    assert_eq!(categories.len(), Category::ALL.len());
}

#[test]
fn every_kind_is_there_as_often_as_was_asked_and_where_its_label_says() {
    let rules = Rules::shipped();
    let set = generated(rules, 20, 1);
    for rule in rules.iter() {
        let labels = set.files.iter().flat_map(|it| &it.labels);
        let count = labels.filter(|it| it.is_secret && *it.kind == *rule.id);
        assert_eq!(count.count(), 20, "{}", rule.id);
    }
    for file in &set.files {
        for label in &file.labels {
            let line = |at: usize| file.text[..at].matches('\n').count() + 1;
            for core in &label.core {
                assert!(!file.text[core.clone()].is_empty(), "{}", label.kind);
                assert!(label.line <= line(core.start), "{}", label.kind);
                assert!(line(core.end) <= label.end_line, "{}", label.kind);
            }
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_set() {
    let texts = |seed| -> Vec<String> {
        let set = generated(Rules::shipped(), 2, seed);
        set.files.into_iter().map(|it| it.text).collect()
    };
    assert_eq!(texts(3), texts(3));
    assert_ne!(texts(3), texts(4));
}
