//! The workshop of the ranking for a cursor: learns its weights, measures coverage.
//!
//! `cursor_lab train REPOS CASES WEIGHTS` and `cursor_lab eval REPOS CASES WEIGHTS [CONTEXTS]`.
#![expect(clippy::print_stdout, reason = "it is a tool")]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env, fs,
    io::Write as _,
    path::Path,
    time::Instant,
};

use il_index::{SourceFile, Stamp, View};
use il_retrieval::{
    Snippet, Source,
    cursor::{self, CursorQuery, FEATURES, Limits, Network},
    terms::Word,
};
use il_syntax::Parser;
use serde_json::{Value, json};

#[derive(Clone)]
struct Case {
    id: String,
    repo: String,
    lang: String,
    kind: String,
    path: String,
    start: usize,
    end: usize,
    x: Vec<String>,
    u: Vec<String>,
    defs: HashMap<String, Vec<(String, u32)>>,
}

fn cases(path: &str) -> BTreeMap<String, Vec<Case>> {
    let mut by_repo: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let text = fs::read_to_string(path).unwrap();
    for line in text.lines() {
        let v: Value = serde_json::from_str(line).unwrap();
        let s = |k: &str| v[k].as_str().unwrap().to_owned();
        let l = |k: &str| -> Vec<String> {
            v[k].as_array()
                .unwrap()
                .iter()
                .map(|x| x.as_str().unwrap().to_owned())
                .collect()
        };
        let defs = v["xf_defs"].as_object().unwrap().iter().map(|(k, v)| {
            let places = v.as_array().unwrap().iter();
            (
                k.clone(),
                places
                    .map(|p| {
                        (
                            p[0].as_str().unwrap().to_owned(),
                            p[1].as_u64().unwrap() as u32,
                        )
                    })
                    .collect(),
            )
        });
        let case = Case {
            id: s("id"),
            repo: s("repo"),
            lang: s("lang"),
            kind: s("kind"),
            path: s("path"),
            start: v["start"].as_u64().unwrap() as usize,
            end: v["end"].as_u64().unwrap() as usize,
            x: l("xf_ids"),
            u: l("xf_unseen"),
            defs: defs.collect(),
        };
        if !case.x.is_empty() {
            by_repo.entry(case.repo.clone()).or_default().push(case);
        }
    }
    by_repo
}

fn files(root: &Path) -> Vec<SourceFile> {
    fn walk(root: &Path, dir: &Path, out: &mut Vec<SourceFile>) {
        let mut entries: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(root, &path, out);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let inside = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                out.push(SourceFile {
                    path: inside,
                    stamp: Stamp::default(),
                    text,
                });
            }
        }
    }
    let mut out = Vec::new();
    walk(root, root, &mut out);
    out
}

struct Asked {
    view: View,
    case_text: String,
    case_cursor: usize,
    here: Vec<Word>,
    imports: Vec<il_syntax::Import>,
}

fn ask(view: &View, case: &Case, root: &Path, parser: &mut Parser) -> Asked {
    let text = fs::read_to_string(
        root.join(
            case.path
                .strip_prefix(&format!("{}/", case.repo))
                .unwrap_or(&case.path),
        ),
    )
    .unwrap();
    let text = format!("{}{}", &text[..case.start], &text[case.end..]);
    let language = il_lang::registry().detect(&case.path, text.lines().next());
    let parsed = parser.parse(language, text.as_str());
    let here = parsed.symbols().iter().map(|s| Word::of(&s.name)).collect();
    Asked {
        view: view.clone(),
        case_text: text,
        case_cursor: case.start,
        imports: parsed.imports(),
        here,
    }
}

struct RowSet {
    rows: Vec<[f32; FEATURES]>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    match args[1].as_str() {
        "train" => train(&args[2], &args[3], &args[4]),
        "eval" => eval(&args[2], &args[3], &args[4], args.get(5)),
        _ => panic!("train or eval"),
    }
}

