//! The line evaluation end to end, over small repositories and scripted engines. No model is needed.

use std::fs;

use expect_test::{Expect, expect};

use super::*;
use crate::{baseline, baseline::tests::Scripted};

const SOURCE: &str = "import os\n\ndef first(path):\n    return os.path.join(path, name)\n\ndef second(path):\n    x = 1\n    return os.path.join(path, other)\n";

/// A case that hides the first occurrence of `hidden` in the source.
fn case(kind: Kind, hidden: &str) -> Case {
    let start = SOURCE.find(hidden).unwrap();
    Case {
        id: format!("{}/{start}", kind.name()),
        repo: "repo".into(),
        lang: "python".into(),
        path: "src/a.py".into(),
        kind,
        start,
        end: start + hidden.len(),
    }
}

fn repositories() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("repo/src")).unwrap();
    fs::write(dir.path().join("repo/src/a.py"), SOURCE).unwrap();
    dir
}

fn run_scripted(cases: &[Case], script: &[(&str, &str, f32)]) -> anyhow::Result<Report> {
    let dir = repositories();
    let open =
        |_: &Path| -> anyhow::Result<Arc<dyn Engine>> { Ok(Arc::new(Scripted::new(script))) };
    let contender = Contender {
        name: "scripted",
        open: &open,
    };
    let mut seen = Vec::new();
    let report = run(
        cases,
        dir.path(),
        &[contender],
        &Options::default(),
        &mut |it| {
            seen.push((it.done, it.total));
        },
    );
    if report.is_ok() {
        let expected: Vec<_> = (1..=cases.len()).map(|done| (done, cases.len())).collect();
        assert_eq!(seen, expected);
    }
    report
}

fn line_figures(report: &Report) -> &LineFigures {
    match &report.contenders[0].groups[0].kinds[0] {
        Figures::Line(figures) => figures,
        Figures::Typing(_) => panic!("not asked"),
    }
}

#[test]
fn scores_what_an_engine_says() {
    let cases = [
        case(Kind::Line, "return os.path.join(path, name)"),
        case(Kind::Line, "return os.path.join(path, other)"),
        case(Kind::Line, "x = 1"),
        case(Kind::Line, "import os"),
    ];
    let script = [
        ("first(path):\n    ", "return os.path.join(path, name)", 0.9),
        ("x = 1\n    ", "return os.path.join(path, name)", 0.7),
        ("second(path):\n    ", "x = 1", 0.2),
    ];
    let report = run_scripted(&cases, &script).unwrap();
    let it = line_figures(&report);
    assert_eq!(it.cases, 4);
    assert!((it.exact_match.value - 0.5).abs() < 1e-9);
    // `x = 1` and `import os` have fewer than four tokens.
    assert_eq!((it.non_trivial.cases, it.non_trivial.exact_match), (2, 0.5));
    // At 0.5 two lines are shown, of which one is right.
    assert_eq!(
        (it.shown, it.shown_precision, it.shown_recall),
        (0.5, 0.5, 0.25)
    );
    assert_eq!(it.precision_at_40, 1.0);
    assert_eq!(it.latency.suggestions, 4);
    // `name` for `other`: 31 and 32 characters, `name` → `other` is 9 inserts and deletes less 2 · 1 for `e`.
    let expected = (1.0 + (1.0 - 7.0 / 63.0) + 1.0 + 0.0) / 4.0;
    assert!(
        (it.edit_similarity - expected).abs() < 1e-9,
        "{}",
        it.edit_similarity
    );
}

#[test]
fn the_rest_of_a_line_is_compared_to_the_byte() {
    let cases = [case(Kind::Trigger, "path, name)"), case(Kind::Api, "x = 1")];
    let script = [
        ("join(", " path, name)", 0.9),
        ("    ", " x = 1\n    return x", 0.9),
    ];
    let report = run_scripted(&cases, &script).unwrap();
    let exact: Vec<f64> = report.contenders[0].groups[0]
        .kinds
        .iter()
        .filter_map(|it| match it {
            Figures::Line(it) => Some(it.exact_match.value),
            Figures::Typing(_) => None,
        })
        .collect();
    assert_eq!(exact, [0.0, 1.0]);
}

