//! Measures the engine on held-out files of repositories in a folder.
//!
//! `cargo run --release -p il-engine-repo --features lab --example measure -- FOLDER [N] [WEIGHTS] [saved=BLOCKS] [only=NAME] [dump]`

use std::collections::BTreeMap;
use std::path::Path;

use il_engine_repo::lab::{Figures, TASKS, measure, read_repository, reliability, saved};

#[expect(
    clippy::print_stdout,
    reason = "a workshop tool reports to the terminal"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments
        .first()
        .ok_or("usage: measure FOLDER [N] [WEIGHTS] [saved=BLOCKS] [only=NAME] [dump]")?;
    let n = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(150);
    let weights = arguments
        .get(2)
        .filter(|a| Path::new(a).is_file())
        .map(std::fs::read)
        .transpose()?;
    let named = |key: &str| {
        arguments
            .iter()
            .find_map(|a| a.strip_prefix(key)?.strip_prefix('='))
    };
    let blocks = named("saved").and_then(|v| v.parse().ok()).unwrap_or(0);
    let mut folders: Vec<_> = std::fs::read_dir(folder)?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    let mut families: BTreeMap<&str, (Figures, [usize; 4])> = BTreeMap::new();
    let mut all = Figures::default();
    for path in folders {
        if named("only").is_some_and(|only| !path.to_string_lossy().contains(only)) {
            continue;
        }
        let Some(repository) = read_repository(&path, usize::MAX) else {
            continue;
        };
        let mut print = |line: String| println!("{line}");
        let dump = arguments.iter().any(|a| a == "dump");
        let dump: Option<&mut dyn FnMut(String)> = if dump { Some(&mut print) } else { None };
        let figures = measure(&repository, n, weights.as_deref(), dump);
        let typed = if blocks > 0 {
            saved(&repository, blocks, weights.as_deref())
        } else {
            [0; 4]
        };
        let family = families.entry(repository.family).or_default();
        if arguments.iter().any(|a| a == "each") {
            println!("{}", repository.name);
            TASKS.iter().for_each(|&t| println!("  {}", figures.row(t)));
        }
        all.merge(figures.clone());
        family.0.merge(figures);
        family.1 = std::array::from_fn(|i| family.1[i] + typed[i]);
    }
    for (name, (figures, [keys, characters, accepted, shown])) in &families {
        println!("{name}");
        TASKS.iter().for_each(|&t| println!("  {}", figures.row(t)));
        if *shown > 0 {
            let saved = 100.0 * (1.0 - *keys as f32 / *characters as f32);
            println!(
                "  saved {saved:.1} % of {characters} characters, {accepted} of {shown} shown accepted"
            );
        }
    }
    println!("all");
    TASKS.iter().for_each(|&t| println!("  {}", all.row(t)));
    print!("{}", reliability(&all));
    Ok(())
}
