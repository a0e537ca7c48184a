//! Files with secrets in known places.
//!
//! The one idea: two sets. The *generated* one has every kind that the rules know, so many times, in surroundings of its own;
//! the *independent* one was written by hand without a look at the rules. A rule can be fitted to the first only.
//!
//! Deliberately absent: who looks for them.

use std::ops::Range;

use il_privacy::{Category, Rule, Rules};
use serde::Serialize;

use super::{
    blocks,
    carriers::{self, Carrier, Filled},
    kinds::{self, Form},
    template::{Braces, Made, Piece, make, pieces},
};
use crate::sampling::{Random, stable_hash};

const INDEPENDENT: &str = include_str!("../../../../eval/privacy/independent.txt");
const NEAR_MISSES: &str = include_str!("../../../../eval/privacy/near-misses.txt");

/// Places in a file, at most.
const PLACES_A_FILE: usize = 12;
/// How often a near-miss with something made up in it is made up.
const NEAR_MISS_REPEATS: u64 = 6;

/// Files, and what is where in them.
#[derive(Clone, Debug)]
pub struct Set {
    pub name: &'static str,
    pub files: Vec<File>,
}

/// A file with secrets and near-misses. `Debug` prints its size.
#[derive(Clone)]
pub struct File {
    /// `/`-separated.
    pub path: String,
    pub text: String,
    pub labels: Vec<Label>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (bytes, labels) = (self.text.len(), self.labels.len());
        write!(f, "File({}, {bytes} bytes, {labels} labels)", self.path)
    }
}

/// What stands on some lines.
#[derive(Clone, Debug, Serialize)]
pub struct Label {
    /// From one on, both included.
    pub line: usize,
    pub end_line: usize,
    /// The rule's id, or what sort of near-miss it is.
    pub kind: String,
    /// `None` for a near-miss.
    #[serde(serialize_with = "word")]
    pub category: Option<Category>,
    pub is_secret: bool,
    /// The one kind that it must not be taken for; others may be right. `None` where nothing may be found at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub but: Option<String>,
    /// Bytes that must not stay.
    #[serde(skip)]
    pub core: Vec<Range<usize>>,
}

#[expect(clippy::ref_option, reason = "serde hands the field over by reference")]
fn word<S: serde::Serializer>(category: &Option<Category>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(category.map_or("none", Category::word))
}

/// A piece of code and what is in it.
struct Place {
    ending: String,
    text: String,
    kind: String,
    category: Option<Category>,
    but: Option<String>,
    /// Bytes of all lines that count.
    secret: Range<usize>,
    core: Vec<Range<usize>>,
}

/// `samples` secrets of every kind.
pub fn generated(rules: &Rules, samples: usize, seed: u64) -> Set {
    let mut random = Random::new(seed);
    let (carriers, fillers) = carriers::read();
    let mut places = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        places.extend(secrets(rule, number, samples, &carriers, &mut random));
        for template in &rule.negatives {
            places.push(as_it_is(template, rule, &mut random));
        }
    }
    for block in blocks::read(NEAR_MISSES) {
        let pieces = pieces(block.text, Braces::Plain);
        let made_up = pieces.iter().any(|it| matches!(it, Piece::MadeUp(_)));
        for _ in 0..if made_up { NEAR_MISS_REPEATS } else { 1 } {
            places.push(hand_made(&block, random.next()));
        }
    }
    let files = files("generated", places, &mut random, |ending, random| {
        let here: Vec<_> = fillers.iter().filter(|it| it.ending() == ending).collect();
        (!here.is_empty()).then(|| here[random.below(here.len())].text.to_owned())
    });
    Set {
        name: "generated",
        files,
    }
}

/// The lines written by hand.
pub fn independent(seed: u64) -> Set {
    let mut random = Random::new(seed);
    let blocks = blocks::read(INDEPENDENT);
    let places = blocks.iter().map(|it| hand_made(it, random.next()));
    let places = places.collect();
    let files = files("independent", places, &mut random, |_, _| None);
    Set {
        name: "independent",
        files,
    }
}

fn secrets(
    rule: &Rule,
    number: usize,
    samples: usize,
    carriers: &[Carrier<'_>],
    random: &mut Random,
) -> Vec<Place> {
    let forms = kinds::forms(rule);
    let id = kinds::words_of_id(&rule.id);
    let endings = endings(carriers);
    let mut places = Vec::new();
    for sample in 0..if forms.is_empty() { 0 } else { samples } {
        let form = &forms[sample % forms.len()];
        let made = make(&form.value, random.next());
        let name = name(form, rule, &id, sample);
        // Every language comes first once, for every kind another one.
        let turn = (number + sample) % endings.len();
        let order = endings[turn..].iter().chain(&endings[..turn]);
        let fitting = |ending: &&str| -> Vec<&Carrier<'_>> {
            let here = carriers.iter().filter(|it| it.ending == *ending);
            here.filter(|it| (it.named || is_plain(form)) && it.takes(&made.text, form.own_lines))
                .collect()
        };
        let Some(here) = order.map(fitting).find(|it| !it.is_empty()) else {
            continue;
        };
        let carrier = here[random.below(here.len())];
        let Filled { text, core, secret } = carrier.fill(&made.text, &made.core, &name);
        places.push(Place {
            ending: carrier.ending.to_owned(),
            text,
            kind: rule.id.to_string(),
            category: Some(rule.category),
            but: None,
            secret,
            core,
        });
    }
    places
}

