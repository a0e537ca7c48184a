//! Copies that are copies, and sides that do not mix.

use expect_test::expect;
use il_screen::fingerprint::{self, Grain};

use super::*;

const FUNCTION: &str = "\
    /// Adds what is wanted.
    pub fn add(&mut self, items: &[Item], most: usize) -> Result<usize, Error> {
        let mut added = 0;
        for item in items { // one by one
            if added >= most || self.seen.contains(&item.id) {
                continue;
            }
            self.seen.insert(item.id, \"a text\");
            added += 1;
        }
        Ok(added)
    }
";

fn source(text: &str) -> Source {
    Source {
        package: "a".into(),
        path: "src/a.rs".into(),
        language: "rust",
        text: text.into(),
    }
}

#[test]
fn a_copy_has_other_names_other_comments_and_other_spacing() {
    let copy = rewritten(FUNCTION, "rust", &mut Random::new(3));
    expect![[r#"
        /// fjord pebble delta valley.
                pub fn cedar2(&mut self,delta3: &[Ember4],fjord5: grove6) -> Heron7<grove6,Inlet8> {
                        let mut jetty9=0;
                        for knoll10 in delta3{ // ledge inlet ridge
                                if jetty9 >= fjord5 || self.ledge11.marsh12(&knoll10.north13) {
                                        continue;
                                }
                                self.ledge11.ocean14(knoll10.north13, "a text");
                                jetty9 += 1;
                        }
                        Pebble15(jetty9)
                }
    "#]]
    .assert_eq(&copy);
}

#[test]
fn a_copy_has_the_same_keys() {
    let keys = |text: &str| -> Vec<u64> {
        let lexemes = lexeme::of_language("rust").read(text);
        let found = fingerprint::of(&lexemes, Grain::SHIPPED);
        found.iter().map(|it| it.key).collect()
    };
    for seed in 0..200 {
        let copy = rewritten(FUNCTION, "rust", &mut Random::new(seed));
        assert_eq!(keys(&copy), keys(FUNCTION), "{copy}");
        assert!(
            !copy.contains("added") && !copy.contains("wanted"),
            "{copy}"
        );
    }
    assert!(keys(FUNCTION).len() >= 2);
}

#[test]
fn functions_end_where_the_indentation_is_back() {
    let text = format!(
        "impl A {{\n{FUNCTION}\n    fn b(&self) {{\n        x();\n        y();\n    }}\n}}\n"
    );
    let found = functions(&text);
    let found: Vec<&str> = found
        .iter()
        .map(|it| {
            text[it.clone()]
                .trim_end()
                .rsplit('\n')
                .next()
                .expect("a line")
        })
        .collect();
    assert_eq!(found, ["    }", "    }"]);
}

#[test]
fn versions_of_a_package_are_on_one_side() {
    for (folder, name) in [
        ("serde-1.0.228", "serde"),
        ("wasi-0.11.0+wasi-snapshot-preview1", "wasi"),
        ("base64-simd", "base64-simd"),
        ("left-pad-1.3.0", "left-pad"),
    ] {
        assert_eq!(unversioned(folder), name);
    }
    let sides = (0..1000)
        .filter(|n| is_of_reference(&format!("package{n}")))
        .count();
    assert!((550..650).contains(&sides), "{sides}");
}

#[test]
fn cases_are_the_same_every_time() {
    let sources = [source(FUNCTION), source(&FUNCTION.replace("add", "take"))];
    let texts = |cases: Vec<Case>| -> Vec<String> { cases.into_iter().map(|it| it.text).collect() };
    assert_eq!(texts(copies(&sources, 5, 7)), texts(copies(&sources, 5, 7)));
    assert_eq!(
        texts(ordinary(&sources, 9, 7)),
        texts(ordinary(&sources, 9, 7))
    );
    assert_eq!(copies(&sources, 5, 7).len(), 5);
    let halves = in_halves(&copies(&sources, 5, 7));
    assert!(
        halves
            .iter()
            .all(|it| !it.before.is_empty() && !it.text.is_empty())
    );
}

#[test]
fn found_ones_are_counted_by_length() {
    let cases = copies(&[source(FUNCTION)], 4, 1);
    let rows = [("short", 65..100), ("long", 100..500)];
    let found = by_length(&cases, &rows, |_| Some("a 1.0.0".into()));
    let rows: Vec<_> = found
        .iter()
        .map(|it| (&*it.what, it.cases, it.found, it.right_origin))
        .collect();
    assert_eq!(rows, [("short", 4, 4, 4), ("long", 0, 0, 0)]);
}
