//! Fill-in-the-middle templates: how each family of models was trained to see a hole.
//!
//! The one idea: a template is a list of markers, literal text and slots, read from data. Rendering walks the
//! list. Markers come out as markers, never mixed with text, so that whoever tokenises can read user code
//! with special tokens switched off, and whoever sends a string can break markers that stand in user code.
//!
//! Deliberately absent: guessing. A model that no rule knows is refused with the names that are known.

mod neutral;
mod proof;
mod reading;
mod registry;
#[cfg(test)]
mod rendering_tests;

use std::{borrow::Cow, sync::Arc};

pub use neutral::{neutralise, restore};
pub use proof::{Finding, Problem};
pub use registry::{Facts, Found, Registry, Unknown, registry};

use crate::context::{Block, Context};

/// How one family writes a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Short name: `qwen2.5-coder`.
    pub id: Arc<str>,
    /// What people call the family: `Qwen2.5-Coder`.
    pub name: Arc<str>,
    /// What stands first in `fill`.
    pub order: Order,
    /// Every special token of the family that a prompt or an answer can hold, longest first; user code that holds one
    /// is neutralised.
    pub markers: Vec<Arc<str>>,
    /// The hole with text behind it.
    pub fill: Vec<Element>,
    /// The same in the other order; empty where the family was trained for one alone.
    pub other: Vec<Element>,
    /// Nothing is behind the cursor: from left to right.
    pub left_to_right: Vec<Element>,
    /// Before the first block, once; only when there are blocks.
    pub repository: Vec<Element>,
    /// One block.
    pub block: Vec<Element>,
    /// Before the current file; only when there are blocks.
    pub current: Vec<Element>,
    /// Where an answer ends, beside the end-of-text token.
    pub stops: Vec<Arc<str>>,
    /// How vocabularies write a marker otherwise: the marker, and the others.
    pub spellings: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Texts that begin with a space were trained with the one that SentencePiece puts before every text: whoever has a
    /// tokenizer that adds it by itself takes it off.
    pub leading_space: bool,
}

/// What stands first around a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Prefix, suffix, answer: with every keystroke the suffix is evaluated again, unless the typed text
    /// becomes the beginning of the answer ([`Context::begun`]).
    Psm,
    /// Suffix, prefix, answer: what is typed is at the end.
    Spm,
}

impl Order {
    /// As it is written in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Psm => "psm",
            Self::Spm => "spm",
        }
    }
}

/// One element of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A special token, one token in the model's vocabulary.
    Marker(Arc<str>),
    /// Ordinary text.
    Literal(Arc<str>),
    /// Something of the context.
    Slot(Slot),
}

/// What a template can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// `{blocks}`: the repository's header, all blocks, the current file's header.
    Blocks,
    /// `{prefix}`
    Prefix,
    /// `{suffix}`
    Suffix,
    /// `{begun}`
    Begun,
    /// `{repository}`: the repository's name.
    Repository,
    /// `{path}`: of the block or of the current file.
    Path,
    /// `{text}`: of a block.
    Text,
    /// `{language}`: id of the current file's language.
    Language,
    /// `{commented}`: a block as comments of the current file's language, path first.
    Commented,
    /// `{comment}`: what begins a line comment in the current file's language.
    Comment,
}

impl Slot {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Blocks, "blocks"),
        (Self::Prefix, "prefix"),
        (Self::Suffix, "suffix"),
        (Self::Begun, "begun"),
        (Self::Repository, "repository"),
        (Self::Path, "path"),
        (Self::Text, "text"),
        (Self::Language, "language"),
        (Self::Commented, "commented"),
        (Self::Comment, "comment"),
    ];
}

