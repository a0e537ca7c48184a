//! What the packer promises, held over whole typing sessions and over material of all kinds.
//!
//! Deliberately absent: tokenizers of real models; two toys stand for them, one whose texts have fewer tokens together than
//! apart, and one whose texts may have more.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use il_engine::{
    Window,
    context::{Edited, Tokenizer},
    fim::{Part, registry},
};
use il_retrieval::{Snippet, Source};
use proptest::prelude::*;

use crate::{Counts, Fate, Hold, Kind, Material, Memory, Packed, Scope, Settings, Tab, Why, pack};

/// Words of up to four letters; a line's end takes the blanks behind it, so that lines together have fewer tokens.
struct Greedy;

fn greedy(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |it: char| match it {
            it if it.is_alphanumeric() => 0,
            it if it.is_whitespace() => 1,
            _ => 2,
        };
        let most = [4, 9, 1][class(first)];
        let len = rest
            .char_indices()
            .take(most)
            .take_while(|it| class(it.1) == class(first))
            .last()
            .map_or(0, |it| it.0 + it.1.len_utf8());
        tokens.push(&rest[..len]);
        rest = &rest[len..];
    }
    tokens
}

impl Tokenizer for Greedy {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        texts.iter().map(|it| greedy(it).len()).collect()
    }

    fn exact(&self) -> bool {
        true
    }
}

/// Every other pair of bytes is one token more: what stands together may have more tokens than apart.
struct Spiteful;

impl Tokenizer for Spiteful {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        let count = |it: &&str| {
            let pairs = it.as_bytes().windows(2);
            let spite = pairs.filter(|it| (usize::from(it[0]) * 7 + usize::from(it[1])) % 3 == 0);
            it.len().div_ceil(4) + spite.count()
        };
        texts.iter().map(count).collect()
    }

    fn exact(&self) -> bool {
        true
    }
}

fn window(id: &str, tokens: usize, tokenizer: impl Tokenizer + 'static) -> Window {
    Window {
        tokens,
        tokenizer: Arc::new(tokenizer),
        template: registry().by_id(id).expect("it is in the table"),
    }
}

/// Tokens of the prompt as an engine sends it.
fn sent(packed: &Packed, window: &Window) -> usize {
    let parts = window.template.render(&packed.context);
    let one = |part: &Part<'_>| match part {
        Part::Marker(_) => 1,
        Part::Text(it) => window.tokenizer.count(&[it])[0],
    };
    let beside = if window.template.shows_suffix() {
        ""
    } else {
        &packed.context.suffix
    };
    parts.iter().map(one).sum::<usize>() + window.tokenizer.count(&[beside])[0]
}

fn snippet(path: &str, first: u32, text: &str, source: Source, score: f32) -> Snippet {
    Snippet {
        path: path.to_owned(),
        lines: (first..).take(text.lines().count()).collect(),
        text: text.to_owned(),
        source,
        symbol: path.trim_end_matches(".rs").to_owned(),
        doc: String::new(),
        score,
    }
}

fn function(name: &str, lines: usize) -> String {
    let mut text = format!("pub fn {name}(value: usize) -> usize {{\n");
    for line in 0..lines {
        text.push_str(&format!("    let {name}{line} = value + {line};\n"));
    }
    text + "}"
}

fn definitions(count: usize) -> Vec<Snippet> {
    let sources = [
        Source::Definition,
        Source::Similar,
        Source::Import,
        Source::Prediction,
    ];
    (0..count)
        .map(|n| {
            let text = function(&format!("helper{n}"), 2 + n % 5);
            let score = 1.0 / (n + 1) as f32;
            snippet(&format!("src/m{n:02}.rs"), 10, &text, sources[n % 4], score)
        })
        .collect()
}

fn file(functions: usize) -> String {
    (0..functions)
        .map(|n| function(&format!("local{n}"), 6) + "\n\n")
        .collect()
}

