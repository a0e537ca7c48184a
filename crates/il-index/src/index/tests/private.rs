//! What the policy keeps out is not read, not embedded far away, and gone from the disk when the policy becomes stricter.

use std::fs;

use il_privacy::{Level, Pattern, Rules, Switches};
use il_retrieval::{EmbedError, Purpose};

use super::*;
use crate::segment::Segment;

fn policy(glob: &str, level: Level) -> Arc<Policy> {
    let glob = glob.to_owned();
    let policy = Policy::usual().tightened(&[Pattern { glob, level }]);
    Arc::new(policy.unwrap())
}

fn open_with(dir: &TempDir, options: Options) -> Index {
    Index::open(Some(dir.path()), Path::new(ROOT), None, options).0
}

/// Whether any file of the directory has this in it, as it is or packed.
fn is_on_disk(dir: &TempDir, word: &str) -> bool {
    let files = fs::read_dir(dir.path()).unwrap();
    let mut files = files.map(|it| fs::read(it.unwrap().path()).unwrap());
    let packed_or_not = |bytes: Vec<u8>| {
        let is_in = |bytes: &[u8]| bytes.windows(word.len()).any(|it| it == word.as_bytes());
        let texts = Segment::from_bytes(&bytes).into_iter().flat_map(|segment| {
            let files: Vec<u32> = segment.files().map(|it| it.0).collect();
            files.into_iter().map(move |file| segment.text(file))
        });
        is_in(&bytes)
            || texts
                .collect::<Vec<_>>()
                .iter()
                .any(|it| is_in(it.as_bytes()))
    };
    files.any(packed_or_not)
}

#[test]
fn a_blocked_file_is_not_read_whoever_names_it() {
    let tree = Tree::of(&[
        (".env", "KEY=1"),
        ("core/a.rs", "fn a() {}"),
        ("b.rs", "fn b() {}"),
    ]);
    let options = Options {
        policy: policy("core/**", Level::Blocked),
        ..Options::default()
    };
    let index = Index::open(None, Path::new(ROOT), None, options).0;
    let report = update(&index, &tree);
    assert_eq!(tree.reads(), 1);
    assert_eq!(shown(&index.view()), "b.rs: fn b() {}");
    let skipped: Vec<String> = report
        .skipped
        .iter()
        .map(|it| format!("{} {}", it.path, it.why))
        .collect();
    assert_eq!(
        skipped,
        [
            ".env is blocked by the privacy policy",
            "core/a.rs is blocked by the privacy policy"
        ]
    );
    let overlaid = index.with_overlays(&[("core/a.rs", "fn typed() {}"), ("c.rs", "fn c() {}")]);
    assert_eq!(shown(&overlaid), "b.rs: fn b() {}; c.rs: fn c() {}");
}

#[test]
fn a_stricter_policy_takes_effect_at_the_next_start_and_leaves_nothing_on_the_disk() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[
        ("core/a.rs", "fn marmalade_one() {}"),
        ("core/b.rs", "fn marmalade_two() {}"),
        ("src/c.rs", "fn plain() {}"),
    ]);
    let index = open(&dir);
    update(&index, &tree);
    index.save().unwrap();
    // One of them is dead by then: its text is in the segment all the same.
    tree.remove("core/b.rs");
    update(&index, &tree);
    index.save().unwrap();
    drop(index);
    assert!(is_on_disk(&dir, "marmalade_one") && is_on_disk(&dir, "marmalade_two"));

    let options = Options {
        policy: policy("core/**", Level::Blocked),
        ..Options::default()
    };
    let index = open_with(&dir, options.clone());
    assert_eq!(shown(&index.view()), "src/c.rs: fn plain() {}");
    assert!(matches!(index.save(), Ok(Saved::Written { .. })));
    drop(index);
    assert!(!is_on_disk(&dir, "marmalade"));
    assert!(is_on_disk(&dir, "plain"), "the check must be able to fail");

    // What is good as it is is left alone.
    let index = open_with(&dir, options);
    assert_eq!(
        index.difference(tree.scan()).changed.len(),
        1,
        "the blocked one, as ever"
    );
    assert_eq!(tree.reads(), 3);
}

#[test]
fn an_unreadable_policy_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let index = open(&dir);
    update(&index, &Tree::of(&[("a.rs", "fn marmalade() {}")]));
    index.save().unwrap();
    drop(index);
    let policy = Arc::new(Policy::unreadable("a slip"));
    let index = open_with(
        &dir,
        Options {
            policy,
            ..Options::default()
        },
    );
    index.save().unwrap();
    assert_eq!(index.stats().files, 0);
    assert!(!is_on_disk(&dir, "marmalade"));
}

