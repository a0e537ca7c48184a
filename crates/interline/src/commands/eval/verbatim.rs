//! `interline eval verbatim`: whether copies of known code are noticed, and ordinary suggestions are not.
//!
//! The one idea: what is measured is the screen of the product, with a reference made a moment ago and read back from its
//! file. Cases and counting are `il-eval`'s.
//!
//! Deliberately absent: the user's own code, which would hide what is being measured.

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use il_eval::verbatim::{self, Case, ReferenceFacts, Report, Source};
use il_provenance::{Filter, Licence, Tree};
use il_screen::{
    Candidate, Policy, Reference, RemarkKind, Screen, Screener,
    copies::Nothing,
    fingerprint::{self, Grain},
    lexeme,
};

use crate::{
    cli::EvalVerbatim,
    failure::{Exit, usage},
    repository::tree,
    terminal,
};

/// Of these languages functions are found and rewritten.
const LANGUAGES: &[&str] = &[
    "rust",
    "python",
    "javascript",
    "typescript",
    "tsx",
    "go",
    "java",
    "c",
    "cpp",
    "csharp",
    "ruby",
    "php",
    "kotlin",
    "swift",
    "scala",
];

pub(crate) fn run(args: &EvalVerbatim) -> anyhow::Result<Exit> {
    let mut sides = Sides::default();
    for dir in &args.dirs {
        sides.read(&tree::real_directory(dir)?)?;
    }
    if sides.trees.is_empty() || sides.known.is_empty() || sides.held_out.is_empty() {
        return Err(usage(
            "there are too few packages: each folder in the named ones is a package",
        ));
    }
    let mut report = Report::default();
    let (reference, facts) = reference(&sides)?;
    report.reference = facts;
    let with = Screener::default().with_references(
        vec![Arc::clone(&reference)],
        Arc::new(Nothing),
        Policy::default(),
    );
    let copies = verbatim::copies(&sides.known, args.copies as usize, args.seed);
    let halves = verbatim::in_halves(&copies);
    let ordinary = verbatim::ordinary(&sides.held_out, args.suggestions as usize, args.seed);
    let lengths = [
        ("65 to 79 lexemes", 65..80),
        ("80 to 99", 80..100),
        ("100 to 199", 100..200),
        ("200 and more", 200..usize::MAX),
        ("all", 0..usize::MAX),
    ];
    let found = |case: &Case| origin(&with, case);
    report.copies = verbatim::by_length(&copies, &lengths, found);
    report.halves = verbatim::by_length(&halves, &lengths, found);
    let parts = [
        ("one line", 0..20),
        ("blocks", 20..usize::MAX),
        ("all", 0..usize::MAX),
    ];
    report.ordinary = verbatim::by_length(&ordinary, &parts, found);
    report.lookup_ns = lookup_ns(&*reference, &ordinary);
    report.screening_us = [
        screening_us(&Screener::default(), &ordinary),
        screening_us(&with, &ordinary),
    ];
    if args.misses {
        say_misses(&with, &copies, &ordinary);
    }
    if args.json {
        terminal::print_json(&serde_json::to_value(&report)?)?;
    } else {
        terminal::print(&verbatim::render(&report))?;
    }
    Ok(Exit::Done)
}

/// What the reference is made of, and what it has not seen.
#[derive(Default)]
struct Sides {
    trees: Vec<Tree>,
    known: Vec<Source>,
    held_out: Vec<Source>,
    held_out_packages: usize,
}

impl Sides {
    /// Deals out the packages of a folder.
    fn read(&mut self, dir: &Path) -> anyhow::Result<()> {
        let mut packages: Vec<PathBuf> = fs::read_dir(dir)
            .map_err(|why| usage(format!("cannot list `{}`: {why}", dir.display())))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_dir())
            .collect();
        packages.sort();
        for folder in packages {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let package = verbatim::unversioned(&name).to_owned();
            let is_known = verbatim::is_of_reference(&package);
            let sources = sources(&folder, &package);
            if is_known {
                self.known.extend(sources);
                self.trees.push(Tree {
                    folder,
                    licence: Licence::Auto,
                });
            } else if !sources.is_empty() {
                self.held_out.extend(sources);
                self.held_out_packages += 1;
            }
        }
        Ok(())
    }
}

