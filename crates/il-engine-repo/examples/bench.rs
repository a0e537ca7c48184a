//! How fast: training on one core and on all, memory, saving and loading, updates, and suggestions cold and warm.
//!
//! `cargo run --release -p il-engine-repo --features lab --example bench -- FOLDER…`, each folder named `<language>-<name>`.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use il_engine::{CancelToken, Engine as _, Length, Priority, Request};
use il_engine_repo::lab::{Random, Repository, read_repository};
use il_engine_repo::{Options, RepoModel, TrainingReport};

#[expect(
    clippy::print_stdout,
    reason = "a workshop tool reports to the terminal"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    for folder in std::env::args().skip(1) {
        let repository =
            read_repository(Path::new(&folder), usize::MAX).ok_or("not a repository")?;
        println!("{}", repository.name);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        let (took, report, _) = one.install(|| train(&repository));
        println!("  one core:   {}", speed(took, &report));
        let (took, report, model) = train(&repository);
        println!("  all cores:  {}", speed(took, &report));
        let stats = model.stats();
        println!(
            "  memory:     {:.1} bytes a token",
            stats.memory as f64 / stats.tokens as f64
        );
        let start = Instant::now();
        let bytes = model.to_bytes();
        let saved = start.elapsed();
        let start = Instant::now();
        let model = RepoModel::from_bytes(&bytes, Options::default())?;
        println!(
            "  saved in {:.0} ms, loaded in {:.0} ms, {:.1} bytes a token",
            saved.as_secs_f64() * 1e3,
            start.elapsed().as_secs_f64() * 1e3,
            bytes.len() as f64 / stats.tokens as f64
        );
        let (mut cold, mut warm) = type_lines(&repository, &model);
        println!("  first suggestion in a file: {}", percentiles(&mut cold));
        println!("  after a keystroke:          {}", percentiles(&mut warm));
        let mut updates = update_files(&repository, &model);
        println!(
            "  update of a file:           {}",
            percentiles(&mut updates)
        );
    }
    Ok(())
}

fn train(repository: &Repository) -> (Duration, TrainingReport, RepoModel) {
    let model = RepoModel::new(Options::default());
    let files = repository.files.clone();
    let start = Instant::now();
    let report = model.train(files, &|_| (), &CancelToken::new());
    (start.elapsed(), report, model)
}

fn speed(took: Duration, report: &TrainingReport) -> String {
    let seconds = took.as_secs_f64();
    format!(
        "{:.0} ms for {} lines, {} tokens: {:.2} M lines/s, {:.2} M tokens/s",
        seconds * 1e3,
        report.lines,
        report.tokens,
        report.lines as f64 / seconds / 1e6,
        report.tokens as f64 / seconds / 1e6
    )
}

/// Types a line in each of some files, a suggestion a key.
fn type_lines(repository: &Repository, model: &RepoModel) -> (Vec<f64>, Vec<f64>) {
    let mut random = Random(7);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let file = &repository.files[random.below(repository.files.len())];
        let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
        let at = random.below(lines.len());
        let before: usize = lines[..at].iter().map(|l| l.len()).sum();
        let line = lines[at].trim_end();
        let mut last: Option<Request> = None;
        for (offset, _) in line.char_indices() {
            let cursor = before + offset;
            let text = format!(
                "{}{}",
                &file.text[..cursor],
                &file.text[before + line.len()..]
            );
            let request = Request {
                path: file.path.clone(),
                language: file.language.clone(),
                text: text.into(),
                cursor,
                length: Length::Line,
                alternatives: 1,
                priority: Priority::Interactive,
                context: None,
                workspace: std::sync::Arc::default(),
            };
            match &last {
                None => cold.push(ask(model, &request)),
                // The best of three, each a keystroke after the last: other work on the machine is left out.
                Some(last) => warm.push((0..3).fold(f64::INFINITY, |best, _| {
                    ask(model, last);
                    ask(model, &request).min(best)
                })),
            }
            last = Some(request);
        }
    }
    (cold, warm)
}

/// Asks and gives the time it took in µs.
fn ask(model: &RepoModel, request: &Request) -> f64 {
    let start = Instant::now();
    let outcome = model.complete(request, &CancelToken::new(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(outcome.is_ok());
    start.elapsed().as_secs_f64() * 1e6
}

fn update_files(repository: &Repository, model: &RepoModel) -> Vec<f64> {
    let mut random = Random(9);
    let mut out = Vec::new();
    for _ in 0..20 {
        let file = &repository.files[random.below(repository.files.len())];
        let text = format!("{}\n", file.text);
        let start = Instant::now();
        model.update(&file.path, &file.language, Some(&text));
        out.push(start.elapsed().as_secs_f64() * 1e6);
    }
    out
}

fn percentiles(micros: &mut [f64]) -> String {
    micros.sort_by(f64::total_cmp);
    let at = |q: usize| micros.get(micros.len() * q / 100).copied().unwrap_or(0.0);
    format!(
        "p50 {:.0} p90 {:.0} p99 {:.0} µs (n={})",
        at(50),
        at(90),
        at(99),
        micros.len()
    )
}