fn material<'a>(text: &'a str, cursor: usize, snippets: &'a [Snippet]) -> Material<'a> {
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

fn fresh(material: &Material<'_>, window: &Window) -> Packed {
    pack(
        material,
        window,
        &Settings::default(),
        None,
        &mut Counts::default(),
    )
}

#[test]
fn every_part_gets_its_share_and_the_prompt_fits() {
    let text = file(60);
    let snippets = definitions(60);
    let window = window("qwen2.5-coder", 2000, Greedy);
    let packed = fresh(&material(&text, text.len() / 2, &snippets), &window);
    let report = &packed.report;
    assert_eq!(report.tokens, sent(&packed, &window));
    assert!(report.tokens <= 2000 && report.tokens > 1650, "{report:?}");
    assert!(report.exact);
    let near = |total: crate::Total, percent: usize| {
        let share = 2000 * percent / 100;
        assert!(
            total.given <= share + 40 && total.given + 40 >= share,
            "{total:?}"
        );
        assert!(total.used <= total.given, "{total:?}");
    };
    near(report.prefix, 35);
    near(report.stable, 35);
    near(report.suffix, 15);
    near(report.volatile, 15);
    assert!(
        packed.context.prefix.starts_with("pub fn") || packed.context.prefix.starts_with("    let")
    );
    assert!(packed.context.suffix.ends_with('\n'));
}

/// The prompt's tokens as an engine evaluates them.
fn tokens(packed: &Packed, window: &Window) -> Vec<String> {
    let parts = window.template.render(&packed.context);
    let one = |part: &Part<'_>| match part {
        Part::Marker(it) => vec![format!("⟦{it}⟧")],
        Part::Text(it) => greedy(it).into_iter().map(str::to_owned).collect(),
    };
    parts.iter().flat_map(one).collect()
}

/// A user who types; `evaluated` holds the tokens that a model with a warm cache evaluates at each key.
struct Typist {
    text: String,
    cursor: usize,
    window: Window,
    settings: Settings,
    counts: Counts,
    memory: Option<Memory>,
    shown: Vec<String>,
    evaluated: Vec<usize>,
}

impl Typist {
    fn new(id: &str, text: String, cursor: usize) -> Self {
        Self {
            text,
            cursor,
            window: window(id, 2000, Greedy),
            settings: Settings::default(),
            counts: Counts::default(),
            memory: None,
            shown: Vec::new(),
            evaluated: Vec::new(),
        }
    }

    fn ask(&mut self, snippets: &[Snippet]) -> Packed {
        let packed = pack(
            &material(&self.text, self.cursor, snippets),
            &self.window,
            &self.settings,
            self.memory.as_ref(),
            &mut self.counts,
        );
        let now = tokens(&packed, &self.window);
        assert!(now.len() <= self.window.tokens);
        assert_eq!(now.len(), packed.report.tokens);
        let same = self
            .shown
            .iter()
            .zip(&now)
            .take_while(|it| it.0 == it.1)
            .count();
        self.evaluated.push(now.len() - same);
        self.shown = now;
        self.memory = Some(packed.memory.clone());
        packed
    }

    fn types(&mut self, what: &str, snippets: &[Snippet]) -> Packed {
        let mut packed = None;
        for char in what.chars() {
            self.text.insert(self.cursor, char);
            self.cursor += char.len_utf8();
            packed = Some(self.ask(snippets));
        }
        packed.expect("something is typed")
    }
}

const FAMILIES: [&str; 4] = ["qwen2.5-coder", "starcoder2", "mellum", "deepseek-coder"];

#[test]
fn while_a_line_is_typed_only_what_is_typed_is_evaluated() {
    for id in FAMILIES {
        let text = file(60);
        let cursor = text.len() / 2;
        let cursor = text[..cursor].rfind('\n').unwrap_or(0) + 1;
        let mut typist = Typist::new(id, text, cursor);
        let snippets = definitions(60);
        typist.ask(&snippets);
        let cold = typist.evaluated[0];
        typist.types("    let answer = helper3(value) + 42;", &snippets);
        // A key may change the token before it; Mellum has a marker behind the prefix.
        let most = typist.evaluated[1..].iter().max();
        assert!(
            cold > 1500 && most <= Some(&3),
            "{id}: {cold}, then {most:?}"
        );
    }
}

#[test]
fn while_twenty_lines_are_typed_the_prompt_is_evaluated_anew_a_few_times() {
    for (id, most) in FAMILIES.iter().zip([3.0, 1.0, 1.0, 3.0]) {
        let text = file(60);
        let cursor = text[..text.len() / 2].rfind('\n').unwrap_or(0) + 1;
        let mut typist = Typist::new(id, text, cursor);
        let snippets = definitions(60);
        typist.ask(&snippets);
        for line in 0..20 {
            typist.types(
                &format!("    let value{line} = helper{line}(1);\n"),
                &snippets,
            );
        }
        let typed = &typist.evaluated[1..];
        let prompts = typed.iter().sum::<usize>() as f64 / 2000.0;
        assert!(prompts < most, "{id}: {prompts}");
    }
}

