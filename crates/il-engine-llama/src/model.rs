//! A model that is open in a worker: its tokenizer, its template, its adapters, its embeddings.
//!
//! The one idea: one process holds one model for every repository; what differs between repositories is a set of adapters,
//! given with each request.
//!
//! Deliberately absent: completing at a cursor (`engine`), checking (`check`).

use std::{
    fmt,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use il_engine::{
    CancelToken,
    context::{Estimate, Tokenizer},
    fim::{Element, Facts, Template, registry},
};

use crate::{
    settings::{LlamaError, Program, Settings, Speculation},
    wire::{
        Ending, Extent, Generation, Info, Opening, Order, Piece, Report, Sampling, Secretive, Stats,
    },
    worker::Worker,
};

/// How often one who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(4);
/// How long a cancelled request waits to hear what it took.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// An open model.
pub struct LlamaModel {
    worker: Worker,
    info: Info,
    template: Arc<Template>,
    remark: Option<Arc<str>>,
    path: PathBuf,
    answer: u32,
    speculation: Speculation,
}

impl fmt::Debug for LlamaModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlamaModel")
            .field("path", &self.path)
            .field("template", &self.template.id)
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// What is to be continued and how.
#[derive(Clone, Debug)]
pub struct Ask {
    pub prompt: Vec<Piece>,
    /// What is being written, as a number: a document keeps its sequence.
    pub document: u64,
    pub adapters: AdapterSet,
    pub max_tokens: u32,
    pub extent: Extent,
    /// Special tokens or texts; they are not part of the answer.
    pub stops: Vec<String>,
    pub sampling: Sampling,
    /// GBNF whose start symbol is `root`.
    pub grammar: Option<String>,
    pub interactive: bool,
    /// [`Speculation::Off`] where nobody drafts.
    pub speculation: Speculation,
}

impl Ask {
    /// From left to right, greedily, until the model ends or has said so many tokens.
    pub fn text(text: &str, max_tokens: u32) -> Self {
        Self {
            prompt: vec![Piece::Text(Secretive(text.to_owned()))],
            document: 0,
            adapters: AdapterSet::default(),
            max_tokens,
            extent: Extent::Free,
            stops: Vec::new(),
            sampling: Sampling::default(),
            grammar: None,
            interactive: true,
            speculation: Speculation::Off,
        }
    }
}

/// Adapters with their weights.
#[derive(Clone, Debug, Default)]
pub struct AdapterSet(pub Vec<(Adapter, f32)>);

/// A LoRA adapter in the worker's memory, until the last clone is gone.
#[derive(Clone)]
pub struct Adapter(Arc<Loaded>);

struct Loaded {
    model: Arc<LlamaModel>,
    number: u32,
    path: PathBuf,
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Adapter").field(&self.0.path).finish()
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        self.model.worker.remember_adapter(self.number, None);
        let adapter = self.number;
        // A worker that is gone has unloaded it.
        let _ = self.model.worker.send(&Order::Unload { adapter });
    }
}

/// Drafts a continuation of what was said; an empty text is none.
pub(crate) type Drafter<'a> = &'a mut dyn FnMut(&str) -> String;
/// Takes pieces with the probability of everything said so far.
pub(crate) type Listener<'a> = &'a mut dyn FnMut(&str, f32) -> ControlFlow<()>;

impl LlamaModel {
    /// Starts a worker, opens the model in it and finds out how it sees holes. Takes as long as reading the file.
    pub fn open(program: Program, settings: &Settings) -> Result<Arc<Self>, LlamaError> {
        if !cfg!(feature = "llama") {
            return Err(LlamaError::Missing);
        }
        let model = absolute(&settings.model).map_err(|why| LlamaError::Open { why })?;
        let opening = Opening {
            model,
            context: settings.context.max(64),
            sequences: settings.sequences.clamp(1, 64),
            chunk: settings.chunk.clamp(16, 2048),
            threads: settings.threads.unwrap_or(0),
            gpu_layers: settings.gpu_layers,
        };
        let (worker, info) = Worker::start(program, opening)?;
        let (template, remark) = match &settings.template {
            Some(it) => (Arc::clone(it), None),
            None => detect(&worker, &info, &settings.model)?,
        };
        let template = Arc::new(spell(&worker, &template)?);
        Ok(Arc::new(Self {
            worker,
            template,
            remark,
            path: settings.model.clone(),
            answer: settings.answer.min(info.context / 2),
            info,
            speculation: settings.speculation,
        }))
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it sees holes, its markers written as this file's vocabulary has them.
    pub fn template(&self) -> &Arc<Template> {
        &self.template
    }

    /// What should be known about a model of this name.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    pub fn speculation(&self) -> Speculation {
        self.speculation
    }

