//! Draws what was measured: a row a figure, a column a tree.

use super::{Spread, Tree};

/// A row: what it is, and how one tree's cell is written.
type Row = (&'static str, fn(&Tree) -> String);

const ROWS: &[Row] = &[
    ("files", |it| count(it.built.files as u64)),
    ("source, MB", |it| megabytes(it.built.bytes)),
    ("lines", |it| count(it.built.lines)),
    ("chunks", |it| count(it.built.chunks as u64)),
    ("symbols", |it| count(it.built.symbols as u64)),
    ("vectors", |it| count(it.built.vectors as u64)),
    ("embeddings", |it| it.embeddings.clone()),
    ("", |_| String::new()),
    ("first index, s", |it| seconds(it.built.seconds())),
    ("  scan", |it| seconds(it.built.scanning)),
    ("  index", |it| seconds(it.built.indexing)),
    ("  embed behind it", |it| seconds(it.built.embedding)),
    ("  save", |it| seconds(it.built.saving)),
    ("  processor, s", |it| known(it.built.cpu, seconds)),
    ("  files/s", |it| rate(it.built.files as f64, it)),
    ("  lines/s", |it| rate(it.built.lines as f64, it)),
    ("  MB/s", |it| {
        format!("{:.1}", it.built.bytes as f64 / 1e6 / it.built.seconds())
    }),
    ("  peak memory, MB", |it| {
        known(it.built.peak_bytes, megabytes)
    }),
    ("index in memory, MB", |it| megabytes(it.built.memory_bytes)),
    ("index on disk, MB", |it| megabytes(it.built.disk_bytes)),
    ("", |_| String::new()),
    ("unchanged restart, s", |it| {
        seconds(it.restarted.opening + it.restarted.scanning + it.restarted.comparing)
    }),
    ("  open", |it| seconds(it.restarted.opening)),
    ("  scan", |it| seconds(it.restarted.scanning)),
    ("  compare", |it| seconds(it.restarted.comparing)),
    ("  processor, s", |it| known(it.restarted.cpu, seconds)),
    ("  read, MB", |it| known(it.restarted.read_bytes, megabytes)),
    ("  files that differ", |it| {
        count(it.restarted.different as u64)
    }),
    ("  peak memory, MB", |it| {
        known(it.restarted.peak_bytes, megabytes)
    }),
    ("", |_| String::new()),
    ("one changed file, ms", |it| spread(&it.changed.update)),
    ("  saved, ms", |it| spread(&it.changed.save)),
    ("many changed files", |it| count(it.changed.files as u64)),
    ("  indexed, s", |it| seconds(it.changed.seconds)),
    ("  a search before, ms", |it| {
        spread(&it.changed.searches_before)
    }),
    ("  a search meanwhile, ms", |it| {
        spread(&it.changed.searches_meanwhile)
    }),
    ("  the longest, ms", |it| {
        milliseconds(it.changed.searches_meanwhile.max_us)
    }),
    ("", |_| String::new()),
    ("search, ms: hybrid", |it| mode(it, "hybrid")),
    ("  lexical", |it| mode(it, "lexical")),
    ("  semantic", |it| mode(it, "semantic")),
    ("  symbol", |it| mode(it, "symbol")),
    ("  one word, lexical", |it| spread(&it.searched.words)),
    ("for a cursor, ms", |it| spread(&it.searched.cursor)),
    ("  without parsing", |it| {
        spread(&it.searched.cursor_prepared)
    }),
    ("memory after all that, MB", |it| {
        known(it.searched.resident_bytes, megabytes)
    }),
    ("", |_| String::new()),
    ("rg, one word, ms", |it| {
        it.ripgrep.as_ref().map_or_else(nothing, spread)
    }),
    ("ctags, s", |it| {
        it.ctags
            .as_ref()
            .map_or_else(nothing, |it| seconds(it.seconds))
    }),
    ("  symbols", |it| {
        it.ctags
            .as_ref()
            .map_or_else(nothing, |it| count(it.symbols as u64))
    }),
];

/// The figures as text. Two figures in one cell are p50 and p99.
pub fn render(trees: &[Tree]) -> String {
    let mut columns: Vec<Vec<String>> = vec![
        std::iter::once("")
            .chain(ROWS.iter().map(|it| it.0))
            .map(str::to_owned)
            .collect(),
    ];
    for tree in trees {
        let cells = ROWS.iter().map(|it| it.1(tree));
        columns.push(std::iter::once(tree.name.clone()).chain(cells).collect());
    }
    let width = |column: &[String]| column.iter().map(|it| it.chars().count()).max();
    let widths: Vec<usize> = columns.iter().map(|it| width(it).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in 0..=ROWS.len() {
        let mut line = format!("{:<1$}", columns[0][row], widths[0]);
        for (column, width) in columns.iter().zip(&widths).skip(1) {
            line.push_str(&format!("  {:>width$}", column[row]));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str("\ntwo figures are p50 and p99; MB is a million bytes\n");
    text
}

fn nothing() -> String {
    "–".into()
}

fn known<T>(value: Option<T>, write: impl Fn(T) -> String) -> String {
    value.map_or_else(nothing, write)
}

/// `12,345`.
fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

fn milliseconds(micros: u64) -> String {
    format!("{:.2}", micros as f64 / 1e3)
}

fn rate(amount: f64, tree: &Tree) -> String {
    count((amount / tree.built.seconds()) as u64)
}

fn spread(it: &Spread) -> String {
    if it.count == 0 {
        return nothing();
    }
    format!("{} {}", milliseconds(it.p50_us), milliseconds(it.p99_us))
}

fn mode(tree: &Tree, name: &str) -> String {
    let found = tree.searched.modes.iter().find(|it| it.0 == name);
    found.map_or_else(nothing, |it| spread(&it.1))
}
