//! Searches over small trees.

use expect_test::{Expect, expect};

use super::*;
use crate::{SourceFile, Stamp};

const CLIENT: &str = "\
import socket

class HttpClient:
    \"\"\"Talks to a server.\"\"\"

    def send_request(self, request):
        \"\"\"Sends a request and waits for the response.\"\"\"
        return self.connection.write(request)

    def close(self):
        self.connection.close()
";
const RETRY: &str = "\
def retry_with_backoff(action, times):
    \"\"\"Tries an action again, waiting longer each time.\"\"\"
    for attempt in range(times):
        if action():
            return attempt
";
const SERVER: &str = "\
package server

// SendRequest forwards a request to the next server.
func SendRequest(r *Request) error {
	return forward(r)
}
";

fn view() -> View {
    let file = |(path, text): (&str, &str)| SourceFile {
        path: path.into(),
        stamp: Stamp::default(),
        text: text.into(),
    };
    let files = [
        ("app/client.py", CLIENT),
        ("app/retry.py", RETRY),
        ("server/server.go", SERVER),
    ];
    View::of(files.into_iter().map(file).collect(), None).expect("no embedder")
}

fn check(query: SearchQuery, expected: Expect) {
    let hits = view().search(&query, None).expect("a good query");
    let lines = hits.iter().map(|hit| {
        let (path, symbol, lines) = (&hit.path, &hit.symbol, &hit.lines);
        format!(
            "{path}:{}-{} {symbol} @{}\n",
            lines.start + 1,
            lines.end,
            hit.line + 1
        )
    });
    expected.assert_eq(&lines.collect::<String>());
}

fn query(text: &str, mode: Mode) -> SearchQuery {
    SearchQuery {
        mode,
        ..SearchQuery::new(text)
    }
}

#[test]
fn words_find_what_they_describe() {
    check(
        query("try again and wait longer", Mode::Lexical),
        expect![[r#"
            app/retry.py:1-5 retry_with_backoff @2
            app/client.py:3-11 HttpClient @7
        "#]],
    );
}

#[test]
fn a_name_is_found_whatever_its_case_and_by_its_parts() {
    check(
        query("sendrequest", Mode::Symbol),
        expect![[r#"
        server/server.go:3-6 SendRequest @3
        app/client.py:3-11 HttpClient @3
    "#]],
    );
    check(
        query("send request", Mode::Symbol),
        expect![[r#"
        server/server.go:3-6 SendRequest @3
        app/client.py:3-11 HttpClient @6
    "#]],
    );
    check(
        query("HttpClient", Mode::Symbol),
        expect![[r#"
        app/client.py:3-11 HttpClient @3
    "#]],
    );
}

#[test]
fn where_a_name_is_made_comes_before_what_is_added_to_it() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.into(),
        stamp: Stamp::default(),
        text: text.into(),
    };
    let files = vec![
        file("a.rs", "impl Postings {\n    fn fits(&self) {}\n}\n"),
        file(
            "b.rs",
            "/// Where words are.\npub struct Postings {\n    words: Vec<u64>,\n}\n",
        ),
    ];
    let view = View::of(files, None).expect("no embedder");
    let hits = view
        .search(&query("postings", Mode::Hybrid), None)
        .expect("a good query");
    assert_eq!(hits[0].path, "b.rs");
}

#[test]
fn letters_may_be_left_out_or_mistyped() {
    check(
        query("rwb", Mode::Symbol),
        expect![[r#"
        app/retry.py:1-5 retry_with_backoff @1
    "#]],
    );
    check(
        query("HttpCleint", Mode::Symbol),
        expect![[r#"
        app/client.py:3-11 HttpClient @3
    "#]],
    );
}

#[test]
fn paths_and_languages_narrow_a_search() {
    let narrowed = SearchQuery {
        languages: vec!["go".into()],
        ..query("send request", Mode::Hybrid)
    };
    check(
        narrowed,
        expect![[r#"
        server/server.go:3-6 SendRequest @3
    "#]],
    );
    let narrowed = SearchQuery {
        paths: vec!["app".into()],
        ..query("send request", Mode::Hybrid)
    };
    check(
        narrowed,
        expect![[r#"
        app/client.py:3-11 HttpClient @6
    "#]],
    );
}

#[test]
fn what_cannot_be_searched_for_is_said() {
    let nothing = view().search(&SearchQuery::new(" ( "), None);
    assert_eq!(nothing, Err(SearchError::Empty));
    let broken = SearchQuery {
        paths: vec!["a[".into()],
        ..SearchQuery::new("a")
    };
    let error = view().search(&broken, None).expect_err("a broken glob");
    assert!(
        error.to_string().starts_with("`a[` is no path pattern: "),
        "{error}"
    );
}