#[test]
fn the_hole_is_not_in_the_request() {
    struct Witness;
    impl Engine for Witness {
        fn capabilities(&self) -> il_engine::Capabilities {
            il_engine::Capabilities {
                name: "witness",
                remote: false,
                metered: false,
                calibrated: false,
                instant: true,
            }
        }
        fn complete(
            &self,
            request: &il_engine::Request,
            _: &il_engine::CancelToken,
            _: il_engine::Sink<'_>,
        ) -> Result<il_engine::Outcome, il_engine::EngineError> {
            assert_eq!(&*request.path, "src/a.py");
            assert_eq!(&*request.language, "python");
            assert_eq!(&*request.text, SOURCE.replacen("    x = 1", "    ", 1));
            assert!(request.prefix().ends_with("second(path):\n    "));
            Ok(il_engine::Outcome::Done)
        }
    }
    let dir = repositories();
    let open = |_: &Path| -> anyhow::Result<Arc<dyn Engine>> { Ok(Arc::new(Witness)) };
    let contender = Contender {
        name: "witness",
        open: &open,
    };
    let cases = [case(Kind::Line, "x = 1")];
    run(
        &cases,
        dir.path(),
        &[contender],
        &Options::default(),
        &mut |_| {},
    )
    .unwrap();
}

#[test]
fn typing_sees_what_follows_only_inside_a_file() {
    let body = "    x = 1\n    return os.path.join(path, other)";
    for (kind, saved) in [(Kind::Block, 0.0), (Kind::New, 0.0)] {
        let report = run_scripted(&[case(kind, body)], &[]).unwrap();
        let Figures::Typing(it) = &report.contenders[0].groups[0].kinds[0] else {
            panic!("not typed");
        };
        assert_eq!((it.ranges, it.characters, it.keys), (1, 39, 39));
        assert_eq!(it.saved.value, saved);
        assert_eq!(it.latency.suggestions, 37);
    }
}

#[test]
fn many_threads_give_the_same_figures() {
    let dir = repositories();
    let open = |root: &Path| baseline::file_ngram(root);
    let cases: Vec<Case> = [
        "path.join(path, name)",
        "x = 1",
        "def second",
        "os.path",
        "other",
    ]
    .iter()
    .map(|it| case(Kind::Random, it))
    .collect();
    let figures = |threads| {
        let contender = Contender {
            name: "5-gram",
            open: &open,
        };
        let options = Options {
            threads,
            ..Options::default()
        };
        let report = run(&cases, dir.path(), &[contender], &options, &mut |_| {}).unwrap();
        let it = line_figures(&report);
        (
            it.exact_match,
            it.edit_similarity.to_bits(),
            it.gated.shown.to_bits(),
        )
    };
    assert_eq!(figures(1), figures(4));
}

fn check_error(case: &Case, script: &[(&str, &str, f32)], expected: &Expect) {
    let error = format!(
        "{:#}",
        run_scripted(std::slice::from_ref(case), script).unwrap_err()
    );
    // The folder of the test run is somewhere else each time.
    let shown: Vec<String> = error
        .split('`')
        .map(
            |it| match it.find("/repo/").filter(|_| it.starts_with('/')) {
                Some(at) => format!("DIR{}", &it[at..]),
                None if it.starts_with('/') => "DIR".to_owned(),
                None => it.to_owned(),
            },
        )
        .collect();
    expected.assert_eq(&shown.join("`"));
}

#[test]
fn says_what_is_wrong_and_where() {
    let good = case(Kind::Line, "x = 1");
    check_error(
        &Case {
            repo: "other".into(),
            ..good.clone()
        },
        &[],
        &expect![
            "the repository `other` of the cases is not in `DIR`: give the folder of repositories that the cases were made from, or fetch them with `cargo xtask eval-data`"
        ],
    );
    check_error(
        &Case {
            path: "b.py".into(),
            ..good.clone()
        },
        &[],
        &expect![
            "case `line/87`: could not read `DIR/repo/b.py`: No such file or directory (os error 2)"
        ],
    );
    check_error(
        &Case {
            end: 9999,
            ..good.clone()
        },
        &[],
        &expect![
            "case `line/87`: the hidden range 87..9999 ends past the end of `src/a.py` (130 bytes): the sources are not those that the case was made from"
        ],
    );
    check_error(
        &good,
        &[("", "FAIL", 1.0)],
        &expect!["`scripted` on `repo`: case `line/87`: the scripted engine failed: told to"],
    );
}