fn collect(repos: &str, cases_path: &str) -> RowSet {
    let mut rng = Rng(0x9e3779b97f4a7c15);
    let mut set = RowSet {
        rows: vec![],
        labels: vec![],
        weights: vec![],
    };
    let (mut reach, mut want) = (0usize, 0usize);
    for (repo, cases) in cases(cases_path) {
        let root = Path::new(repos).join(&repo);
        let view = View::of(files(&root));
        let mut parser = Parser::new();
        for case in &cases {
            let asked = ask(&view, case, &root, &mut parser);
            let imports = view_imports(&asked, case);
            let query = CursorQuery {
                path: &case.path,
                text: &asked.case_text,
                cursor: asked.case_cursor,
                defined_here: &asked.here,
                imports: &imports.0,
                neighbours: &imports.1,
                tabs: &[],
                edits: &[],
            };
            let corpus = asked.view.for_file(&case.path, &asked.case_text);
            let found = cursor::candidates(&corpus, &query);
            let wanted: HashSet<Word> = case.x.iter().map(|w| Word::of(w)).collect();
            want += wanted.len();
            for c in &found.names {
                let y = wanted.contains(&c.word);
                reach += usize::from(y);
                let keep = if y || c.features[0] > 0.0 {
                    0.5f32
                } else {
                    0.12
                };
                if y || rng.next() < keep {
                    set.rows.push(c.features);
                    set.labels.push(f32::from(u8::from(y)));
                    set.weights.push(if y { 1.0 } else { 1.0 / keep });
                }
            }
        }
        println!(
            "{repo}: {} cases, rows {} reach {:.3}",
            cases.len(),
            set.rows.len(),
            reach as f32 / want as f32
        );
    }
    set
}

fn train(repos: &str, cases_path: &str, out: &str) {
    let cache = format!("{out}.rows{FEATURES}");
    let set = if env::var("CACHED").is_ok() {
        load(&cache)
    } else {
        let s = collect(repos, cases_path);
        save(&cache, &s);
        s
    };
    let hidden = Network::zero().hidden.len();
    let mut rng = Rng(42);
    let n_in = FEATURES + 1;
    let n = hidden * n_in + hidden + 1;
    let mut w: Vec<f32> = (0..n).map(|_| (rng.next() - 0.5) * 0.4).collect();
    w[n - 1] = -5.0;
    let (mut m, mut v) = (vec![0f32; n], vec![0f32; n]);
    let mut order: Vec<usize> = (0..set.rows.len()).collect();
    let epochs: usize = env::var("EPOCHS").ok().map_or(10, |e| e.parse().unwrap());
    let batch = 512;
    let mut t = 0;
    let total_steps = epochs * set.rows.len() / batch;
    for epoch in 0..epochs {
        for i in (1..order.len()).rev() {
            let j = (rng.next() as f64 * (i + 1) as f64) as usize % (i + 1);
            order.swap(i, j);
        }
        let (mut loss, mut weight) = (0f64, 0f64);
        let mut h = vec![0f32; hidden];
        let mut g = vec![0f32; n];
        for chunk in order.chunks(batch) {
            g.fill(0.0);
            for &i in chunk {
                let row = &set.rows[i];
                let mut sum = w[n - 1];
                for k in 0..hidden {
                    let u = &w[k * n_in..(k + 1) * n_in];
                    let mut a = u[FEATURES];
                    for f in 0..FEATURES {
                        a += u[f] * row[f];
                    }
                    h[k] = a;
                    sum += w[hidden * n_in + k] * if a > 0.0 { a } else { 0.1 * a };
                }
                let p = 1.0 / (1.0 + (-sum).exp());
                let (y, wt) = (set.labels[i], set.weights[i]);
                loss -= f64::from(
                    wt * if y > 0.5 {
                        p.max(1e-7).ln()
                    } else {
                        (1.0 - p).max(1e-7).ln()
                    },
                );
                weight += f64::from(wt);
                let d = (p - y) * wt;
                g[n - 1] += d;
                for k in 0..hidden {
                    let a = h[k];
                    g[hidden * n_in + k] += d * if a > 0.0 { a } else { 0.1 * a };
                    let dk = d * w[hidden * n_in + k] * if a > 0.0 { 1.0 } else { 0.1 };
                    let gu = &mut g[k * n_in..(k + 1) * n_in];
                    for f in 0..FEATURES {
                        gu[f] += dk * row[f];
                    }
                    gu[FEATURES] += dk;
                }
            }
            t += 1;
            let frac = t as f32 / total_steps as f32;
            let lr = 3e-3 * (1.0 - frac).max(0.02);
            let (b1, b2) = (0.9f32, 0.999f32);
            let (c1, c2) = (1.0 - b1.powi(t as i32), 1.0 - b2.powi(t as i32));
            for k in 0..n {
                let gk = g[k] / chunk.len() as f32 + 1e-6 * w[k];
                m[k] = b1 * m[k] + (1.0 - b1) * gk;
                v[k] = b2 * v[k] + (1.0 - b2) * gk * gk;
                w[k] -= lr * (m[k] / c1) / ((v[k] / c2).sqrt() + 1e-8);
            }
        }
        println!("epoch {epoch} loss {:.5}", loss / weight);
    }
    let mut net = Network::zero();
    for k in 0..hidden {
        net.hidden[k].copy_from_slice(&w[k * n_in..(k + 1) * n_in]);
    }
    net.output.copy_from_slice(&w[hidden * n_in..]);
    fs::write(out, net.to_bytes()).unwrap();
}

