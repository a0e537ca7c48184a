//! The engine through text: a repository, a buffer with `$0` at the cursor, and what is said.

use std::ops::ControlFlow;
use std::sync::Arc;

use expect_test::{Expect, expect};
use il_engine::{
    CancelToken, Chunk, Engine as _, Finish, Length, Origin, Outcome, Priority, Request,
};
use proptest::prelude::*;

use crate::{Options, RepoModel, SourceFile};

/// A repository of files given as path and text.
fn model(files: &[(&str, &str)]) -> RepoModel {
    let model = RepoModel::new(Options::default());
    let files = files.iter().map(|&(path, text)| SourceFile {
        path: path.into(),
        language: il_lang::registry().detect(path, None).id.into(),
        text: text.into(),
    });
    model.train(files.collect(), &|_| (), &CancelToken::new());
    model
}

/// A request about a text with `$0` at the cursor.
fn request(path: &str, fixture: &str, length: Length) -> Request {
    let cursor = fixture.find("$0").expect("a fixture has a cursor");
    Request {
        path: path.into(),
        language: il_lang::registry().detect(path, None).id.into(),
        text: fixture.replacen("$0", "", 1).into(),
        cursor,
        length,
        alternatives: 1,
        priority: Priority::Interactive,
        context: None,
        workspace: Arc::default(),
    }
}

#[derive(Debug, Default)]
struct Answer {
    /// One text an alternative.
    texts: Vec<String>,
    probabilities: Vec<f32>,
    origin: Option<Origin>,
    finish: Option<Finish>,
}

