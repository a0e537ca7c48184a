//! Replay: types a file through a language server, key by key, and accepts what is right.
//!
//! The one idea: the figures of a completion engine in a file of cases say nothing about typing. Here a
//! whole file is written as a person would, through the real protocol: each key is an edit and a request,
//! a typist in a hurry does not wait for the answer, a suggestion that is what was going to be typed
//! anyway is taken with one key. What is left to count is how many keys that saved, and at what price.
//!
//! Works on any connection: in memory, or the standard streams of a process. The editor indents by itself:
//! white space that a line begins with costs no key and saves none. Deliberately absent: its other help
//! (closing brackets), so every other character counts as typed.

mod editor;

use std::{
    collections::BTreeMap,
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use lsp_server::{RequestId, Response};
use serde_json::{Value, json};

pub use editor::Editor;

use crate::{uri, wire};

/// What lines are indented with.
const INDENT: [char; 2] = [' ', '\t'];

/// A suggestion that saves fewer characters than this is not worth a look.
const MIN_GAIN: usize = 2;

/// What is to be typed, and how.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// The file, absolute; it need not exist.
    pub path: &'a Path,
    /// Its language id.
    pub language: &'a str,
    /// What it holds in the end.
    pub text: &'a str,
    /// The bytes of `text` that are typed; the rest is there from the start.
    pub typed: Range<usize>,
    /// Of a hundred keys, so many come before the answer to the last one: it is cancelled.
    pub hurry_percent: u64,
    /// Where the hurry falls.
    pub seed: u64,
    /// Take the first line of a suggestion whose later lines are wrong.
    pub accept_lines: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// Lines that were written.
    pub lines: usize,
    /// Characters that were written, indentation left out.
    pub characters: usize,
    /// Characters that were typed by hand.
    pub typed: usize,
    /// Suggestions taken whole.
    pub accepts: usize,
    /// Suggestions of which a first line was taken.
    pub line_accepts: usize,
    /// Characters that suggestions wrote.
    pub accepted: usize,
    /// Requests for suggestions.
    pub requests: usize,
    /// Requests answered with a suggestion.
    pub answered: usize,
    /// Requests answered with nothing.
    pub empty: usize,
    /// Requests that the typist cancelled.
    pub cancels_sent: usize,
    /// Requests answered with "cancelled".
    pub cancelled: usize,
    /// Requests answered with another error.
    pub errors: usize,
    /// Suggestions that were right to be taken, in whole or in part.
    pub right: usize,
    /// Suggestions that were not what was typed next.
    pub wrong: usize,
    /// Why there was nothing, by code, or by filter.
    pub reasons: BTreeMap<String, usize>,
    /// Which road suggestions came by.
    pub sources: BTreeMap<String, usize>,
    /// How long answers took that were waited for, in order of length.
    pub waits: Vec<Duration>,
    /// How long all of it took.
    pub took: Duration,
    /// What the server counted.
    pub server: BTreeMap<String, u64>,
}

impl Replayed {
    /// Keys pressed: characters, and one for each suggestion taken.
    pub fn keys(&self) -> usize {
        self.typed + self.accepts + self.line_accepts
    }

    /// The share of keys that were not pressed, 0 to 1.
    pub fn saved(&self) -> f64 {
        match self.characters {
            0 => 0.0,
            characters => 1.0 - self.keys() as f64 / characters as f64,
        }
    }

    /// The wait that this share of waits is not longer than; zero without any.
    pub fn wait(&self, share: f64) -> Duration {
        let last = self.waits.len().saturating_sub(1);
        self.waits
            .get((last as f64 * share).round() as usize)
            .copied()
            .unwrap_or_default()
    }
}

/// Opens a session in `root` and waits until its repository can answer, or cannot be opened.
pub fn open(editor: &mut Editor, root: &Path) -> anyhow::Result<()> {
    let uri = uri::from_path(root);
    editor.initialize(json!({
        "processId": null,
        "rootUri": uri,
        "workspaceFolders": [{ "uri": uri, "name": "replay" }],
        "capabilities": {
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "inlineCompletion": {} },
        },
        // Says what it shows, as clients of this dialect do.
        "initializationOptions": { "editorInfo": { "name": "replay", "version": "1" } },
    }))?;
    loop {
        let status = editor.call("interline/status", Value::Null)?;
        let state = &status["repositories"][0]["state"];
        match state["kind"].as_str() {
            Some("opening") => std::thread::sleep(Duration::from_millis(20)),
            Some("failed") => bail!("cannot open `{}`: {}", root.display(), state["why"]),
            _ => return Ok(()),
        }
    }
}