/// The source files of a package that functions can be found in.
fn sources(folder: &Path, package: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).into_iter().flatten().flatten();
        for path in entries.map(|it| it.path()) {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
            let language = tree::language(&inside, "");
            if !LANGUAGES.contains(&language) {
                continue;
            }
            let text = fs::read_to_string(&path).ok();
            let Some(text) = text.filter(|text| il_admission::admit(text).is_ok()) else {
                continue;
            };
            sources.push(Source {
                package: package.to_owned(),
                path: inside.into_owned(),
                language,
                text: text.into(),
            });
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Builds the reference, and reads it back from its file.
fn reference(sides: &Sides) -> anyhow::Result<(Arc<dyn Reference>, ReferenceFacts)> {
    let started = Instant::now();
    let built = il_provenance::build("eval", &sides.trees, Grain::SHIPPED, &|_| {})?;
    let build_seconds = started.elapsed().as_secs_f64();
    let path = std::env::temp_dir().join(format!("interline-eval-{}.ilref", std::process::id()));
    let bytes = il_provenance::write(&path, &built.filter)?;
    let filter = Filter::open(&path);
    // What is left there is said by whoever cleans up.
    let _ = fs::remove_file(&path);
    let filter = filter?;
    let it = filter.summary();
    let facts = ReferenceFacts {
        packages: it.packages,
        files: it.files,
        lines: it.lines,
        lexemes: it.lexemes,
        fingerprints: it.fingerprints,
        bytes,
        build_seconds,
        held_out: sides.held_out_packages,
    };
    Ok((Arc::new(filter), facts))
}

fn candidate(case: &Case) -> Candidate<'_> {
    Candidate {
        language: case.language,
        before: &case.before,
        text: &case.text,
        after: &case.after,
    }
}

/// Whose code a case is taken for.
fn origin(screener: &Screener, case: &Case) -> Option<String> {
    let verdict = screener.screen(&candidate(case));
    let remark = verdict
        .remarks
        .into_iter()
        .find(|it| it.kind == RemarkKind::Copy)?;
    let origin = remark.origin?;
    origin.split(", ").next().map(str::to_owned)
}

/// What one look costs, over the runs of all cases.
fn lookup_ns(reference: &dyn Reference, cases: &[Case]) -> f64 {
    let mut keys = Vec::new();
    for case in cases {
        let lexemes = lexeme::of_language(case.language).read(&case.before);
        keys.extend(
            fingerprint::of(&lexemes, reference.grain())
                .iter()
                .map(|it| it.key),
        );
    }
    let started = Instant::now();
    for &key in &keys {
        black_box(reference.files(black_box(key)));
    }
    started.elapsed().as_secs_f64() * 1e9 / keys.len().max(1) as f64
}

/// Median and 99th percentile, of each the fastest of three: what others do on the machine does not count, and the first
/// round makes tables.
fn screening_us(screener: &Screener, cases: &[Case]) -> [f64; 2] {
    let once = |case: &Case| {
        let started = Instant::now();
        black_box(screener.screen(&candidate(case)));
        started.elapsed().as_secs_f64() * 1e6
    };
    let fastest = |case: &Case| (0..3).map(|_| once(case)).fold(f64::INFINITY, f64::min);
    let mut took: Vec<f64> = cases.iter().map(fastest).collect();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    [at(0.5), at(0.99)]
}

fn say_misses(screener: &Screener, copies: &[Case], ordinary: &[Case]) {
    for case in copies.iter().filter(|it| origin(screener, it).is_none()) {
        terminal::say(&format!(
            "missed: {} {}, {} lexemes",
            case.package, case.path, case.lexemes
        ));
    }
    for case in ordinary {
        let verdict = screener.screen(&candidate(case));
        for remark in verdict
            .remarks
            .iter()
            .filter(|it| it.kind == RemarkKind::Copy)
        {
            terminal::say(&format!(
                "taken for a copy: {} {}: {}",
                case.package, case.path, remark.text
            ));
        }
    }
}
