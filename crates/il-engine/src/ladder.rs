//! Several engines as one: the first that can answer does.
//!
//! The one idea: a rung that fails before it has said anything is no failure of the whole; the next rung is
//! asked, and a note says why. What a rung has said stands, so one that breaks off later is an error.
//!
//! Deliberately absent: trying again and knowing when an endpoint is back; a rung that is down says so at once.

use std::{
    fmt,
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{CancelToken, Capabilities, Chunk, Engine, EngineError, Outcome, Request, Sink};

/// The stage of its notes.
const STAGE: &str = "ladder";

/// Engines from the best to the surest.
pub struct Ladder {
    top: Rung,
    below: Vec<Rung>,
    /// Which rung answered last.
    standing: AtomicUsize,
}

struct Rung {
    engine: Arc<dyn Engine>,
    /// Why it did not answer the last time it was asked.
    trouble: Mutex<Option<String>>,
}

/// How one rung is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungState {
    /// Its engine's name.
    pub engine: &'static str,
    /// Why it did not answer the last time it was asked; `None` when it did, or was not asked yet.
    pub trouble: Option<String>,
}

impl fmt::Debug for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.states()).finish()
    }
}

impl Ladder {
    /// `top` is asked first, then the others in their order.
    pub fn new(top: Arc<dyn Engine>, below: impl IntoIterator<Item = Arc<dyn Engine>>) -> Self {
        let rung = |engine| Rung {
            engine,
            trouble: Mutex::default(),
        };
        Self {
            top: rung(top),
            below: below.into_iter().map(rung).collect(),
            standing: AtomicUsize::new(0),
        }
    }

    /// How each rung is, from the top.
    pub fn states(&self) -> Vec<RungState> {
        let state = |it: &Rung| RungState {
            engine: it.engine.capabilities().name,
            trouble: it.trouble().clone(),
        };
        self.rungs().map(state).collect()
    }

    fn rungs(&self) -> impl Iterator<Item = &Rung> {
        std::iter::once(&self.top).chain(&self.below)
    }
}

