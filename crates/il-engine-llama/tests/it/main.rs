//! A real worker with a real model: what the parent sees of it.
//!
//! Deliberately absent: times. What is counted is tokens and steps.

mod bench;

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use il_engine::CancelToken;
use il_engine_llama::{Ask, Ending, LlamaModel};

use bench::*;

#[test]
fn it_says_something() {
    let model = open();
    println!("{:?}", model.info());
    let mut said = String::new();
    let (ending, stats) = model
        .generate(
            &Ask::text("fn main() {\n    let x", 24),
            &CancelToken::new(),
            &mut |t, p| {
                said.push_str(t);
                println!("{t:?} {p}");
                ControlFlow::Continue(())
            },
        )
        .expect("answers");
    println!("{ending:?} {stats:?} {said:?}");
    assert_eq!(ending, Ending::Length);
    println!("{:?}", model.check());
}
