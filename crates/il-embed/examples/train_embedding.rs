//! Makes the shipped model from a folder of repositories.
//!
//! `cargo run --release -p il-embed --features lab --example train_embedding -- FOLDER FILE [NAME=VALUE]…`
//! `FOLDER` holds one folder a repository, named `<language>-<name>`; the same folder gives the same file.
//! `without=a,b` leaves repositories out, to measure on them; the other names are the fields of `Settings`.

use std::path::Path;

use il_embed::lab::{Settings, learn, read_repository};
use rayon::prelude::*;

/// Under licences that ask for more than a notice (MPL): nothing that ships is learnt from these.
const NOT_PERMISSIVE: [&str; 2] = ["go-hcl", "java-h2"];

const USAGE: &str = "usage: train_embedding FOLDER FILE [NAME=VALUE]…";

#[expect(
    clippy::print_stderr,
    reason = "a workshop tool reports to the terminal"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, choices @ ..] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let mut settings = Settings::default();
    let mut without: Vec<&str> = NOT_PERMISSIVE.to_vec();
    for choice in choices {
        let (name, value) = choice.split_once('=').ok_or(USAGE)?;
        match name {
            "without" => without.extend(value.split(',')),
            _ => settings.set(name, value)?,
        }
    }
    let mut folders = Vec::new();
    for folder in from.split(',') {
        for entry in std::fs::read_dir(Path::new(folder))? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && !name.starts_with('.') && !without.contains(&&*name) {
                folders.push(path);
            }
        }
    }
    folders.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    let repositories: Vec<_> = folders
        .par_iter()
        .filter_map(|f| read_repository(f))
        .collect();
    let file = learn(&repositories, &settings, &|line| eprintln!("{line}"));
    eprintln!("{} bytes", file.len());
    std::fs::write(to, file)?;
    Ok(())
}
