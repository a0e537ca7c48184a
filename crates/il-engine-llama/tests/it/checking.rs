//! `models check`: what is found out about a model by asking it.

use il_engine_llama::{LlamaEngine, LlamaModel, Settings};

use crate::asking::{completed, program, request, settings};

/// Opened as a user would: the file says what it is.
fn found_out() -> std::sync::Arc<LlamaModel> {
    let settings = Settings {
        template: None,
        ..settings()
    };
    LlamaModel::open(program(), &settings).expect("it is known by its own name")
}

#[test]
fn the_test_model_is_what_it_says() {
    let model = found_out();
    assert_eq!(model.template().id.as_ref(), "interline-tiny");
    let report = model.check().expect("it checks");
    assert_eq!(report.findings, []);
    assert!(report.is_good() && report.closed >= 3, "{report:?}");
}

#[test]
fn a_model_that_is_shown_holes_in_a_way_it_never_saw_closes_none() {
    // Its markers mixed up: every one is a token, and the answer is rubbish without an error.
    let mut template = il_engine::fim::Template::clone(found_out().template());
    template.fill.reverse();
    let settings = Settings {
        template: Some(template.into()),
        ..settings()
    };
    let model = LlamaModel::open(program(), &settings).expect("it opens");
    let report = model.check().expect("it checks");
    assert!(!report.is_good(), "{report:?}");
    let said = report.findings[0].to_string();
    assert!(
        said.starts_with("it closes no hole by what stands behind it: where `417`"),
        "{said}"
    );
}

#[test]
fn a_hole_is_filled_with_what_stands_behind_it() {
    let engine = LlamaEngine::new(found_out());
    let asked = request(
        "fn find_limit() -> u32 {\n    ",
        "",
        "\n}\n\nassert_eq!(find_limit(), 52);\n",
    );
    assert_eq!(completed(&engine, &asked).0, "52");
    let asked = request(
        "fn find_limit() -> u32 {\n    ",
        "",
        "\n}\n\nassert_eq!(find_limit(), 839);\n",
    );
    assert_eq!(completed(&engine, &asked).0, "839");
}