/// Types a file. The session must be open.
pub fn replay(editor: &mut Editor, script: &Script<'_>) -> anyhow::Result<Replayed> {
    let started = Instant::now();
    let mut typist = Typist::sit_down(editor, script)?;
    while typist.written < typist.script.typed.end {
        typist.press()?;
        typist.look()?;
    }
    typist.stand_up(started)
}

/// Someone who knows what the file will be.
struct Typist<'a> {
    editor: &'a mut Editor,
    script: &'a Script<'a>,
    uri: String,
    version: i64,
    /// So much of the text stands before the cursor.
    written: usize,
    random: u64,
    /// The request that is not answered yet.
    asked: Option<RequestId>,
    last_shown: String,
    result: Replayed,
}

impl<'a> Typist<'a> {
    fn sit_down(editor: &'a mut Editor, script: &'a Script<'a>) -> anyhow::Result<Self> {
        let Script { text, typed, .. } = script;
        let before = text.get(..typed.start);
        let (Some(before), Some(inside), Some(after)) =
            (before, text.get(typed.clone()), text.get(typed.end..))
        else {
            bail!(
                "cannot type bytes {}..{}: not characters of the file",
                typed.start,
                typed.end
            );
        };
        let lone = text.replace("\r\n", "\n").contains('\r');
        ensure!(!lone, "cannot replay a file with lone carriage returns");
        let result = Replayed {
            lines: inside.lines().count(),
            characters: keystrokes(text, typed.clone()),
            ..Replayed::default()
        };
        let uri = uri::from_path(script.path);
        let document = json!({
            "uri": uri,
            "languageId": script.language,
            "version": 1,
            "text": format!("{before}{after}"),
        });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }))?;
        Ok(Self {
            editor,
            script,
            uri,
            version: 1,
            written: typed.start,
            random: script.seed,
            asked: None,
            last_shown: String::new(),
            result,
        })
    }

    /// Types the next character. The indentation before it, and after a line break, is the editor's.
    fn press(&mut self) -> anyhow::Result<()> {
        let rest = &self.script.text[self.written..self.script.typed.end];
        let mut len = self.indentation(self.written);
        if let Some(key) = rest[len..].chars().next() {
            len += key.len_utf8();
            self.result.typed += 1;
        }
        len += self.indentation(self.written + len);
        self.insert(&rest[..len])
    }

    /// Bytes of indentation that are to be typed from here; none within a line.
    fn indentation(&self, from: usize) -> usize {
        let Script { text, typed, .. } = self.script;
        if !text[line_start(text, from)..from]
            .trim_start_matches(INDENT)
            .is_empty()
        {
            return 0;
        }
        let rest = &text[from..typed.end];
        rest.len() - rest.trim_start_matches(INDENT).len()
    }

    /// Asks for a suggestion, and takes it and asks again as long as it is right.
    fn look(&mut self) -> anyhow::Result<()> {
        while self.written < self.script.typed.end {
            self.give_up_waiting()?;
            self.asked = Some(self.request()?);
            if self.in_a_hurry() {
                return Ok(());
            }
            let Some(item) = self.wait()? else {
                return Ok(());
            };
            self.show(&item)?;
            if !self.take(&item)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn request(&mut self) -> anyhow::Result<RequestId> {
        self.result.requests += 1;
        let params = json!({
            "textDocument": { "uri": self.uri, "version": self.version },
            "position": position(self.script.text, self.written),
            "context": { "triggerKind": 2 },
        });
        self.editor.request("textDocument/inlineCompletion", params)
    }

    /// The next key came first.
    fn give_up_waiting(&mut self) -> anyhow::Result<()> {
        let Some(id) = self.asked.take() else {
            return Ok(());
        };
        self.editor.cancel(&id)?;
        self.result.cancels_sent += 1;
        let response = self.editor.wait(&id)?;
        self.read(response)?;
        Ok(())
    }

    fn wait(&mut self) -> anyhow::Result<Option<wire::InlineItem>> {
        let Some(id) = self.asked.take() else {
            return Ok(None);
        };
        let asked = Instant::now();
        let response = self.editor.wait(&id)?;
        self.result.waits.push(asked.elapsed());
        self.read(response)
    }

    /// Counts an answer; its first suggestion, if it has one.
    fn read(&mut self, response: Response) -> anyhow::Result<Option<wire::InlineItem>> {
        let value = match response.response_result {
            Ok(value) => value,
            Err(error) if error.code == lsp_server::ErrorCode::RequestCanceled as i32 => {
                self.result.cancelled += 1;
                return Ok(None);
            }
            Err(error) => {
                tracing::warn!(error.code, "a request failed");
                self.result.errors += 1;
                return Ok(None);
            }
        };
        let list: wire::InlineList =
            serde_json::from_value(value).context("the server's answer is not a list of items")?;
        let Some(item) = list.items.into_iter().next() else {
            self.result.empty += 1;
            let reason = list.interline.map(reason).unwrap_or_default();
            *self.result.reasons.entry(reason).or_default() += 1;
            return Ok(None);
        };
        self.result.answered += 1;
        if let Some(facts) = &item.interline {
            *self.result.sources.entry(facts.source.clone()).or_default() += 1;
        }
        Ok(Some(item))
    }

    fn show(&mut self, item: &wire::InlineItem) -> anyhow::Result<()> {
        let id = item
            .interline
            .as_ref()
            .map(|it| it.id.as_str())
            .unwrap_or_default();
        if self.last_shown != id {
            self.last_shown = id.to_owned();
            self.editor
                .notify("textDocument/didShowCompletion", json!({ "item": item }))?;
        }
        Ok(())
    }

    /// Takes what is right of a suggestion. Whether anything was.
    fn take(&mut self, item: &wire::InlineItem) -> anyhow::Result<bool> {
        if let Some(gain) = self.gain(item, &item.insert_text) {
            self.result.right += 1;
            if self.keys_of(gain) < MIN_GAIN {
                return Ok(false);
            }
            self.result.accepts += 1;
            self.accept(item, &item.insert_text)?;
            let command = item
                .command
                .as_ref()
                .context("a suggestion without its command")?;
            let params = json!({ "command": command.command, "arguments": command.arguments });
            self.editor.call("workspace/executeCommand", params)?;
            return Ok(true);
        }
        let line = item
            .insert_text
            .split_inclusive('\n')
            .next()
            .unwrap_or_default();
        let shorter = line.len() < item.insert_text.len();
        let line = line.trim_end_matches(['\r', '\n']);
        let gain = self.gain(item, line).unwrap_or(0);
        if !(self.script.accept_lines && shorter && self.keys_of(gain) >= MIN_GAIN) {
            self.result.wrong += 1;
            return Ok(false);
        }
        self.result.right += 1;
        self.result.line_accepts += 1;
        self.accept(item, line)?;
        let length = line.encode_utf16().count();
        let params = json!({ "item": item, "acceptedLength": length });
        self.editor
            .notify("textDocument/didPartiallyAcceptCompletion", params)?;
        Ok(true)
    }

    /// How many bytes `text` in the place of the item's range would write, if it is right: what
    /// stands before the cursor is then more of the file, and what stands behind it is as it was.
    fn gain(&self, item: &wire::InlineItem, text: &str) -> Option<usize> {
        let (_, end, written) = self.outcome(item, text)?;
        let behind = &self.script.text[self.script.typed.end..];
        let covered = end.checked_sub(self.written)?;
        let rest = written.strip_prefix(&self.script.text[..self.written])?;
        // What the range covers behind the cursor has to be written again.
        let new = rest.strip_suffix(behind.get(..covered)?)?;
        let target = &self.script.text[self.written..self.script.typed.end];
        (!new.is_empty() && target.starts_with(new)).then_some(new.len())
    }

    /// The keys that the next `len` bytes stand for.
    fn keys_of(&self, len: usize) -> usize {
        keystrokes(self.script.text, self.written..self.written + len)
    }

    /// The range as offsets into the buffer, and everything before its end once `text` is in its place.
    fn outcome(&self, item: &wire::InlineItem, text: &str) -> Option<(usize, usize, String)> {
        let before = &self.script.text[..self.written];
        let behind = &self.script.text[self.script.typed.end..];
        let line_start = line_start(before, before.len());
        let line = position(self.script.text, self.written).line;
        let (start, end) = match item.range {
            None => (self.written, self.written),
            Some(range) if range.start.line == line && range.end.line == line => {
                let offset = |it: wire::Position| line_start + it.character as usize;
                (offset(range.start), offset(range.end))
            }
            Some(_) => return None,
        };
        if start > self.written || end < self.written || end - self.written > behind.len() {
            return None;
        }
        Some((start, end, format!("{}{text}", before.get(..start)?)))
    }

    fn accept(&mut self, item: &wire::InlineItem, text: &str) -> anyhow::Result<()> {
        let gain = self
            .gain(item, text)
            .context("a suggestion was right and is not any more")?;
        let (start, end, _) = self
            .outcome(item, text)
            .context("a suggestion has no place")?;
        let line_start = line_start(self.script.text, self.written);
        let line = position(self.script.text, self.written).line;
        let at = |offset: usize| wire::Position {
            line,
            character: columns(offset - line_start),
        };
        self.change(
            wire::Range {
                start: at(start),
                end: at(end),
            },
            text,
        )?;
        self.result.accepted += self.keys_of(gain);
        self.written += gain;
        Ok(())
    }

    fn insert(&mut self, text: &str) -> anyhow::Result<()> {
        let at = position(self.script.text, self.written);
        self.change(wire::Range { start: at, end: at }, text)?;
        self.written += text.len();
        Ok(())
    }

    fn change(&mut self, range: wire::Range, text: &str) -> anyhow::Result<()> {
        self.version += 1;
        let params = json!({
            "textDocument": { "uri": self.uri, "version": self.version },
            "contentChanges": [{ "range": range, "text": text }],
        });
        self.editor.notify("textDocument/didChange", params)
    }

    fn in_a_hurry(&mut self) -> bool {
        // Split-mix: small, seeded, and the same everywhere.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.random;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (it ^ (it >> 31)) % 100 < self.script.hurry_percent
    }

    fn stand_up(mut self, started: Instant) -> anyhow::Result<Replayed> {
        self.give_up_waiting()?;
        let status = self.editor.call("interline/status", Value::Null)?;
        let documents = status["documents"].as_array().cloned().unwrap_or_default();
        let held = documents
            .iter()
            .find(|it| it["uri"] == self.uri)
            .map(|it| &it["bytes"]);
        let expected = json!(self.script.text.len());
        ensure!(
            held == Some(&expected),
            "the server's copy of the file has {held:?} bytes where {expected} were typed"
        );
        for (name, count) in status["counters"].as_object().into_iter().flatten() {
            self.result
                .server
                .insert(name.clone(), count.as_u64().unwrap_or(0));
        }
        let params = json!({ "textDocument": { "uri": self.uri } });
        self.editor.notify("textDocument/didClose", params)?;
        self.result.waits.sort_unstable();
        self.result.took = started.elapsed();
        Ok(self.result)
    }
}

/// Characters of a part of `text`, without the white space that its lines begin with.
fn keystrokes(text: &str, range: Range<usize>) -> usize {
    let head = &text[line_start(text, range.start)..range.start];
    let mut indenting = head.trim_start_matches(INDENT).is_empty();
    let mut keys = 0;
    for c in text[range].chars() {
        let indent = indenting && INDENT.contains(&c);
        indenting = indent || c == '\n';
        keys += usize::from(!indent);
    }
    keys
}

/// The code; for what a filter took, the sentence, which names the filter.
fn reason(facts: wire::ListFacts) -> String {
    match (facts.reason, facts.explanation) {
        (Some(code), Some(sentence)) if code == "filtered" => sentence,
        (code, _) => code.unwrap_or_default(),
    }
}

fn position(text: &str, offset: usize) -> wire::Position {
    wire::Position {
        line: columns(text[..offset].matches('\n').count()),
        character: columns(offset - line_start(text, offset)),
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |it| it + 1)
}

fn columns(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(u32::MAX)
}