#[test]
fn the_hole_closes_after_some_lines_or_tokens_and_when_the_user_goes_back() {
    let text = file(60);
    let cursor = text[..text.len() / 2].rfind('\n').unwrap_or(0) + 1;
    let mut typist = Typist::new("qwen2.5-coder", text, cursor);
    typist.ask(&[]);
    let packed = typist.types("one\ntwo\nthree\nfour", &[]);
    assert_eq!(&*packed.context.begun, "one\ntwo\nthree\nfour");
    assert!(packed.report.held);
    let packed = typist.types("\n", &[]);
    assert_eq!(&*packed.context.begun, "");
    assert!(packed.context.prefix.ends_with("three\nfour\n"));
    assert!(!packed.report.held);

    let packed = typist.types(&"abcd ".repeat(32), &[]);
    assert_eq!(packed.context.begun.len(), 160);
    let packed = typist.types("e", &[]);
    assert_eq!(&*packed.context.begun, "");

    typist.types("fgh", &[]);
    for expected in ["fg", "f", "", ""] {
        typist.cursor -= 1;
        typist.text.remove(typist.cursor);
        let packed = typist.ask(&[]);
        assert_eq!(&*packed.context.begun, expected);
    }
}

#[test]
fn without_a_hold_the_hole_is_at_the_cursor_and_the_prompt_starts_the_same() {
    let text = file(60);
    let cursor = text[..text.len() / 2].rfind('\n').unwrap_or(0) + 1;
    let mut typist = Typist::new("qwen2.5-coder", text, cursor);
    typist.settings.hold = None;
    let snippets = definitions(60);
    let first = typist.ask(&snippets).context;
    let packed = typist.types("    let a = 1;", &snippets);
    assert_eq!(&*packed.context.begun, "");
    assert_eq!(
        *packed.context.prefix,
        format!("{}    let a = 1;", first.prefix)
    );
    assert_eq!(packed.context.suffix, first.suffix);
    assert_eq!(packed.context.blocks, first.blocks);
    // The suffix and its marker are evaluated again at each key, as the order of the family wants it.
    let each = typist.evaluated[2];
    assert!(each > 250 && each < 400, "{each}");
}

#[test]
fn fresh_blocks_are_chosen_while_the_hole_is_open() {
    let text = file(20);
    let mut typist = Typist::new("qwen2.5-coder", text, 0);
    typist.settings.hold = Some(Hold {
        fresh_blocks: true,
        ..Hold::default()
    });
    typist.ask(&definitions(2));
    let packed = typist.types("use a", &definitions(3));
    assert_eq!(packed.context.blocks.len(), 3);
    assert_eq!(&*packed.context.begun, "use a");
}

#[test]
fn a_bracket_that_the_editor_closes_leaves_the_prompt_as_it_was() {
    let text = file(60);
    let cursor = text[..text.len() / 2].rfind('\n').unwrap_or(0);
    let mut typist = Typist::new("starcoder2", text, cursor);
    typist.ask(&[]);
    typist.text.insert(cursor, ')');
    let packed = typist.types(" call(", &[]);
    assert!(packed.report.held);
    assert!(
        typist.evaluated[1..].iter().all(|it| *it <= 3),
        "{:?}",
        typist.evaluated
    );
}

