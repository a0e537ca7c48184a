//! What was shown last, so that it can stay.
//!
//! Deliberately absent: counts of tokens ([`crate::Counts`]), which outlive it.

use std::{fmt, sync::Arc};

use il_engine::{Context, Window};

use crate::{
    material::{Material, Scope, Settings},
    report::Report,
};

/// What [`crate::pack`] made last for a file.
#[derive(Clone)]
pub struct Memory {
    pub(crate) context: Arc<Context>,
    pub(crate) report: Report,
    /// The prefix as it was when the hole was opened.
    pub(crate) opened: Arc<str>,
    /// Where the hole was opened in the text.
    pub(crate) hole: usize,
    /// Where the prefix begins in the text.
    pub(crate) start: usize,
    /// The ranks of the context's blocks.
    pub(crate) ranks: Vec<u8>,
    /// Tokens of the stable and of the volatile ones, in lines.
    pub(crate) block_costs: [usize; 2],
    /// There was something to choose from.
    pub(crate) supplied: bool,
    /// Tokens of whole texts for 256 tokens of their lines: lines counted alone have a few more.
    pub(crate) shrink: usize,
    scope: Scope,
    tokens: usize,
    template: Arc<str>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("context", &self.context)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl Memory {
    pub(crate) fn new(
        context: Arc<Context>,
        report: Report,
        window: &Window,
        settings: &Settings,
    ) -> Self {
        Self {
            opened: context.prefix.clone(),
            context,
            report,
            hole: 0,
            start: 0,
            ranks: Vec::new(),
            block_costs: [0; 2],
            supplied: false,
            shrink: crate::packing::WHOLE,
            scope: settings.scope,
            tokens: window.tokens,
            template: window.template.id.clone(),
        }
    }

    /// Whether it is of the same file, window and scope; otherwise nothing of it may stay.
    pub(crate) fn fits(
        &self,
        material: &Material<'_>,
        window: &Window,
        settings: &Settings,
    ) -> bool {
        *self.context.path == *material.path
            && self.scope == settings.scope
            && self.tokens == window.tokens
            && self.template == window.template.id
            && self.report.exact == window.tokenizer.exact()
    }
}
