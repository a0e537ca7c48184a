//! Measures documentation → function: lexical alone, semantic alone, both.
//!
//! `… --example measure_embedding -- FUNCTIONS QUERIES MODEL [REPOSITORIES] [only=a,b] [tune=fields|mix|nothing] [NAME=VALUE]…`
//! `FUNCTIONS` and `QUERIES` are the JSON lines of the published recipe, `REPOSITORIES` the folder they came
//! from, to look up what each function is in. `tune` tries weights; do that on training repositories only. `tune=nothing` measures the speed.

use std::collections::BTreeMap;
use std::path::Path;

use il_embed::StaticEmbedder;
use il_embed::lab::{Cases, Fields, Figures, Mix, Scores, read_cases, read_scopes};
use il_retrieval::Purpose;

const USAGE: &str = "usage: measure_embedding FUNCTIONS QUERIES MODEL [REPOSITORIES] [only=a,b] [tune=fields|mix|nothing]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (choices, files): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|a| a.contains('='));
    let [functions, queries, model, rest @ ..] = &files[..] else {
        return Err(USAGE.into());
    };
    let choices: BTreeMap<&str, &str> = choices.iter().filter_map(|c| c.split_once('=')).collect();
    let number = |name: &str, default: f32| {
        choices
            .get(name)
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let mut cases = read_cases(Path::new(functions), Path::new(queries))?;
    if let Some(only) = choices.get("only") {
        cases.retain(|c| only.split(',').any(|o| o == c.repository));
    }
    if let Some(root) = rest.first() {
        read_scopes(&mut cases, Path::new(root));
    }
    let defaults = Fields::default();
    let fields = Fields {
        k1: number("k1", defaults.k1),
        b: number("b", defaults.b),
        b_short: number("b_short", defaults.b_short),
        name: number("name", defaults.name),
        path: number("path", defaults.path),
        scope: number("scope", defaults.scope),
        signature: number("signature", defaults.signature),
        tests: number("tests", defaults.tests),
        wholes: number("wholes", defaults.wholes),
    };
    let embedder = match model.as_str() {
        "shipped" => StaticEmbedder::shipped(),
        path => StaticEmbedder::from_bytes("measured", &std::fs::read(path)?)?,
    };
    match choices.get("tune").copied() {
        Some("fields") => tune_fields(&cases, fields),
        Some("mix") => tune_mix(&cases, fields, &embedder),
        Some("nothing") => speed(&cases, &embedder),
        _ => report(
            &cases,
            fields,
            &embedder,
            number("linear", 1.75),
            number("ranks", 0.5),
        ),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn report(cases: &[Cases], fields: Fields, embedder: &StaticEmbedder, linear: f32, ranks: f32) {
    let mixes = [
        ("BM25 anchor", Mix::Anchor),
        ("BM25 fields", Mix::Lexical),
        ("semantic", Mix::Semantic),
        ("RRF", Mix::Ranks(1.0)),
        ("RRF weighted", Mix::Ranks(ranks)),
        ("anchor + sem.", Mix::AnchorLinear(linear)),
        ("linear", Mix::Linear(linear)),
    ];
    let mut groups: BTreeMap<String, Vec<Vec<f32>>> = BTreeMap::new();
    for cases in cases {
        let scores = cases.scores(&fields, Some(embedder));
        let mut names = vec![format!("~{}", cases.language), "~~all".to_owned()];
        names.push(cases.repository.clone());
        for (m, (_, mix)) in mixes.iter().enumerate() {
            let places: Vec<f32> = scores.iter().map(|s| s.place(*mix)).collect();
            for name in &names {
                let group = groups
                    .entry(name.clone())
                    .or_insert_with(|| vec![Vec::new(); mixes.len()]);
                group[m].extend(&places);
            }
        }
    }
    println!("MRR / MRR@10 / R@10");
    print!("{:26} {:>6}", "", "n");
    for (name, _) in &mixes {
        print!(" {name:>18}");
    }
    println!();
    for (name, places) in &groups {
        print!("{:26} {:>6}", name.trim_start_matches('~'), places[0].len());
        for places in places {
            let f = Figures::of(places);
            print!("  {:.3} {:.3} {:.3}", f.mrr, f.mrr_10, f.recall_10);
        }
        println!();
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn speed(cases: &[Cases], embedder: &StaticEmbedder) {
    let texts: Vec<&str> = cases
        .iter()
        .flat_map(|c| &c.functions)
        .map(|f| f.code.as_str())
        .collect();
    let bytes: usize = texts.iter().map(|t| t.len()).sum();
    let mut vector = vec![0.0; embedder.dim()];
    for _ in 0..3 {
        let start = std::time::Instant::now();
        for text in &texts {
            embedder.embed_into(Purpose::Passage, text, &mut vector);
        }
        let took = start.elapsed().as_secs_f64();
        println!(
            "{} passages, {:.1} MB: {:.1} MB/s, {:.1} us a passage, on one core",
            texts.len(),
            bytes as f64 / 1e6,
            bytes as f64 / 1e6 / took,
            took * 1e6 / texts.len() as f64
        );
    }
}

/// The mean over all questions.
fn mean(cases: &[Cases], scores: &[Vec<Scores>], mix: Mix) -> f32 {
    let places: Vec<f32> = scores.iter().flatten().map(|s| s.place(mix)).collect();
    debug_assert_eq!(cases.len(), scores.len(), "a repository each");
    Figures::of(&places).mrr
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn tune_mix(cases: &[Cases], fields: Fields, embedder: &StaticEmbedder) {
    let scores: Vec<Vec<Scores>> = cases
        .iter()
        .map(|c| c.scores(&fields, Some(embedder)))
        .collect();
    let one = |name: &str, mix| println!("{name:24} {:.4}", mean(cases, &scores, mix));
    one("anchor", Mix::Anchor);
    one("lexical", Mix::Lexical);
    one("semantic", Mix::Semantic);
    for weight in [0.3, 0.5, 0.7, 1.0, 1.4, 2.0] {
        one(&format!("ranks {weight}"), Mix::Ranks(weight));
    }
    for weight in [0.3, 0.5, 0.7, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0] {
        one(&format!("linear {weight}"), Mix::Linear(weight));
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn tune_fields(cases: &[Cases], start: Fields) {
    let mut best = start;
    let at = |fields: Fields| {
        let scores: Vec<Vec<Scores>> = cases.iter().map(|c| c.scores(&fields, None)).collect();
        mean(cases, &scores, Mix::Lexical)
    };
    let mut best_mrr = at(best);
    println!("{best_mrr:.4} {best:?}");
    for _ in 0..2 {
        let knobs: [(fn(&mut Fields, f32), &[f32]); 9] = [
            (|f, x| f.name = x, &[4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0]),
            (|f, x| f.signature = x, &[0.0, 0.5, 1.0, 2.0, 3.0, 4.0]),
            (|f, x| f.scope = x, &[0.5, 1.0, 2.0, 3.0, 5.0, 7.0]),
            (|f, x| f.path = x, &[0.0, 0.5, 1.0, 2.0, 3.0]),
            (|f, x| f.wholes = x, &[0.0, 0.3, 1.0]),
            (|f, x| f.k1 = x, &[2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0]),
            (|f, x| f.b = x, &[0.6, 0.75, 0.9, 1.0]),
            (|f, x| f.b_short = x, &[0.0, 0.3, 0.6, 0.9, 1.0]),
            (|f, x| f.tests = x, &[0.6, 0.7, 0.8, 0.9, 1.0]),
        ];
        for (set, values) in knobs {
            for &value in values {
                let mut fields = best;
                set(&mut fields, value);
                let mrr = at(fields);
                if mrr > best_mrr {
                    (best, best_mrr) = (fields, mrr);
                    println!("{best_mrr:.4} {best:?}");
                }
            }
        }
    }
}
