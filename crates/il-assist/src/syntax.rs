//! The thread that keeps a syntax tree for each open document.
//!
//! The one idea: nobody waits for a parse. Edits are handed over and gathered; the tree is brought up to
//! date when someone asks about it, or when there is nothing else to do. Whoever asks goes on without the
//! answer when it takes too long, asks the lexer instead, and then no longer wants it.
//!
//! Tasks about a document are heard in the order in which its lock was held, so an ask about a version
//! finds exactly the edits that led to it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use il_complete::SyntaxFacts;
use il_engine::CancelToken;
use il_lang::Language;
use il_syntax::{Basis, Parsed, Parser};
use il_text::{Edit, Text};
use rustc_hash::FxHashMap;

use crate::{data::AskId, documents::DocNumber};

/// What the thread is told and asked.
pub(crate) enum Task {
    Opened {
        doc: DocNumber,
        language: &'static Language,
        text: Text,
    },
    Edited {
        doc: DocNumber,
        edits: Vec<Edit>,
    },
    Closed(DocNumber),
    Facts(Question),
}

/// What does the syntax say about the cursor?
pub(crate) struct Question {
    pub(crate) ask: AskId,
    pub(crate) doc: DocNumber,
    pub(crate) offset: usize,
    /// Cancelled when the answer is no longer wanted.
    pub(crate) wanted: CancelToken,
}

/// What the syntax says about a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) syntax: SyntaxFacts,
    /// What they rest on.
    pub(crate) basis: Basis,
}

/// Nobody knows.
const NONE: Facts = Facts {
    syntax: SyntaxFacts {
        in_string: false,
        in_comment: false,
        empty_block: false,
        after_block_opener: false,
    },
    basis: Basis::NotParsed,
};

/// Starts the thread; it ends when the sender is dropped.
pub(crate) fn start(answer: impl Fn(AskId, Facts) + Send + 'static) -> io::Result<Sender<Task>> {
    let (tasks, inbox) = unbounded();
    thread::Builder::new()
        .name("il-syntax".into())
        .spawn(move || {
            il_lang::registry(); // read here, so that no editor waits for it
            Trees::default().run(&inbox, answer);
        })?;
    Ok(tasks)
}

#[derive(Default)]
struct Trees {
    parser: Parser,
    trees: FxHashMap<DocNumber, Tree>,
}

/// A document as it was parsed last, and the edits since.
struct Tree {
    parsed: Parsed,
    edits: Vec<Edit>,
}

impl Trees {
    fn run(&mut self, inbox: &Receiver<Task>, answer: impl Fn(AskId, Facts)) {
        loop {
            let task = match inbox.try_recv() {
                Ok(task) => task,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {
                    self.catch_up();
                    match inbox.recv() {
                        Ok(task) => task,
                        Err(_) => return,
                    }
                }
            };
            // A parser that panics costs one document its tree.
            let doc = task.doc();
            if catch_unwind(AssertUnwindSafe(|| self.handle(task, &answer))).is_err() {
                tracing::error!("the syntax of a document cannot be followed: its parser panicked");
                self.trees.remove(&doc);
            }
        }
    }

    fn handle(&mut self, task: Task, answer: &impl Fn(AskId, Facts)) {
        match task {
            Task::Opened {
                doc,
                language,
                text,
            } => {
                let parsed = self.parser.parse(language, text);
                self.trees.insert(
                    doc,
                    Tree {
                        parsed,
                        edits: Vec::new(),
                    },
                );
            }
            Task::Edited { doc, edits } => {
                if let Some(tree) = self.trees.get_mut(&doc) {
                    tree.edits.extend(edits);
                }
            }
            Task::Closed(doc) => {
                self.trees.remove(&doc);
            }
            Task::Facts(question) if question.wanted.is_cancelled() => {}
            Task::Facts(Question {
                ask, doc, offset, ..
            }) => {
                answer(ask, self.facts(doc, offset));
            }
        }
    }

    fn facts(&mut self, doc: DocNumber, offset: usize) -> Facts {
        let Some(tree) = self.trees.get_mut(&doc) else {
            return NONE;
        };
        if !tree.catch_up(&mut self.parser) {
            self.trees.remove(&doc);
            return NONE;
        }
        facts(&tree.parsed, offset)
    }

    fn catch_up(&mut self) {
        self.trees.retain(|_, tree| {
            let parser = &mut self.parser;
            catch_unwind(AssertUnwindSafe(|| tree.catch_up(parser))).unwrap_or(false)
        });
    }
}

impl Tree {
    /// Whether the edits fitted. They always do, as long as none is lost.
    fn catch_up(&mut self, parser: &mut Parser) -> bool {
        if self.edits.is_empty() {
            return true;
        }
        let edits = std::mem::take(&mut self.edits);
        let edited = self.parsed.edit(parser, &edits);
        if let Err(why) = &edited {
            tracing::error!(%why, "the syntax of a document cannot be followed");
        }
        edited.is_ok()
    }
}

impl Task {
    fn doc(&self) -> DocNumber {
        match self {
            Self::Opened { doc, .. }
            | Self::Edited { doc, .. }
            | Self::Closed(doc)
            | Self::Facts(Question { doc, .. }) => *doc,
        }
    }
}

/// What the lexer alone says, for who cannot wait for a tree.
pub(crate) fn lexical_facts(language: &str, text: Text, offset: usize) -> Facts {
    let registry = il_lang::registry();
    let language = registry.by_id(language).unwrap_or(registry.plaintext());
    facts(&Parsed::unparsed(language, text), offset)
}

fn facts(parsed: &Parsed, offset: usize) -> Facts {
    let it = parsed.facts_at(offset);
    Facts {
        syntax: SyntaxFacts {
            in_string: it.in_string,
            in_comment: it.in_comment,
            empty_block: it.empty_block,
            after_block_opener: it.after_block_opener,
        },
        basis: parsed.basis(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexer_answers_without_a_tree() {
        let text = Text::from("x = 'a'  # b\ndef f():\n    ");
        let at = |offset| lexical_facts("python", text.clone(), offset);
        assert!(at(6).syntax.in_string);
        assert!(at(12).syntax.in_comment);
        assert!(at(text.len()).syntax.empty_block);
        assert_eq!(lexical_facts("made-up", Text::new(), 7), NONE);
    }

    #[test]
    fn edits_that_do_not_fit_cost_the_document_its_tree() {
        let mut trees = Trees::default();
        let mut documents = crate::documents::Documents::default();
        let opened = crate::data::Opened {
            uri: "file:///a.py".into(),
            path: None,
            language: String::new(),
            version: 1,
            text: String::new(),
        };
        let language = il_lang::registry().by_id("python").unwrap();
        let text = Text::from("# x");
        let (_, doc, _) =
            documents.open(&opened, "python", text.clone(), std::time::Duration::ZERO);
        let say_nothing = |_, _| {};
        trees.handle(
            Task::Opened {
                doc,
                language,
                text,
            },
            &say_nothing,
        );
        assert!(trees.facts(doc, 3).syntax.in_comment);
        assert_eq!(trees.facts(doc, 3).basis, Basis::Tree);
        let edits = vec![Edit::insert(99, "y")];
        trees.handle(Task::Edited { doc, edits }, &say_nothing);
        assert_eq!(trees.facts(doc, 3), NONE);
        assert!(trees.trees.is_empty());
    }
}
