//! What was found, held against what is there.
//!
//! The one idea: one rule for every scanner: a secret is hit if something was found on one of its lines; whatever is found on
//! other lines, or on those of a near-miss, is a false alarm. Who says which bytes were found is also asked whether they
//! cover what must not stay.
//!
//! Deliberately absent: scanning.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use il_privacy::{Category, Finder};
use serde::Serialize;

use super::set::{File, Label, Set};

/// Something that a scanner found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub path: String,
    /// From one on, both included.
    pub line: usize,
    pub end_line: usize,
    /// What it was taken for, where the scanner has our kinds.
    pub rule: Option<(Arc<str>, Category)>,
    /// Bytes of the file, where the scanner says which.
    pub span: Option<Range<usize>>,
}

/// What a scanner found in a set.
#[derive(Clone, Debug, Serialize)]
pub struct Scored {
    pub scanner: String,
    pub all: Figures,
    pub categories: Vec<Row>,
    /// Near-misses of each sort; those with alarms.
    pub near_misses: Vec<Row>,
    /// The kinds with the lowest recall, worst first.
    pub worst: Vec<Row>,
}

/// A line of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub secrets: usize,
    pub hit: usize,
    /// Hit, and nothing that must go is left.
    pub whole: usize,
    /// Hit by the rule of that kind.
    pub named_right: usize,
    pub near_misses: usize,
    /// Near-misses and other lines that something was found on.
    pub false_alarms: usize,
}

impl Figures {
    /// Of what is there, the share that was found.
    pub fn recall(&self) -> f64 {
        share(self.hit, self.secrets)
    }

    /// Of what is there, the share of which nothing is left.
    pub fn whole(&self) -> f64 {
        share(self.whole, self.secrets)
    }

    /// Of what was found, the share that is there.
    pub fn precision(&self) -> f64 {
        share(self.hit, self.hit + self.false_alarms)
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 / of as f64
    }
}

/// A place where a scanner was wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    pub path: String,
    pub line: usize,
    /// `missed`, `left` (found, but a part of it stays) or `alarm`.
    pub what: &'static str,
    /// What is there.
    pub kind: String,
    /// What it was taken for.
    pub rule: String,
}

/// Everything that our finder finds in a set.
pub fn scan(finder: &Finder, set: &Set) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in &set.files {
        for found in finder.find(&file.text) {
            let rule = finder.rule(found.rule);
            let line = |at: usize| file.text[..at].matches('\n').count() + 1;
            hits.push(Hit {
                path: file.path.clone(),
                line: line(found.span.start),
                end_line: line(found.span.end),
                rule: Some((Arc::clone(&rule.id), rule.category)),
                span: Some(found.span),
            });
        }
    }
    hits
}

/// Scores what a scanner found in a set, and says where it was wrong. What it is not asked for (`off`, by kind) counts neither way.
pub fn score(
    scanner: &str,
    set: &Set,
    hits: &[Hit],
    off: &BTreeSet<Arc<str>>,
) -> (Scored, Vec<Mistake>) {
    let mut by_path: BTreeMap<&str, Vec<&Hit>> = BTreeMap::new();
    for hit in hits {
        by_path.entry(&hit.path).or_default().push(hit);
    }
    let mut tally = Tally::default();
    for file in &set.files {
        let hits = by_path.get(&*file.path).map_or(&[][..], Vec::as_slice);
        tally.file(file, hits, off);
    }
    tally.finish(scanner)
}

#[derive(Default)]
struct Tally {
    all: Figures,
    categories: BTreeMap<Category, Figures>,
    kinds: BTreeMap<String, Figures>,
    near_misses: BTreeMap<String, Figures>,
    mistakes: Vec<Mistake>,
}

