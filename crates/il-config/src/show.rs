//! The settings as rows: what, how much, and who said so.
//!
//! Deliberately absent: alignment and colour.

use std::borrow::Cow;

use crate::{Origin, Settings, Sourced, Task};

/// One line of `interline config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The table, without brackets: `inline`, `endpoint.work`.
    pub table: String,
    pub key: Cow<'static, str>,
    /// As it would be written in a file, without quotes.
    pub value: String,
    pub origin: Origin,
}

impl Settings {
    /// All that is in force, in the order of the documentation. What is not set and has no default is left out.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for task in Task::ALL {
            self.task_rows(task, &mut rows);
        }
        for (name, it) in &self.endpoints {
            let mut table = Table::new(format!("endpoint.{name}"), &mut rows);
            table.row("speaks", &it.speaks);
            table.maybe("url", it.url.as_ref());
            table.maybe("model", Some(&it.model).filter(|it| !it.is_empty()));
            table.maybe("key", it.key.as_ref());
            table.maybe("context_tokens", it.context_tokens.as_ref());
            table.maybe("answer_tokens", it.answer_tokens.as_ref());
            table.maybe("template", it.template.as_ref());
            table.maybe("proxy", it.proxy.as_ref());
            table.maybe("authorities", it.authorities.as_ref());
            table.maybe("concurrency", it.concurrency.as_ref());
            table.maybe("retries", it.retries.as_ref());
            table.maybe("patience_seconds", it.patience_seconds.as_ref());
            table.row("hedge", &it.hedge);
            table.row("free", &it.free);
            table.row("own", &it.own);
        }
        for (name, it) in &self.locals {
            let mut table = Table::new(format!("local.{name}"), &mut rows);
            table.maybe("file", it.file.as_ref());
            table.maybe("context_tokens", it.context_tokens.as_ref());
            table.maybe("answer_tokens", it.answer_tokens.as_ref());
            table.maybe("template", it.template.as_ref());
            table.maybe("threads", it.threads.as_ref());
            table.maybe("gpu_layers", it.gpu_layers.as_ref());
            for adapter in &it.adapters {
                let shown = adapter
                    .clone()
                    .map(|it| format!("{} × {} for {}", it.weight(), it.file, it.repository));
                table.row("adapters", &shown);
            }
        }
        for (name, it) in &self.prices {
            let mut table = Table::new(format!("price.{name}"), &mut rows);
            table.row("input", &it.input);
            table.maybe("cached", it.cached.as_ref());
            table.row("output", &it.output);
            table.row("currency", &it.currency);
        }
        let mut table = Table::new("budget".to_owned(), &mut rows);
        table.maybe("per_day", self.budget.per_day.as_ref());
        table.maybe("per_user_per_day", self.budget.per_user_per_day.as_ref());
        table.row("currency", &self.budget.currency);
        let unpriced = |it: bool| if it { "allow" } else { "refuse" };
        table.row(
            "unpriced",
            &self.budget.allow_unpriced.clone().map(unpriced),
        );
        table.row("keep_days", &self.budget.keep_days);
        self.privacy_rows(&mut rows);
        rows
    }

    fn privacy_rows(&self, rows: &mut Vec<Row>) {
        let it = &self.privacy;
        let mut table = Table::new("privacy".to_owned(), rows);
        table.row("air_gap", &it.air_gap);
        table.row("personal", &it.personal);
        table.row("restore", &it.restore);
        table.maybe("rules", it.rules.as_ref());
        let lists = [
            ("rules_on", &it.rules_on),
            ("rules_off", &it.rules_off),
            ("block_licences", &it.block_licences),
        ];
        table.row("matches", &it.matches);
        for (key, words) in lists {
            words.iter().for_each(|word| table.row(key, word));
        }
        let mut table = Table::new("privacy.paths".to_owned(), rows);
        for pattern in it.paths.iter().chain(&it.repository_paths) {
            let level = pattern.clone().map(|it| it.level);
            table.row(pattern.glob.clone(), &level);
        }
        let mut table = Table::new("privacy.keep".to_owned(), rows);
        table.row("audit_days", &it.keep.audit_days);
    }

    fn task_rows(&self, task: Task, rows: &mut Vec<Row>) {
        let it = self.task(task);
        let mut table = Table::new(task.word().to_owned(), rows);
        for rung in &it.ladder {
            table.row("use", rung);
        }
        if it.ladder.is_empty() || task == Task::Embed {
            return;
        }
        table.row("context", &it.context);
        if task == Task::Inline {
            table.row("speculate", &it.speculate);
        }
        table.maybe("answer_tokens", it.answer_tokens.as_ref());
    }
}

struct Table<'a> {
    name: String,
    rows: &'a mut Vec<Row>,
}

impl<'a> Table<'a> {
    fn new(name: String, rows: &'a mut Vec<Row>) -> Self {
        Self { name, rows }
    }

    fn row(&mut self, key: impl Into<Cow<'static, str>>, value: &Sourced<impl ToString>) {
        self.rows.push(Row {
            table: self.name.clone(),
            key: key.into(),
            value: value.value.to_string(),
            origin: value.origin,
        });
    }

    fn maybe(&mut self, key: &'static str, value: Option<&Sourced<impl ToString>>) {
        if let Some(value) = value {
            self.row(key, value);
        }
    }
}
