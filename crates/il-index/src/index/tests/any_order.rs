//! Anything in any order, against a model that is a map from paths to texts.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Write(u8, u8),
    Remove(u8),
    Rename(u8, u8),
    Update,
    /// Tells of a path whether or not it changed, as a watcher may.
    Touch(u8),
    Maintain,
    Save,
    Reopen,
    Overlay(u8, u8),
}

fn path(n: u8) -> String {
    format!("src/{n}.rs")
}

fn text(n: u8) -> String {
    match n % 7 {
        0 => String::new(),
        1 => format!("// @generated {n}\n"),
        2 => "binary".to_owned(),
        _ => format!("fn f{n}() {{\n    g({n});\n}}\n").repeat(1 + usize::from(n % 3)),
    }
}

fn is_indexed(text: &str) -> bool {
    !text.starts_with("binary") && !text.starts_with("// @generated")
}

fn step() -> impl Strategy<Value = Step> {
    let file = 0u8..12;
    prop_oneof![
        6 => (file.clone(), any::<u8>()).prop_map(|(f, t)| Step::Write(f, t)),
        2 => file.clone().prop_map(Step::Remove),
        2 => (file.clone(), file.clone()).prop_map(|(a, b)| Step::Rename(a, b)),
        6 => Just(Step::Update),
        2 => file.clone().prop_map(Step::Touch),
        2 => Just(Step::Maintain),
        3 => Just(Step::Save),
        2 => Just(Step::Reopen),
        1 => (file, any::<u8>()).prop_map(|(f, t)| Step::Overlay(f, t)),
    ]
}

fn indexed(tree: &Tree) -> BTreeMap<String, String> {
    let files = lock(&tree.files);
    let texts = files.iter().map(|it| (it.0.clone(), it.1.1.clone()));
    texts.filter(|it| is_indexed(&it.1)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_is_what_the_tree_is(steps in prop::collection::vec(step(), 1..60)) {
        let dir = TempDir::new().unwrap();
        let tree = Tree::default();
        let mut index = open(&dir);
        for step in steps {
            match step {
                Step::Write(file, n) => tree.write(&path(file), &text(n)),
                Step::Remove(file) => tree.remove(&path(file)),
                Step::Rename(from, to) => {
                    let moved = lock(&tree.files).remove(&path(from));
                    if let Some(moved) = moved {
                        lock(&tree.files).insert(path(to), moved);
                    }
                }
                Step::Update => {
                    update(&index, &tree);
                    prop_assert_eq!(texts(&index.view()), indexed(&tree));
                    prop_assert_eq!(index.difference(tree.scan()), Difference::default());
                }
                Step::Touch(file) => {
                    let told = (path(file), Stamp::default());
                    index.update(&[told], &[], &tree, &|_| {}, &CancelToken::new());
                    let now = index.view().text(&path(file));
                    prop_assert_eq!(now, indexed(&tree).remove(&path(file)));
                }
                Step::Maintain => {
                    let before = texts(&index.view());
                    index.maintain(&CancelToken::new());
                    prop_assert_eq!(texts(&index.view()), before);
                }
                Step::Save => {
                    index.save().unwrap();
                    let read = Index::open(Some(dir.path()), Path::new(ROOT), None, Options::default()).0;
                    prop_assert_eq!(texts(&read.view()), texts(&index.view()));
                    prop_assert_eq!(read.known(), index.known());
                }
                Step::Reopen => {
                    drop(index);
                    index = open(&dir);
                    texts(&index.view());
                }
                Step::Overlay(file, n) => {
                    let mut expected = texts(&index.view());
                    expected.remove(&path(file));
                    // What a buffer holds is text.
                    if text(n) == "binary" || is_indexed(&text(n)) {
                        expected.insert(path(file), text(n));
                    }
                    let view = index.with_overlays(&[(&path(file), &text(n))]);
                    prop_assert_eq!(texts(&view), expected);
                }
            }
        }
        update(&index, &tree);
        prop_assert_eq!(texts(&index.view()), indexed(&tree));
    }
}