impl Tally {
    fn file(&mut self, file: &File, hits: &[&Hit], off: &BTreeSet<Arc<str>>) {
        let mut used: BTreeSet<usize> = BTreeSet::new();
        for label in &file.labels {
            let on = |it: &Hit| it.line <= label.end_line && label.line <= it.end_line;
            let here: Vec<usize> = (0..hits.len()).filter(|it| on(hits[*it])).collect();
            used.extend(&here);
            let here: Vec<&Hit> = here.into_iter().map(|it| hits[it]).collect();
            match label.category {
                Some(_) if off.contains(&*label.kind) => {}
                Some(category) => self.secret(file, label, category, &here),
                None => self.near_miss(file, label, &here),
            }
        }
        let mut lines = BTreeSet::new();
        for hit in (0..hits.len()).filter(|it| !used.contains(it)) {
            let hit = hits[hit];
            if lines.insert(hit.line) {
                self.alarm(file, hit.line, hit, "ordinary code");
            }
        }
    }

    fn secret(&mut self, file: &File, label: &Label, category: Category, hits: &[&Hit]) {
        let right = |it: &&Hit| it.rule.as_ref().is_some_and(|(id, _)| **id == *label.kind);
        let one = Figures {
            secrets: 1,
            hit: usize::from(!hits.is_empty()),
            whole: usize::from(label.core.iter().all(|it| covered(it, hits))),
            named_right: usize::from(hits.iter().any(right)),
            ..Figures::default()
        };
        self.all.add(one);
        self.categories.entry(category).or_default().add(one);
        let kind = label.kind.clone();
        self.kinds.entry(kind).or_default().add(one);
        let spans = hits.iter().any(|it| it.span.is_some());
        let what = match (one.hit, one.whole) {
            (0, _) => "missed",
            (_, 0) if spans => "left",
            _ => return,
        };
        self.mistakes.push(Mistake {
            path: file.path.clone(),
            line: label.line,
            what,
            kind: label.kind.clone(),
            rule: taken_for(hits.first().copied()),
        });
    }

    fn near_miss(&mut self, file: &File, label: &Label, hits: &[&Hit]) {
        let one = Figures {
            near_misses: 1,
            ..Figures::default()
        };
        self.all.add(one);
        let sort = label.kind.clone();
        self.near_misses.entry(sort).or_default().add(one);
        let is_wrong = |it: &&&Hit| match (&label.but, &it.rule) {
            (None, _) => true,
            (Some(but), Some((id, _))) => **id == **but,
            (Some(_), None) => false,
        };
        if let Some(hit) = hits.iter().find(is_wrong) {
            self.alarm(file, label.line, hit, &label.kind);
        }
    }

    fn alarm(&mut self, file: &File, line: usize, hit: &Hit, kind: &str) {
        let one = Figures {
            false_alarms: 1,
            ..Figures::default()
        };
        self.all.add(one);
        if let Some((_, category)) = &hit.rule {
            self.categories.entry(*category).or_default().add(one);
        }

        self.near_misses
            .entry(kind.to_owned())
            .or_default()
            .add(one);
        self.mistakes.push(Mistake {
            path: file.path.clone(),
            line,
            what: "alarm",
            kind: kind.to_owned(),
            rule: taken_for(Some(hit)),
        });
    }

