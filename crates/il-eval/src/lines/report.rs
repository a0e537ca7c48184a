//! Sums scores up into figures: for each contender, language and kind. Serializable, for `--json`.
//!
//! The interval of a figure over several repositories comes from resampling repositories where there
//! are at least eight, and cases otherwise.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Asked, Options, Outcome, Scored};
use crate::{
    Kind,
    answer::Took,
    statistics::{Interval, Latency, interval_over, latency},
    typing::Typed,
};

/// Everything one run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The least probability of what the gate shows.
    pub gate_threshold: f32,
    pub threads: usize,
    pub contenders: Vec<ContenderReport>,
}

/// One engine's figures.
#[derive(Clone, Debug, Serialize)]
pub struct ContenderReport {
    pub name: String,
    /// Seconds to open (load or train) on all repositories together.
    pub opening_seconds: f64,
    /// Time that the asking thread ran, over all requests; nothing where the system does not tell.
    pub cpu: Option<Latency>,
    /// Languages in alphabetical order, then `all` where there are several.
    pub groups: Vec<Group>,
}

/// The figures of one language.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub language: String,
    pub repositories: usize,
    pub kinds: Vec<Figures>,
}

/// The figures of one kind of case.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Figures {
    Line(LineFigures),
    Typing(TypingFigures),
}

/// Cases that were asked once. All shares are 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct LineFigures {
    pub kind: Kind,
    pub cases: usize,
    pub exact_match: Interval,
    /// Insertions and deletions (CrossCodeEval).
    pub edit_similarity: f64,
    /// Levenshtein (RepoCoder).
    pub edit_similarity_levenshtein: f64,
    /// The same on lines of at least four tokens.
    pub non_trivial: NonTrivial,
    /// Exact match among the most confident cases.
    pub precision_at_20: f64,
    pub precision_at_40: f64,
    /// Expected calibration error of the confidence in whole lines, by ten bins.
    pub calibration_error: f64,
    /// Whole lines at the gate's threshold: shown, right among shown, shown and right among all.
    pub shown: f64,
    pub shown_precision: f64,
    pub shown_recall: f64,
    pub gated: Gated,
    pub latency: Latency,
}

/// Lines of at least four tokens.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NonTrivial {
    pub cases: usize,
    pub exact_match: f64,
    pub edit_similarity: f64,
}

/// The prefix that the gate shows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Gated {
    /// Share of cases where something is shown.
    pub shown: f64,
    /// Share of it that is right.
    pub right: f64,
    /// Right characters shown, of all hidden ones.
    pub characters: f64,
}

/// Ranges that were typed with accept-if-right.
#[derive(Clone, Debug, Serialize)]
pub struct TypingFigures {
    pub kind: Kind,
    pub ranges: usize,
    pub characters: usize,
    pub keys: usize,
    /// Share of characters that needed no key.
    pub saved: Interval,
    /// The same where the first words of a suggestion may be accepted alone.
    pub saved_by_word: f64,
    pub suggestions: usize,
    /// Share of suggestions that were accepted.
    pub accepted: f64,
    pub accepted_mean_characters: f64,
    pub latency: Latency,
}

const ALL: &str = "all";

impl Report {
    pub(super) fn new(
        contenders: Vec<((&str, std::time::Duration), &Vec<Scored>)>,
        options: &Options,
    ) -> Self {
        let threshold = options.gate.threshold;
        let contenders = contenders.into_iter().map(|((name, opening), scored)| {
            let mut languages: BTreeMap<&str, Vec<&Scored>> = BTreeMap::new();
            for it in scored {
                languages.entry(&it.lang).or_default().push(it);
            }
            let several = languages.len() > 1;
            let mut groups: Vec<Group> = languages
                .into_iter()
                .map(|(language, scored)| group(language, &scored, threshold))
                .collect();
            if several {
                groups.push(group(ALL, &scored.iter().collect::<Vec<_>>(), threshold));
            }
            ContenderReport {
                name: name.to_owned(),
                opening_seconds: opening.as_secs_f64(),
                cpu: cpu(scored),
                groups,
            }
        });
        Self {
            gate_threshold: threshold,
            threads: options.threads,
            contenders: contenders.collect(),
        }
    }
}

