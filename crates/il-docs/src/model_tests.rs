//! [`DocumentStore`] against a map of `String`s and a list of names, under random sessions.
//!
//! The newest hunk is held to what it promises: with its old lines back in their place, the text is
//! what it was when the hunk began.

use std::{cell::RefCell, collections::BTreeMap, ops::Range, time::Duration};

use il_text::{Encoding, LineCol, Text, map_position};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{Change, ChangeError, Disk, DocumentStore};

const PATHS: [&str; 3] = ["a.py", "b/c.rs", "untitled:1"];
const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// A replacement in thousandths of the text, and how the editor words it. (`Debug` shows it: it is ours.)
#[derive(Clone, Debug)]
struct Wish {
    from: u32,
    length: u32,
    insert: String,
    wording: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Open(usize, String),
    Change(usize, i32, Vec<Wish>),
    Save(usize),
    Touch(usize),
    Close(usize),
}

fn text(pieces: Range<usize>) -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", "bc", " ", "é", "è", "ĩ", "e\u{301}", "𝒳", "\u{FEFF}", "\n", "\n", "\r\n", "\r",
        "x = 1\n",
    ]);
    vec(piece, pieces).prop_map(|pieces| pieces.concat())
}

fn wish() -> impl Strategy<Value = Wish> {
    let length = prop_oneof![3 => Just(0u32), 2 => 0..60u32, 1 => 0..=1000u32];
    (0..=1000u32, length, text(0..4), 0..5usize).prop_map(|(from, length, insert, wording)| Wish {
        from,
        length,
        insert,
        wording,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let path = || 0..PATHS.len();
    prop_oneof![
        2 => (path(), text(0..30)).prop_map(|(path, text)| Step::Open(path, text)),
        12 => (path(), -1..4i32, vec(wish(), 0..4)).prop_map(|(p, v, w)| Step::Change(p, v, w)),
        1 => path().prop_map(Step::Save),
        1 => path().prop_map(Step::Touch),
        1 => path().prop_map(Step::Close),
    ]
}

/// The wish as a change to `text`, which then has it made.
fn change(text: &mut String, wish: &Wish) -> Change {
    let at = |thousandths: u32| {
        let at = text.floor_char_boundary(text.len() * thousandths.min(1000) as usize / 1000);
        let is_in_crlf = text[..at].ends_with('\r') && text[at..].starts_with('\n');
        at - usize::from(is_in_crlf && wish.wording < 3)
    };
    let range = at(wish.from)..at(wish.from + wish.length);
    let before = Text::from(text.as_str());
    text.replace_range(range.clone(), &wish.insert);
    match ENCODINGS.get(wish.wording) {
        Some(&encoding) => Change::Span {
            range: before.line_col(range.start, encoding)..before.line_col(range.end, encoding),
            encoding,
            insert: wish.insert.clone(),
        },
        None if wish.wording == 3 => Change::All(text.clone()),
        None => Change::Edit(il_text::Edit::replace(range, wish.insert.as_str())),
    }
}

#[derive(Clone, Debug)]
struct Model {
    text: String,
    version: i32,
    dirty: bool,
}

/// Counts what is asked of it.
#[derive(Default)]
struct Saved(RefCell<Vec<String>>);

impl Disk for Saved {
    fn read(&self, path: &str) -> Option<Text> {
        self.0.borrow_mut().push(path.to_owned());
        (path == PATHS[0]).then(|| Text::from("on disk"))
    }
}

fn assert_same(store: &DocumentStore, model: &BTreeMap<&str, Model>, used: &[&str]) {
    for path in PATHS {
        let document = store.get(path);
        let expected = model.get(path);
        assert_eq!(document.is_some(), expected.is_some());
        let (Some(document), Some(expected)) = (document, expected) else {
            continue;
        };
        assert_eq!(document.text.contents(), expected.text);
        assert_eq!(
            (document.version, document.dirty),
            (expected.version, expected.dirty)
        );
    }
    let tabs: Vec<_> = store.tabs().map(|tab| &*tab.path).collect();
    assert_eq!(tabs, used);
    for tab in store.tabs() {
        assert_eq!(tab.is_open, model.contains_key(&*tab.path));
    }
    let open: Vec<_> = store.documents().map(|document| document.path).collect();
    let expected: Vec<_> = used
        .iter()
        .filter(|path| model.contains_key(*path))
        .collect();
    assert!(
        open.iter()
            .map(|path| &**path)
            .eq(expected.into_iter().copied())
    );

    let disk = Saved::default();
    for path in PATHS {
        let text = store.text(path, &disk).map(|text| text.contents());
        let saved = (path == PATHS[0]).then(|| "on disk".to_owned());
        assert_eq!(
            text,
            model.get(path).map(|model| model.text.clone()).or(saved)
        );
    }
    assert_eq!(
        disk.0.borrow().len(),
        PATHS.len() - model.len(),
        "open buffers are not read from disk"
    );
}

/// Texts of all documents at every moment at which they changed, one for each edit made then.
type History = BTreeMap<(String, Duration), Vec<String>>;

fn assert_hunks_hold(store: &DocumentStore, model: &BTreeMap<&str, Model>, history: &History) {
    for hunk in store.recent_edits() {
        assert!(
            hunk.old != hunk.new || hunk.is_cut(),
            "a hunk that changes nothing"
        );
    }
    let Some(newest) = store.recent_edits().next() else {
        return;
    };
    let Some(now) = model.get(&*newest.path) else {
        return;
    };
    let (text, range) = (&now.text, newest.range.clone());
    assert_eq!(text.get(range.clone()), Some(&*newest.new));
    let lines = Text::from(text.as_str());
    let starts_line = |at| at == text.len() || lines.line_start(at) == at;
    assert!(
        starts_line(range.start) && starts_line(range.end),
        "{range:?} is no whole lines"
    );
    assert_eq!(
        (newest.old_len, newest.new_len),
        (newest.old.len(), newest.new.len())
    );
    let restored = format!(
        "{}{}{}",
        &text[..range.start],
        newest.old,
        &text[range.end..]
    );
    let then = &history[&(newest.path.to_string(), newest.began)];
    assert!(then.contains(&restored), "{restored:?} is none of {then:?}");
}

proptest! {
    #[test]
    fn a_session_is_the_models(steps in vec((step(), 0..12u64), 1..40)) {
        let mut store = DocumentStore::new();
        let mut model: BTreeMap<&str, Model> = BTreeMap::new();
        let mut used: Vec<&str> = Vec::new();
        let mut history = History::new();
        let mut now = Duration::ZERO;
        let mut reopened = false;
        for (step, pause) in steps {
            now += Duration::from_secs(pause) + Duration::from_millis(1);
            let mut use_now = |path: &'static str| {
                used.retain(|other| *other != path);
                used.insert(0, path);
            };
            match step {
                Step::Open(path, text) => {
                    let path = PATHS[path];
                    store.open(path, 1, "plaintext", Text::from(text.as_str()), now);
                    reopened |= model.insert(path, Model { text, version: 1, dirty: false }).is_some();
                    use_now(path);
                }
                Step::Change(path, ahead, wishes) => {
                    let path = PATHS[path];
                    let Some(document) = model.get_mut(path) else {
                        let refused = store.change(path, 9, &[], now);
                        prop_assert_eq!(refused, Err(ChangeError::NotOpen { path: path.into() }));
                        continue;
                    };
                    let version = document.version + ahead;
                    let mut text = document.text.clone();
                    let then = history.entry((path.to_owned(), now)).or_default();
                    let mut changes = Vec::new();
                    for wish in &wishes {
                        then.push(text.clone());
                        changes.push(change(&mut text, wish));
                    }
                    let before = store.get(path).unwrap();
                    let changed = store.change(path, version, &changes, now);
                    if ahead <= 0 {
                        let have = document.version;
                        let refused = ChangeError::Stale { path: path.into(), have, got: version };
                        prop_assert_eq!(changed, Err(refused));
                        continue;
                    }
                    let changed = changed.unwrap();
                    prop_assert_eq!(changed.skipped, ahead.unsigned_abs() - 1);
                    prop_assert!(changed.before == before.text);
                    prop_assert!(before.text.apply_all(&changed.edits).unwrap() == text.as_str());
                    let end = map_position(before.text.len(), &changed.edits, il_text::Bias::After);
                    prop_assert_eq!(end, text.len());
                    *document = Model { text, version, dirty: document.dirty || !changes.is_empty() };
                    use_now(path);
                }
                Step::Save(path) => match model.get_mut(PATHS[path]) {
                    Some(document) => {
                        store.save(PATHS[path], now).unwrap();
                        document.dirty = false;
                        use_now(PATHS[path]);
                    }
                    None => prop_assert!(store.save(PATHS[path], now).is_err()),
                },
                Step::Touch(path) => match model.contains_key(PATHS[path]) {
                    true => {
                        store.touch(PATHS[path], now).unwrap();
                        use_now(PATHS[path]);
                    }
                    false => prop_assert!(store.touch(PATHS[path], now).is_err()),
                },
                Step::Close(path) => {
                    let closed = store.close(PATHS[path]);
                    match model.remove(PATHS[path]) {
                        Some(document) => prop_assert!(closed.unwrap().text == document.text.as_str()),
                        None => prop_assert!(closed.is_err()),
                    }
                    reopened = true;
                }
            }
            assert_same(&store, &model, &used);
            if !reopened {
                assert_hunks_hold(&store, &model, &history);
            }
        }
    }

    #[test]
    fn a_whole_new_text_counts_as_what_differs(old in text(0..30), new in text(0..30)) {
        let mut store = DocumentStore::new();
        store.open("a", 1, "plaintext", Text::from(old.as_str()), Duration::ZERO);
        let changed = store.change("a", 2, &[Change::All(new.clone())], Duration::ZERO).unwrap();
        prop_assert!(changed.document.text == new.as_str());
        let edit = &changed.edits[0];
        let gone = &old[edit.range.clone()];
        let is_shared = |a: Option<char>, b: Option<char>| a.is_some() && a == b;
        prop_assert!(!is_shared(gone.chars().next(), edit.insert.chars().next()));
        prop_assert!(!is_shared(gone.chars().next_back(), edit.insert.chars().next_back()));
    }

    #[test]
    fn a_place_nowhere_is_the_end(text in text(0..10), line in 0..20usize, col in 0..20usize) {
        let mut store = DocumentStore::new();
        store.open("a", 1, "plaintext", Text::from(text.as_str()), Duration::ZERO);
        let place = LineCol { line, col };
        let change = Change::Span { range: place..place, encoding: Encoding::Utf16, insert: "!".into() };
        let changed = store.change("a", 2, &[change], Duration::ZERO).unwrap();
        if line >= Text::from(text.as_str()).line_count() {
            prop_assert!(changed.document.text == (text + "!").as_str());
        }
    }
}