fn ask(model: &RepoModel, request: &Request) -> Answer {
    let mut answer = Answer::default();
    let outcome = model.complete(request, &CancelToken::new(), &mut |chunk| {
        match chunk {
            Chunk::Piece {
                alternative,
                text,
                probability,
            } => {
                answer
                    .texts
                    .resize(answer.texts.len().max(alternative + 1), String::new());
                answer.texts[alternative].push_str(&text);
                if alternative == 0 {
                    answer.probabilities.push(probability);
                }
            }
            Chunk::Origin {
                alternative: 0,
                origin,
            } => answer.origin = Some(origin),
            Chunk::End {
                alternative: 0,
                finish,
            } => answer.finish = Some(finish),
            Chunk::Origin { .. } | Chunk::End { .. } | Chunk::Note { .. } => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(outcome.expect("the request is well formed"), Outcome::Done);
    answer
}

#[track_caller]
fn check(files: &[(&str, &str)], path: &str, fixture: &str, expected: &Expect) {
    let answer = ask(&model(files), &request(path, fixture, Length::Line));
    expected.assert_eq(answer.texts.first().map_or("", String::as_str));
}

const CLIENT: (&str, &str) = (
    "src/client.rs",
    "pub fn connect(address: &str) -> Result<Client, Error> {\n    let socket = Socket::open(address)?;\n    Ok(Client { socket })\n}\n\n\
     pub fn reconnect(address: &str) -> Result<Client, Error> {\n    let socket = Socket::open(address)?;\n    Ok(Client { socket })\n}\n\n\
     pub fn probe(address: &str) -> Result<(), Error> {\n    let socket = Socket::open(address)?;\n    socket.close()\n}\n",
);

#[test]
fn the_rest_of_a_line_comes_from_the_repository() {
    check(
        &[CLIENT],
        "src/main.rs",
        "fn main() {\n    let socket = Socket::$0\n}\n",
        &expect!["open(address)?;"],
    );
}

#[test]
fn a_begun_word_is_finished() {
    check(
        &[CLIENT],
        "src/main.rs",
        "fn main() {\n    let socket = Soc$0\n}\n",
        &expect!["ket::open(address)?;"],
    );
}

#[test]
fn a_word_of_the_vocabulary_is_found_by_its_start() {
    check(
        &[("a.py", "x = frobnicate_everything\n")],
        "b.py",
        "def f():\n    return frob$0\n",
        &expect!["nicate_everything"],
    );
}

#[test]
fn the_text_after_the_cursor_is_not_said_again() {
    check(
        &[CLIENT],
        "src/main.rs",
        "fn main() {\n    let socket = Socket::open($0)?;\n}\n",
        &expect!["address"],
    );
}

#[test]
fn names_are_carried_over() {
    let body = |k: &str, v: &str| {
        format!("for ({k}, {v}) in all {{\n    print({k});\n    drop({v});\n}}\n")
    };
    let lines = [
        ("apple", "pear"),
        ("lion", "tiger"),
        ("oak", "elm"),
        ("iron", "zinc"),
    ]
    .map(|(k, v)| body(k, v))
    .concat();
    check(
        &[],
        "a.rs",
        &format!("{lines}for (ruby, opal) in all {{\n    print($0\n}}\n"),
        &expect!["ruby);"],
    );
}

#[test]
fn tabs_carriage_returns_and_letters_beyond_ascii_are_kept() {
    let file = (
        "a.go",
        "func f() {\n\tgrüße := größe(1)\n\tif grüße > 0 {\n\t\treturn\n\t}\n}\n",
    );
    check(
        &[file],
        "b.go",
        "func g() {\r\n\tgrüße := gr$0\r\n}\r\n",
        &expect!["öße(1)"],
    );
}

#[test]
fn an_empty_model_and_an_empty_buffer_answer_nothing_and_do_not_fail() {
    for fixture in [
        "$0",
        "\n$0",
        "   $0",
        "$0\n",
        "é$0",
        "\u{feff}$0",
        "\r\n$0\r\n",
        "\"$0",
        "/*$0",
        "日本$0語",
    ] {
        for path in ["a.rs", "a.py", "a.unknown", "Makefile"] {
            let answer = ask(
                &RepoModel::new(Options::default()),
                &request(path, fixture, Length::Line),
            );
            assert!(
                answer.probabilities.iter().all(|p| (0.0..=1.0).contains(p)),
                "{fixture:?} {answer:?}"
            );
        }
    }
}

#[test]
fn probabilities_fall_along_the_line() {
    let answer = ask(
        &model(&[CLIENT]),
        &request(
            "src/main.rs",
            "fn main() {\n    let socket = $0\n}\n",
            Length::Line,
        ),
    );
    assert!(
        answer.probabilities.is_sorted_by(|a, b| a >= b),
        "{answer:?}"
    );
    assert!(answer.probabilities.len() > 2);
}

#[test]
fn an_answer_says_where_it_came_from() {
    let answer = ask(
        &model(&[CLIENT]),
        &request(
            "src/main.rs",
            "fn main() {\n    let socket = $0\n}\n",
            Length::Line,
        ),
    );
    let Some(Origin { path, line }) = answer.origin else {
        panic!("{answer:?}")
    };
    assert_eq!(&*path, "src/client.rs");
    assert!([2, 7, 12].contains(&line), "line {line}");
}

#[test]
fn the_stored_copy_of_the_file_is_not_answered_from() {
    let text = "def unique_entry_point():\n    very_unusual_call(zebra, quagga)\n";
    let model = model(&[("a.py", text), ("b.py", "import os\n")]);
    for fixture in [
        "def unique_entry_point():\n    $0\n",
        "def unique_entry_point():\n    very_un$0\n",
        "zeb$0",
    ] {
        let answer = ask(&model, &request("a.py", fixture, Length::Line));
        for said in &answer.texts {
            assert!(
                !said.contains("usual_call") && !said.contains("quagga") && !said.starts_with("ra"),
                "{said}"
            );
        }
    }
}

#[test]
fn what_is_less_probable_than_the_floor_ends_there() {
    let mut model = model(&[CLIENT]);
    model.options.floor = 0.999;
    let answer = ask(
        &model,
        &request(
            "src/main.rs",
            "fn main() {\n    let socket = $0\n}\n",
            Length::Line,
        ),
    );
    assert_eq!(answer.finish, Some(Finish::Unsure), "{answer:?}");
    assert_eq!(answer.texts[0], "Socket");
}

#[test]
fn alternatives_are_different() {
    let files = [("a.py", "x = alpha(1)\nx = alpha(2)\nx = beta(1)\n")];
    let mut request = request("b.py", "x = $0\n", Length::Line);
    request.alternatives = 3;
    let answer = ask(&model(&files), &request);
    assert!(answer.texts.len() > 1, "{answer:?}");
    let mut texts = answer.texts.clone();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), answer.texts.len());
}

#[track_caller]
fn check_block(files: &[(&str, &str)], path: &str, fixture: &str, expected: &Expect) {
    let answer = ask(
        &model(files),
        &request(path, fixture, Length::Block { max_lines: 8 }),
    );
    expected.assert_eq(
        &answer
            .texts
            .first()
            .map_or("", String::as_str)
            .replace('\t', "→"),
    );
}

#[test]
fn a_block_goes_on_to_its_end_in_the_files_own_style() {
    let block = "func (s *Server) Close() error {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\tif s.closed {\n\t\treturn nil\n\t}\n\ts.closed = true\n\treturn nil\n}\n\n";
    let other = block.replace("Server", "Client");
    check_block(
        &[("a.go", &format!("{block}{other}"))],
        "b.go",
        "func (s *Session) Close() error {\n\ts.mu.Lock()\n\t$0\n",
        &expect![[r#"
            defer s.mu.Unlock()
            →if s.closed {
            →→return nil
            →}
            →s.closed = true
            →return nil"#]],
    );
}

#[test]
fn a_block_may_start_on_the_next_line() {
    let body = "func (s *Server) Name() string {\n\treturn s.name\n}\n\nfunc (s *Server) Host() string {\n\treturn s.host\n}\n\n";
    check_block(
        &[("a.go", body), ("c.go", &body.replace("Server", "Client"))],
        "b.go",
        "func (s *Session) Name() string {$0\n}\n",
        &expect![[r#"

            →return s.name"#]],
    );
}

#[test]
fn a_cancelled_question_takes_no_step_more() {
    let model = model(&[CLIENT]);
    let request = request("src/main.rs", "fn main() {\n    $0\n}\n", Length::Line);
    let cancel = CancelToken::new();
    cancel.cancel();
    let mut said = 0;
    let outcome = model.complete(&request, &cancel, &mut |_| {
        said += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(
        outcome.expect("the request is well formed"),
        Outcome::Cancelled
    );
    assert_eq!(said, 0);
    let session = model.session(&request.path);
    assert_eq!(session.lock().expect("nobody panicked").work.steps, 0);
}

#[test]
fn a_sink_that_has_enough_stops_the_engine() {
    let model = model(&[CLIENT]);
    let request = request("src/main.rs", "fn main() {\n    let $0\n}\n", Length::Line);
    let mut said = 0;
    let outcome = model.complete(&request, &CancelToken::new(), &mut |_| {
        said += 1;
        ControlFlow::Break(())
    });
    assert_eq!(
        outcome.expect("the request is well formed"),
        Outcome::Cancelled
    );
    assert_eq!(said, 1);
}

#[test]
fn a_cursor_outside_the_text_is_an_error_that_tells_nothing_of_it() {
    let mut request = request("a.rs", "é$0", Length::Line);
    request.cursor = 1;
    let failed = model(&[]).complete(&request, &CancelToken::new(), &mut |_| {
        ControlFlow::Continue(())
    });
    expect!["the repo engine failed: the cursor at byte 1 is not in the text"]
        .assert_eq(&failed.expect_err("byte 1 is inside a letter").to_string());
}

#[test]
fn two_questions_about_one_file_at_once_are_both_answered() {
    let model = Arc::new(model(&[CLIENT]));
    let request = request(
        "src/main.rs",
        "fn main() {\n    let socket = $0\n}\n",
        Length::Line,
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(ask(&model, &request).texts[0], "Socket::open(address)?;"));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered_without_a_panic_and_with_probabilities(
        lines in proptest::collection::vec("[ \t]{0,6}[a-c(){}\\[\\]\"'`:=,.;#/*é\\\\$]{0,12}", 0..12),
        terminator in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
        at in any::<proptest::sample::Index>(),
        path in proptest::sample::select(vec!["x.rs", "x.py", "x.ts", "x.go", "x.rb", "x.sh", "x.md", "x"]),
        block in any::<bool>(),
    ) {
        let model = model(&[CLIENT, ("y.py", "a = b(c)\n"), ("y.ts", "a.b(c);\n")]);
        let text = lines.join(terminator);
        let places: Vec<usize> = text.char_indices().map(|c| c.0).chain([text.len()]).collect();
        let mut fixture = text.clone();
        fixture.insert_str(places[at.index(places.len())], "$0");
        let length = if block { Length::Block { max_lines: 5 } } else { Length::Line };
        let cursor = fixture.find("$0").expect("it was just put there");
        let request = Request { cursor, text: text.into(), ..request(path, "$0", length) };
        let answer = ask(&model, &request);
        prop_assert!(answer.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert!(block || answer.texts.iter().all(|t| !t.contains(['\n', '\r'])));
    }
}
