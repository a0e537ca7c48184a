//! What packing costs: 2 000 tokens, 60 snippets; cold, at a key that leaves the hole open, and at one that does not.
//! The tokenizer is an estimate that costs nothing, so that only the packer is measured.

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use il_context::{Counts, Material, Settings, pack};
use il_engine::{Window, context::Estimate, fim::registry};
use il_retrieval::{Snippet, Source};

const FUNCTION: &str = "pub fn total(prices: &[Price]) -> Money {\n    let net = prices.iter().map(Price::net);\n    let rate = rate_of(prices);\n    net.sum::<Money>() * rate\n}\n\n";

fn snippets() -> Vec<Snippet> {
    (0..60_u32)
        .map(|n| {
            let text = FUNCTION.trim_end().replace("total", &format!("total{n}"));
            Snippet {
                path: format!("src/module{n}.rs"),
                lines: (n..).take(text.lines().count()).collect(),
                text,
                source: Source::ALL[n as usize % 6],
                symbol: format!("total{n}"),
                doc: String::new(),
                score: 1.0 / (n + 1) as f32,
            }
        })
        .collect()
}

fn window(id: &str) -> Window {
    Window {
        tokens: 2000,
        tokenizer: Arc::new(Estimate::default()),
        template: registry().by_id(id).expect("it is in the table"),
    }
}

/// The buffer at a cursor.
fn at<'a>(text: &'a str, cursor: usize, snippets: &'a [Snippet]) -> Material<'a> {
    Material {
        repository: "shop",
        path: "src/main.rs",
        language: "rust",
        comment: "//",
        text,
        cursor,
        first_line: 0,
        snippets,
        edits: &[],
        tabs: &[],
    }
}

fn packing(criterion: &mut Criterion) {
    let snippets = snippets();
    let text = FUNCTION.repeat(2000);
    let cursor = FUNCTION.len() * 1000 + 46;
    let typed = format!("{}x{}", &text[..cursor], &text[cursor..]);
    let before = at(&text, cursor, &snippets);
    let after = at(&typed, cursor + 1, &snippets);
    for id in ["qwen2.5-coder", "starcoder2"] {
        let window = window(id);
        let open = Settings::default();
        let closed = Settings { hold: None, ..open };
        criterion.bench_function(&format!("{id}, cold"), |bench| {
            bench.iter(|| black_box(pack(&before, &window, &open, None, &mut Counts::default())));
        });
        let mut counts = Counts::default();
        let last = pack(&before, &window, &open, None, &mut counts).memory;
        criterion.bench_function(&format!("{id}, a key into the open hole"), |bench| {
            bench.iter(|| black_box(pack(&after, &window, &open, Some(&last), &mut counts)));
        });
        criterion.bench_function(&format!("{id}, a key without one"), |bench| {
            bench.iter(|| black_box(pack(&after, &window, &closed, Some(&last), &mut counts)));
        });
    }
}

criterion_group!(benches, packing);
criterion_main!(benches);
