//! `eval privacy`: how many of the secrets that are there are found, and how much is found that is none.
//!
//! The one idea: nobody marks his own work alone. Secrets are put into surroundings that the rules were not written with, a
//! second set of lines was written without a look at the rules, another scanner is scored on the same files by the same rule,
//! and code that is there says how often it alarms for nothing.
//!
//! Deliberately absent: the rules, and judging what is found in other people's code.

mod blocks;
mod carriers;
mod code;
mod kinds;
#[cfg(test)]
mod round_trip;
mod score;
mod set;
mod store;
mod table;
mod template;

use std::{collections::BTreeSet, sync::Arc};

use il_privacy::{Finder, Rules, Switches};
use serde::Serialize;

pub use self::{
    code::{Judged, Sighting, Survey, survey},
    score::{Figures, Hit, Mistake, Row, Scored, scan, score},
    set::{File, Label, Set, generated, independent},
    store::{read_findings, write, write_mistakes},
    table::{Beside, render, render_code},
};

/// The sets of one seed.
pub fn sets(samples: usize, seed: u64) -> Vec<Set> {
    vec![
        generated(Rules::shipped(), samples, seed),
        independent(seed),
    ]
}

/// What every scanner found in a set.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub set: &'static str,
    pub files: usize,
    pub lines: usize,
    pub kinds: usize,
    pub scanners: Vec<Scored>,
}

/// A report without scanners yet.
pub fn report(set: &Set) -> Report {
    let labels = || set.files.iter().flat_map(|it| &it.labels);
    let kinds = labels().filter(|it| it.is_secret).map(|it| &it.kind);
    Report {
        set: set.name,
        files: set.files.len(),
        lines: set.files.iter().map(|it| it.text.lines().count()).sum(),
        kinds: kinds.collect::<BTreeSet<_>>().len(),
        scanners: Vec::new(),
    }
}

/// The kinds that are off where nobody asks for them.
pub fn off() -> BTreeSet<Arc<str>> {
    let on: BTreeSet<_> = Finder::shipped().rules().map(|(_, it)| &it.id).collect();
    let all = Rules::shipped().iter().map(|it| &it.id);
    all.filter(|it| !on.contains(it)).map(Arc::clone).collect()
}

/// The finder of the product, as it is where nobody asks for more.
pub fn shipped() -> Finder {
    Finder::new(Rules::shipped(), &Switches::default())
}

/// A finder of every kind, those too that are off where nobody asks for them.
pub fn everything() -> Finder {
    let rules = Rules::shipped();
    let all = rules.iter().map(|it| it.id.to_string());
    let switches = Switches {
        on: all.collect(),
        off: Vec::new(),
    };
    Finder::new(rules, &switches)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of `docs/benchmarks.md`, with some room for a smaller set.
    #[test]
    fn what_is_found_and_what_is_not_stays_as_good_as_it_was() {
        for (set, recall, alarms) in [
            (generated(Rules::shipped(), 4, 7), 0.95, 5),
            (independent(7), 0.90, 1),
        ] {
            let hits = scan(&shipped(), &set);
            let (scored, mistakes) = score("interline", &set, &hits, &off());
            let all = scored.all;
            let wrong: Vec<_> = mistakes.iter().filter(|it| it.what == "alarm").collect();
            assert!(all.recall() >= recall, "{}: {all:?}", set.name);
            assert!(all.whole() >= recall - 0.01, "{}: {all:?}", set.name);
            assert!(all.false_alarms <= alarms, "{}: {wrong:?}", set.name);
        }
    }
}
