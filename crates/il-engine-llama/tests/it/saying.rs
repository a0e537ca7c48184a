//! What is said: markers and text, grammars, samplers, stops.

use il_engine::Length;
use il_engine_llama::{Ask, Ending, Extent, LlamaEngine, LlamaError, Sampling};

use crate::asking::{answer, code, completed, continued, open, request};

#[test]
fn a_marker_in_somebodys_code_is_text() {
    let model = open();
    let marker = "<|fim_middle|>";
    assert_eq!(model.tokens(marker, true).expect("one")[..].len(), 1);
    let read = model
        .tokens(&format!("let a = \"{marker}\";"), false)
        .expect("many");
    assert!(read.len() > 5 && read.iter().all(|it| !it.1), "{read:?}");

    let engine = LlamaEngine::new(model.clone());
    let (before, after) = (format!("let a = \"{marker}"), "\";\n");
    completed(&engine, &request(&before, "", after));
    let counted: usize = model.tokenizer().count(&[&before, after]).iter().sum();
    // Prefix, suffix, middle: the template's own, and no others.
    assert_eq!(engine.last().prompt as usize, counted + 3);
}

#[test]
fn a_template_of_another_family_is_an_error_and_no_guess() {
    use il_engine::fim::registry;
    use il_engine_llama::{LlamaModel, Settings};

    use crate::asking::{program, settings};
    let settings = Settings {
        template: Some(registry().by_id("codestral").expect("it is known")),
        ..settings()
    };
    let model = LlamaModel::open(program(), &settings).expect("it opens");
    let report = model.check().expect("it checks");
    assert!(!report.is_good());
    let said: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert!(
        said.iter()
            .any(|it| it.starts_with("`[SUFFIX]` is ") && it.ends_with(" tokens instead of one")),
        "{said:?}"
    );
    let engine = LlamaEngine::new(model);
    let mut sink = |_| std::ops::ControlFlow::Continue(());
    let asked = request("let a = ", "", ";\n");
    let error = il_engine::Engine::complete(&engine, &asked, &Default::default(), &mut sink)
        .expect_err("there are no such markers");
    assert!(
        error.to_string().contains("its template is another one"),
        "{error}"
    );
}

#[test]
fn a_grammar_is_obeyed() {
    let model = open();
    let with = |grammar: &str| Ask {
        grammar: Some(grammar.to_owned()),
        ..Ask::text("fn main() {", 40)
    };
    let yes_or_no = answer(&model, &with("root ::= \"yes\" | \"no\""));
    assert!(
        ["yes", "no"].contains(&yes_or_no.text.as_str()),
        "{yes_or_no:?}"
    );
    assert_eq!(yes_or_no.ending, Ending::Complete);
    let digits = answer(&model, &with("root ::= [0-9] [0-9] [0-9]")).text;
    assert!(
        digits.len() == 3 && digits.bytes().all(|it| it.is_ascii_digit()),
        "{digits}"
    );
    let drawn = Ask {
        sampling: Sampling {
            temperature: 1.0,
            seed: 3,
            ..Sampling::default()
        },
        ..with("root ::= ([a-z]+ \" \")+ \"!\"")
    };
    let drawn = answer(&model, &drawn).text;
    let allowed = |it: char| it.is_ascii_lowercase() || " !".contains(it);
    assert!(!drawn.is_empty() && drawn.chars().all(allowed), "{drawn}");
}

#[test]
fn a_bad_grammar_is_an_error_and_the_worker_lives() {
    let model = open();
    let process = model.process();
    for grammar in [
        "",
        "root ::= (",
        "start ::= \"a\"",
        "root ::= root \"a\"",
        "root ::= nothing",
    ] {
        let ask = Ask {
            grammar: Some(grammar.to_owned()),
            ..Ask::text("let a", 4)
        };
        let mut hear = |_: &str, _: f32| std::ops::ControlFlow::Continue(());
        let error = model
            .generate(&ask, &Default::default(), &mut hear)
            .expect_err(grammar);
        assert!(
            matches!(&error, LlamaError::Failed { why } if why.contains("grammar")),
            "{grammar}: {error}"
        );
    }
    assert_eq!(answer(&model, &Ask::text("let a", 4)).stats.answer, 4);
    assert_eq!(model.process(), process);
}

#[test]
fn what_is_drawn_depends_on_the_seed_alone() {
    let model = open();
    let drawn = |seed| {
        let sampling = Sampling {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            seed,
        };
        let ask = Ask {
            sampling,
            ..Ask::text("fn main() {", 16)
        };
        answer(&model, &ask).text
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    let greedy = continued(&model, "fn main() {", 16);
    assert_eq!(greedy, continued(&model, "fn main() {", 16));
    assert_ne!(drawn(1), greedy);
}

#[test]
fn a_stop_is_not_said() {
    let model = open();
    let whole = continued(&model, "fn main() {", 24);
    // Something from the middle of what it says.
    let middle = whole
        .char_indices()
        .nth(whole.chars().count() / 2)
        .expect("long enough")
        .0;
    let stop: String = whole[middle..].chars().take(3).collect();
    let ask = Ask {
        stops: vec![stop.clone()],
        ..Ask::text("fn main() {", 24)
    };
    let stopped = answer(&model, &ask);
    let expected = whole.split(&stop).next().expect("the first");
    assert_eq!(
        (stopped.text.as_str(), stopped.ending),
        (expected, Ending::Complete)
    );
}

#[test]
fn no_more_is_said_than_was_asked_for() {
    let model = open();
    for text in ["fn main() {", "def add(a, b):", "let a = "] {
        let line = Ask {
            extent: Extent::Line,
            ..Ask::text(text, 40)
        };
        assert!(!answer(&model, &line).text.contains('\n'));
        let block = Extent::Block {
            max_lines: 3,
            indent: 0,
        };
        let block = Ask {
            extent: block,
            ..Ask::text(text, 60)
        };
        assert!(answer(&model, &block).text.lines().count() <= 3);
    }
    assert_eq!(answer(&model, &Ask::text("let a", 7)).stats.answer, 7);
}

#[test]
fn alternatives_after_the_first_are_drawn() {
    let engine = LlamaEngine::new(open());
    let mut asked = request("fn main() {\n    let value = ", "", ";\n}\n");
    let (first, _) = completed(&engine, &asked);
    asked.alternatives = 3;
    asked.length = Length::Block { max_lines: 4 };
    let mut texts = vec![String::new(); 3];
    let mut sink = |chunk| {
        if let il_engine::Chunk::Piece {
            alternative, text, ..
        } = chunk
        {
            texts[alternative].push_str(&text);
        }
        std::ops::ControlFlow::Continue(())
    };
    il_engine::Engine::complete(&engine, &asked, &Default::default(), &mut sink)
        .expect("it answers");
    assert!(texts[0].starts_with(&first), "{texts:?}");
}

#[test]
fn a_prompt_that_does_not_fit_is_an_error_that_says_how_long_it_is() {
    let model = open();
    let ask = Ask::text(&code(400), 4);
    let mut hear = |_: &str, _: f32| std::ops::ControlFlow::Continue(());
    let error = model
        .generate(&ask, &Default::default(), &mut hear)
        .expect_err("it is too long");
    assert!(
        error.to_string().contains("tokens in a context of"),
        "{error}"
    );
}
