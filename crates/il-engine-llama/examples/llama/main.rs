//! What a model costs on this machine, beside a real llama-server where one is given.
//!
//! ```text
//! cargo run --release -p il-engine-llama --features llama --example llama -- MODEL.gguf \
//!     [--server http://127.0.0.1:8080] [--adapter FILE.gguf] [--chunk N] [--threads N] [--busy N] [SECTION…]
//! ```
//!
//! Sections: throughput typing cancel adapters drafts waiting. `--busy N` keeps N threads of this process computing meanwhile.
//! Every figure has beside it the share of the machine that other programs had; with more than a few percent it says
//! little. OpenMP's waiting is set by `GOMP_SPINCOUNT` or `OMP_WAIT_POLICY` in the environment.
//!
//! Deliberately absent: quality. Weights may be random: then only what is counted and timed means something.
#![expect(
    clippy::print_stdout,
    reason = "a program for people who measure, not part of the product"
)]

mod adapters;
mod drafts;
mod machine;
mod server;
mod text;
mod typing;

use std::{ops::ControlFlow, sync::Arc, time::Duration, time::Instant};

use il_engine::{CancelToken, fim::registry};
use il_engine_llama::{Ask, LlamaModel, Program, Settings, Speculation, Stats};

use machine::Watch;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    model: String,
    server: Option<String>,
    adapter: Option<String>,
    chunk: Option<u32>,
    threads: Option<u32>,
    busy: usize,
    sections: Vec<String>,
}

fn options() -> Options {
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        match arg.as_str() {
            "--server" => options.server = Some(value()),
            "--adapter" => options.adapter = Some(value()),
            "--chunk" => options.chunk = value().parse().ok(),
            "--threads" => options.threads = value().parse().ok(),
            "--busy" => options.busy = value().parse().unwrap_or(0),
            _ if options.model.is_empty() => options.model = arg,
            _ => options.sections.push(arg),
        }
    }
    options
}

impl Options {
    fn settings(&self, template: &str) -> Settings {
        let mut settings = Settings {
            template: registry().by_id(template).ok(),
            threads: self.threads,
            speculation: Speculation::Adaptive,
            ..Settings::new(&self.model)
        };
        settings.chunk = self.chunk.unwrap_or(settings.chunk);
        settings
    }

    fn open(&self, settings: &Settings) -> Arc<LlamaModel> {
        let program = Program::this(["llama-worker"]).expect("this program has a path");
        LlamaModel::open(program, settings).unwrap_or_else(|why| panic!("{why}"))
    }
}

/// A request that was timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    pub(crate) first: Duration,
    pub(crate) all: Duration,
    pub(crate) stats: Stats,
    /// Share of the machine that others had, in percent.
    pub(crate) foreign: f32,
}

/// Asks and takes the time until the first piece and until the end.
pub(crate) fn timed(model: &LlamaModel, ask: &Ask) -> Timed {
    let watch = Watch::start(model.process());
    let started = Instant::now();
    let mut first = None;
    let mut hear = |_: &str, _: f32| {
        first.get_or_insert_with(|| started.elapsed());
        ControlFlow::Continue(())
    };
    let (_, stats) = model
        .generate(ask, &CancelToken::new(), &mut hear)
        .unwrap_or_else(|why| panic!("{why}"));
    let all = started.elapsed();
    Timed {
        first: first.unwrap_or(all),
        all,
        stats,
        foreign: watch.foreign(),
    }
}

fn main() {
    let options = options();
    if options.model == "llama-worker" {
        il_engine_llama::work().unwrap_or_else(|why| panic!("{why}"));
        return;
    }
    assert!(
        !options.model.is_empty(),
        "which model? give the path of a GGUF file"
    );
    let all = [
        "throughput",
        "typing",
        "cancel",
        "adapters",
        "drafts",
        "waiting",
    ];
    let wanted = |it: &str| options.sections.is_empty() || options.sections.iter().any(|s| s == it);
    let _busy = machine::Busy::start(options.busy);
    for section in all.into_iter().filter(|it| wanted(it)) {
        println!("\n## {section}");
        match section {
            "throughput" => throughput(&options),
            "typing" => typing::run(&options),
            "cancel" => cancel(&options),
            "waiting" => waiting(&options),
            "adapters" => adapters::run(&options),
            _ => drafts::run(&options),
        }
    }
}