#[test]
fn blocks_keep_their_places_when_scores_wobble() {
    let text = file(60);
    let at = text.len() / 2;
    let window = window("qwen2.5-coder", 2000, Greedy);
    let settings = Settings {
        hold: None,
        ..Settings::default()
    };
    let mut counts = Counts::default();
    let mut snippets = definitions(8);
    let paths = |packed: &Packed| -> Vec<String> {
        let blocks = packed.context.blocks.iter();
        blocks.map(|it| it.path.to_string()).collect()
    };
    let first = pack(
        &material(&text, at, &snippets),
        &window,
        &settings,
        None,
        &mut counts,
    );
    // Stable ones first, by file; then the volatile ones.
    let stable = ["src/m00.rs", "src/m02.rs", "src/m04.rs", "src/m06.rs"];
    let volatile = ["src/m01.rs", "src/m03.rs", "src/m05.rs", "src/m07.rs"];
    assert_eq!(paths(&first), [stable, volatile].concat());
    snippets.reverse();
    for (n, snippet) in snippets.iter_mut().enumerate() {
        snippet.score = 0.5 + (n % 3) as f32 / 10.0;
    }
    let last = Some(&first.memory);
    let second = pack(
        &material(&text, at, &snippets),
        &window,
        &settings,
        last,
        &mut counts,
    );
    assert_eq!(second.context, first.context);
    // A new one comes behind those that stay, though its file comes before.
    snippets.push(snippet(
        "a.rs",
        1,
        &function("newest", 3),
        Source::Definition,
        0.5,
    ));
    // It is worth so little beside the others that nothing changes for it, unless that is asked for.
    let settled = pack(
        &material(&text, at, &snippets),
        &window,
        &settings,
        last,
        &mut counts,
    );
    assert_eq!(settled.context, first.context);
    let fate = settled.report.entries.last().map(|it| it.fate);
    assert_eq!(fate, Some(Fate::LeftOut(Why::Settled)));
    let settings = Settings {
        settled: 101,
        ..settings
    };
    let third = pack(
        &material(&text, at, &snippets),
        &window,
        &settings,
        last,
        &mut counts,
    );
    assert_eq!(paths(&third)[..5], [&stable[..], &["a.rs"]].concat());
}

#[test]
fn what_is_not_shown_is_reported_with_its_reason() {
    let text = file(60);
    let mut snippets = definitions(60);
    // The same lines again, the same text elsewhere, some of its lines and more, and what stands at the cursor.
    snippets.push(snippets[0].clone());
    let mut copied = snippets[1].clone();
    copied.path = "vendor/m01.rs".into();
    snippets.push(copied);
    let mut more = snippets[2].clone();
    more.text.push_str("\n// more");
    more.lines.push(more.lines[more.lines.len() - 1] + 1);
    snippets.push(more);
    let here = text[..text.len() / 2].lines().count() as u32;
    snippets.push(snippet(
        "src/main.rs",
        here,
        "let x = 1;",
        Source::Similar,
        0.9,
    ));
    let local = function("local29", 6);
    snippets.push(snippet("src/old.rs", 3, &local, Source::Similar, 0.9));
    let window = window("qwen2.5-coder", 1500, Greedy);
    let packed = fresh(&material(&text, text.len() / 2, &snippets), &window);
    let entries = &packed.report.entries;
    assert_eq!(
        entries.len(),
        snippets.len() + 2,
        "prefix, suffix, and every snippet once"
    );
    let left_out = |why| -> Vec<&str> {
        let found = entries.iter().filter(|it| it.fate == Fate::LeftOut(why));
        found.map(|it| &*it.path).collect()
    };
    assert_eq!(
        left_out(Why::Duplicate),
        ["src/m00.rs", "vendor/m01.rs", "src/m02.rs"]
    );
    assert_eq!(left_out(Why::Visible), ["src/main.rs", "src/old.rs"]);
    assert!(left_out(Why::Budget).len() > 20);
    let merged = packed
        .context
        .blocks
        .iter()
        .find(|it| &*it.path == "src/m02.rs");
    assert!(merged.expect("it is taken").text.ends_with("}\n// more"));
    let cut = entries
        .iter()
        .filter(|it| matches!(it.fate, Fate::Cut { .. }));
    let kinds: Vec<Kind> = cut.map(|it| it.kind).collect();
    assert!(
        kinds.contains(&Kind::Prefix) && kinds.contains(&Kind::Suffix),
        "{kinds:?}"
    );
}

#[test]
fn the_scope_starves_the_prompt_on_purpose() {
    let text = file(60);
    let at = text[..text.len() / 2].rfind(" = ").unwrap_or(0);
    let snippets = definitions(5);
    let window = window("qwen2.5-coder", 2000, Greedy);
    let scoped = |scope| {
        let settings = Settings {
            scope,
            ..Settings::default()
        };
        let material = material(&text, at, &snippets);
        pack(&material, &window, &settings, None, &mut Counts::default())
    };
    let file = scoped(Scope::File);
    assert!(file.context.blocks.is_empty() && file.report.tokens > 1300);
    let line = scoped(Scope::Line);
    assert!(line.context.prefix.starts_with("    let local"));
    assert!(!line.context.prefix.contains('\n') && !line.context.suffix.contains('\n'));
    for packed in [file, line] {
        let out = packed
            .report
            .entries
            .iter()
            .filter(|it| it.fate == Fate::LeftOut(Why::Scope));
        assert_eq!(out.count(), 5);
    }
}

