//! Vectors: made once for a passage and a model, whatever happens to the segments.

use il_retrieval::{EmbedError, Purpose};

use super::*;

/// An embedder that counts passages and stops being reachable after some.
#[derive(Debug)]
pub(super) struct Counting {
    model: &'static str,
    is_instant: bool,
    embedded: AtomicUsize,
    left: AtomicUsize,
}

impl Counting {
    pub(super) fn new(model: &'static str, is_instant: bool) -> Self {
        Self {
            model,
            is_instant,
            embedded: AtomicUsize::new(0),
            left: AtomicUsize::new(usize::MAX),
        }
    }

    fn taken(&self) -> usize {
        self.embedded.swap(0, Ordering::Relaxed)
    }
}

impl Embedder for Counting {
    fn model(&self) -> &str {
        self.model
    }

    fn is_instant(&self) -> bool {
        self.is_instant
    }

    fn embed(
        &self,
        _: Purpose,
        texts: &[&str],
        _: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let left = self.left.load(Ordering::Relaxed);
        if left < texts.len() {
            return Err(EmbedError::Unavailable("no connection".into()));
        }
        self.left.store(left - texts.len(), Ordering::Relaxed);
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        let vector = |text: &&str| vec![text.len() as f32, self.model.len() as f32, 1.0];
        Ok(texts.iter().map(vector).collect())
    }
}

fn with(embedder: &Arc<Counting>) -> Index {
    let embedder: Arc<dyn Embedder> = Arc::clone(embedder) as _;
    Index::open(None, Path::new(ROOT), Some(embedder), Options::default()).0
}

fn embed(index: &Index) -> usize {
    index.embed_pending(&|_| {}, &CancelToken::new()).unwrap()
}

/// For every live chunk its vector's first number, as what it is in relation to the second.
#[track_caller]
fn check_vectors(index: &Index, model: &str) {
    for part in &*index.view().parts {
        let segment = &part.segment;
        let vectors = part.vectors.as_ref().expect("they were made");
        assert_eq!(
            (vectors.model(), vectors.len()),
            (model, segment.chunk_count())
        );
        for (file, _, _) in segment.files().filter(|it| part.is_alive(it.0)) {
            for (chunk, passage) in segment.chunks_of(file).zip(segment.passages(file)) {
                let mut expected = vec![passage.len() as f32, model.len() as f32, 1.0];
                il_retrieval::normalise(&mut expected);
                let query = vectors.pack(&expected).unwrap();
                let length = (passage.len() as f32).hypot((model.len() as f32).hypot(1.0));
                let cosine = vectors.cosine(chunk, &query) / length;
                assert!((cosine - 1.0).abs() < 0.02, "{cosine}");
            }
        }
    }
}

fn tree_of(files: usize) -> Tree {
    let tree = Tree::default();
    for n in 0..files {
        tree.write(&format!("{n}.rs"), &format!("fn f{n}() {{}}"));
    }
    tree
}

#[test]
fn an_instant_embedder_embeds_with_the_update_and_others_behind_it() {
    let tree = tree_of(3);
    let instant = Arc::new(Counting::new("static-1", true));
    let index = with(&instant);
    update(&index, &tree);
    assert_eq!((instant.taken(), index.pending()), (3, 0));
    check_vectors(&index, "static-1");
    let remote = Arc::new(Counting::new("remote", false));
    let index = with(&remote);
    update(&index, &tree);
    assert_eq!((remote.taken(), index.pending()), (0, 3));
    assert_eq!(embed(&index), 3);
    assert_eq!((remote.taken(), index.pending()), (3, 0));
    check_vectors(&index, "remote");
    assert_eq!(embed(&index), 0);
}

#[test]
fn what_did_not_change_is_not_embedded_again() {
    let long = |name: &str| {
        let body = "    let x = call(1);\n".repeat(60);
        format!("fn one() {{\n{body}}}\n\nfn two() {{\n{body}}}\n\nfn {name}() {{\n{body}}}\n")
    };
    let tree = Tree::of(&[("a.rs", &long("three"))]);
    let remote = Arc::new(Counting::new("remote", false));
    let index = with(&remote);
    update(&index, &tree);
    let all = embed(&index);
    assert!(all >= 3, "{all}");
    tree.write("a.rs", &long("four"));
    update(&index, &tree);
    // Saved again before the first change is embedded: the vectors of the text before that are still known.
    tree.write("a.rs", &long("five"));
    update(&index, &tree);
    assert!(index.pending() > 0);
    remote.taken();
    let again = embed(&index);
    assert!(again < all && again > 0, "{again} of {all}");
    assert_eq!(remote.taken(), again);
    check_vectors(&index, "remote");
}