/// Reading a prompt and saying an answer, in tokens a second.
fn throughput(options: &Options) {
    let started = Instant::now();
    let model = options.open(&options.settings("interline-tiny"));
    let info = model.info();
    println!(
        "{} ({}), {} threads",
        info.description, info.system, info.threads
    );
    println!(
        "opened in {:.0} ms; {}",
        started.elapsed().as_secs_f64() * 1e3,
        machine::memory(model.process())
    );
    for tokens in [512, 2048] {
        let run = |round| {
            let prompt = text::of_tokens(&model, tokens, round);
            timed(&model, &Ask::text(&prompt, 1))
        };
        let rounds: Vec<Timed> = (0..3).map(run).collect();
        report(&format!("read {tokens}"), &rounds, |it| {
            f64::from(it.stats.evaluated) / it.all.as_secs_f64()
        });
    }
    for context in [16, 512, 2048] {
        let prompt = text::of_tokens(&model, context, 9);
        let rounds = saying(&model, &prompt);
        report(&format!("say 24 after {context}"), &rounds, steps_a_second);
    }
    println!("after all that: {}", machine::memory(model.process()));
}

/// Says 24 tokens after a prompt that is known, thrice; `first` is what everything but the steps takes.
pub(crate) fn saying(model: &LlamaModel, prompt: &str) -> Vec<Timed> {
    timed(model, &Ask::text(prompt, 1));
    let first = timed(model, &Ask::text(prompt, 1)).all;
    let run = |_| Timed {
        first,
        ..timed(model, &Ask::text(prompt, 25))
    };
    (0..3).map(run).collect()
}

pub(crate) fn steps_a_second(it: &Timed) -> f64 {
    f64::from(it.stats.steps) / it.all.saturating_sub(it.first).as_secs_f64().max(1e-9)
}

/// A short look at how OpenMP's waiting does: to be run with several `GOMP_SPINCOUNT`s, with and without `--busy`.
fn waiting(options: &Options) {
    let model = options.open(&options.settings("interline-tiny"));
    for round in 0..3 {
        let prompt = text::of_tokens(&model, 128, round);
        let read = timed(&model, &Ask::text(&prompt, 1));
        report("read 128", &[read], |it| {
            f64::from(it.stats.evaluated) / it.all.as_secs_f64()
        });
        report("say 24", &saying(&model, &prompt), steps_a_second);
    }
}

/// The best of some rounds, with what others had of the machine then.
fn report(what: &str, rounds: &[Timed], rate: impl Fn(&Timed) -> f64) {
    let best = rounds
        .iter()
        .max_by(|a, b| rate(a).total_cmp(&rate(b)))
        .expect("there are rounds");
    println!(
        "{what:>18}: {:6.1} tok/s  (others had {:.0} %)",
        rate(best),
        best.foreign
    );
}

/// How soon a request that nobody wants any more is over.
fn cancel(options: &Options) {
    let model = options.open(&options.settings("interline-tiny"));
    let mut waits = Vec::new();
    let mut reading = 0;
    for round in 0..12_u64 {
        let prompt = text::of_tokens(&model, 2000, usize::try_from(round).unwrap_or(0) + 20);
        let ask = Ask::text(&prompt, 64);
        let cancel = CancelToken::new();
        let token = cancel.clone();
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100 + 130 * round));
            token.cancel();
            Instant::now()
        });
        let (_, stats) = model
            .generate(&ask, &cancel, &mut |_, _| ControlFlow::Continue(()))
            .unwrap_or_else(|why| panic!("{why}"));
        let over = Instant::now();
        let cancelled = canceller.join().expect("it only sleeps");
        waits.push(over.saturating_duration_since(cancelled));
        reading += usize::from(stats.answer == 0);
    }
    println!(
        "{reading} of {} while the prompt was read: {}",
        waits.len(),
        machine::spread(&waits)
    );
}
