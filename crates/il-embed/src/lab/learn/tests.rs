//! Learning from a made-up repository in which deeds have several names.

use super::*;
use crate::lab::learn::batch::dot;
use crate::{StaticEmbedder, passage_text};

fn repositories() -> Vec<Repository> {
    let things = [
        "socket", "file", "row", "user", "token", "page", "job", "key",
    ];
    let deeds = [
        ("remove", "delete drop unlink"),
        ("make", "create new build"),
        ("look up", "find get search"),
        ("show", "print render draw"),
    ];
    let pair = |i: usize| {
        let ((asked, done), thing) = (deeds[i % 4], things[i / 4 % 8]);
        Pair {
            kind: Kind::Sentence,
            file: i as u32 / 3,
            query: format!("{asked} the {thing} of a caller"),
            passage: passage_text("a.rs", thing, &format!("fn f() {{\n {done}({thing})\n}}")),
        }
    };
    let repository = |name: &str| Repository {
        name: name.to_owned(),
        pairs: (0..32).map(pair).collect(),
    };
    vec![repository("rust-a"), repository("rust-b")]
}

fn settings() -> Settings {
    Settings {
        dim: 16,
        shared: 16,
        epochs: 30,
        batch: 16,
        ..Settings::default()
    }
}

#[test]
fn the_same_pairs_give_the_same_file_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads start")
            .install(|| learn(&repositories(), &settings(), &|_| {}))
    };
    let one = on(1);
    assert!(one == on(3), "the order of sums is fixed");
    let other = Settings {
        seed: 2,
        ..settings()
    };
    assert!(
        one != learn(&repositories(), &other, &|_| {}),
        "the seed is used"
    );
}

#[test]
fn words_that_go_together_come_near() {
    let file = learn(&repositories(), &settings(), &|_| {});
    let embedder = StaticEmbedder::from_bytes("test", &file).expect("it was just learnt");
    let vector = |purpose, text: &str| {
        let mut out = vec![0.0; embedder.dim()];
        embedder.embed_into(purpose, text, &mut out);
        out
    };
    let asked = vector(Purpose::Query, "remove");
    let near = |text: &str| dot(&asked, &vector(Purpose::Passage, text));
    assert!(near("delete") > near("create") + 0.3);
    assert!(near("unlink") > near("render") + 0.3);
}