/// Of one line's requests only: blocks take as long as they are.
fn cpu(scored: &[Scored]) -> Option<Latency> {
    let of = |it: &Scored| -> Vec<Took> {
        match &it.outcome {
            Outcome::Asked(_) if it.kind.may_span_lines() => Vec::new(),
            Outcome::Asked(asked) => vec![asked.took],
            Outcome::Typed(typed) => typed.took.clone(),
        }
    };
    let took: Option<Vec<u64>> = scored.iter().flat_map(of).map(|it| it.cpu).collect();
    took.map(latency)
}

fn group(language: &str, scored: &[&Scored], threshold: f32) -> Group {
    let mut repositories: Vec<&str> = scored.iter().map(|it| &*it.repo).collect();
    repositories.sort_unstable();
    repositories.dedup();
    let kinds = Kind::ALL.into_iter().filter_map(|kind| {
        let of_kind: Vec<&Scored> = scored
            .iter()
            .copied()
            .filter(|it| it.kind == kind)
            .collect();
        figures(kind, &of_kind, threshold)
    });
    Group {
        language: language.to_owned(),
        repositories: repositories.len(),
        kinds: kinds.collect(),
    }
}

fn figures(kind: Kind, scored: &[&Scored], threshold: f32) -> Option<Figures> {
    let mut asked: Vec<(&str, &Asked)> = Vec::new();
    let mut typed: Vec<(&str, &Typed)> = Vec::new();
    for it in scored {
        match &it.outcome {
            Outcome::Asked(outcome) => asked.push((&it.repo, outcome)),
            Outcome::Typed(outcome) => typed.push((&it.repo, outcome)),
        }
    }
    if !asked.is_empty() {
        return Some(Figures::Line(line_figures(kind, &asked, threshold)));
    }
    (!typed.is_empty()).then(|| Figures::Typing(typing_figures(kind, &typed)))
}

fn share(count: usize, of: usize) -> f64 {
    match of {
        0 => 0.0,
        of => count as f64 / of as f64,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0, 0.0), |(n, sum), value| (n + 1, sum + value));
    if n == 0 { 0.0 } else { sum / f64::from(n) }
}

fn line_figures(kind: Kind, asked: &[(&str, &Asked)], threshold: f32) -> LineFigures {
    let units: Vec<(&str, (f64, f64))> = asked
        .iter()
        .map(|(repository, it)| (*repository, (f64::from(u8::from(it.exact)), 1.0)))
        .collect();
    let all: Vec<&Asked> = asked.iter().map(|it| it.1).collect();
    let non_trivial: Vec<&Asked> = all.iter().copied().filter(|it| !it.trivial).collect();
    let exact = |of: &[&Asked]| of.iter().filter(|it| it.exact).count();
    let shown: Vec<&Asked> = all
        .iter()
        .copied()
        .filter(|it| it.answered && it.confidence >= threshold)
        .collect();
    LineFigures {
        kind,
        cases: all.len(),
        exact_match: interval_over(&units),
        edit_similarity: mean(all.iter().map(|it| it.similarity.indel)),
        edit_similarity_levenshtein: mean(all.iter().map(|it| it.similarity.levenshtein)),
        non_trivial: NonTrivial {
            cases: non_trivial.len(),
            exact_match: share(exact(&non_trivial), non_trivial.len()),
            edit_similarity: mean(non_trivial.iter().map(|it| it.similarity.indel)),
        },
        precision_at_20: precision_at(&all, 0.2),
        precision_at_40: precision_at(&all, 0.4),
        calibration_error: calibration_error(&all),
        shown: share(shown.len(), all.len()),
        shown_precision: share(exact(&shown), shown.len()),
        shown_recall: share(exact(&shown), all.len()),
        gated: gated(&all),
        latency: latency(all.iter().map(|it| it.took.wall).collect()),
    }
}

