//! `interline models list`: one line a model, in columns.
//!
//! The one idea: what is here stands out, and what would be needed stands beside it, so that choosing is reading down a column.
//!
//! Deliberately absent: advice on which is best.

use std::fmt::Write as _;

use anstyle::Style;
use il_models::{Commercial, Facts, Installed, Model, Origin, Store, Task, inspect, table};
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::{
    cli::models::List,
    failure::Exit,
    models,
    terminal::{self, FAINT, GOOD, STRONG, WARNING, styled},
};

pub(crate) fn run(args: &List) -> anyhow::Result<Exit> {
    let store = models::store()?;
    let (installed, problems) = store.list()?;
    for problem in &problems {
        terminal::warning(problem);
    }
    let mut rows: Vec<Row<'_>> = table()
        .iter()
        .map(|it| Row::known(it, &store, &installed))
        .collect();
    let known = |id: &str| table().iter().any(|it| it.id == id);
    let own = installed.iter().filter(|it| !known(&it.manifest.id));
    rows.extend(own.map(Row::own));
    let wanted = args.task.map(Task::from);
    rows.retain(|row| {
        // What a file of one's own is for, nobody knows.
        let fits = wanted.is_none_or(|it| row.tasks.is_empty() || row.tasks.contains(&it));
        fits && (!args.here || row.here.is_some())
    });
    if args.json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        let folder = store.folder().to_string_lossy();
        terminal::print_json(&json!({"folder": folder, "models": rows}))?;
    } else {
        terminal::print(&render(&rows, &store))?;
    }
    let nothing = rows.is_empty();
    Ok(if nothing { Exit::Nothing } else { Exit::Done })
}

struct Row<'a> {
    id: &'a str,
    name: String,
    here: Option<&'a Installed>,
    /// Bytes of an unfinished download.
    unfinished: Option<u64>,
    tasks: &'a [Task],
    size: u64,
    is_exact: bool,
    memory: u64,
    context: Option<u64>,
    family: Option<String>,
    quantisation: Option<String>,
    licence: Option<String>,
    known: Option<&'a Model>,
}

impl<'a> Row<'a> {
    fn known(model: &'a Model, store: &Store, installed: &'a [Installed]) -> Self {
        let here = installed.iter().find(|it| it.manifest.id == model.id);
        Self {
            id: &model.id,
            name: model.name.clone(),
            here,
            unfinished: store.unfinished(&model.id).filter(|_| here.is_none()),
            tasks: &model.tasks,
            size: here.map_or(model.size, |it| it.manifest.size),
            is_exact: model.is_exact || here.is_some(),
            memory: model.memory(),
            context: Some(model.context),
            family: model.family.clone(),
            quantisation: Some(model.quantisation.clone()),
            licence: Some(model.licence.to_string()),
            known: Some(model),
        }
    }

    fn own(installed: &'a Installed) -> Self {
        let facts: Option<Facts> = inspect(&installed.path).ok();
        let template = facts
            .as_ref()
            .and_then(|it| it.template(&installed.manifest.id).ok());
        let size = installed.manifest.size;
        let said = |text: fn(&Facts) -> Option<String>| facts.as_ref().and_then(text);
        Self {
            id: &installed.manifest.id,
            name: said(|it| it.name.clone()).unwrap_or_else(|| installed.manifest.id.clone()),
            here: Some(installed),
            unfinished: None,
            tasks: &[],
            size,
            is_exact: true,
            memory: size + size / 6 + (128 << 20),
            context: facts.as_ref().and_then(|it| it.context),
            family: template.map(|it| it.template.id.to_string()),
            quantisation: said(|it| it.quantisation.clone()),
            licence: said(|it| it.licence.clone()),
            known: None,
        }
    }

    fn mark(&self) -> (String, Style) {
        match (self.here, self.unfinished) {
            (Some(_), _) => ("●".into(), GOOD),
            (None, Some(done)) => {
                let percent = done * 100 / self.size.max(1);
                (format!("{}%", percent.min(99)), WARNING)
            }
            (None, None) => (String::new(), FAINT),
        }
    }

