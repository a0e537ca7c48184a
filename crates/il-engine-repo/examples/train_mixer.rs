//! Makes the shipped weights from a folder of repositories.
//!
//! `cargo run --release -p il-engine-repo --features lab --example train_mixer -- literals TRAIN OUT`
//! writes the literal words, then
//! `… --example train_mixer -- weights TRAIN OUT [LINES] [EPOCHS]` writes the weights.
//! `TRAIN` holds one folder a repository, named `<language>-<name>`. The same folder gives the same file.

use std::path::Path;

use il_engine_repo::lab::{Repository, learn, literal_lists, read_repository};

const MOST_BYTES: usize = 3 << 20;

#[expect(
    clippy::print_stderr,
    reason = "a workshop tool reports to the terminal"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, from, to, ..] = &arguments[..] else {
        return Err("usage: train_mixer literals|weights FOLDER FILE [LINES] [EPOCHS]".into());
    };
    let number = |i: usize, default: usize| {
        arguments
            .get(i)
            .and_then(|a| a.parse().ok())
            .unwrap_or(default)
    };
    let repositories = read_all(Path::new(from))?;
    match what.as_str() {
        "literals" => std::fs::write(to, literal_lists(&repositories, number(3, 500)))?,
        _ => {
            let learned = learn(&repositories, number(3, 1200), number(4, 5), &|line| {
                eprintln!("{line}")
            });
            std::fs::write(to, &learned.file)?;
            let (before, after) = learned.bits;
            eprintln!(
                "{} examples, {before:.3} -> {after:.3} bits, {} bytes",
                learned.examples,
                learned.file.len()
            );
        }
    }
    Ok(())
}

fn read_all(root: &Path) -> std::io::Result<Vec<Repository>> {
    let mut folders: Vec<_> = std::fs::read_dir(root)?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    // Mixed so that every tenth, which is held out, is not always of the same language.
    folders.sort_by_key(|p| {
        p.file_name()
            .map(|n| n.to_string_lossy().bytes().map(usize::from).sum::<usize>() % 97)
    });
    Ok(folders
        .iter()
        .filter_map(|f| read_repository(f, MOST_BYTES))
        .filter(|r| r.files.len() >= 3)
        .collect())
}