/// Exact match among the most confident share of the cases. Cases that tie at the edge count in part,
/// so that an engine that cannot tell gets what a random choice among its answers would get.
fn precision_at(asked: &[&Asked], coverage: f64) -> f64 {
    let wanted = (asked.len() as f64 * coverage).floor().max(1.0) as usize;
    let rank = |it: &Asked| if it.answered { it.confidence } else { -1.0 };
    let mut sorted = asked.to_vec();
    sorted.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    let mut right = 0.0;
    let mut taken = 0;
    for tied in sorted.chunk_by(|a, b| rank(a) == rank(b)) {
        let room = (wanted - taken).min(tied.len());
        right += room as f64 * share(tied.iter().filter(|it| it.exact).count(), tied.len());
        taken += room;
    }
    right / wanted as f64
}

/// How far confidence and exact match are apart on average, over bins of equal width.
fn calibration_error(asked: &[&Asked]) -> f64 {
    let mut bins = [(0.0, 0.0); 10];
    for it in asked {
        let bin = &mut bins[((it.confidence * 10.0) as usize).min(9)];
        bin.0 += f64::from(it.confidence);
        bin.1 += f64::from(u8::from(it.exact));
    }
    let apart: f64 = bins.iter().map(|bin| (bin.0 - bin.1).abs()).sum();
    apart / asked.len() as f64
}

fn gated(asked: &[&Asked]) -> Gated {
    let shown: Vec<_> = asked.iter().filter_map(|it| it.gated).collect();
    let right: Vec<_> = shown.iter().filter(|it| it.right).collect();
    Gated {
        shown: share(shown.len(), asked.len()),
        right: share(right.len(), shown.len()),
        characters: share(
            right.iter().map(|it| it.characters).sum(),
            asked.iter().map(|it| it.hidden_characters).sum(),
        ),
    }
}

fn typing_figures(kind: Kind, typed: &[(&str, &Typed)]) -> TypingFigures {
    let saved = |it: &Typed| (it.characters as f64 - it.keys as f64, it.characters as f64);
    let units: Vec<(&str, (f64, f64))> = typed
        .iter()
        .map(|(repository, it)| (*repository, saved(it)))
        .collect();
    let sum = |of: fn(&Typed) -> usize| typed.iter().map(|it| of(it.1)).sum::<usize>();
    let characters = sum(|it| it.characters);
    let (shown, accepted) = (sum(|it| it.shown), sum(|it| it.accepted));
    TypingFigures {
        kind,
        ranges: typed.len(),
        characters,
        keys: sum(|it| it.keys),
        saved: interval_over(&units),
        saved_by_word: 1.0 - share(sum(|it| it.keys_by_word), characters),
        suggestions: shown,
        accepted: share(accepted, shown),
        accepted_mean_characters: share(sum(|it| it.accepted_characters), accepted),
        latency: latency(
            typed
                .iter()
                .flat_map(|it| &it.1.took)
                .map(|it| it.wall)
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(exact: bool, confidence: f32) -> Asked {
        Asked {
            exact,
            similarity: crate::similarity("", ""),
            confidence,
            trivial: false,
            answered: true,
            gated: None,
            hidden_characters: 1,
            took: Took::default(),
        }
    }

    #[test]
    fn calibration_is_judged_bin_by_bin() {
        // Two at 0.75 of which one is right: half a case too sure. One at 0.25 that is right: 0.75 too little.
        let cases = [
            asked(true, 0.75),
            asked(false, 0.75),
            asked(true, 0.25),
            asked(true, 1.0),
        ];
        let cases: Vec<&Asked> = cases.iter().collect();
        assert!((calibration_error(&cases) - (0.5 + 0.75) / 4.0).abs() < 1e-9);
    }

    #[test]
    fn cases_that_tie_count_in_part() {
        // Of ten cases two: the surest is right, and one of three that tie, of which one is right.
        let mut cases = vec![
            asked(true, 0.9),
            asked(false, 0.8),
            asked(true, 0.8),
            asked(false, 0.8),
        ];
        cases.extend((0..6).map(|_| asked(true, 0.1)));
        let cases: Vec<&Asked> = cases.iter().collect();
        assert!((precision_at(&cases, 0.2) - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-9);
    }
}
