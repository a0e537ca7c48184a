//! `interline eval` for retrieval, on small fixtures: that everything is there and adds up, not how good it is.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::world::World;

/// The cases, repositories and functions that `il-eval` is tested with.
fn fixture(path: &str) -> String {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let fixtures = crates.join("../il-eval/fixtures").canonicalize().unwrap();
    fixtures.join(path).to_string_lossy().into_owned()
}

fn json(world: &World, arguments: &[&str]) -> Value {
    serde_json::from_str(&world.run(arguments).good()).unwrap()
}

fn names(report: &Value) -> Vec<&str> {
    let contenders = report["contenders"].as_array().unwrap().iter();
    contenders.map(|it| it["name"].as_str().unwrap()).collect()
}

/// The share of names at the largest budget, over all cases.
fn covered(contender: &Value, measure: &str) -> f64 {
    let all = contender["groups"].as_array().unwrap().last().unwrap();
    let mut measures = all["measures"].as_array().unwrap().iter();
    let found = measures.find(|it| it["measure"] == measure).unwrap();
    found["covered"][2]["value"].as_f64().unwrap()
}

#[test]
fn coverage_is_of_every_source_beside_the_baselines() {
    let world = World::empty();
    let (cases, repos) = (fixture("coverage/cases.jsonl"), fixture("coverage/repos"));
    let contexts = world.path("contexts.jsonl");
    let written = contexts.to_string_lossy().into_owned();
    let common = [
        "eval", "coverage", "--cases", &cases, "--repos", &repos, "--json",
    ];
    let more = ["--baselines", "--ablation", "--contexts", &written];
    let report = json(&world, &[&common[..], &more[..]].concat());
    assert_eq!(
        names(&report),
        [
            "interline",
            "only definition",
            "only import",
            "only prediction",
            "only similar",
            "without definition",
            "without import",
            "without prediction",
            "without similar",
            "random",
            "cceval_bm25_rg1_top5",
            "cceval_bm25_rg1",
            "repocoder_jaccard_rg1",
            "bm25_full_fim",
        ]
    );
    let contenders = report["contenders"].as_array().unwrap();
    assert!(covered(&contenders[0], "all") > 0.5);
    // Similar code alone is not about definitions.
    assert!(covered(&contenders[4], "def") < covered(&contenders[0], "def"));
    let lines = fs::read_to_string(&contexts).unwrap();
    assert_eq!(lines.lines().count(), 20);
    // The file itself is no source.
    for line in lines.lines() {
        let context: Value = serde_json::from_str(line).unwrap();
        let id = context["id"].as_str().unwrap();
        let cases = fs::read_to_string(&cases).unwrap();
        let case = cases.lines().find(|it| it.contains(id)).unwrap();
        let case: Value = serde_json::from_str(case).unwrap();
        for chunk in context["chunks"].as_array().unwrap() {
            assert_ne!(chunk["path"], case["path"], "{id}");
            let lines = chunk["text"].as_str().unwrap().split('\n').count();
            assert_eq!(chunk["lines"].as_array().unwrap().len(), lines, "{id}");
            assert_eq!(chunk["start_line"], chunk["lines"][0], "{id}");
        }
    }
}

#[test]
fn a_chosen_source_is_the_only_one() {
    let world = World::empty();
    let (cases, repos) = (fixture("coverage/cases.jsonl"), fixture("coverage/repos"));
    let common = [
        "eval", "coverage", "--cases", &cases, "--repos", &repos, "--json",
    ];
    let only = json(&world, &[&common[..], &["--only", "similar"]].concat());
    let ablation = json(&world, &[&common[..], &["--ablation"]].concat());
    let groups = |report: &Value, number: usize| report["contenders"][number]["groups"].clone();
    assert_eq!(groups(&only, 0), groups(&ablation, 4));
    let without: Vec<&str> = [
        "definition",
        "import",
        "package",
        "prediction",
        "similar",
        "edit",
    ]
    .into_iter()
    .flat_map(|it| ["--without", it])
    .collect();
    let ran = world.run(&[&common[..], &without[..]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert_eq!(ran.stderr, "error: no source of snippets is left\n");
}

#[test]
fn functions_are_looked_for_in_every_mode() {
    let world = World::empty();
    let functions = fixture("docstrings/functions.jsonl");
    let queries = fixture("docstrings/queries.jsonl");
    let common = [
        "eval",
        "docstrings",
        "--functions",
        &functions,
        "--queries",
        &queries,
    ];
    let report = json(&world, &[&common[..], &["--json"]].concat());
    assert_eq!(
        names(&report),
        ["bm25", "hybrid", "lexical", "semantic", "symbol"]
    );
    let hybrid = &report["contenders"][1]["languages"][2];
    assert_eq!(
        (&hybrid["name"], &hybrid["figures"]["queries"]),
        (&"ALL".into(), &18.into())
    );
    assert!(hybrid["figures"]["recall_at_10"].as_f64().unwrap() > 0.5);
    let table = world
        .run(&[&common[..], &["--embeddings", "none"]].concat())
        .good();
    assert!(
        table.contains("lexical") && !table.contains("semantic"),
        "{table}"
    );
}

#[test]
fn speed_is_measured_on_a_tree_that_stays_as_it_is() {
    let world = World::shop();
    let before = fs::read_to_string(world.path("shop/orders.py")).unwrap();
    let temporary = world.path("../temporary");
    fs::create_dir(&temporary).unwrap();
    let mut command = world.command(&["eval", "index", ".", "--queries", "6", "--json"]);
    let ran = world.read(command.env("TMPDIR", &temporary).output().unwrap());
    let trees: Value = serde_json::from_str(&ran.good()).unwrap();
    let tree = &trees[0];
    let counts = [
        &tree["built"]["files"],
        &tree["built"]["lines"],
        &tree["built"]["symbols"],
        &tree["restarted"]["different"],
        &tree["searched"]["cursor"]["count"],
        &tree["searched"]["words"]["count"],
        &tree["changed"]["update"]["count"],
        &tree["changed"]["files"],
    ];
    assert_eq!(
        counts.map(|it| it.as_u64().unwrap()),
        [4, 52, 8, 0, 6, 50, 4, 4]
    );
    let modes = tree["searched"]["modes"].as_array().unwrap();
    assert_eq!(modes.len(), 4);
    assert!(modes.iter().all(|it| it[1]["count"] == 6));
    assert_eq!(
        fs::read_to_string(world.path("shop/orders.py")).unwrap(),
        before
    );
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(!world.cache().exists());
}
