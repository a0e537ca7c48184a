//! What vectors of the shipped model are like.

use proptest::prelude::*;

use super::*;

fn vector(purpose: Purpose, text: &str) -> Vec<f32> {
    let embedder = StaticEmbedder::shipped();
    let mut out = vec![f32::NAN; embedder.dim()];
    embedder.embed_into(purpose, text, &mut out);
    out
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(vector: &[f32]) -> f32 {
    cosine(vector, vector).sqrt()
}

/// Of these passages the one that answers the question best, by its name.
#[track_caller]
fn check(query: &str, expected: &str) {
    let passages = [
        (
            "src/pool.py",
            "Pool.acquire",
            "def acquire(self, timeout=None):\n    with self._lock:\n        conn = self._idle.pop() if self._idle else self._connect()\n        return conn",
        ),
        (
            "src/json/parser.rs",
            "Parser.parse_object",
            "fn parse_object(&mut self) -> Result<Value, Error> {\n    self.expect(b'{')?;\n    let mut map = Map::new();\n    while self.peek() != b'}' { map.insert(self.string()?, self.value()?); }\n    Ok(Value::Object(map))\n}",
        ),
        (
            "lib/router.ts",
            "matchRoute",
            "export function matchRoute(routes: Route[], url: string): Match | undefined {\n  const path = new URL(url).pathname;\n  return routes.find((route) => route.pattern.test(path));\n}",
        ),
        (
            "server/tls.go",
            "LoadCertificate",
            "func LoadCertificate(certFile, keyFile string) (*tls.Config, error) {\n\tcert, err := tls.LoadX509KeyPair(certFile, keyFile)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn &tls.Config{Certificates: []tls.Certificate{cert}}, nil\n}",
        ),
        (
            "util/FileTree.java",
            "FileTree.deleteRecursively",
            "public static void deleteRecursively(File dir) throws IOException {\n    for (File child : dir.listFiles()) { deleteRecursively(child); }\n    Files.delete(dir.toPath());\n}",
        ),
    ];
    let asked = vector(Purpose::Query, query);
    let best = passages
        .iter()
        .max_by(|a, b| {
            let of = |(path, symbols, code): &(&str, &str, &str)| {
                cosine(
                    &asked,
                    &vector(Purpose::Passage, &passage_text(path, symbols, code)),
                )
            };
            of(a).total_cmp(&of(b))
        })
        .map(|(_, symbols, _)| *symbols);
    assert_eq!(best, Some(expected), "for `{query}`");
}

#[test]
fn a_question_is_nearest_to_what_answers_it_in_five_languages() {
    check("wait for a free connection", "Pool.acquire");
    check("read a JSON map of keys to values", "Parser.parse_object");
    check("find the handler for a request path", "matchRoute");
    check(
        "configure SSL with a key and a certificate",
        "LoadCertificate",
    );
    check(
        "remove a directory and everything in it",
        "FileTree.deleteRecursively",
    );
}

#[test]
fn words_that_are_never_shared_can_still_be_near() {
    let near = |a: &str, b: &str| cosine(&vector(Purpose::Query, a), &vector(Purpose::Passage, b));
    for (a, related, unrelated) in [
        ("remove", "delete", "render"),
        ("directory", "dir", "socket"),
        ("lock", "mutex", "print"),
        ("coroutine", "async", "pixel"),
    ] {
        let (related, unrelated) = (near(a, related), near(a, unrelated));
        assert!(
            related > unrelated + 0.1,
            "`{a}`: {related} against {unrelated}"
        );
    }
}

#[test]
fn vectors_carry_the_name_of_their_model() {
    let embedder = StaticEmbedder::shipped();
    assert_eq!(embedder.model(), "static-1");
    assert!(embedder.is_instant());
    assert!(!format!("{embedder:?}").is_empty());
}

#[test]
fn a_text_without_a_word_is_zero() {
    for text in ["", "\n\n", "{ } + - ;", "\u{0}\u{1}", " › \n"] {
        for purpose in [Purpose::Query, Purpose::Passage] {
            assert!(vector(purpose, text).iter().all(|&x| x == 0.0), "{text:?}");
        }
    }
}

#[test]
fn the_name_in_the_heading_counts_more_than_the_body() {
    let asked = vector(Purpose::Query, "encrypt password");
    let body = "fn f() {\n    let a = wait(thread);\n    a.render(pixel)\n}".repeat(20);
    let named = vector(
        Purpose::Passage,
        &passage_text("a.rs", "encrypt_password", &body),
    );
    let mentioned = vector(
        Purpose::Passage,
        &passage_text("a.rs", "f", &format!("{body}\nencrypt_password()")),
    );
    let (named, mentioned) = (cosine(&asked, &named), cosine(&asked, &mentioned));
    assert!(named > mentioned + 0.2, "{named} against {mentioned}");
}

#[test]
fn many_texts_are_as_one_after_another() {
    let embedder = StaticEmbedder::shipped();
    let texts = ["fn main() {}", "", "open a file"];
    let all = embedder
        .embed(Purpose::Passage, &texts, &CancelToken::new())
        .expect("nothing can fail here");
    assert_eq!(all.len(), 3);
    for (text, found) in texts.iter().zip(&all) {
        assert_eq!(*found, vector(Purpose::Passage, text));
    }
}

#[test]
fn a_cancelled_call_embeds_nothing() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let refused = StaticEmbedder::shipped().embed(Purpose::Query, &["a file"], &cancel);
    assert_eq!(refused, Err(EmbedError::Cancelled));
}

#[test]
fn what_is_past_the_reading_limit_changes_nothing() {
    let long = "word ".repeat(20_000);
    let longer = format!("{long}{}", "other ".repeat(100_000));
    let (long, longer) = (
        vector(Purpose::Passage, &long),
        vector(Purpose::Passage, &longer),
    );
    assert_eq!(long, longer);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_has_a_vector_of_length_one_or_zero(text in any::<String>(), tail in "[a-zA-Z_ ›.\n]{0,40}") {
        for purpose in [Purpose::Query, Purpose::Passage] {
            let text = format!("{text}{tail}");
            let vector = vector(purpose, &text);
            let length = length(&vector);
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-4, "{length}");
        }
    }
}