#[test]
fn a_merge_brings_its_vectors_along() {
    let remote = Arc::new(Counting::new("remote", false));
    let index = with(&remote);
    let tree = Tree::default();
    for n in 0..9 {
        tree.write(&format!("{n}.rs"), &format!("fn f{n}() {{}}"));
        update(&index, &tree);
        if n != 4 {
            embed(&index);
        }
    }
    tree.write("late.rs", "fn late() {}");
    update(&index, &tree);
    remote.taken();
    index.maintain(&CancelToken::new());
    assert_eq!(index.stats().segments, 1);
    assert_eq!(embed(&index), 1, "what had no vector yet");
    assert_eq!(remote.taken(), 1);
    check_vectors(&index, "remote");
}

#[test]
fn another_model_embeds_everything_again() {
    let dir = TempDir::new().unwrap();
    let tree = tree_of(40);
    let open = |embedder: &Arc<Counting>| {
        let embedder: Arc<dyn Embedder> = Arc::clone(embedder) as _;
        Index::open(
            Some(dir.path()),
            Path::new(ROOT),
            Some(embedder),
            Options::default(),
        )
        .0
    };
    let first = Arc::new(Counting::new("first", false));
    let index = open(&first);
    update(&index, &tree);
    embed(&index);
    index.save().unwrap();
    drop(index);
    let second = Arc::new(Counting::new("second", false));
    let index = open(&second);
    assert_eq!(index.pending(), 40);
    assert_eq!(embed(&index), 40);
    check_vectors(&index, "second");
    let third: Arc<dyn Embedder> = Arc::new(Counting::new("third-1", true));
    index.set_embedder(Some(third));
    assert_eq!(embed(&index), 40);
    check_vectors(&index, "third-1");
    index.save().unwrap();
    drop(index);
    assert_eq!(open(&second).pending(), 40);
}

#[test]
fn what_was_embedded_before_the_connection_broke_is_kept() {
    let dir = TempDir::new().unwrap();
    let tree = tree_of(100);
    let remote = Arc::new(Counting::new("remote", false));
    remote.left.store(70, Ordering::Relaxed);
    let open = || {
        let embedder: Arc<dyn Embedder> = Arc::clone(&remote) as _;
        Index::open(
            Some(dir.path()),
            Path::new(ROOT),
            Some(embedder),
            Options::default(),
        )
        .0
    };
    let index = open();
    update(&index, &tree);
    let error = index
        .embed_pending(&|_| {}, &CancelToken::new())
        .unwrap_err();
    assert_eq!(error, EmbedError::Unavailable("no connection".into()));
    assert_eq!(index.pending(), 36);
    index.save().unwrap();
    drop(index);
    remote.left.store(usize::MAX, Ordering::Relaxed);
    let index = open();
    assert_eq!(embed(&index), 36);
    check_vectors(&index, "remote");
    let cancelled = CancelToken::new();
    cancelled.cancel();
    index.set_embedder(Some(Arc::new(Counting::new("other", false))));
    let error = index.embed_pending(&|_| {}, &cancelled).unwrap_err();
    assert_eq!(error, EmbedError::Cancelled);
}

#[test]
fn chunks_of_dead_files_are_passed_over() {
    let tree = tree_of(100);
    let remote = Arc::new(Counting::new("remote", false));
    let index = with(&remote);
    update(&index, &tree);
    for n in 0..99 {
        // `99.rs` is the last one by path: whole batches are dead.
        tree.remove(&format!("{n}.rs"));
    }
    update(&index, &tree);
    assert_eq!(embed(&index), 1);
    check_vectors(&index, "remote");
    tree.write("99.rs", "");
    tree.write("a.rs", "fn a() {}");
    update(&index, &tree);
    assert_eq!((embed(&index), embed(&index)), (1, 0));
}
