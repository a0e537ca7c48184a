//! What is computed when a line is typed, key by key, and what is left after a cancellation.

use std::{ops::ControlFlow, sync::Arc, thread, time::Duration};

use il_engine::{CancelToken, fim::Order, fim::registry};
use il_engine_llama::{Ask, Ending, LlamaEngine, LlamaModel, Settings, Stats};

use crate::asking::{answer, code, completed, open, program, request, settings};

const TYPED: &str = "    let total = value_3 + value_5;";

fn engine(order: Order) -> LlamaEngine {
    let template = registry().by_id("interline-tiny").expect("it is known");
    let template = template.in_order(order).expect("trained for both");
    let settings = Settings {
        template: Some(Arc::new(template)),
        ..settings()
    };
    LlamaEngine::new(LlamaModel::open(program(), &settings).expect("it opens"))
}

/// What every keystroke of [`TYPED`] took. `anchored`: the hole stays where it was opened.
fn type_line(engine: &LlamaEngine, anchored: bool) -> Vec<Stats> {
    let (before, after) = (code(12), format!("\n{}", code(8)));
    let press = |keys: usize| {
        let typed = &TYPED[..keys];
        let request = if anchored {
            request(&before, typed, &after)
        } else {
            request(&[&before, typed].concat(), "", &after)
        };
        completed(engine, &request);
        engine.last()
    };
    (0..=TYPED.len()).map(press).collect()
}

/// Tokens of the prompt that all keystrokes after the first one took, and the most that one took.
fn evaluated(keystrokes: &[Stats]) -> (u32, u32) {
    let counts = || keystrokes[1..].iter().map(|it| it.evaluated);
    (counts().sum(), counts().max().unwrap_or(0))
}

#[test]
fn suffix_first_only_what_is_typed_is_read() {
    let keystrokes = type_line(&engine(Order::Spm), false);
    let first = keystrokes[0];
    assert_eq!((first.reused, first.evaluated), (0, first.prompt));
    let (all, most) = evaluated(&keystrokes);
    // Typing changes how the last letters are cut into tokens, so a key is up to three of them.
    assert!(most <= 4 && all <= 2 * TYPED.len() as u32, "{all}, {most}");
}

#[test]
fn prefix_first_with_a_hole_that_stays_only_what_is_typed_is_read() {
    let keystrokes = type_line(&engine(Order::Psm), true);
    let (all, most) = evaluated(&keystrokes);
    assert!(most <= 4 && all <= 2 * TYPED.len() as u32, "{all}, {most}");
}

#[test]
fn prefix_first_with_a_hole_that_moves_everything_behind_it_is_read_again() {
    // What the other two save.
    let keystrokes = type_line(&engine(Order::Psm), false);
    let (_, most) = evaluated(&keystrokes);
    assert!(most > 50, "{most}");
}

#[test]
fn a_reused_beginning_changes_no_answer() {
    let engine = engine(Order::Spm);
    let (before, after) = (code(10), code(6));
    let asked: Vec<_> = (0..TYPED.len())
        .step_by(5)
        .map(|it| request(&[&before, &TYPED[..it]].concat(), "", &after))
        .collect();
    let warm: Vec<_> = asked.iter().map(|it| completed(&engine, it)).collect();
    assert!(engine.last().reused > 50);
    for (asked, warm) in asked.iter().zip(warm) {
        let cold = LlamaEngine::new(open());
        assert_eq!(completed(&cold, asked), warm);
        assert_eq!(cold.last().reused, 0);
    }
}

#[test]
fn going_back_and_forth_between_files_reads_nothing_again() {
    let engine = engine(Order::Spm);
    let one = request(&code(12), "", "}\n");
    let mut two = request(
        "import os\nimport sys\n\n\ndef main():\n    print(",
        "",
        ")\n",
    );
    two.path = "main.py".into();
    for it in [&one, &two] {
        completed(&engine, it);
        // The markers that every prompt begins with.
        assert!(engine.last().reused <= 3);
    }
    for it in [&one, &two, &one] {
        completed(&engine, it);
        assert_eq!(engine.last().evaluated, 1);
    }
}

#[test]
fn what_two_files_are_shown_in_common_is_read_once() {
    let model = open();
    let shown = code(14);
    let ask = |document, name: &str| {
        let file = code(3).replace("value", name);
        let ask = Ask {
            document,
            ..Ask::text(&format!("{shown}{file}"), 8)
        };
        answer(&model, &ask)
    };
    let (one, two) = (ask(1, "first"), ask(2, "other"));
    let common = u32::try_from(model.tokenizer().count(&[&shown])[0]).expect("few");
    assert_eq!(
        (one.stats.reused, two.stats.reused.abs_diff(common) < 4),
        (0, true)
    );
    assert_ne!(one.stats.sequence, two.stats.sequence);
    for (document, name, before) in [(1, "first", one), (2, "other", two)] {
        let again = ask(document, name);
        assert_eq!((again.stats.evaluated, again.text), (1, before.text));
    }
}

#[test]
fn a_prompt_that_is_cancelled_while_it_is_read_keeps_what_was_read() {
    let settings = Settings {
        chunk: 16,
        ..settings()
    };
    let model = LlamaModel::open(program(), &settings).expect("it opens");
    let most = model.info().context as usize;
    let mut caught = false;
    for attempt in 0..200 {
        let mut prompt = format!("// attempt {attempt}\n{}", code(40));
        while model.tokenizer().count(&[&prompt])[0] + 20 > most {
            prompt.truncate(prompt.len() * 9 / 10);
        }
        let ask = Ask::text(&prompt, 4);
        let cancel = CancelToken::new();
        let token = cancel.clone();
        let wait = Duration::from_micros(200 * (attempt % 50));
        let canceller = thread::spawn(move || {
            thread::sleep(wait);
            token.cancel();
        });
        let heard = model.generate(&ask, &cancel, &mut |_, _| ControlFlow::Continue(()));
        canceller.join().expect("it only sleeps");
        let (ending, stats) = heard.expect("a cancellation is no error");
        let read = stats.reused + stats.evaluated;
        if ending != Ending::Cancelled || stats.evaluated == 0 || read == stats.prompt {
            continue;
        }
        caught = true;
        let mut hear = |_: &str, _: f32| ControlFlow::Continue(());
        let (_, again) = model
            .generate(&ask, &CancelToken::new(), &mut hear)
            .expect("it answers");
        assert_eq!(again.reused, read, "of {stats:?}");
        assert_eq!(again.evaluated, again.prompt - read);
        break;
    }
    assert!(caught, "it was never in the middle of it");
}

#[test]
fn an_answer_that_is_stopped_takes_no_step_more() {
    let model = open();
    let mut pieces = 0;
    let mut hear = |_: &str, _: f32| {
        pieces += 1;
        ControlFlow::Break(())
    };
    let (ending, stats) = model
        .generate(
            &Ask::text("fn main() {", 300),
            &CancelToken::new(),
            &mut hear,
        )
        .expect("no error");
    assert_eq!((ending, pieces), (Ending::Cancelled, 1));
    assert!(stats.answer < 100, "{stats:?}");
}
