//! How fast a text is parsed, asked and edited. `cargo bench -p il-syntax`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use il_lang::registry;
use il_syntax::{Parsed, Parser};
use il_text::Edit;

/// This crate's own source, some forty times: ordinary Rust of about a megabyte.
fn rust() -> String {
    let sources = concat!(
        include_str!("../src/cursor.rs"),
        include_str!("../src/chunks.rs"),
        include_str!("../src/symbols.rs"),
        include_str!("../src/parse.rs")
    );
    sources.repeat(1_000_000 / sources.len())
}

/// Ordinary Python of about a megabyte.
fn python() -> String {
    let class = "class Store(Base):\n    \"\"\"Holds items.\"\"\"\n\n    def __init__(self, items=None):\n        \
         self.items = list(items or [])\n\n    @property\n    def first(self) -> str:\n        for item in self.items:\n            \
         if item.name != 'x' and item.size > 10:\n                return f\"{item.name}!\"\n        raise KeyError(self)\n\n\n";
    class.repeat(1_000_000 / class.len())
}

fn parse(language: &str, source: &str) -> Parsed {
    let language = registry()
        .by_id(language)
        .expect("a language of the registry");
    Parser::new().parse(language, source)
}

fn bench(criterion: &mut Criterion) {
    for (language, source) in [("rust", rust()), ("python", python())] {
        let mut group = criterion.benchmark_group(language);
        group.sample_size(10);
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function("parse", |bencher| {
            bencher.iter(|| parse(language, black_box(&source)))
        });
        let parsed = parse(language, &source);
        group.bench_function("symbols", |bencher| bencher.iter(|| parsed.symbols()));
        group.bench_function("chunks", |bencher| bencher.iter(|| parsed.chunks(2000)));
        group.finish();

        let middle = parsed.text().line_end(source.len() / 2);
        let word = source[middle..]
            .find("self.")
            .map_or(middle, |at| middle + at + 2);
        let mut group = criterion.benchmark_group(format!("{language}/keystroke"));
        group.bench_function("facts", |bencher| {
            bencher.iter(|| parsed.facts_at(black_box(middle)))
        });
        group.bench_function("scope", |bencher| {
            bencher.iter(|| parsed.scope_at(black_box(middle)))
        });
        let mut broken = parsed.clone();
        let mut parser = Parser::new();
        broken
            .edit(&mut parser, &[Edit::insert(middle, "\n    foo(\"bar")])
            .expect("fits");
        group.bench_function("facts near an error", |bencher| {
            bencher.iter(|| broken.facts_at(black_box(middle + 14)));
        });
        for (name, at) in [("edit in a word", word), ("edit that breaks", middle)] {
            group.bench_function(name, |bencher| {
                bencher.iter_batched_ref(
                    || parsed.clone(),
                    |parsed| parsed.edit(&mut parser, &[Edit::insert(at, "x")]),
                    BatchSize::LargeInput,
                );
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
