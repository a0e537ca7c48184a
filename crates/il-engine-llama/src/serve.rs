//! The worker's half: one process that holds one model and does what its parent orders.
//!
//! The one idea: one thread reads orders and answers at once what needs no computing; the other computes, one step of
//! one or several requests at a time, and looks at the board between two steps.
//!
//! Deliberately absent: restarting, and everything that knows what the text is.

mod board;
mod embed;
mod job;
mod machine;
mod pick;
mod saying;
mod server;
mod slots;
mod speculate;

use std::{
    ffi::CStr,
    io::{self, BufReader, Read, Write},
    process,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    thread,
    time::Duration,
};

use self::{board::Board, server::Server};
use crate::{
    native::{self, Context, Model, Shape},
    wire::{self, Info, Opening, Order, Report},
};

/// How long the computing thread has to stop when the parent is gone.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Reports go to the parent from two threads.
pub(crate) struct Speaker<W>(Mutex<W>);

impl<W: Write> Speaker<W> {
    pub(crate) fn say(&self, report: &Report) {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A parent that does not listen is gone, which the reading thread finds out.
        let _ = wire::write(&mut *output, report);
    }
}

/// Serves one parent until it closes the pipe.
pub(crate) fn run(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let speaker = Arc::new(Speaker(Mutex::new(output)));
    let Some(Order::Open { opening }) = wire::read(&mut input)? else {
        return Ok(());
    };
    let board = Arc::new(Board::default());
    let (model, context, info) = match open(&opening, board.stop()) {
        Ok(it) => it,
        Err(why) => {
            speaker.say(&Report::Failed { id: 0, why });
            return Ok(());
        }
    };
    let threads = info.threads;
    speaker.say(&Report::Opened {
        info: Box::new(info),
    });
    let reader = {
        let (board, model, speaker) =
            (Arc::clone(&board), Arc::clone(&model), Arc::clone(&speaker));
        move || listen(input, &board, &model, &speaker)
    };
    thread::Builder::new().name("orders".into()).spawn(reader)?;
    Server::new(&opening, model, context, threads, board, speaker).work();
    Ok(())
}

fn open(opening: &Opening, stop: Arc<AtomicBool>) -> Result<(Arc<Model>, Context, Info), String> {
    native::start();
    let model = Model::load(&opening.model, opening.gpu_layers)?;
    if !model.decodes() {
        return Err(format!(
            "`{}` is no model that continues a text",
            opening.model
        ));
    }
    let model = Arc::new(model);
    let threads = match opening.threads {
        0 => machine::cores(),
        it => it,
    };
    let trained = model.trained_context();
    let tokens = match trained {
        0 => opening.context,
        it => opening.context.min(it),
    };
    let shape = Shape {
        tokens,
        sequences: opening.sequences,
        rows: opening.chunk,
        threads,
        pooled: false,
    };
    let context = Context::new(&model, shape, stop)?;
    let text = |key: &CStr| model.metadata(key).unwrap_or_default();
    let spelt = |token: Option<native::Token>| {
        let mut bytes = Vec::new();
        if let Some(token) = token {
            model.spell(token, true, &mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let info = Info {
        name: text(c"general.name"),
        architecture: text(c"general.architecture"),
        description: model.description(),
        parameters: model.parameters(),
        bytes: model.bytes(),
        vocabulary: u32::try_from(model.tokens()).unwrap_or(0),
        width: model.width(),
        trained_context: trained,
        context: tokens,
        threads,
        system: native::system(),
        fim: model.fim().map(spelt).to_vec(),
    };
    Ok((model, context, info))
}

/// Reads orders until the parent closes the pipe, then ends the process.
#[expect(
    clippy::exit,
    reason = "the computing thread may be inside a long computation, and nobody is left to answer"
)]
fn listen<W: Write>(mut input: impl Read, board: &Board, model: &Model, speaker: &Speaker<W>) {
    while let Ok(Some(order)) = wire::read::<Order>(&mut input) {
        match order {
            Order::Count { id, texts } => {
                let count = |it: &wire::Secretive| model.tokenize(&it.0, false).len();
                let counts = texts.iter().map(count);
                let counts = counts.map(|it| u32::try_from(it).unwrap_or(u32::MAX));
                speaker.say(&Report::Counts {
                    id,
                    counts: counts.collect(),
                });
            }
            Order::Tokens { id, text, special } => {
                let tokens = model.tokenize(&text.0, special).into_iter();
                let tokens = tokens
                    .map(|it| (u32::try_from(it).unwrap_or(0), model.is_special(it)))
                    .collect();
                speaker.say(&Report::Tokens { id, tokens });
            }
            Order::Cancel { id } => board.cancel(id),
            Order::Draft { id, text } => board.draft(id, text),
            other => board.put(other),
        }
    }
    board.close();
    thread::sleep(LAST_WORDS);
    process::exit(0);
}
