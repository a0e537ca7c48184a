//! Our port of the recipe's BM25 against what `build_retrieval.py` printed (`fixtures/docstrings`), and places in lists.

use std::{fs, path::Path};

use serde_json::Value;

use super::*;

fn fixture(path: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/docstrings");
    folder.join(path)
}

fn run_one(contender: Contender<'_>) -> Report {
    let functions = read_functions(&fixture("functions.jsonl")).unwrap();
    let queries = read_queries(&fixture("queries.jsonl")).unwrap();
    run(&functions, &queries, &[contender], &mut |_, _| {}).unwrap()
}

#[test]
fn the_recipes_bm25_places_functions_as_the_recipe_does() {
    let report = run_one(Contender {
        names: vec!["bm25".into()],
        open: &open_bm25,
    });
    let text = fs::read_to_string(fixture("figures.json")).unwrap();
    let printed: Value = serde_json::from_str(&text).unwrap();
    let repositories = &report.contenders[0].repositories;
    assert_eq!(repositories.len(), 2);
    for it in repositories {
        let printed = &printed[&it.name];
        let figures = it.figures;
        assert_eq!(printed["queries"].as_u64(), Some(figures.queries as u64));
        for (key, value) in [
            ("mrr", figures.mrr.value),
            ("r1", figures.recall_at_1),
            ("r10", figures.recall_at_10),
        ] {
            let expected = printed[key].as_f64().unwrap();
            assert!(
                (value - expected).abs() < 1e-9,
                "{} {key}: {value} {expected}",
                it.name
            );
        }
    }
}

#[test]
fn a_function_stands_where_its_best_piece_does() {
    let list = |of: &[usize]| Found::List(of.to_vec());
    assert_eq!(place(&list(&[4, 4, 2, 7]), 2, 50), 2.0);
    assert_eq!(place(&list(&[4, 7]), 2, 50), 50.0);
    assert_eq!(place(&Found::Place(1.5), 2, 50), 1.5);
}

#[test]
fn who_always_answers_right_has_nothing_to_improve() {
    let open = |_: &[Function]| -> anyhow::Result<Box<Ask>> {
        Ok(Box::new(|asked| Ok(vec![Found::List(vec![asked.target])])))
    };
    let report = run_one(Contender {
        names: vec!["oracle".into()],
        open: &open,
    });
    let all = report.contenders[0].languages.last().unwrap();
    assert_eq!((all.name.as_str(), all.figures.queries), ("ALL", 18));
    assert_eq!((all.figures.mrr.value, all.figures.recall_at_1), (1.0, 1.0));
}

#[test]
fn queries_of_another_suite_are_an_error() {
    let mut functions = read_functions(&fixture("functions.jsonl")).unwrap();
    let queries = read_queries(&fixture("queries.jsonl")).unwrap();
    functions.retain(|it| it.repo == "go-shop");
    let error = run(&functions, &queries, &[], &mut |_, _| {}).unwrap_err();
    expect_test::expect!["9 queries are of repositories that the functions file does not have: give the two files of one suite"]
        .assert_eq(&error.to_string());
}

#[test]
fn the_table_has_a_column_for_each_search() {
    let report = run_one(Contender {
        names: vec!["bm25".into()],
        open: &open_bm25,
    });
    expect_test::expect![[r#"
        MRR         n      bm25
        go          9     0.435
        python      9     0.422
        ALL        18     0.429

        MRR@10      n      bm25
        go          9     0.435
        python      9     0.407
        ALL        18     0.421

        R@1         n      bm25
        go          9     0.222
        python      9     0.222
        ALL        18     0.222

        R@10        n      bm25
        go          9     1.000
        python      9     0.778
        ALL        18     0.889

        MRR              n      bm25
        go-shop          9     0.435
        python-shop      9     0.422

        bm25: MRR 0.429 (95 % over repositories 0.281 to 0.594)
    "#]]
    .assert_eq(&render(&report));
}
