//! Golden tests of the filters: a buffer with `$0`, what the engine says, and the buffer with what is
//! shown in `⟦ ⟧`, what that replaces struck out in `⟨ ⟩`, and what every filter did below.

use std::sync::LazyLock;

use expect_test::Expect;
use il_engine::Length;
use il_screen::{NoScreen, Screen, Screener};

use super::{Scene, content_of, fit_to};
use crate::{
    ask::{IndentStyle, SyntaxFacts},
    dialect::Dialects,
    draft::Draft,
    gate::GateConfig,
};

struct Stage {
    indent: IndentStyle,
    calibrated: bool,
    length: Length,
    screen: &'static dyn Screen,
}

const BLOCK: Length = Length::Block { max_lines: 12 };

/// A calibrated engine that is fairly sure (0.8), asked for a block.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
pub(super) fn check(language: &str, buffer: &str, says: &str, expected: Expect) {
    let stage = Stage {
        indent: IndentStyle::default(),
        calibrated: true,
        length: BLOCK,
        screen: &NoScreen,
    };
    run(&stage, language, buffer, &[(says, 0.8)], &expected);
}

/// The same engine, surer than sure.
#[track_caller]
pub(super) fn check_sure(language: &str, buffer: &str, says: &str, expected: Expect) {
    check_pieces(language, buffer, &[(says, 0.97)], expected);
}

/// The same engine, saying several pieces.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
pub(super) fn check_pieces(language: &str, buffer: &str, says: &[(&str, f32)], expected: Expect) {
    let stage = Stage {
        indent: IndentStyle::default(),
        calibrated: true,
        length: BLOCK,
        screen: &NoScreen,
    };
    run(&stage, language, buffer, says, &expected);
}

/// The same engine, through the screen that ships; what is remarked is below.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
pub(super) fn check_screened(language: &str, buffer: &str, says: &str, expected: Expect) {
    static SCREENER: LazyLock<Screener> = LazyLock::new(Screener::default);
    let stage = Stage {
        indent: IndentStyle::default(),
        calibrated: true,
        length: BLOCK,
        screen: &*SCREENER,
    };
    run(&stage, language, buffer, &[(says, 0.97)], &expected);
}

/// A buffer indented by tabs.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
pub(super) fn check_tabs(language: &str, buffer: &str, says: &str, expected: Expect) {
    let stage = Stage {
        indent: IndentStyle {
            tabs: true,
            width: 4,
        },
        calibrated: true,
        length: BLOCK,
        screen: &NoScreen,
    };
    run(&stage, language, buffer, &[(says, 0.8)], &expected);
}

/// An engine that cannot tell how sure it is, asked for a line.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
pub(super) fn check_llm(language: &str, buffer: &str, says: &str, expected: Expect) {
    let stage = Stage {
        indent: IndentStyle::default(),
        calibrated: false,
        length: Length::Line,
        screen: &NoScreen,
    };
    run(&stage, language, buffer, &[(says, 1.0)], &expected);
}

#[track_caller]
fn run(stage: &Stage, language: &str, buffer: &str, says: &[(&str, f32)], expected: &Expect) {
    let (prefix, suffix) = buffer.split_once("$0").expect("a buffer has a `$0`");
    let dialect = Dialects::default().get(language);
    let scene = Scene {
        prefix,
        suffix,
        language,
        screen: stage.screen,
        dialect: &dialect,
        indent: stage.indent,
        facts: SyntaxFacts::default(),
        length: stage.length,
        gate: &GateConfig::default(),
        calibrated: stage.calibrated,
        floor: 0,
    };
    let mut draft = Draft::default();
    for (text, p) in says {
        draft.push(text, *p);
    }
    let mut notes = Vec::new();
    let shaped = content_of(&mut draft, &scene, &mut notes)
        .and_then(|()| fit_to(&mut draft, &scene, &mut notes));
    let mut out = match &shaped {
        Ok(()) => {
            let (covered, rest) = suffix.split_at(draft.covers);
            let covered = if covered.is_empty() {
                String::new()
            } else {
                format!("⟨{covered}⟩")
            };
            format!("{prefix}⟦{}⟧{covered}{rest}", draft.shown())
        }
        Err(reason) => format!("{buffer}nothing: {reason}\n"),
    };
    if shaped.is_ok() {
        for remark in draft.remarks() {
            let about = &draft.shown()[remark.range];
            out.push_str(&format!("!! {about}: {}\n", remark.text));
        }
    }
    out = out.replace('\r', "␍").replace('\t', "→");
    for (filter, what) in notes.iter().filter(|(filter, _)| *filter != "confidence") {
        out.push_str(&format!("-- {filter}: {what}\n"));
    }
    // The first line keeps the snapshot's own indentation apart from the buffer's.
    expected.assert_eq(&format!("{language}\n{out}"));
}
