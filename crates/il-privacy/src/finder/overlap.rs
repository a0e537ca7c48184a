//! Which of several findings at one place stands.
//!
//! The one idea: the one that knows most wins, then the longer; what another has beside it stays its own, so nothing that
//! any rule found is left in the text.
//!
//! Deliberately absent: what was found by whom.

use std::ops::Range;

use crate::{Finding, RuleId, rules::Rank};

/// Bytes of a rest that are worth a finding of their own.
const REST: usize = 8;

/// A finding that others may overlap.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) rank: Rank,
    pub(super) rule: RuleId,
    pub(super) span: Range<usize>,
}

/// In order, disjoint.
pub(super) fn resolve(text: &str, mut all: Vec<Candidate>) -> Vec<Finding> {
    all.sort_by_key(|it| (it.span.start, it.span.end));
    let mut findings = Vec::with_capacity(all.len());
    let mut from = 0;
    while from < all.len() {
        // A cluster: each overlaps one before it.
        let mut end = all[from].span.end;
        let mut to = from + 1;
        while to < all.len() && all[to].span.start < end {
            end = end.max(all[to].span.end);
            to += 1;
        }
        match &mut all[from..to] {
            [one] => findings.push(finding(one.rule, one.span.clone())),
            cluster => settle(text, cluster, &mut findings),
        }
        from = to;
    }
    findings
}

fn finding(rule: RuleId, span: Range<usize>) -> Finding {
    Finding { rule, span }
}

fn settle(text: &str, cluster: &mut [Candidate], findings: &mut Vec<Finding>) {
    cluster.sort_by_key(|it| {
        (
            it.rank,
            std::cmp::Reverse(it.span.len()),
            it.span.start,
            it.rule,
        )
    });
    let mut taken: Vec<Finding> = Vec::new();
    for it in cluster.iter() {
        let mut start = it.span.start;
        let mut idx = taken.partition_point(|other| other.span.end <= start);
        let mut alone = true;
        while start < it.span.end {
            let other = taken.get(idx).map(|it| it.span.clone());
            let other = other.filter(|other| other.start < it.span.end);
            let end = other.as_ref().map_or(it.span.end, |it| it.start);
            alone &= other.is_none();
            if alone || end > start && is_worth_it(&text[start..end]) {
                taken.insert(idx, finding(it.rule, start..end));
                idx += 1;
            }
            match other {
                Some(other) => start = other.end,
                None => break,
            }
            idx += 1;
        }
    }
    findings.append(&mut taken);
}

fn is_worth_it(rest: &str) -> bool {
    rest.bytes().filter(u8::is_ascii_alphanumeric).count() >= REST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(candidates: &[(Rank, u16, Range<usize>)], expected: &[(u16, Range<usize>)]) {
        let text = "0123456789".repeat(6);
        let all = candidates.iter().map(|(rank, rule, span)| Candidate {
            rank: *rank,
            rule: RuleId(*rule),
            span: span.clone(),
        });
        let found = resolve(&text, all.collect());
        let found: Vec<_> = found.into_iter().map(|it| (it.rule.0, it.span)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn who_knows_most_wins_and_then_the_longer() {
        check(
            &[(Rank::Word, 1, 0..40), (Rank::Form, 2, 0..38)],
            &[(2, 0..38)],
        );
        check(
            &[(Rank::Word, 1, 0..20), (Rank::Word, 2, 0..21)],
            &[(2, 0..21)],
        );
        check(
            &[(Rank::Word, 1, 0..20), (Rank::Word, 2, 20..40)],
            &[(1, 0..20), (2, 20..40)],
        );
    }

    #[test]
    fn what_is_left_beside_the_winner_is_still_found() {
        check(
            &[
                (Rank::Word, 1, 0..50),
                (Rank::Form, 2, 10..20),
                (Rank::Form, 3, 30..45),
            ],
            &[(1, 0..10), (2, 10..20), (1, 20..30), (3, 30..45)],
        );
    }
}
