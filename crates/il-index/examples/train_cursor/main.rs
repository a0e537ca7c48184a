//! Learns the weights by which names are ranked for a cursor.
//!
//! ```text
//! cargo xtask eval-data --only train --recipes FOLDER
//! cargo run --release -p il-index --features lab --example train_cursor -- \
//!     eval/data/train.completion.jsonl eval/data/train crates/il-retrieval/model/cursor.bin
//! ```
//!
//! The one idea: a case hides a statement of a real file; every name that the rest of the repository points to is a
//! row, and the names that the statement really takes from other files are the right ones. Logistic loss, so that
//! what comes out is a probability.
//!
//! Deliberately absent: measuring. That is `interline eval coverage`, on repositories that were not learnt from.

mod cases;
mod fit;
mod rows;

use std::{env, fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [cases, repositories, weights] = &args[..] else {
        say("usage: train_cursor CASES.jsonl REPOSITORIES WEIGHTS.bin");
        return ExitCode::from(2);
    };
    match run(cases, repositories, weights) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cases: &str, repositories: &str, weights: &str) -> Result<(), String> {
    let text =
        fs::read_to_string(cases).map_err(|error| format!("cannot read `{cases}`: {error}"))?;
    let cases = cases::read(&text)?;
    let mut rows = rows::Rows::default();
    for (repository, cases) in &cases {
        rows.gather(&Path::new(repositories).join(repository), cases)?;
        say(&format!(
            "{repository}: {} cases, {} rows in all",
            cases.len(),
            rows.len()
        ));
    }
    let network = fit::fit(&rows, &|epoch, loss| {
        say(&format!("epoch {epoch}: loss {loss:.5}"))
    });
    fs::write(weights, network.to_bytes())
        .map_err(|error| format!("cannot write `{weights}`: {error}"))
}

#[expect(
    clippy::print_stderr,
    reason = "a tool of the workshop tells how far it is"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