    /// Tokens kept for an answer.
    pub fn answer(&self) -> u32 {
        self.answer
    }

    /// Waits for a worker that died to be back.
    pub fn wait_ready(&self, patience: Duration) -> bool {
        self.worker.wait_ready(patience)
    }

    /// Number of the worker's process.
    pub fn process(&self) -> Option<u32> {
        self.worker.process()
    }

    /// Runs the worker into a native assertion.
    #[doc(hidden)]
    pub fn provoke_assertion(&self) {
        let _ = self.worker.send(&Order::Assert);
    }

    /// Counts tokens in the worker.
    pub fn tokenizer(self: &Arc<Self>) -> Arc<dyn Tokenizer> {
        Arc::new(Counter(Arc::clone(self)))
    }

    /// The tokens of a text, and which are special ones. With `special`, markers in the text are read as such.
    pub fn tokens(&self, text: &str, special: bool) -> Result<Vec<(u32, bool)>, LlamaError> {
        tokens(&self.worker, text, special)
    }

    /// Loads an adapter, while requests run.
    pub fn load_adapter(self: &Arc<Self>, path: &Path) -> Result<Adapter, LlamaError> {
        let text = absolute(path).map_err(|why| LlamaError::Failed { why })?;
        let number = self.worker.number();
        let call = self.worker.call(|id| Order::Load {
            id,
            adapter: number,
            path: text.clone(),
        })?;
        call.answer()?;
        self.worker.remember_adapter(number, Some(text));
        Ok(Adapter(Arc::new(Loaded {
            model: Arc::clone(self),
            number,
            path: path.to_owned(),
        })))
    }

    /// One vector of length 1 a text, from its first 512 tokens. `None` when it was cancelled.
    pub fn embed(
        &self,
        texts: &[&str],
        cancel: &CancelToken,
    ) -> Result<Option<Vec<Vec<f32>>>, LlamaError> {
        let call = self.worker.call(|id| Order::Embed {
            id,
            texts: secretive(texts),
        })?;
        loop {
            if cancel.is_cancelled() {
                self.worker.send(&Order::Cancel { id: call.id })?;
                return Ok(None);
            }
            if let Some(Report::Embedded { vectors, .. }) = call.next(LOOK)? {
                return Ok(Some(vectors));
            }
        }
    }

    /// Continues a prompt. `hear` gets pieces as they are said and may stop it.
    pub fn generate(
        &self,
        ask: &Ask,
        cancel: &CancelToken,
        hear: Listener<'_>,
    ) -> Result<(Ending, Stats), LlamaError> {
        self.generate_with(ask, cancel, &mut |_| String::new(), hear)
    }

    pub(crate) fn generate_with(
        &self,
        ask: &Ask,
        cancel: &CancelToken,
        draft: Drafter<'_>,
        hear: Listener<'_>,
    ) -> Result<(Ending, Stats), LlamaError> {
        let call = self.worker.call(|id| {
            let generation = Box::new(order(id, ask));
            Order::Generate { generation }
        })?;
        let (mut said, mut stopped): (String, Option<Instant>) = (String::new(), None);
        loop {
            let overdue = stopped.is_some_and(|it| it.elapsed() > LAST_WORDS);
            match call.next(LOOK)? {
                Some(Report::Said {
                    text, probability, ..
                }) if stopped.is_none() => {
                    said.push_str(&text.0);
                    if hear(&text.0, probability).is_break() {
                        stopped = Some(Instant::now());
                        self.worker.send(&Order::Cancel { id: call.id })?;
                    }
                }
                Some(Report::Wanted { held, .. }) if stopped.is_none() => {
                    let text = Secretive(draft(&format!("{said}{}", held.0)));
                    self.worker.send(&Order::Draft { id: call.id, text })?;
                }
                Some(Report::Done { ending, stats, .. }) => {
                    let ending = if stopped.is_some() {
                        Ending::Cancelled
                    } else {
                        ending
                    };
                    return Ok((ending, stats));
                }
                None if overdue => return Ok((Ending::Cancelled, Stats::default())),
                _ => {}
            }
            if stopped.is_none() && cancel.is_cancelled() {
                stopped = Some(Instant::now());
                self.worker.send(&Order::Cancel { id: call.id })?;
            }
        }
    }
}