    fn json(&self) -> Value {
        let origin = match self.known.map(|it| &it.origin) {
            Some(Origin::Hub {
                repo,
                revision,
                file,
            }) => json!({"repo": repo, "revision": revision, "file": file}),
            _ => Value::Null,
        };
        let licence = self.known.map(|it| &it.licence);
        let tasks: Vec<&str> = self.tasks.iter().map(|it| it.word()).collect();
        json!({
            "id": self.id,
            "name": self.name,
            "here": self.here.is_some(),
            "path": self.here.map(|it| it.path.to_string_lossy()),
            "unfinished_bytes": self.unfinished,
            "tasks": tasks,
            "fim": self.family,
            "parameters_millions": self.known.map(|it| it.parameters),
            "size": self.size,
            "size_is_exact": self.is_exact,
            "memory": self.memory,
            "context": self.context,
            "quantisation": self.quantisation,
            "licence": licence.map(|it| it.name.clone()).or_else(|| self.licence.clone()),
            "terms": licence.and_then(|it| it.terms.clone()),
            "commercial": licence.map(|it| it.commercial.word()),
            "origin": origin,
            "sha256": self.here.map(|it| &it.manifest.sha256)
                .or_else(|| self.known.and_then(|it| it.sha256.as_ref())),
        })
    }

    /// As it stands in the columns, with how each is shown.
    fn cells(&self) -> [(String, Style); COLUMNS] {
        let (mark, mark_style) = self.mark();
        let plain = Style::new();
        let name = if self.here.is_some() { STRONG } else { plain };
        let about = if self.is_exact { "" } else { "≈ " };
        let commercial = self.known.map(|it| it.licence.commercial);
        let licence = match commercial {
            Some(Commercial::No) => WARNING,
            Some(Commercial::Yes) => plain,
            _ => FAINT,
        };
        let context = self
            .context
            .map_or_else(String::new, |it| HumanCount(it).to_string());
        [
            (mark, mark_style),
            (self.id.to_owned(), name),
            (tasks(self.tasks), plain),
            (format!("{about}{}", bytes(self.size)), plain),
            (bytes(self.memory), plain),
            (context, plain),
            (self.family.as_ref().map_or("–", |_| "✓").to_owned(), plain),
            (self.quantisation.clone().unwrap_or_default(), FAINT),
            (
                self.licence.clone().unwrap_or_else(|| "unknown".to_owned()),
                licence,
            ),
        ]
    }
}

/// Three digits are enough to choose by.
fn bytes(n: u64) -> String {
    let (mut size, mut unit) = (n as f64 / 1024.0 / 1024.0, "MiB");
    if size >= 1000.0 {
        (size, unit) = (size / 1024.0, "GiB");
    }
    match size {
        ..9.95 => format!("{size:.1} {unit}"),
        _ => format!("{size:.0} {unit}"),
    }
}

/// Chat, edit and explain go together: who can do one can do all.
fn tasks(tasks: &[Task]) -> String {
    let mut words = Vec::new();
    for task in tasks {
        let word = match task {
            Task::Edit | Task::Explain => continue,
            other => other.word(),
        };
        words.push(word);
    }
    words.join(", ")
}

const COLUMNS: usize = 9;
const TITLES: [&str; COLUMNS] = [
    "",
    "model",
    "for",
    "size",
    "memory",
    "context",
    "fim",
    "quantised",
    "licence",
];
/// Numbers stand at the right of their column.
const RIGHT: [bool; COLUMNS] = [true, false, false, true, true, true, false, false, false];

fn render(rows: &[Row<'_>], store: &Store) -> String {
    if rows.is_empty() {
        return "no model is here: `interline models list` shows those that are known\n".to_owned();
    }
    let mut lines = vec![TITLES.map(|it| (it.to_owned(), FAINT))];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| {
        let widths = lines.iter().filter_map(|it| it.get(column));
        widths.map(|it| it.0.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut out = String::new();
    for cells in &lines {
        let mut line = String::new();
        for (((text, style), width), right) in cells.iter().zip(widths).zip(RIGHT) {
            let gap = " ".repeat(width - text.chars().count());
            let cell = styled(*style, text);
            let cell = if right { gap + &cell } else { cell + &gap };
            let _ = write!(line, "{cell}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let here = rows.iter().filter(|it| it.here.is_some()).count();
    let foot = format!(
        "● {here} here, in `{}`\n≈ about; memory is for a context of 4,096 tokens",
        store.folder().display()
    );
    out.push('\n');
    for line in foot.lines() {
        let _ = writeln!(out, "{}", styled(FAINT, line));
    }
    out
}
