//! The tables of tasks: `[inline]`, `[chat]`, `[edit]`, `[explain]`, `[embed]`.
//!
//! Deliberately absent: what happens when a rung cannot answer.

use super::{Found, Owner, Reader, Said, TaskSaid, section::Section};
use crate::{Rung, Scope, Task, layers::fits};

impl Reader<'_> {
    pub(super) fn task(&mut self, task: Task, section: &Section<'_>, own: &Said) -> TaskSaid {
        let allowed: &[&str] = match (task, self.owner) {
            (Task::Inline, Owner::User) => &["use", "context", "speculate", "answer_tokens"],
            (Task::Inline, Owner::Repository(_)) => &["use", "context", "speculate"],
            (Task::Embed, _) => &["use"],
            (_, Owner::User) => &["use", "context", "answer_tokens"],
            (_, Owner::Repository(_)) => &["use", "context"],
        };
        section.only(self, allowed);
        let ladder = self.ladder(task, section, own);
        let context = section
            .one_of(self, "context", &Scope::WORDS)
            .filter(|it| self.is_not_wider(task, it))
            .map(|it| self.sourced(it));
        let speculate = section.flag(self, "speculate");
        let answer_tokens = section.number(self, "answer_tokens", 1..=1_000_000);
        TaskSaid {
            ladder,
            context,
            speculate,
            answer_tokens,
        }
    }

    fn ladder(
        &mut self,
        task: Task,
        section: &Section<'_>,
        own: &Said,
    ) -> Option<Vec<crate::Sourced<Rung>>> {
        let words = section.words(self, "use")?;
        let mut ladder: Vec<crate::Sourced<Rung>> = Vec::new();
        for found in words {
            let Some(rung) = self.rung(task, &found, own) else {
                continue;
            };
            let wrong = match ladder.last() {
                Some(last) if last.value == Rung::Repo => {
                    Some("`repo` always answers, so nothing after it is ever asked: put it last")
                }
                Some(_) if task == Task::Embed => Some(
                    "`embed` has one model: vectors of two models cannot be compared, so there is no falling back",
                ),
                _ if ladder.iter().any(|it| it.value == rung) => Some("this is named twice"),
                _ => None,
            };
            match wrong {
                Some(message) => self.problem(&found.span, message),
                None => ladder.push(self.sourced(Found {
                    value: rung,
                    span: found.span,
                })),
            }
        }
        Some(ladder)
    }

    fn rung(&mut self, task: Task, found: &Found<String>, own: &Said) -> Option<Rung> {
        let choosable = match self.owner {
            Owner::User => own,
            Owner::Repository(users) => users,
        };
        let endpoints = choosable.endpoint_names.iter().map(String::as_str);
        match fits(&found.value, task, endpoints, self.known) {
            Err(wrong) => {
                let allowed: Vec<&str> = wrong.allowed.iter().map(String::as_str).collect();
                self.problem_among(&found.span, wrong.message, &allowed);
                None
            }
            Ok(rung) if self.may_choose(&rung) => Some(rung),
            Ok(rung) => {
                let message = format!(
                    "a repository may choose only among what your own settings name, and they do not name `{rung}`"
                );
                self.problem(&found.span, message);
                None
            }
        }
    }

    fn may_choose(&self, rung: &Rung) -> bool {
        let Owner::Repository(users) = self.owner else {
            return true;
        };
        match rung {
            Rung::Repo | Rung::Endpoint(_) => true,
            Rung::Local(name) => users.locals.contains_key(name) || users.names(rung),
            Rung::Shorthand(word) => {
                users.names(rung) || matches!(word.as_str(), "static" | "none")
            }
        }
    }

    /// A repository may show a model less than the user allows, never more.
    fn is_not_wider(&mut self, task: Task, found: &Found<Scope>) -> bool {
        let Owner::Repository(users) = self.owner else {
            return true;
        };
        let allowed = users.tasks.get(&task).and_then(|it| it.context.as_ref());
        let allowed = allowed.map_or(Scope::Full, |it| it.value);
        if found.value > allowed {
            let message = format!(
                "a repository may narrow the context, not widen it: your own settings say `{allowed}`"
            );
            self.problem(&found.span, message);
        }
        found.value <= allowed
    }
}