/// A file's path as the worker, which stands elsewhere, finds it.
fn absolute(path: &Path) -> Result<String, String> {
    if !path.is_file() {
        return Err(format!("there is no file `{}`", path.display()));
    }
    let path = std::path::absolute(path).map_err(|why| format!("`{}`: {why}", path.display()))?;
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| format!("`{}` is no UTF-8", path.display()))
}

fn secretive(texts: &[&str]) -> Vec<Secretive> {
    texts.iter().map(|it| Secretive((*it).to_owned())).collect()
}

fn order(id: u32, ask: &Ask) -> Generation {
    let adapters = ask.adapters.0.iter().map(|it| (it.0.0.number, it.1));
    Generation {
        id,
        document: ask.document,
        interactive: ask.interactive,
        prompt: ask.prompt.clone(),
        adapters: adapters.collect(),
        max_tokens: ask.max_tokens,
        extent: ask.extent,
        stops: ask.stops.clone(),
        sampling: ask.sampling,
        grammar: ask.grammar.clone(),
        speculation: ask.speculation,
    }
}

fn tokens(worker: &Worker, text: &str, special: bool) -> Result<Vec<(u32, bool)>, LlamaError> {
    let call = worker.call(|id| Order::Tokens {
        id,
        text: Secretive(text.to_owned()),
        special,
    })?;
    match call.answer()? {
        Report::Tokens { tokens, .. } => Ok(tokens),
        _ => Err(LlamaError::Failed {
            why: "the worker answered something else".to_owned(),
        }),
    }
}

/// Whether a text is one special token.
fn is_marker(worker: &Worker, text: &str) -> bool {
    tokens(worker, text, true).is_ok_and(|it| matches!(it.as_slice(), [(_, true)]))
}

/// The template of a file, by its own name or by what the file is called.
fn detect(
    worker: &Worker,
    info: &Info,
    path: &Path,
) -> Result<(Arc<Template>, Option<Arc<str>>), LlamaError> {
    let has_token = |text: &str| is_marker(worker, text);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let architecture = (!info.architecture.is_empty()).then_some(info.architecture.as_str());
    let facts = |name| Facts {
        name,
        architecture,
        has_token: Some(&has_token),
    };
    let found = match registry().detect(&facts(&info.name)) {
        Err(_) if !info.name.is_empty() => registry()
            .detect(&facts(&file))
            // The file's own name says more about why not.
            .or_else(|_| registry().detect(&facts(&info.name))),
        Err(_) => registry().detect(&facts(&file)),
        found => found,
    }?;
    Ok((found.template, found.remark))
}

/// The template with its markers as this vocabulary writes them.
fn spell(worker: &Worker, template: &Template) -> Result<Template, LlamaError> {
    let mut spelt = template.clone();
    if template.spellings.is_empty() {
        return Ok(spelt);
    }
    for (marker, others) in &template.spellings {
        if is_marker(worker, marker) {
            continue;
        }
        let Some(other) = others.iter().find(|it| is_marker(worker, it)) else {
            continue;
        };
        let forms = [
            &mut spelt.fill,
            &mut spelt.other,
            &mut spelt.left_to_right,
            &mut spelt.repository,
            &mut spelt.block,
            &mut spelt.current,
        ];
        for element in forms.into_iter().flatten() {
            if *element == Element::Marker(Arc::clone(marker)) {
                *element = Element::Marker(Arc::clone(other));
            }
        }
        for list in [&mut spelt.markers, &mut spelt.stops] {
            list.iter_mut()
                .filter(|it| *it == marker)
                .for_each(|it| it.clone_from(other));
        }
    }
    Ok(spelt)
}

/// The worker's tokenizer.
struct Counter(Arc<LlamaModel>);

impl Tokenizer for Counter {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        let call = self.0.worker.call(|id| Order::Count {
            id,
            texts: secretive(texts),
        });
        match call.and_then(|it| it.answer()) {
            Ok(Report::Counts { counts, .. }) if counts.len() == texts.len() => {
                counts.into_iter().map(|it| it as usize).collect()
            }
            // The request that this is for will hear that the worker is away.
            _ => Estimate::default().count(texts),
        }
    }

    fn exact(&self) -> bool {
        true
    }
}
