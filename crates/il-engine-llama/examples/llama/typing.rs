//! A line typed key by key in the middle of a prompt of 2 000 tokens: the time until the first token after each key.
//!
//! The one idea: the same keys go to us, in the three ways a prompt can be laid out, and to llama-server's `/infill`.
//!
//! Deliberately absent: choosing the prompt's content.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use il_engine::{Context, fim::Order};
use il_engine_llama::{Ask, LlamaModel, Piece, Secretive};

use crate::{
    Options, Timed,
    machine::{self, Watch},
    server, text, timed,
};

const TYPED: &str = "    let total = reader.read_until(offset, &mut buffer)?;";

/// What stands around the line: about 1 400 and 600 tokens.
fn around(model: &LlamaModel, round: usize) -> (String, String) {
    (
        text::of_tokens(model, 1400, round),
        format!("\n{}", text::of_tokens(model, 600, round + 3)),
    )
}

fn ask(model: &LlamaModel, prefix: &str, begun: &str, suffix: &str) -> Ask {
    let context = Context {
        prefix: prefix.into(),
        begun: begun.into(),
        suffix: suffix.into(),
        ..Context::default()
    };
    let part = |it: il_engine::fim::Part<'_>| match it {
        il_engine::fim::Part::Marker(it) => Piece::Marker(it.to_owned()),
        il_engine::fim::Part::Text(it) => Piece::Text(Secretive(it.into_owned())),
    };
    Ask {
        prompt: model
            .template()
            .render(&context)
            .into_iter()
            .map(part)
            .collect(),
        ..Ask::text("", 1)
    }
}

pub(crate) fn run(options: &Options) {
    for (what, order, stays) in [
        ("suffix first", Order::Spm, false),
        ("prefix first, the hole stays", Order::Psm, true),
        ("prefix first, the hole moves", Order::Psm, false),
    ] {
        let mut settings = options.settings("interline-tiny");
        let turned = settings.template.and_then(|it| it.in_order(order));
        settings.template = turned.map(Arc::new);
        let model = options.open(&settings);
        let (before, after) = around(&model, 1);
        let press = |keys: usize| {
            let typed = &TYPED[..keys];
            let ask = if stays {
                ask(&model, &before, typed, &after)
            } else {
                ask(&model, &[&before, typed].concat(), "", &after)
            };
            timed(&model, &ask)
        };
        // Where the hole moves every key costs as much; some are enough.
        let keys = if order == Order::Psm && !stays {
            12
        } else {
            TYPED.len()
        };
        let pressed: Vec<Timed> = (0..=keys).map(press).collect();
        tell(what, &pressed);
    }
    if let Some(url) = &options.server {
        let model = options.open(&options.settings("interline-tiny"));
        // Not the text we had: that changes nothing, since the server has a cache of its own.
        let (before, after) = around(&model, 1);
        let mut waits = Vec::new();
        let watch = Watch::start(None);
        for keys in 0..=12 {
            let started = Instant::now();
            server::infill(url, &[&before, &TYPED[..keys]].concat(), &after);
            waits.push(started.elapsed());
        }
        println!(
            "llama-server /infill: first key {:.0} ms, then {}; everything but us had {:.0} %",
            waits[0].as_secs_f64() * 1e3,
            machine::spread(&waits[1..]),
            watch.foreign()
        );
    }
}

fn tell(what: &str, pressed: &[Timed]) {
    let (first, keys) = (pressed[0], &pressed[1..]);
    let waits: Vec<Duration> = keys.iter().map(|it| it.first).collect();
    let read: u32 = keys.iter().map(|it| it.stats.evaluated).sum();
    let foreign = keys.iter().map(|it| it.foreign).sum::<f32>() / keys.len() as f32;
    println!(
        "{what}: {} tokens, first key {:.0} ms, then {}; {:.1} tokens read a key (others had {foreign:.0} %)",
        first.stats.prompt,
        first.first.as_secs_f64() * 1e3,
        machine::spread(&waits),
        f64::from(read) / keys.len() as f64,
    );
}
