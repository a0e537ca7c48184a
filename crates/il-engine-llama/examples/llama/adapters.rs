//! Loading and switching adapters: time and memory.
//!
//! Deliberately absent: making one; give a file.

use std::{path::Path, time::Instant};

use il_engine_llama::{AdapterSet, Ask};

use crate::{Options, machine, text, timed};

pub(crate) fn run(options: &Options) {
    let Some(path) = &options.adapter else {
        println!("give one with --adapter");
        return;
    };
    let model = options.open(&options.settings("interline-tiny"));
    let prompt = text::of_tokens(&model, 256, 50);
    timed(&model, &Ask::text(&prompt, 1));
    let before = machine::anonymous(model.process());
    let (mut loaded, mut times) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let started = Instant::now();
        let adapter = model.load_adapter(Path::new(path));
        loaded.push(adapter.unwrap_or_else(|why| panic!("{why}")));
        times.push(started.elapsed());
    }
    let each = (machine::anonymous(model.process()) - before) / loaded.len() as f64;
    println!("load: {}; {each:.1} MB each", machine::spread(&times));
    let ask = |index: Option<usize>, tokens| Ask {
        adapters: AdapterSet(
            index
                .map(|it| (loaded[it].clone(), 1.0))
                .into_iter()
                .collect(),
        ),
        ..Ask::text(&prompt, tokens)
    };
    for (what, sets) in [
        ("the same one", [Some(0), Some(0)]),
        ("one, another", [Some(0), Some(1)]),
        ("one, none", [Some(0), None]),
    ] {
        for set in sets {
            timed(&model, &ask(set, 1));
        }
        let switched = (0..12).map(|it| timed(&model, &ask(sets[it % 2], 1)).first);
        let times: Vec<_> = switched.collect();
        println!(
            "{what}, one token of a known prompt: {}",
            machine::spread(&times)
        );
    }
    for (what, set) in [("without", None), ("with", Some(0))] {
        let first = timed(&model, &ask(set, 1)).all;
        let it = timed(&model, &ask(set, 25));
        let rate = f64::from(it.stats.steps) / it.all.saturating_sub(first).as_secs_f64();
        println!("say 24 {what}: {rate:.1} tok/s in {} steps", it.stats.steps);
    }
}