    fn finish(self, scanner: &str) -> (Scored, Vec<Mistake>) {
        let row = |(name, figures): (String, Figures)| Row { name, figures };
        let categories = self.categories.into_iter();
        let categories = categories.map(|(it, figures)| row((it.word().into(), figures)));
        let mut worst: Vec<Row> = self.kinds.into_iter().map(row).collect();
        let of = |it: &Row| (it.figures.recall(), it.figures.whole());
        worst.sort_by(|a, b| {
            of(a)
                .partial_cmp(&of(b))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut near_misses: Vec<Row> = self.near_misses.into_iter().map(row).collect();
        near_misses.sort_by_key(|it| std::cmp::Reverse(it.figures.false_alarms));
        let scored = Scored {
            scanner: scanner.to_owned(),
            all: self.all,
            categories: categories.collect(),
            near_misses,
            worst,
        };
        (scored, self.mistakes)
    }
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.secrets += other.secrets;
        self.hit += other.hit;
        self.whole += other.whole;
        self.named_right += other.named_right;
        self.near_misses += other.near_misses;
        self.false_alarms += other.false_alarms;
    }
}

fn taken_for(hit: Option<&Hit>) -> String {
    let rule = hit.and_then(|it| it.rule.as_ref());
    rule.map_or_else(String::new, |(id, _)| id.to_string())
}

/// Whether findings together cover all of it.
fn covered(core: &Range<usize>, hits: &[&Hit]) -> bool {
    let mut spans: Vec<Range<usize>> = hits.iter().filter_map(|it| it.span.clone()).collect();
    spans.sort_by_key(|it| it.start);
    let mut at = core.start;
    for span in spans {
        if span.start <= at {
            at = at.max(span.end);
        }
    }
    at >= core.end && !hits.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(
        lines: Range<usize>,
        kind: &str,
        category: Option<Category>,
        core: Range<usize>,
    ) -> Label {
        Label {
            line: lines.start,
            end_line: lines.end,
            kind: kind.into(),
            category,
            is_secret: category.is_some(),
            but: None,
            core: vec![core],
        }
    }

    fn hit(line: usize, rule: &str, span: Range<usize>) -> Hit {
        Hit {
            path: "a.py".to_owned(),
            line,
            end_line: line,
            rule: Some((rule.into(), Category::Key)),
            span: Some(span),
        }
    }

    fn set(labels: Vec<Label>) -> Set {
        let file = File {
            path: "a.py".to_owned(),
            text: String::new(),
            labels,
        };
        Set {
            name: "test",
            files: vec![file],
        }
    }

    #[test]
    fn a_secret_is_hit_on_its_lines_and_gone_when_it_is_covered() {
        let set = set(vec![
            label(1..1, "a", Some(Category::Key), 10..20),
            label(3..5, "b", Some(Category::Key), 40..60),
            label(8..8, "c", Some(Category::Password), 80..90),
        ]);
        let hits = [hit(1, "a", 8..20), hit(4, "a", 40..50)];
        let (scored, mistakes) = score("ours", &set, &hits, &BTreeSet::new());
        let wanted = Figures {
            secrets: 3,
            hit: 2,
            whole: 1,
            named_right: 1,
            near_misses: 0,
            false_alarms: 0,
        };
        assert_eq!(scored.all, wanted);
        let mistakes: Vec<_> = mistakes.iter().map(|it| (it.what, &*it.kind)).collect();
        assert_eq!(mistakes, [("left", "b"), ("missed", "c")]);
        let worst: Vec<_> = scored.worst.iter().map(|it| &*it.name).collect();
        assert_eq!(worst, ["c", "b", "a"]);
    }

    #[test]
    fn whatever_else_is_found_is_a_false_alarm_once_a_line() {
        let set = set(vec![
            label(1..1, "a", Some(Category::Key), 0..4),
            label(2..2, "uuid", None, 0..0),
            label(3..3, "sha", None, 0..0),
        ]);
        let hits = [
            hit(1, "a", 0..4),
            hit(2, "a", 5..9),
            hit(7, "a", 20..24),
            hit(7, "a", 25..29),
        ];
        let (scored, _) = score("ours", &set, &hits, &BTreeSet::new());
        assert_eq!((scored.all.false_alarms, scored.all.near_misses), (2, 2));
        assert!((scored.all.precision() - 1.0 / 3.0).abs() < 1e-9);
        assert!((scored.all.recall() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_must_not_be_taken_for_one_kind_may_be_another() {
        let mut near = label(1..1, "like key", None, 0..0);
        near.but = Some("a".to_owned());
        let set = set(vec![near]);
        let alarms = |rule| {
            let hits = [hit(1, rule, 0..4)];
            let (scored, _) = score("ours", &set, &hits, &BTreeSet::new());
            scored.all.false_alarms
        };
        assert_eq!((alarms("a"), alarms("b")), (1, 0));
    }

    #[test]
    fn findings_side_by_side_cover_together() {
        let (a, b, c) = (hit(1, "a", 0..6), hit(1, "a", 6..9), hit(1, "a", 7..9));
        assert!(covered(&(2..9), &[&b, &a]));
        assert!(!covered(&(2..9), &[&a, &c]));
        assert!(!covered(&(0..0), &[]));
    }
}