#[test]
fn edits_alone_are_shown_as_they_come() {
    let text = file(3);
    let edit = |line: u32| Edited {
        path: "src/tax.rs".into(),
        line,
        text: format!("const RATE_{line}: f32 = 0.19;").as_str().into(),
    };
    let window = window("qwen2.5-coder", 2000, Greedy);
    let settings = Settings {
        hold: None,
        ..Settings::default()
    };
    let mut counts = Counts::default();
    let (one, two) = ([edit(3)], [edit(7), edit(3)]);
    let mut of = |edits: &[Edited], last: Option<&Memory>| {
        let material = Material {
            edits,
            ..material(&text, 0, &[])
        };
        pack(&material, &window, &settings, last, &mut counts)
    };
    let first = of(&one, None);
    let second = of(&two, Some(&first.memory));
    assert!(second.context.blocks[0].text.contains("RATE_7"));
}

#[test]
fn gaps_are_marked_and_edits_stand_next_to_the_text() {
    let mut snippets = definitions(1);
    snippets[0].text = "struct Item {\n    price: u32,\n}".to_owned();
    snippets[0].lines = vec![10, 14, 15];
    let edits = [Edited {
        path: "src/tax.rs".into(),
        line: 3,
        text: "const RATE: f32 = 0.19;\n".into(),
    }];
    let tabs = [Tab {
        path: "src/tab.rs".into(),
        line: 0,
        text: "mod tax;\n".into(),
    }];
    let text = file(3);
    let material = Material {
        edits: &edits,
        tabs: &tabs,
        ..material(&text, 0, &snippets)
    };
    let packed = fresh(&material, &window("qwen2.5-coder", 2000, Greedy));
    let blocks = packed.context.blocks.iter();
    let shown: Vec<(&str, &str)> = blocks.map(|it| (&*it.path, &*it.text)).collect();
    assert_eq!(
        shown,
        [
            (
                "src/m00.rs",
                "struct Item {\n    // ...\n    price: u32,\n}"
            ),
            ("src/tab.rs", "mod tax;"),
            ("src/tax.rs", "const RATE: f32 = 0.19;"),
        ]
    );
}

#[test]
fn a_key_counts_only_what_changed() {
    let text = file(60);
    let cursor = text[..text.len() / 2].rfind('\n').unwrap_or(0) + 1;
    let snippets = definitions(60);
    for (id, hold) in [
        ("qwen2.5-coder", true),
        ("starcoder2", true),
        ("qwen2.5-coder", false),
    ] {
        let mut typist = Typist::new(id, text.clone(), cursor);
        if !hold {
            typist.settings.hold = None;
        }
        typist.ask(&snippets);
        assert!(typist.counts.calls() <= 3, "{:?}", typist.counts);
        let (calls, texts) = (typist.counts.calls(), typist.counts.texts());
        typist.types("let a = b;", &snippets);
        let each = |now: u64, before: u64| (now - before) as f64 / 10.0;
        let calls = each(typist.counts.calls(), calls);
        let texts = each(typist.counts.texts(), texts);
        // Held: the text that grew. Otherwise: the line, and the text that it is part of.
        let most = if hold { 1.0 } else { 2.0 };
        assert!(
            calls <= most && texts <= most,
            "{id}: {calls} calls, {texts} texts"
        );
    }
}

#[test]
fn a_line_longer_than_the_window_is_cut_inside() {
    let text = format!("let data = [{}];\n{}", "1, ".repeat(5000), file(2));
    let window = window("qwen2.5-coder", 500, Greedy);
    let packed = fresh(&material(&text, 9000, &[]), &window);
    assert!(
        packed.report.tokens <= 500 && packed.report.tokens > 200,
        "{:?}",
        packed.report
    );
    assert!(!packed.context.prefix.is_empty() && !packed.context.suffix.is_empty());
    assert!(text[..9000].ends_with(&*packed.context.prefix));
    assert!(text[9000..].starts_with(&*packed.context.suffix));
}

/// Remembers how much it was asked.
#[derive(Default)]
struct Weary(AtomicUsize);

