//! Automation: the same commands on every machine and in CI.
//!
//! The one idea: `cargo xtask run` and `cargo xtask test` are all that a fresh clone needs; they install
//! what is missing and then call ordinary tools. CI calls the same function as a developer does.
//!
//! Deliberately absent: dependencies on our own crates. A broken crate must not break the checks.

use std::{env, path::Path, process::ExitCode};

mod eval_data;
mod run;
mod test;
mod tidy;
mod tools;

const HELP: &str = "\
usage: cargo xtask COMMAND

  run [DIR]     install what is missing, build, index DIR (default: this repository),
                open the playground and print its URL
  test          install what is missing, then every check and test there is, as CI runs them
  tidy          the house rules alone: layers, headers, crate map, forbidden dependencies (seconds)
  ci            `test` on the CI build profile
  eval-data     fetch the evaluation sources named in eval/suites, with checksums
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let command = args.first().map(String::as_str).unwrap_or("help");
    let rest = args.get(1..).unwrap_or_default();
    let root = tools::workspace_root();
    let result = match command {
        "run" => run::run(&root, rest),
        "test" => test::run(&root, test::Profile::from_environment()),
        "ci" => test::run(&root, test::Profile::Ci),
        "tidy" => tidy::run(&root),
        "eval-data" => eval_data::run(rest),
        "help" | "--help" | "-h" => {
            say(HELP);
            Ok(())
        }
        other => {
            say(&format!("error: unknown command `{other}`\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            say(&format!("error: {err:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person at the terminal something. Everything that is not a child's output goes through here.
#[expect(clippy::print_stderr, reason = "this is a command line program")]
fn say(text: &str) {
    eprintln!("{}", text.trim_end());
}

/// Paths for people: relative to the workspace when inside it.
fn display(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