fn save(path: &str, set: &RowSet) {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    for i in 0..set.rows.len() {
        for f in set.rows[i].iter().chain([&set.labels[i], &set.weights[i]]) {
            out.write_all(&f.to_le_bytes()).unwrap();
        }
    }
}
fn load(path: &str) -> RowSet {
    let bytes = fs::read(path).unwrap();
    let mut set = RowSet {
        rows: vec![],
        labels: vec![],
        weights: vec![],
    };
    for rec in bytes.chunks_exact((FEATURES + 2) * 4) {
        let f: Vec<f32> = rec
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        set.rows.push(f[..FEATURES].try_into().unwrap());
        set.labels.push(f[FEATURES]);
        set.weights.push(f[FEATURES + 1]);
    }
    set
}

fn view_imports(asked: &Asked, case: &Case) -> (Vec<cursor::ImportedFile>, Vec<String>) {
    let language = il_lang::registry().detect(&case.path, None);
    (
        asked.view.resolve(&case.path, language, &asked.imports),
        asked.view.neighbours(&case.path, language),
    )
}

const BUDGETS: [usize; 3] = [512, 1024, 2048];

fn tokens(text: &str) -> Vec<&str> {
    // as coverage.py: words, numbers (with dots), single symbols
    let b: Vec<(usize, char)> = text.char_indices().collect();
    let mut out = vec![];
    let mut i = 0;
    while i < b.len() {
        let (s, c) = b[i];
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mut j = i + 1;
        if c.is_ascii_alphabetic() || c == '_' {
            while j < b.len() && word(b[j].1) {
                j += 1;
            }
        } else if c.is_numeric() && c.is_ascii_digit() {
            while j < b.len() && (word(b[j].1) || b[j].1 == '.') {
                j += 1;
            }
        } else if c.is_whitespace() {
            i += 1;
            continue;
        }
        let e = b.get(j).map_or(text.len(), |x| x.0);
        out.push(&text[s..e]);
        i = j;
    }
    out
}