impl Rung {
    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Ladder {
    /// Those of the rung that answered last; but every rung above it that leaves the machine or costs money may
    /// be asked too.
    fn capabilities(&self) -> Capabilities {
        let standing = self.standing.load(Ordering::Relaxed);
        let mut asked: Vec<Capabilities> = self
            .rungs()
            .take(standing + 1)
            .map(|it| it.engine.capabilities())
            .collect();
        let any = |what: fn(&Capabilities) -> bool| asked.iter().any(what);
        let (remote, metered) = (any(|it| it.remote), any(|it| it.metered));
        let own = asked
            .pop()
            .unwrap_or_else(|| self.top.engine.capabilities());
        Capabilities {
            remote,
            metered,
            ..own
        }
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let last = self.below.len();
        for (at, rung) in self.rungs().enumerate() {
            let mut has_spoken = false;
            let asked = rung.engine.complete(request, cancel, &mut |chunk| {
                has_spoken |= !matches!(chunk, Chunk::Note { .. });
                sink(chunk)
            });
            let why = match asked {
                Ok(outcome) => {
                    if outcome == Outcome::Done {
                        *rung.trouble() = None;
                        self.standing.store(at, Ordering::Relaxed);
                    }
                    return Ok(outcome);
                }
                Err(why) => why,
            };
            *rung.trouble() = Some(why.to_string());
            if has_spoken || at == last {
                return Err(why);
            }
            let note = Chunk::Note {
                stage: STAGE,
                what: format!("{why}; the next engine is asked"),
            };
            if cancel.is_cancelled() || sink(note) == ControlFlow::Break(()) {
                return Ok(Outcome::Cancelled);
            }
        }
        Ok(Outcome::Done)
    }

    fn wants_workspace(&self) -> bool {
        self.rungs().any(|it| it.engine.wants_workspace())
    }

    fn trouble(&self) -> Option<String> {
        let troubles: Vec<String> = self
            .states()
            .into_iter()
            .filter_map(|it| it.trouble)
            .collect();
        (!troubles.is_empty()).then(|| troubles.join("; "))
    }

    fn file_changed(&self, path: &str, text: Option<&str>) {
        for rung in self.rungs() {
            rung.engine.file_changed(path, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finish, Length, Priority};

    /// Says its text, then ends or fails.
    struct Scripted {
        name: &'static str,
        says: &'static str,
        fails: bool,
        metered: bool,
        asked: AtomicUsize,
    }

    impl Engine for Scripted {
        fn capabilities(&self) -> Capabilities {
            Capabilities {
                name: self.name,
                remote: self.metered,
                metered: self.metered,
                calibrated: false,
                instant: !self.metered,
            }
        }

        fn complete(
            &self,
            _: &Request,
            _: &CancelToken,
            sink: Sink<'_>,
        ) -> Result<Outcome, EngineError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if !self.says.is_empty() {
                let piece = Chunk::Piece {
                    alternative: 0,
                    text: self.says.to_owned(),
                    probability: 1.0,
                };
                if sink(piece) == ControlFlow::Break(()) {
                    return Ok(Outcome::Cancelled);
                }
            }
            if self.fails {
                return Err(EngineError::Failed {
                    engine: self.name,
                    why: "scripted".into(),
                });
            }
            let _ = sink(Chunk::End {
                alternative: 0,
                finish: Finish::Complete,
            });
            Ok(Outcome::Done)
        }
    }

    fn scripted(name: &'static str, says: &'static str, fails: bool) -> Arc<Scripted> {
        Arc::new(Scripted {
            name,
            says,
            fails,
            metered: name == "remote",
            asked: AtomicUsize::new(0),
        })
    }

    /// What is heard, in a line.
    fn heard(ladder: &Ladder) -> String {
        let request = Request {
            path: "".into(),
            language: "".into(),
            text: "".into(),
            cursor: 0,
            length: Length::Line,
            alternatives: 1,
            priority: Priority::Interactive,
            context: None,
            workspace: Arc::default(),
        };
        let mut heard = Vec::new();
        let result = ladder.complete(&request, &CancelToken::new(), &mut |chunk| {
            heard.push(match chunk {
                Chunk::Piece { text, .. } => text,
                Chunk::Note { what, .. } => format!("({what})"),
                _ => "end".into(),
            });
            ControlFlow::Continue(())
        });
        heard.push(match result {
            Ok(it) => format!("{it:?}"),
            Err(why) => why.to_string(),
        });
        heard.join(" | ")
    }

    #[test]
    fn a_rung_that_fails_before_it_speaks_is_stepped_over() {
        let (top, floor) = (scripted("remote", "", true), scripted("repo", "x", false));
        let ladder = Ladder::new(top.clone(), [floor.clone() as Arc<dyn Engine>]);
        assert_eq!(ladder.capabilities().name, "remote");
        assert_eq!(
            heard(&ladder),
            "(the remote engine failed: scripted; the next engine is asked) | x | end | Done"
        );
        let capabilities = ladder.capabilities();
        assert_eq!(capabilities.name, "repo");
        assert!(capabilities.instant);
        assert!(capabilities.metered, "the top may be asked again");
        let trouble = ladder.trouble();
        assert_eq!(
            trouble.as_deref(),
            Some("the remote engine failed: scripted")
        );
        assert_eq!(
            format!("{ladder:?}"),
            r#"[RungState { engine: "remote", trouble: Some("the remote engine failed: scripted") }, RungState { engine: "repo", trouble: None }]"#
        );
    }

    #[test]
    fn a_rung_that_answers_is_the_only_one_asked() {
        let (top, floor) = (scripted("llama", "y", false), scripted("repo", "x", false));
        let ladder = Ladder::new(top, [floor.clone() as Arc<dyn Engine>]);
        assert_eq!(heard(&ladder), "y | end | Done");
        assert_eq!(floor.asked.load(Ordering::Relaxed), 0);
        assert_eq!(ladder.trouble(), None);
    }

    #[test]
    fn what_was_said_stands() {
        let (top, floor) = (scripted("llama", "y", true), scripted("repo", "x", false));
        let ladder = Ladder::new(top, [floor.clone() as Arc<dyn Engine>]);
        assert_eq!(heard(&ladder), "y | the llama engine failed: scripted");
        assert_eq!(floor.asked.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_last_rung_s_failure_is_the_whole_s() {
        let ladder = Ladder::new(scripted("repo", "", true), []);
        assert_eq!(heard(&ladder), "the repo engine failed: scripted");
    }
}
