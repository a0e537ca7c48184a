//! Our scorer and our ports against what the recipe's `coverage.py` printed for the same cases (`fixtures/coverage`).

use std::path::PathBuf;

use serde_json::Value;

use super::*;

fn fixture(path: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/coverage");
    folder.join(path)
}

fn cases() -> Vec<CoverageCase> {
    read(&fixture("cases.jsonl"), None).unwrap()
}

fn run_one(cases: &[CoverageCase], contender: &Contender<'_>) -> Report {
    let contenders = std::slice::from_ref(contender);
    run(cases, &fixture("repos"), contenders, None, &mut |_| {}).unwrap()
}

/// `coverage.py`'s figures of one retriever: for `go|all|512` the mean, the number of cases and the share of full ones.
fn printed(name: &str) -> Value {
    let text = fs::read_to_string(fixture("figures.json")).unwrap();
    let mut all: Value = serde_json::from_str(&text).unwrap();
    all[name].take()
}

fn is_what_was_printed(report: &ContenderReport, printed: &Value) {
    let mut compared = 0;
    for group in &report.groups {
        for it in &group.measures {
            for (budget, covered) in BUDGETS.iter().zip(it.covered) {
                let key = format!("{}|{}|{budget}", group.name, it.measure);
                let expected = &printed[&key];
                let mean = expected[0].as_f64().unwrap_or_else(|| panic!("no {key}"));
                assert!(
                    (covered.value - mean).abs() < 1e-9,
                    "{key}: {} {mean}",
                    covered.value
                );
                assert_eq!(Some(it.cases as u64), expected[1].as_u64(), "{key}");
                if *budget == BUDGETS[2] {
                    assert!(
                        (it.full - expected[2].as_f64().unwrap()).abs() < 1e-9,
                        "{key}"
                    );
                }
                compared += 1;
            }
        }
    }
    assert_eq!(
        Some(compared),
        printed.as_object().map(serde_json::Map::len)
    );
}

fn chunk(value: &Value) -> Chunk {
    let text = value["text"].as_str().unwrap().to_owned();
    let line = |it: &Value| it.as_u64().unwrap() as u32;
    let lines = match value["lines"].as_array() {
        Some(lines) => lines.iter().map(line).collect(),
        None => (line(&value["start_line"])..)
            .take(text.split('\n').count())
            .collect(),
    };
    let path = value["path"].as_str().unwrap().to_owned();
    Chunk { path, lines, text }
}

type ById = HashMap<String, Vec<Chunk>>;

fn contexts(path: &Path) -> ById {
    let text = fs::read_to_string(path).unwrap();
    let one = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let chunks = value["chunks"].as_array().unwrap().iter().map(chunk);
        (value["id"].as_str().unwrap().to_owned(), chunks.collect())
    };
    text.lines().map(one).collect()
}

/// Answers with contexts that are there; nothing where there are none.
fn replaying(contexts: &ById) -> impl Fn(&Path, &str) -> anyhow::Result<Box<Retrieve>> {
    move |_: &Path, _: &str| {
        let contexts = contexts.clone();
        Ok(Box::new(move |question: &Question<'_>| {
            Ok(vec![contexts.get(question.id).cloned().unwrap_or_default()])
        }))
    }
}

#[test]
fn scores_are_those_of_the_recipe() {
    let contexts = contexts(&fixture("contexts.jsonl"));
    let report = run_one(
        &cases(),
        &Contender {
            names: vec!["contexts".into()],
            open: &replaying(&contexts),
        },
    );
    is_what_was_printed(&report.contenders[0], &printed("contexts"));
}

#[test]
fn baselines_retrieve_what_the_recipe_does() {
    let report = run_one(
        &cases(),
        &Contender {
            names: BASELINES.map(str::to_owned).to_vec(),
            open: &open_baselines,
        },
    );
    for it in &report.contenders {
        // Only Python's generator draws what the recipe draws.
        if it.name != "random" {
            is_what_was_printed(it, &printed(&it.name));
        }
    }
}

#[test]
fn contexts_that_are_written_score_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("contexts.jsonl");
    let given = contexts(&fixture("contexts.jsonl"));
    let open = replaying(&given);
    let contender = Contender {
        names: vec!["contexts".into()],
        open: &open,
    };
    let mut writer = Contexts::create(&path).unwrap();
    run(
        &cases(),
        &fixture("repos"),
        &[contender],
        Some(&mut writer),
        &mut |_| {},
    )
    .unwrap();
    writer.finish().unwrap();
    let written = contexts(&path);
    assert_eq!(written.len(), cases().len());
    for (id, chunks) in &given {
        assert_eq!(&written[id], chunks, "{id}");
    }
}

