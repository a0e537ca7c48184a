//! Makes a cases file from a folder of repositories: what `cargo xtask eval-data` calls once sources are there.

use std::{path::Path, process::ExitCode};

use il_eval::cases::{self, generate};

const USAGE: &str = "usage: eval-cases REPOSITORIES CASES.jsonl";

#[expect(clippy::print_stderr, reason = "this is a command line program")]
fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [repositories, out] = &args[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let made = generate::generate(Path::new(repositories), generate::Amounts::default())
        .and_then(|made| cases::write(Path::new(out), &made).map(|()| made.len()));
    match made {
        Ok(count) => {
            eprintln!("{count} cases in `{out}`");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
