//! What drafts change in an answer.
//!
//! The one idea: whether a difference is a mistake of ours or of the last bit can be told: computed a row at a time,
//! drafts change nothing at all; computed at once, they may only where the two likeliest tokens are a tie.
//!
//! Deliberately absent: the worker; its tests are in `tests/it`.

use std::sync::Once;

use super::*;
use crate::{
    native::{self, Context, Decoded, Shape},
    wire::{Extent, Sampling, Secretive},
};

/// Tokens of an answer.
const LENGTH: u32 = 64;
/// Logits closer than this are a tie. Sums of several rows and of one differ in the last bit, which decides how an
/// activation is rounded to 8 bits: that was up to 0.04 of a logit, and where answers differed the lead was 0.022 at most.
const TIE: f32 = 0.1;

/// How drafted tokens are computed.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    AtOnce,
    OneByOne,
}

/// Drafts that follow what is known to be said, for so many letters.
#[derive(Clone, Copy)]
struct Drafts<'a> {
    truth: &'a str,
    right: usize,
    width: u32,
    rows: Rows,
}

/// An answer, and what is needed to compare it.
#[derive(Debug)]
struct Said {
    text: String,
    tokens: Vec<Token>,
    /// Of the whole answer, to the bit.
    probability: u32,
    /// How far the likeliest token was before the second, at each token.
    leads: Vec<f32>,
    drafted: u32,
    accepted: u32,
}

struct Bench {
    model: Arc<Model>,
    context: Context,
}

impl Bench {
    fn open() -> Self {
        static START: Once = Once::new();
        START.call_once(native::start);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tiny-fim.gguf");
        let model = Arc::new(Model::load(path, 0).expect("it is there"));
        let shape = Shape {
            tokens: 512,
            sequences: 1,
            rows: 512,
            threads: 1,
            pooled: false,
        };
        let context = Context::new(&model, shape, Arc::default()).expect("it is small");
        Self { model, context }
    }

    fn say(&mut self, prompt: &str, drafts: Option<Drafts<'_>>) -> Said {
        let mut job = Job::new(&self.model, &generation(prompt, drafts), 512).expect("it fits");
        let (mut slot, mut pace) = (Slot::default(), Pace::default());
        job.settle(Place {
            slot: 0,
            reused: 0,
            copied: None,
        });
        self.context.truncate(0, 0);
        let (mut text, mut leads) = (String::new(), Vec::new());
        loop {
            if let Some(it) = drafts
                && let Some(held) = job.wants_draft(&pace)
            {
                job.take_draft(&self.model, &it.after(&(text.clone() + &held)));
            }
            let rows = job.rows(&slot, 512, &mut pace);
            let one_by_one = !job.reads() && drafts.is_some_and(|it| it.rows == Rows::OneByOne);
            let logits = self.compute(&rows, if one_by_one { 1 } else { rows.len() });
            let of = |row: usize| {
                logits
                    .get(row)
                    .map(Vec::as_slice)
                    .filter(|it| !it.is_empty())
            };
            let known = slot.tokens.len();
            let news = job.computed(&self.model, &mut slot, &rows, of, &mut pace);
            self.context.truncate(0, slot.tokens.len());
            leads.extend((0..slot.tokens.len() - known).filter_map(of).map(lead));
            text.push_str(&news.text);
            if news.ended.is_some() {
                break;
            }
        }
        Said {
            text,
            tokens: slot.tokens.split_off(job.prompt.len()),
            probability: job.probability.to_bits(),
            leads,
            drafted: job.stats.drafted,
            accepted: job.stats.accepted,
        }
    }

    /// The logits of each row that has some.
    fn compute(&mut self, rows: &[Row], at_once: usize) -> Vec<Vec<f32>> {
        let mut all = Vec::new();
        for rows in rows.chunks(at_once) {
            assert_eq!(self.context.decode(rows), Ok(Decoded::Done));
            let of = |row| self.context.logits(row).unwrap_or_default().to_vec();
            all.extend((0..rows.len()).map(of));
        }
        all
    }
}

impl Drafts<'_> {
    fn after(&self, said: &str) -> String {
        let rest = self.truth.strip_prefix(said).unwrap_or_default();
        let mut text: String = rest.chars().take(self.right).collect();
        if text.len() < rest.len() {
            text.push_str("zebra zebra zebra");
        }
        text
    }
}

fn generation(prompt: &str, drafts: Option<Drafts<'_>>) -> Generation {
    Generation {
        id: 1,
        document: 1,
        interactive: true,
        prompt: vec![Piece::Text(Secretive(prompt.to_owned()))],
        adapters: Vec::new(),
        max_tokens: LENGTH,
        extent: Extent::Free,
        stops: Vec::new(),
        sampling: Sampling::default(),
        grammar: None,
        speculation: drafts.map_or(Speculation::Off, |it| Speculation::Width(it.width)),
    }
}

fn lead(logits: &[f32]) -> f32 {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for it in logits {
        if *it > first {
            (first, second) = (*it, first);
        } else if *it > second {
            second = *it;
        }
    }
    first - second
}

/// Code that goes on and on, which the model repeats with many a tie: with AVX2, three of these four answers are other
/// ones when drafts are computed at once.
fn prompts() -> impl Iterator<Item = String> {
    let names = ["reader", "offset", "window", "parser", "length", "buffer"];
    let line = move |round: usize, it: usize| {
        let (a, b) = (names[it % 6], names[(it / 6 + round) % 6]);
        format!("    let {a}_{round}_{it} = {b}.next({it})?.filter(|{a}| {a}.len() > {round});\n")
    };
    let rounds = [80, 84, 88, 93].into_iter();
    rounds.map(move |round| (0..5).map(|it| line(round, it)).collect())
}

/// Says every prompt without drafts and with them, and shows both.
fn compare(rows: Rows, check: impl Fn(&Said, &Said)) {
    let mut bench = Bench::open();
    for prompt in prompts() {
        let plain = bench.say(&prompt, None);
        assert_eq!(plain.drafted, 0);
        for (width, right) in [(2, usize::MAX), (4, usize::MAX), (16, usize::MAX), (4, 8)] {
            let drafts = Drafts {
                truth: &plain.text,
                right,
                width,
                rows,
            };
            let drafted = bench.say(&prompt, Some(drafts));
            assert!(drafted.accepted > 0, "{drafted:?}");
            assert!(right > 8 || drafted.accepted < drafted.drafted);
            check(&plain, &drafted);
        }
    }
}

#[test]
fn drafts_computed_a_row_at_a_time_change_nothing_to_the_bit() {
    compare(Rows::OneByOne, |plain, drafted| {
        assert_eq!(drafted.text, plain.text);
        assert_eq!(drafted.tokens, plain.tokens);
        assert_eq!(drafted.leads, plain.leads);
        assert_eq!(drafted.probability, plain.probability);
    });
}

#[test]
fn drafts_computed_at_once_say_something_else_only_at_a_tie() {
    compare(Rows::AtOnce, |plain, drafted| {
        let pairs = plain.tokens.iter().zip(&drafted.tokens);
        let Some(first) = pairs.into_iter().position(|(a, b)| a != b) else {
            return;
        };
        let lead = plain.leads[first];
        assert!(lead < TIE, "token {first} was likelier by {lead}");
    });
}