/// One part of a rendered prompt. Two texts never follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A special token.
    Marker(&'a str),
    /// Text in which nothing is special.
    Text(Cow<'a, str>),
}

impl Template {
    /// The prompt for `context`.
    pub fn render<'a>(&'a self, context: &'a Context) -> Vec<Part<'a>> {
        let form = if context.suffix.is_empty() {
            &self.left_to_right
        } else {
            &self.fill
        };
        let mut writer = Writer {
            template: self,
            context,
            parts: Vec::new(),
        };
        writer.write(form, None);
        writer.parts
    }

    /// The same family in the other order; `None` where it was not trained for it.
    pub fn in_order(&self, order: Order) -> Option<Self> {
        if order == self.order {
            return Some(self.clone());
        }
        let mut turned = self.clone();
        std::mem::swap(&mut turned.fill, &mut turned.other);
        turned.order = order;
        let family = self.id.split(':').next().unwrap_or_default();
        turned.id = format!("{family}:{}", order.name()).into();
        (!turned.fill.is_empty()).then_some(turned)
    }

    /// The special tokens that a prompt can hold, in the order in which they first appear.
    pub fn used(&self) -> Vec<&str> {
        let forms = [
            &self.fill,
            &self.left_to_right,
            &self.repository,
            &self.block,
            &self.current,
        ];
        let mut used = Vec::new();
        for element in forms.into_iter().flatten() {
            if let Element::Marker(it) = element
                && !used.contains(&it.as_ref())
            {
                used.push(it.as_ref());
            }
        }
        used
    }

    /// How a marker may stand in a vocabulary, as it stands in the template first.
    pub fn spelt<'a>(&'a self, marker: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.spellings.iter().find(|it| it.0.as_ref() == marker);
        std::iter::once(marker).chain(others.into_iter().flat_map(|it| &it.1).map(AsRef::as_ref))
    }

    /// Whether the suffix is in the prompt; otherwise whoever sends it gives it beside, and it counts all the same.
    pub fn shows_suffix(&self) -> bool {
        self.fill.contains(&Element::Slot(Slot::Suffix))
    }

    /// Whether what is typed into an open hole stands at the end of the prompt, so that nothing else is evaluated again.
    pub fn typed_last(&self) -> bool {
        self.order == Order::Spm
    }
}

/// Writes parts; neighbouring texts become one.
struct Writer<'a> {
    template: &'a Template,
    context: &'a Context,
    parts: Vec<Part<'a>>,
}

impl<'a> Writer<'a> {
    fn write(&mut self, elements: &'a [Element], block: Option<&'a Block>) {
        for element in elements {
            match element {
                Element::Marker(it) => self.parts.push(Part::Marker(it)),
                Element::Literal(it) => self.text(Cow::Borrowed(it)),
                Element::Slot(it) => self.slot(*it, block),
            }
        }
    }

    fn slot(&mut self, slot: Slot, block: Option<&'a Block>) {
        let context = self.context;
        match slot {
            Slot::Blocks => self.blocks(),
            Slot::Prefix => self.text(Cow::Borrowed(&context.prefix)),
            Slot::Suffix => self.text(Cow::Borrowed(&context.suffix)),
            Slot::Begun => self.text(Cow::Borrowed(&context.begun)),
            Slot::Repository => self.text(Cow::Borrowed(&context.repository)),
            Slot::Language => self.text(Cow::Borrowed(&context.language)),
            Slot::Comment => self.text(Cow::Borrowed(comment_of(context))),
            Slot::Path => self.text(Cow::Borrowed(block.map_or(&context.path, |it| &it.path))),
            Slot::Text => self.text(Cow::Borrowed(block.map_or("", |it| &it.text))),
            Slot::Commented => {
                if let Some(block) = block {
                    self.text(Cow::Owned(commented(block, comment_of(context))));
                }
            }
        }
    }

    fn blocks(&mut self) {
        let context = self.context;
        if context.blocks.is_empty() {
            return;
        }
        self.write(&self.template.repository, None);
        for block in &context.blocks {
            self.write(&self.template.block, Some(block));
        }
        self.write(&self.template.current, None);
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(Part::Text(before)) => before.to_mut().push_str(&text),
            _ => self.parts.push(Part::Text(text)),
        }
    }
}

/// What begins a line comment; languages without one get the commonest, which models read as one anywhere.
fn comment_of(context: &Context) -> &str {
    if context.comment.is_empty() {
        "#"
    } else {
        &context.comment
    }
}

/// A block as comments: `// path`, then its lines.
fn commented(block: &Block, comment: &str) -> String {
    let mut text = format!("{comment} {}\n", block.path);
    for line in block.text.lines() {
        text.push_str(comment);
        if !line.is_empty() {
            text.push(' ');
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}
