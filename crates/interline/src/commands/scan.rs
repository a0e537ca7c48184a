//! `interline scan`: secrets in files and folders.
//!
//! The one idea: it looks with the same eyes as the redaction of what leaves, so a clean scan says what would be taken out of a
//! prompt; and it never prints what it found.
//!
//! Deliberately absent: settings. A scan says the same on every machine.

mod found;
mod report;
mod sarif;
mod targets;
mod windows;

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use il_privacy::{Finder, Switches};
use il_text::{Decoded, decode};
use rayon::prelude::*;
use serde_json::Value;

use self::{
    found::{Counted, Found},
    report::Summary,
    targets::{Source, Target},
    windows::Piece,
};
use crate::{
    cli::{Scan, ScanFormat},
    failure::{Exit, usage},
    privacy,
    progress::Bytes,
    terminal,
};

/// What is larger is looked at in pieces.
const LARGE: u64 = 2 * windows::PIECE as u64;

pub(crate) fn run(args: &Scan) -> anyhow::Result<Exit> {
    let known = args.baseline.as_deref().map(baseline).transpose()?;
    let finder = finder(args.rules.as_deref())?;
    let since = Instant::now();
    let targets = targets::gather(&args.paths, args.no_ignore)?;
    let mut looked = look_at_all(&targets.files, &finder, args.personal);
    let mut summary = Summary {
        links: targets.links,
        problems: targets.problems,
        ..Summary::default()
    };
    for (target, file) in targets.files.iter().zip(&mut looked) {
        match &file.outcome {
            Outcome::Looked => summary.files += 1,
            Outcome::Binary => summary.binary.push(target.shown.clone()),
            Outcome::Failed(why) => summary.problems.push((target.shown.clone(), why.clone())),
        }
        summary.bytes += file.bytes;
        summary.allowed += file.counted.allowed;
        summary.personal += file.counted.personal;
        tell_apart(&mut file.counted.found);
        if let Some(known) = &known {
            let before = file.counted.found.len();
            file.counted
                .found
                .retain(|it| !known.contains(&it.fingerprint));
            summary.known += before - file.counted.found.len();
        }
    }
    summary.took = since.elapsed();
    summary.problems.sort_unstable();
    let found: Vec<(&str, &Found)> = targets
        .files
        .iter()
        .zip(&looked)
        .flat_map(|(target, file)| file.counted.found.iter().map(|it| (&*target.shown, it)))
        .collect();
    match args.format() {
        ScanFormat::Text => terminal::print(&report::lines(&found))?,
        ScanFormat::Json => terminal::print_json(&report::document(&found, &summary))?,
        ScanFormat::Sarif => terminal::print_json(&sarif::document(&found, &summary))?,
    }
    terminal::say(&report::summary(&found, &summary));
    Ok(match found.is_empty() {
        true => Exit::Done,
        false => Exit::Nothing,
    })
}

/// What looks: the rules in the binary as they are switched there, and those of a file.
fn finder(rules: Option<&Path>) -> anyhow::Result<Arc<Finder>> {
    let Some(path) = rules else {
        return Ok(Finder::shipped_shared());
    };
    let rules = privacy::rules_with(path).map_err(usage)?;
    Ok(Arc::new(Finder::new(&rules, &Switches::default())))
}

/// The fingerprints of an earlier report.
fn baseline(path: &Path) -> anyhow::Result<HashSet<String>> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|why| usage(format!("cannot read `{shown}`: {why}")))?;
    let document: Value = serde_json::from_str(&text).unwrap_or_default();
    let findings = document["findings"].as_array();
    let fingerprints = findings.and_then(|it| {
        let each = it.iter().map(|it| it["fingerprint"].as_str());
        each.map(|it| it.map(str::to_owned)).collect()
    });
    fingerprints.ok_or_else(|| {
        usage(format!(
            "`{shown}` is no earlier result: write one with `interline scan … --json`"
        ))
    })
}

/// What became of a file.
#[derive(Debug)]
struct Looked {
    outcome: Outcome,
    bytes: u64,
    counted: Counted,
}

#[derive(Debug)]
enum Outcome {
    Looked,
    /// No text, and nobody asked for just this file.
    Binary,
    Failed(String),
}

fn look_at_all(targets: &[Target], finder: &Finder, with_personal: bool) -> Vec<Looked> {
    let bar = Mutex::new(Bytes::new("looking"));
    let done = AtomicU64::new(0);
    let each = targets.par_iter().map(|target| {
        let looked = look_at(target, finder, with_personal).unwrap_or_else(|why| Looked {
            outcome: Outcome::Failed(why.to_string()),
            bytes: 0,
            counted: Counted::default(),
        });
        let done = done.fetch_add(looked.bytes, Ordering::Relaxed) + looked.bytes;
        // Whoever is late shows nothing: another one just did.
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, None, None);
        }
        looked
    });
    each.collect()
}

fn look_at(target: &Target, finder: &Finder, with_personal: bool) -> io::Result<Looked> {
    let look = |piece: &Piece<'_>| found::look(finder, with_personal, &target.shown, piece);
    let mut source: Box<dyn io::Read> = match &target.source {
        Source::Stdin => Box::new(io::stdin().lock()),
        Source::File(path) => Box::new(File::open(path)?),
    };
    let mut bytes = Vec::new();
    (&mut source).take(LARGE).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == LARGE {
        if !is_utf16(&bytes) {
            if !target.is_named && is_binary(&bytes) {
                return Ok(Looked::not(Outcome::Binary));
            }
            let mut looked = Looked::not(Outcome::Looked);
            let all = io::Cursor::new(bytes).chain(source);
            looked.bytes = windows::each(all, windows::PIECE, windows::OVERLAP, |piece| {
                looked.counted.add(look(piece));
            })?;
            return Ok(looked);
        }
        source.read_to_end(&mut bytes)?;
    }
    let size = bytes.len() as u64;
    let raw = target.is_named.then(|| bytes.clone());
    let text = match (decode(bytes), raw) {
        (Decoded::Text { text, .. }, _) => text,
        (Decoded::Binary, None) => return Ok(Looked::not(Outcome::Binary)),
        // Each byte for the character of its number: what is written in it in ASCII can be found.
        (Decoded::Binary, Some(raw)) => raw.into_iter().map(char::from).collect(),
    };
    Ok(Looked {
        outcome: Outcome::Looked,
        bytes: size,
        counted: look(&Piece::whole(&text)),
    })
}

impl Looked {
    fn not(outcome: Outcome) -> Self {
        Self {
            outcome,
            bytes: 0,
            counted: Counted::default(),
        }
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
}

fn is_binary(bytes: &[u8]) -> bool {
    let beginning = bytes[..bytes.len().min(8 << 10)].to_vec();
    decode(beginning).into_text().is_none()
}

/// Gives findings of one file that look the same each a fingerprint of its own.
fn tell_apart(found: &mut [Found]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for it in found {
        let number = seen.entry(it.fingerprint.clone()).or_default();
        *number += 1;
        if *number > 1 {
            it.fingerprint = found::another(&it.fingerprint, *number);
        }
    }
}