/// Whether a secret needs no name.
fn is_plain(form: &Form<'_>) -> bool {
    form.shaped || form.own_lines
}

/// What the sample calls it and what its id says, by turns; a password is never called by an id.
fn name(form: &Form<'_>, rule: &Rule, id: &[String], sample: usize) -> Vec<String> {
    let by_id = match rule.category {
        Category::Password => false,
        _ => sample % 2 == 1,
    };
    if by_id || form.name.is_empty() {
        id.to_owned()
    } else {
        form.name.clone()
    }
}

fn endings<'a>(carriers: &[Carrier<'a>]) -> Vec<&'a str> {
    let mut endings: Vec<&str> = Vec::new();
    for carrier in carriers {
        if !endings.contains(&carrier.ending) {
            endings.push(carrier.ending);
        }
    }
    endings
}

/// What only looks like a secret, by the rule's own account.
fn as_it_is(template: &str, rule: &Rule, random: &mut Random) -> Place {
    let made = make(&pieces(template, Braces::Doubled), random.next());
    let all = 0..made.text.len();
    Place {
        ending: "txt".to_owned(),
        text: made.text,
        kind: format!("like {}", rule.category.word()),
        category: None,
        // A key of one provider with a sign too few is still a secret, if only its name says so.
        but: Some(rule.id.to_string()),
        secret: all.clone(),
        core: vec![all],
    }
}

/// A block of the hand-made files: what is between « and » is the secret.
fn hand_made(block: &blocks::Block<'_>, seed: u64) -> Place {
    let (ending, category, kind) = match block.words[..] {
        [ending, category, kind, ..] => (ending, category, kind),
        _ => (block.ending(), "none", "unknown"),
    };
    let category = Category::ALL.into_iter().find(|it| it.word() == category);
    let Made { text, core } = make(&pieces(block.text, Braces::Plain), seed);
    let (mut clean, mut marks) = (String::new(), Vec::new());
    // Where each byte of the text is without marks.
    let mut moved = vec![0; text.len() + 1];
    for (at, it) in text.char_indices() {
        moved[at] = clean.len();
        match it {
            '«' | '»' => marks.push(clean.len()),
            '¦' => {}
            _ => clean.push(it),
        }
    }
    moved[text.len()] = clean.len();
    let secret = match marks[..] {
        [from, to] => from..to,
        _ => 0..clean.len(),
    };
    let core = core.iter().map(|it| moved[it.start]..moved[it.end]);
    let mut core: Vec<_> = core
        .filter(|it| secret.start <= it.start && it.end <= secret.end)
        .collect();
    if core.is_empty() {
        core.push(secret.clone());
    }
    Place {
        ending: ending.to_owned(),
        text: clean,
        kind: kind.into(),
        category,
        but: None,
        core,
        secret,
    }
}

/// Puts places together to files, a language a file, with ordinary code between them.
fn files(
    set: &str,
    places: Vec<Place>,
    random: &mut Random,
    filler: impl Fn(&str, &mut Random) -> Option<String>,
) -> Vec<File> {
    let mut places = places;
    random.shuffle(&mut places);
    places.sort_by(|a, b| a.ending.cmp(&b.ending));
    let mut files = Vec::new();
    for here in places.chunk_by(|a, b| a.ending == b.ending) {
        for (number, places) in here.chunks(PLACES_A_FILE).enumerate() {
            let ending = &here[0].ending;
            let hash = stable_hash(&format!("{set}/{ending}/{number}")) & 0xFFFF;
            let mut file = File {
                path: format!("{set}/{ending}/part{number:03}_{hash:04x}.{ending}"),
                text: String::new(),
                labels: Vec::new(),
            };
            for (turn, place) in places.iter().enumerate() {
                // Pages of text are about something else from one paragraph to the next.
                if (turn % 3 == 0 || ending == "txt")
                    && let Some(code) = filler(ending, random)
                {
                    file.text += &code;
                    file.text += "\n\n";
                }
                append(&mut file, place);
            }
            files.push(file);
        }
    }
    files
}

fn append(file: &mut File, place: &Place) {
    let base = file.text.len();
    file.text += &place.text;
    file.text += "\n\n";
    let line = |at: usize| file.text[..base + at].matches('\n').count() + 1;
    file.labels.push(Label {
        line: line(place.secret.start),
        end_line: line(place.secret.end),
        kind: place.kind.clone(),
        category: place.category,
        is_secret: place.category.is_some(),
        but: place.but.clone(),
        core: place
            .core
            .iter()
            .map(|it| base + it.start..base + it.end)
            .collect(),
    });
}

#[cfg(test)]
mod tests;