impl Tokenizer for Weary {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        let bytes = texts.iter().map(|it| it.len()).sum();
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Greedy.count(texts)
    }

    fn exact(&self) -> bool {
        true
    }
}

#[test]
fn what_can_never_fit_is_not_counted() {
    let line = format!("let data = [{}];\n", "1, ".repeat(500_000));
    let text = [&file(50), &line, &file(50), &line, &file(50)]
        .map(String::as_str)
        .concat();
    let tabs = [Tab {
        path: "data.rs".into(),
        line: 0,
        text: line.as_str().into(),
    }];
    let snippets = [snippet("src/more.rs", 0, &text, Source::Definition, 1.0)];
    for at in [10, text.len() / 6, text.len() / 2, text.len() - 10] {
        let tokenizer = Arc::new(Weary::default());
        let window = Window {
            tokens: 500,
            tokenizer: tokenizer.clone(),
            template: registry().by_id("starcoder2").expect("it is in the table"),
        };
        let material = Material {
            tabs: &tabs,
            ..material(&text, at, &snippets)
        };
        let packed = fresh(&material, &window);
        assert!(packed.report.tokens <= 500 && packed.report.tokens > 300);
        let asked = tokenizer.0.load(Ordering::Relaxed);
        assert!(asked < 500 * 40, "{asked} bytes were counted");
    }
}

#[test]
fn a_blank_rest_is_no_suffix() {
    let text = "fn main() {}\n\n";
    let packed = fresh(
        &material(text, 13, &[]),
        &window("qwen2.5-coder", 500, Greedy),
    );
    assert_eq!(&*packed.context.suffix, "");
    assert_eq!(packed.report.tokens, greedy("fn main() {}\n").len());
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ ]{0,8}[a-z_]{1,9}(\\(|\\.|: | = )[a-z0-9, ]{0,24};?",
        1 => Just(String::new()),
        1 => "[a-zäß∆]{100,200}",
    ]
}

fn any_text(lines: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any_line(), 0..lines).prop_map(|it| it.join("\n"))
}

fn any_snippet() -> impl Strategy<Value = Snippet> {
    (
        0_u32..9,
        0_u32..30,
        any_text(12),
        0_usize..6,
        0.0_f32..1.0,
        1_u32..3,
    )
        .prop_map(|(file, first, text, source, score, step)| {
            let lines = text.lines().count() as u32;
            Snippet {
                lines: (0..lines).map(|it| first + it * step).collect(),
                ..snippet(
                    &format!("src/f{file}.rs"),
                    first,
                    &text,
                    Source::ALL[source],
                    score,
                )
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_prompt_is_larger_than_its_window(
        text in any_text(120),
        at in 0.0_f64..1.0,
        snippets in proptest::collection::vec(any_snippet(), 0..20),
        tokens in 24_usize..2500,
        family in 0_usize..19,
        spiteful: bool,
        scope in 0_usize..3,
    ) {
        let template = registry().all().nth(family).expect("there are as many").clone();
        let tokenizer: Arc<dyn Tokenizer> = if spiteful { Arc::new(Spiteful) } else { Arc::new(Greedy) };
        let window = Window { tokens, tokenizer, template };
        let settings = Settings { scope: Scope::ALL[scope], ..Settings::default() };
        let mut counts = Counts::default();
        let mut memory = None;
        let mut text = text;
        let mut cursor = text.floor_char_boundary((text.len() as f64 * at) as usize);
        // The constant part of one family alone is more than this.
        let least = if &*window.template.id == "codegeex4" { 60 } else { 24 };
        for key in ["", "x", "(", "\n", "word "] {
            text.insert_str(cursor, key);
            cursor += key.len();
            let material = material(&text, cursor, &snippets);
            let packed = pack(&material, &window, &settings, memory.as_ref(), &mut counts);
            let sent = sent(&packed, &window);
            prop_assert_eq!(sent, packed.report.tokens);
            prop_assert!(sent <= tokens || tokens < least, "{} of {}", sent, tokens);
            let again = pack(&material, &window, &settings, memory.as_ref(), &mut Counts::default());
            prop_assert_eq!(&again.context, &packed.context);
            prop_assert!(again.report == packed.report);
            let before = format!("{}{}", packed.context.prefix, packed.context.begun);
            prop_assert!(text[..cursor].ends_with(&before));
            memory = Some(packed.memory);
        }
    }
}