#[test]
fn no_secret_inside_a_file_is_on_the_disk_or_in_an_overlay() {
    let dir = TempDir::new().unwrap();
    let secret = ["kV7qZ3", "mP9xT2wL", "8dRf4Y"].concat();
    let text = format!("fn upload() {{ let api_key = \"{secret}\"; }}");
    let tree = Tree::of(&[("a.rs", &text)]);
    let masked = |off: &[&str]| {
        let off = off.iter().map(|it| (*it).to_owned()).collect();
        let switches = Switches {
            off,
            on: Vec::new(),
        };
        Options {
            mask: Some(Arc::new(Mask::new(Rules::shipped(), &switches))),
            ..Options::default()
        }
    };
    let index = open(&dir);
    update(&index, &tree);
    index.save().unwrap();
    drop(index);
    assert!(is_on_disk(&dir, &secret), "the check must be able to fail");

    let index = open_with(&dir, masked(&[]));
    assert_eq!(
        index.stats().files,
        0,
        "what was kept without a mask is of no use"
    );
    update(&index, &tree);
    index.save().unwrap();
    assert!(!is_on_disk(&dir, &secret));
    assert_eq!(
        index.view().text("a.rs").map(|it| it.len()),
        Some(text.len())
    );
    let overlaid = index.with_overlays(&[("b.rs", &text)]);
    assert!(!shown(&overlaid).contains(&secret));
    drop(index);

    assert_eq!(open_with(&dir, masked(&[])).stats().files, 1);
    assert_eq!(open_with(&dir, masked(&["phone"])).stats().files, 0);
}

/// Remembers what it was sent.
#[derive(Debug, Default)]
struct Listening(Mutex<Vec<String>>);

impl Embedder for Listening {
    fn model(&self) -> &str {
        "far away"
    }

    fn embed(
        &self,
        _: Purpose,
        texts: &[&str],
        _: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        lock(&self.0).extend(texts.iter().map(|it| (*it).to_owned()));
        Ok(vec![vec![1.0, 0.5]; texts.len()])
    }
}

#[test]
fn what_may_not_leave_is_not_sent_to_be_embedded() {
    let tree = Tree::of(&[
        ("core/a.rs", "fn marmalade() {}"),
        ("b.rs", "fn plain() {}"),
    ]);
    for (reach, level, sent) in [
        (Reach::Anywhere, Level::LocalOnly, 1),
        (Reach::Anywhere, Level::OwnServers, 1),
        (Reach::OwnServers, Level::OwnServers, 2),
        (Reach::ThisMachine, Level::LocalOnly, 2),
    ] {
        let embedder = Arc::new(Listening::default());
        let options = Options {
            policy: policy("core/**", level),
            embedder: reach,
            ..Options::default()
        };
        let dynamic: Arc<dyn Embedder> = Arc::clone(&embedder) as _;
        let index = Index::open(None, Path::new(ROOT), Some(dynamic), options).0;
        update(&index, &tree);
        let made = index.embed_pending(&|_| {}, &CancelToken::new()).unwrap();
        assert_eq!((made, index.pending()), (sent, 0), "{reach:?} {level}");
        let texts = lock(&embedder.0);
        assert_eq!(texts.iter().any(|it| it.contains("marmalade")), sent == 2);
        assert_eq!(index.stats().files, 2, "it is found by words all the same");
    }
}

#[test]
fn what_may_leave_again_is_embedded_then_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[
        ("core/a.rs", "fn marmalade() {}"),
        ("b.rs", "fn plain() {}"),
    ]);
    let embed = |policy: Arc<Policy>| {
        let embedder = Arc::new(Listening::default());
        let dynamic: Arc<dyn Embedder> = Arc::clone(&embedder) as _;
        let options = Options {
            policy,
            embedder: Reach::Anywhere,
            ..Options::default()
        };
        let index = Index::open(Some(dir.path()), Path::new(ROOT), Some(dynamic), options).0;
        update(&index, &tree);
        index.embed_pending(&|_| {}, &CancelToken::new()).unwrap();
        index.save().unwrap();
        let texts = lock(&embedder.0);
        let names = ["marmalade", "plain"];
        let sent = names
            .iter()
            .filter(|it| texts.iter().any(|text| text.contains(*it)));
        sent.copied().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(embed(policy("core/**", Level::LocalOnly)), "plain");
    assert_eq!(embed(policy("core/**", Level::LocalOnly)), "");
    assert_eq!(embed(Arc::new(Policy::usual())), "marmalade");
    assert_eq!(embed(Arc::new(Policy::usual())), "");
}
