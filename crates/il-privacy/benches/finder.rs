//! What finding costs: ordinary code without a secret, a prompt of 8 KB, a text full of secrets, and the start.
//!
//! The code is this repository's own, as it stands: `cargo bench -p il-privacy --features samples`.

use std::{fs, hint::black_box, path::Path};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use il_privacy::{Finder, Guard, Manifest, Reach, Rules, Switches, samples::expand};

/// All sources of the workspace in which nothing is found.
fn code() -> String {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        &mut files,
    );
    files.sort();
    let texts = files.iter().filter_map(|it| fs::read_to_string(it).ok());
    texts
        .filter(|it| Finder::shipped().find(it).is_empty())
        .collect()
}

fn sources(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.extension().and_then(|it| it.to_str()) {
            None if path.is_dir() => sources(&path, files),
            Some("rs" | "toml" | "md") => files.push(path),
            _ => {}
        }
    }
}

fn finding(c: &mut Criterion) {
    let finder = Finder::shipped();
    let code = code();
    let prompt = &code[..code.floor_char_boundary(8 << 10)];
    let templates = Rules::shipped().iter().flat_map(|it| &it.positives);
    let secrets: String = (0..)
        .zip(templates)
        .map(|(seed, it)| expand(it, seed) + "\n")
        .collect();
    // Patterns are compiled when they are needed first.
    assert!(!finder.find(&secrets).is_empty());

    let mut group = c.benchmark_group("find");
    for (name, text) in [
        ("code", code.as_str()),
        ("prompt of 8 KB", prompt),
        ("secrets", &secrets),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| finder.find(black_box(text))));
    }
    group.finish();
    // As on the wire: a prompt in JSON, one secret in it.
    let guard = Guard::usual(Reach::Anywhere);
    let secret = expand("key = \\\"AKIA{base32:16}\\\"\\n", 1);
    let escaped = prompt
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    let json = format!("{{\"prompt\":\"{escaped}{secret}\",\"stream\":true}}").into_bytes();
    c.bench_function("seal a prompt of 8 KB", |b| {
        b.iter(|| guard.seal(black_box(json.clone()), Manifest::default()));
    });
    c.bench_function("start", |b| {
        b.iter(|| Finder::new(black_box(Rules::shipped()), &Switches::default()));
    });
}

criterion_group!(benches, finding);
criterion_main!(benches);
