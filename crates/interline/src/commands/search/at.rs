//! `interline search --at`: what the repository, and the packages it has installed, say that helps to write at a place.
//!
//! The one idea: the file is read from the disk and replaces its stored copy, as an editor's buffer would.
//!
//! Deliberately absent: open tabs and edits, which a command line has none of.

mod render;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use il_retrieval::{
    Snippet,
    cursor::{Retriever as _, Sought},
    tokens,
};
use il_text::Text;
use serde_json::{Value, json};

use super::{opening, render::line, roots::Root};
use crate::{
    cli::Search,
    failure::{Exit, usage},
    place::Place,
    repository::{index::Opened, policy, retriever::IndexRetriever, tree},
    terminal::{self, FAINT, count, styled},
};

/// So many words and signs are shown unless somebody says otherwise.
const TOKENS: usize = 1024;

pub(super) fn run(args: &Search, place: &Place) -> anyhow::Result<Exit> {
    let subject = Subject::read(args, place)?;
    let Some(ready) = opening::open(&subject.root, args)? else {
        return Ok(opening::stopped());
    };
    let answer = ask(&subject, &ready.opened, args.tokens.unwrap_or(TOKENS));
    if args.json {
        terminal::print_json(&document(&subject, &answer))?;
    } else {
        terminal::print(&render::snippets(&subject, &answer))?;
        say_how_much(&answer);
    }
    Ok(if answer.snippets.is_empty() {
        Exit::Nothing
    } else {
        Exit::Done
    })
}

/// A place in a file of a repository.
struct Subject {
    root: Root,
    /// In the root, `/`-separated.
    path: String,
    shown: String,
    text: String,
    cursor: usize,
    line: usize,
    column: usize,
}

impl Subject {
    fn read(args: &Search, place: &Place) -> anyhow::Result<Self> {
        let file = &place.file;
        let real = tree::real_file(place)?;
        let root = match &args.repo[..] {
            [] => Root::around(real.parent().unwrap_or(Path::new("/")))?,
            [dir] => Root::named(dir)?,
            _ => return Err(usage("a place is in one repository: name one `--repo`")),
        };
        let Ok(inside) = real.strip_prefix(&root.path) else {
            let shown = root.path.display();
            return Err(usage(format!(
                "`{file}` is not in the repository `{shown}`"
            )));
        };
        let path = inside.to_string_lossy().replace('\\', "/");
        let what = format!("nothing is looked up for `{file}`");
        policy::check(&root.path, &path, &what)?;
        let text = tree::read_text(&real, file)?;
        let lines = Text::from(text.as_str());
        let cursor = place
            .offset_in(&lines)
            .map_err(|why| usage(why.in_file(file)))?;
        let at = lines.line_col(cursor, il_text::Encoding::Utf32);
        Ok(Self {
            root,
            path,
            shown: file.clone(),
            cursor,
            line: at.line + 1,
            column: at.col + 1,
            text,
        })
    }
}

/// What helps, and how long it took to find.
struct Answer {
    snippets: Vec<Snippet>,
    tokens: usize,
    took: Duration,
}

fn ask(subject: &Subject, opened: &Opened, most: usize) -> Answer {
    let retriever = IndexRetriever::new(&opened.root, &opened.protection, &opened.index);
    let started = Instant::now();
    let snippets = retriever.snippets(&Sought {
        path: &subject.path,
        text: &subject.text,
        cursor: subject.cursor,
        tabs: &[],
        edits: &[],
        tokens: most,
    });
    Answer {
        tokens: snippets.iter().map(|it| tokens::count(&it.text)).sum(),
        snippets,
        took: started.elapsed(),
    }
}

fn say_how_much(answer: &Answer) {
    if answer.snippets.is_empty() {
        terminal::say("the repository has nothing that helps there");
        return;
    }
    let names: f32 = answer.snippets.iter().map(|it| it.score).sum();
    let line = format!(
        "{}, {}, {names:.1} names expected, {:.1} ms",
        count(answer.snippets.len() as u64, "snippet"),
        count(answer.tokens as u64, "token"),
        answer.took.as_secs_f64() * 1e3
    );
    let gap = if terminal::stdout_is_terminal() {
        "\n"
    } else {
        ""
    };
    terminal::say(&format!("{gap}{}", styled(FAINT, &line)));
}

/// Where a snippet is: in the root, or, from a package, anywhere on the machine.
fn place_of(subject: &Subject, snippet: &Snippet) -> PathBuf {
    let path = Path::new(&snippet.path);
    if path.is_absolute() {
        path.to_path_buf()
    } else {
        PathBuf::from(subject.root.show(&snippet.path))
    }
}

fn document(subject: &Subject, answer: &Answer) -> Value {
    let snippets = answer.snippets.iter().map(|it| {
        let lines: Vec<u32> = it.lines.iter().map(|line| line + 1).collect();
        json!({
            "path": it.path,
            "source": it.source.name(),
            "symbol": it.symbol,
            "lines": lines,
            "text": it.text,
            "doc": it.doc,
            "expected_names": it.score,
            "tokens": tokens::count(&it.text),
        })
    });
    json!({
        "file": subject.shown,
        "line": subject.line,
        "column": subject.column,
        "repository": subject.root.path.to_string_lossy(),
        "tokens": answer.tokens,
        "took_ms": (answer.took.as_secs_f64() * 1e6).round() / 1e3,
        "snippets": snippets.collect::<Vec<_>>(),
    })
}