fn eval(repos: &str, cases_path: &str, weights: &str, contexts: Option<&String>) {
    let network = Network::from_bytes(&fs::read(weights).unwrap()).unwrap();
    let mut out = contexts.map(|p| std::io::BufWriter::new(fs::File::create(p).unwrap()));
    let mut acc: BTreeMap<(String, String, usize), (f64, usize)> = BTreeMap::new();
    let mut times = vec![];
    let mut parts = [0f64; 5];
    let mut by_source: BTreeMap<Source, usize> = BTreeMap::new();
    let mut limits = Limits::default();
    limits.tokens = 2300;
    if let Ok(d) = env::var("DEFW") {
        limits.definition = d.parse().unwrap();
    }
    if let Ok(d) = env::var("WINDOW") {
        limits.window = d.parse().unwrap();
    }
    if let Ok(d) = env::var("SOURCES") {
        limits.sources = Source::ALL
            .into_iter()
            .filter(|s| d.split(',').any(|n| n == s.name()))
            .collect();
    }
    let big = env::var("BIG")
        .ok()
        .map(|_| View::of(files(Path::new(repos))));
    let every: usize = env::var("EVERY").ok().map_or(1, |e| e.parse().unwrap());
    for (repo, cases) in cases(cases_path) {
        let root = Path::new(repos).join(&repo);
        let started = Instant::now();
        let view = big.clone().unwrap_or_else(|| View::of(files(&root)));
        let built = started.elapsed();
        let mut parser = Parser::new();
        for case in cases.iter().step_by(every) {
            let case = &if big.is_some() {
                let mut c = case.clone();
                c.path = format!("{repo}/{}", c.path);
                for d in c.defs.values_mut() {
                    for p in d {
                        p.0 = format!("{repo}/{}", p.0);
                    }
                }
                c
            } else {
                case.clone()
            };
            let asked = ask(&view, case, &root, &mut parser);
            let imports = view_imports(&asked, case);
            let query = CursorQuery {
                path: &case.path,
                text: &asked.case_text,
                cursor: asked.case_cursor,
                defined_here: &asked.here,
                imports: &imports.0,
                neighbours: &imports.1,
                tabs: &[],
                edits: &[],
            };
            let mut best = f64::MAX;
            for _ in 0..2 {
                let started = Instant::now();
                let corpus = asked.view.for_file(&case.path, &asked.case_text);
                let _ = cursor::retrieve(&corpus, &query, &network, &limits);
                best = best.min(started.elapsed().as_secs_f64() * 1e3);
            }
            let started = Instant::now();
            let corpus = asked.view.for_file(&case.path, &asked.case_text);
            let _ = &mut best;
            let t1 = started.elapsed().as_secs_f64() * 1e3;
            let mut found = cursor::candidates(&corpus, &query);
            let t2 = started.elapsed().as_secs_f64() * 1e3;
            for c in &mut found.names {
                c.probability = network.probability(&c.features);
            }
            let t3 = started.elapsed().as_secs_f64() * 1e3;
            let snippets = cursor::select(&query, &found, &limits);
            let t4 = started.elapsed().as_secs_f64() * 1e3;
            parts[0] += t1;
            parts[1] += t2 - t1;
            parts[2] += t3 - t2;
            parts[3] += t4 - t3;
            parts[4] += found.names.len() as f64;
            times.push(best.min(started.elapsed().as_secs_f64() * 1e3));
            score(case, &snippets, &mut acc);
            for s in &snippets {
                *by_source.entry(s.source).or_default() += 1;
            }
            if let Some(out) = &mut out {
                let chunks: Vec<Value> = snippets.iter().map(|s| json!({"path": s.path, "start_line": s.lines[0] + 1, "lines": s.lines.iter().map(|l| l + 1).collect::<Vec<_>>(), "text": s.text, "source": s.source.name()})).collect();
                writeln!(out, "{}", json!({"id": case.id, "chunks": chunks})).unwrap();
            }
        }
        eprintln!("{repo} built in {built:?} {view:?}");
    }
    times.sort_by(f64::total_cmp);
    println!(
        "ms p50 {:.2} p99 {:.2} max {:.2}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
    println!(
        "view, candidates, network, select, names: {:?}",
        parts.map(|p| p / times.len() as f64)
    );
    println!("{by_source:?}");
    for g in [
        "go",
        "java",
        "python",
        "rust",
        "typescript",
        "api",
        "line",
        "xfile",
        "ALL",
    ] {
        print!("{g:11}");
        for m in ["all", "unseen", "def"] {
            print!(" | {m}");
            for b in BUDGETS {
                if let Some((s, n)) = acc.get(&(g.into(), m.into(), b)) {
                    print!(" {:5.1}", 100.0 * s / *n as f64);
                }
            }
        }
        println!();
    }
}

fn score(
    case: &Case,
    snippets: &[Snippet],
    acc: &mut BTreeMap<(String, String, usize), (f64, usize)>,
) {
    for b in BUDGETS {
        let mut words: HashSet<&str> = HashSet::new();
        let mut n = 0;
        'all: for s in snippets {
            for t in tokens(&s.text) {
                if n == b {
                    break 'all;
                }
                n += 1;
                words.insert(t);
            }
        }
        let mut add = |m: &str, v: f64| {
            for g in [&case.lang, &case.kind, "ALL"] {
                let e = acc.entry((g.to_owned(), m.to_owned(), b)).or_default();
                e.0 += v;
                e.1 += 1;
            }
        };
        add(
            "all",
            case.x.iter().filter(|i| words.contains(i.as_str())).count() as f64
                / case.x.len() as f64,
        );
        if !case.u.is_empty() {
            add(
                "unseen",
                case.u.iter().filter(|i| words.contains(i.as_str())).count() as f64
                    / case.u.len() as f64,
            );
        }
        let mut got: HashSet<(&str, u32)> = HashSet::new();
        let mut n = 0;
        for s in snippets {
            if n >= b {
                break;
            }
            let left = b - n;
            let mut k = 0;
            for (line, text) in s.lines.iter().zip(s.text.split('\n')) {
                let t = tokens(text).len();
                if k + t > left {
                    break;
                }
                k += t;
                got.insert((&s.path, line + 1));
            }
            n += tokens(&s.text).len();
        }
        let hit = case
            .x
            .iter()
            .filter(|i| {
                case.defs
                    .get(*i)
                    .is_some_and(|d| d.iter().any(|(p, l)| got.contains(&(p.as_str(), *l))))
            })
            .count();
        add("def", hit as f64 / case.x.len() as f64);
    }
}