#[test]
fn the_table_is_aligned_and_the_report_serializes() {
    let dir = repositories();
    let script = [("first(path):\n    ", "return os.path.join(path, name)", 0.9)];
    let scripted =
        |_: &Path| -> anyhow::Result<Arc<dyn Engine>> { Ok(Arc::new(Scripted::new(&script))) };
    let recent = |root: &Path| baseline::recent_line(root);
    let contenders = [
        Contender {
            name: "scripted",
            open: &scripted,
        },
        Contender {
            name: "recent line",
            open: &recent,
        },
    ];
    let mut cases = vec![
        case(Kind::Line, "return os.path.join(path, name)"),
        case(Kind::Block, "    x = 1"),
    ];
    cases.push(Case {
        lang: "zig".into(),
        ..cases[0].clone()
    });
    let mut report = run(
        &cases,
        dir.path(),
        &contenders,
        &Options::default(),
        &mut |_| {},
    )
    .unwrap();
    for contender in &mut report.contenders {
        contender.opening_seconds = 0.0;
        contender.cpu = Some(Latency::default());
        for figures in contender.groups.iter_mut().flat_map(|it| &mut it.kinds) {
            match figures {
                Figures::Line(it) => it.latency = Latency::default(),
                Figures::Typing(it) => it.latency = Latency::default(),
            }
        }
    }
    expect![[r#"
        line: the whole line is hidden
                               n     EM           ES   EM≥4    @20    @40   ECE  shown   prec    cut  right  chars  p50 ms  p95  p99
          python  scripted     1  100.0  ±0.0  100.0  100.0  100.0  100.0  10.0  100.0  100.0  100.0  100.0  100.0     0.0  0.0  0.0
                  recent line  1    0.0  ±0.0    0.0    0.0    0.0    0.0   0.0    0.0    0.0    0.0    0.0    0.0     0.0  0.0  0.0
          zig     scripted     1  100.0  ±0.0  100.0  100.0  100.0  100.0  10.0  100.0  100.0  100.0  100.0  100.0     0.0  0.0  0.0
                  recent line  1    0.0  ±0.0    0.0    0.0    0.0    0.0   0.0    0.0    0.0    0.0    0.0    0.0     0.0  0.0  0.0
          all     scripted     2  100.0  ±0.0  100.0  100.0  100.0  100.0  10.0  100.0  100.0  100.0  100.0  100.0     0.0  0.0  0.0
                  recent line  2    0.0  ±0.0    0.0    0.0    0.0    0.0   0.0    0.0    0.0    0.0    0.0    0.0     0.0  0.0  0.0

        block: 5 to 15 lines typed inside an existing file, accepting what is right
                               n  saved        by word  shown  accepted  chars each  p50 ms  p95  p99
          python  scripted     1    0.0  ±0.0      0.0      0       0.0         0.0     0.0  0.0  0.0
                  recent line  1    0.0  ±0.0      0.0      0       0.0         0.0     0.0  0.0  0.0
          all     scripted     1    0.0  ±0.0      0.0      0       0.0         0.0     0.0  0.0  0.0
                  recent line  1    0.0  ±0.0      0.0      0       0.0         0.0     0.0  0.0  0.0

        EM exact match ± half of its 95 % interval; ES edit similarity; EM≥4 on lines of at least 4 tokens;
        @20 @40 exact match among the surest 20 and 40 %; ECE calibration error; shown, prec: whole lines at confidence ≥ 0.50, and how many are right;
        cut, right, chars: where the gate shows the sure part of a line, how often it is right, and its share of the hidden characters.
        scripted: opened all repositories in 0.0 s
        recent line: opened all repositories in 0.0 s
    "#]].assert_eq(&render(&report));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["contenders"][0]["groups"][0]["kinds"][0]["exact_match"]["value"],
        1.0
    );
}
