//! Other programs on the same tree, where they are installed: ripgrep for a word, Universal Ctags for symbols.

use std::{
    io::{BufRead as _, BufReader, ErrorKind},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::Context as _;
use il_eval::speed::{Ctags, Spread};

/// The languages that we find symbols in, as Universal Ctags calls them.
const LANGUAGES: &str = "C,C++,C#,Go,Java,JavaScript,Lua,PHP,Python,Ruby,Rust,Sh,SQL,TypeScript";

/// How long it takes to look for each word: files with it, and how often. Each word is looked for twice and the faster run
/// counts, as with ours.
pub(super) fn ripgrep(root: &Path, words: &[String]) -> anyhow::Result<Option<Spread>> {
    let mut took = Vec::new();
    for word in words {
        let mut fastest = u64::MAX;
        for _ in 0..2 {
            let mut command = Command::new("rg");
            command
                .args(["--count", "--word-regexp", "--fixed-strings"])
                .args(["--no-ignore-parent", "--no-config", "--no-messages", "--"])
                .arg(word)
                .arg(root)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let started = Instant::now();
            match command.status() {
                Ok(_) => fastest = fastest.min(started.elapsed().as_micros() as u64),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error).context("cannot run `rg`"),
            }
        }
        took.push(fastest);
    }
    Ok(Some(Spread::of(took)))
}

/// How long it takes to find all symbols, and how many there are. None where it is another ctags.
pub(super) fn ctags(root: &Path) -> anyhow::Result<Option<Ctags>> {
    let version = Command::new("ctags").arg("--version").output();
    let is_universal = version.is_ok_and(|it| it.stdout.starts_with(b"Universal Ctags"));
    if !is_universal {
        return Ok(None);
    }
    let started = Instant::now();
    let mut child = Command::new("ctags")
        .args(["--options=NONE", "--recurse", "--sort=no"])
        .arg(format!("--languages={LANGUAGES}"))
        .args(["-f", "-"])
        .arg(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run `ctags`")?;
    let output = child.stdout.take().context("`ctags` says nothing")?;
    let mut symbols = 0;
    for line in BufReader::new(output).split(b'\n') {
        // Lines with `!` are about the file of tags.
        symbols += usize::from(!line?.starts_with(b"!"));
    }
    child.wait().context("cannot wait for `ctags`")?;
    Ok(Some(Ctags {
        seconds: started.elapsed().as_secs_f64(),
        symbols,
    }))
}