#[test]
fn the_hidden_statement_is_not_in_the_question() {
    let open = |_: &Path, _: &str| -> anyhow::Result<Box<Retrieve>> {
        Ok(Box::new(|question| {
            let text = [question.before, question.after].concat();
            let lines = (1..).take(text.split('\n').count()).collect();
            let path = question.path.to_owned();
            Ok(vec![vec![Chunk { path, lines, text }]])
        }))
    };
    let report = run_one(
        &cases(),
        &Contender {
            names: vec!["itself".into()],
            open: &open,
        },
    );
    let all = report.contenders[0].groups.last().unwrap();
    let figure = |measure| {
        all.measures
            .iter()
            .find(|it| it.measure == measure)
            .unwrap()
    };
    // A file has what stands elsewhere in it, and nothing of what is hidden alone.
    assert!(figure("all").covered[2].value > 0.2);
    assert_eq!(figure("unseen").covered[2].value, 0.0);
    assert_eq!(figure("def").covered[2].value, 0.0);
}

#[test]
fn a_repository_that_is_not_there_says_what_to_do() {
    let contender = Contender {
        names: vec!["none".into()],
        open: &open_baselines,
    };
    let folder = Path::new("no/such/folder");
    let error = run(&cases(), folder, &[contender], None, &mut |_| {}).unwrap_err();
    expect_test::expect!["the repository `go-shop` of the cases is not in `no/such/folder`: give the folder of repositories that the cases were made from, or fetch them with `cargo xtask eval-data`"]
        .assert_eq(&error.to_string());
}

#[test]
fn the_table_has_a_block_for_each_measure() {
    let contexts = contexts(&fixture("contexts.jsonl"));
    let contender = Contender {
        names: vec!["contexts".into()],
        open: &replaying(&contexts),
    };
    let text = render(&run_one(&cases(), &contender));
    let (table, _times) = text.split_once("contexts: p50").unwrap();
    expect_test::expect![[r#"
        X: names of the hidden statement that other files define
                                    n         @512        @1024        @2048    full
          go          contexts      9   44.4 ±33.3   66.7 ±27.8   66.7 ±27.8    66.7
          python      contexts     11   27.3 ±27.3   36.4 ±27.3   36.4 ±27.3    36.4
          api         contexts      6     0.0 ±0.0   16.7 ±25.0   16.7 ±25.0    16.7
          line        contexts      1   100.0 ±0.0   100.0 ±0.0   100.0 ±0.0   100.0
          xfile       contexts     13   46.2 ±23.1   61.5 ±26.9   61.5 ±26.9    61.5
          ALL         contexts     20   35.0 ±20.0   50.0 ±25.0   50.0 ±25.0    50.0

        U: those of them that stand nowhere else in the file
                                    n         @512        @1024        @2048    full
          go          contexts      9   44.4 ±33.3   66.7 ±27.8   66.7 ±27.8    66.7
          python      contexts      5   20.0 ±30.0   40.0 ±40.0   40.0 ±40.0    40.0
          api         contexts      2     0.0 ±0.0   50.0 ±50.0   50.0 ±50.0    50.0
          xfile       contexts     12   41.7 ±29.2   58.3 ±25.0   58.3 ±25.0    58.3
          ALL         contexts     14   35.7 ±25.0   57.1 ±21.4   57.1 ±21.4    57.1

        def: the names of X whose defining line is shown
                                    n         @512        @1024        @2048    full
          go          contexts      9   33.3 ±33.3   66.7 ±27.8   66.7 ±27.8    66.7
          python      contexts     11    9.1 ±13.6   18.2 ±22.7   27.3 ±27.3    27.3
          api         contexts      6     0.0 ±0.0   16.7 ±25.0   16.7 ±25.0    16.7
          line        contexts      1     0.0 ±0.0     0.0 ±0.0     0.0 ±0.0     0.0
          xfile       contexts     13   30.8 ±26.9   53.8 ±26.9   61.5 ±26.9    61.5
          ALL         contexts     20   20.0 ±17.5   40.0 ±20.0   45.0 ±22.5    45.0

        % of names, mean over cases, ± half of the 95 % interval over repositories; @N: within the first N tokens; full: cases with nothing missing at the last
    "#]].assert_eq(table);
}
