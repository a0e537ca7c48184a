//! What was taken out, kept so that it can be put back.
//!
//! The one idea: a secret is known by its kind and a number, the same for as long as the process lives. What comes back
//! with such a name in it gets the secret again, if the policy lets it.
//!
//! Deliberately absent: any way to list or print it, and keeping it on disk.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustc_hash::FxHashMap;

use crate::{Category, Rule};

/// More secrets than this have no number of their own, and are not put back.
const MOST: usize = 10_000;
/// What every placeholder begins with.
const WORD: &str = "REDACTED";
/// No placeholder is longer.
const LONGEST: usize = 96;

/// Secrets by placeholder. `Debug` prints how many.
#[derive(Default)]
pub(crate) struct Vault(Mutex<State>);

#[derive(Default)]
struct State {
    numbers: FxHashMap<Arc<str>, FxHashMap<Arc<str>, u32>>,
    last: FxHashMap<Arc<str>, u32>,
    secrets: FxHashMap<(Arc<str>, u32), Kept>,
}

struct Kept {
    secret: Arc<str>,
    category: Category,
}

/// The name of a secret that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) kind: Arc<str>,
    pub(crate) number: Option<u32>,
}

/// What is put back into an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Everything but private keys: an answer is shown to whoever's file it was taken from.
    #[default]
    Usual,
    /// Nothing: a placeholder that comes back stays one, and is screened away.
    Nothing,
    /// Private keys as well.
    Everything,
}

impl Restore {
    fn takes(self, category: Category) -> bool {
        match self {
            Self::Usual => category != Category::PrivateKey,
            Self::Nothing => false,
            Self::Everything => true,
        }
    }
}

impl Vault {
    /// The placeholder of a secret, the same as before if there was one.
    pub(crate) fn placeholder(&self, rule: &Rule, secret: &str) -> Placeholder {
        let kind = Arc::clone(&rule.id);
        let mut state = self.state();
        let known = state.numbers.get(&kind).and_then(|it| it.get(secret));
        if let Some(&number) = known {
            return Placeholder {
                kind,
                number: Some(number),
            };
        }
        if state.secrets.len() >= MOST {
            return Placeholder { kind, number: None };
        }
        let last = state.last.entry(Arc::clone(&kind)).or_default();
        *last += 1;
        let number = *last;
        let secret: Arc<str> = secret.into();
        let numbers = state.numbers.entry(Arc::clone(&kind)).or_default();
        numbers.insert(Arc::clone(&secret), number);
        let category = rule.category;
        let kept = Kept { secret, category };
        state.secrets.insert((Arc::clone(&kind), number), kept);
        Placeholder {
            kind,
            number: Some(number),
        }
    }

    /// Gives no secret the number of a placeholder that a text has of itself.
    pub(crate) fn leave_out(&self, text: &str) {
        for at in memchr::memmem::find_iter(text.as_bytes(), WORD) {
            let found = match (text[..at].ends_with('<'), &text[at..]) {
                (true, _) => in_brackets(&text[at - 1..]),
                (false, rest) => as_name(rest),
            };
            if let Read::Placeholder { kind, number, .. } = found {
                let mut state = self.state();
                let last = state.last.entry(kind.into()).or_default();
                *last = number.max(*last);
            }
        }
    }

    fn secret(&self, kind: &str, number: u32, restore: Restore) -> Option<Arc<str>> {
        let state = self.state();
        let kept = state.secrets.get(&(kind.into(), number))?;
        let may = restore.takes(kept.category);
        may.then(|| Arc::clone(&kept.secret))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} secrets)", self.state().secrets.len())
    }
}

/// Undoes redaction in a text that comes in pieces.
#[derive(Debug)]
pub struct Restorer {
    vault: Arc<Vault>,
    restore: Restore,
    held: Held,
}

/// The beginning of what may be a placeholder.
#[derive(Default)]
struct Held(String);

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl Restorer {
    pub(crate) fn new(vault: Arc<Vault>, restore: Restore) -> Self {
        let held = Held::default();
        Self {
            vault,
            restore,
            held,
        }
    }

    /// What is certain by now; the beginning of a placeholder is held back.
    pub fn push(&mut self, text: &str) -> String {
        if self.held.0.is_empty() && !text.contains(['<', 'R']) {
            return text.to_owned();
        }
        let text = std::mem::take(&mut self.held.0) + text;
        self.replace(&text, false)
    }

    /// What was held back.
    pub fn finish(&mut self) -> String {
        let text = std::mem::take(&mut self.held.0);
        self.replace(&text, true)
    }

    fn replace(&mut self, text: &str, is_all: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['<', 'R']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let found = match rest.starts_with('<') {
                true => in_brackets(rest),
                false => as_name(rest),
            };
            let length = match found {
                Read::Placeholder {
                    kind,
                    number,
                    length,
                    ended,
                } if ended || is_all => match self.vault.secret(&kind, number, self.restore) {
                    Some(secret) => {
                        out.push_str(&secret);
                        rest = &rest[length..];
                        continue;
                    }
                    None => length,
                },
                Read::Placeholder { .. } | Read::Begun if !is_all && rest.len() < LONGEST => {
                    rest.clone_into(&mut self.held.0);
                    return out;
                }
                _ => 1,
            };
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        out.push_str(rest);
        out
    }
}

/// What stands at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Placeholder {
        kind: String,
        number: u32,
        length: usize,
        /// Nothing that follows could belong to it.
        ended: bool,
    },
    /// Perhaps one, when more has come.
    Begun,
    No,
}

/// `<REDACTED:kind-1>`
fn in_brackets(text: &str) -> Read {
    const BEGIN: &str = "<REDACTED:";
    let Some(rest) = text.strip_prefix(BEGIN) else {
        return begun(text, BEGIN);
    };
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    let end = rest.find(|it| !plain(it)).unwrap_or(rest.len());
    match (rest[end..].chars().next(), rest[..end].rsplit_once('-')) {
        (None, _) => Read::Begun,
        (Some('>'), Some((kind, number))) => read(kind, number, BEGIN.len() + end + 1, true),
        _ => Read::No,
    }
}

/// `REDACTED_kind_1`
fn as_name(text: &str) -> Read {
    const BEGIN: &str = "REDACTED_";
    let Some(rest) = text.strip_prefix(BEGIN) else {
        return begun(text, BEGIN);
    };
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let end = rest.find(|it| !plain(it)).unwrap_or(rest.len());
    let ended = end < rest.len();
    match rest[..end].rsplit_once('_') {
        Some((kind, number)) => {
            let kind = kind.replace('_', "-");
            match read(&kind, number, BEGIN.len() + end, ended) {
                Read::No if !ended => Read::Begun,
                found => found,
            }
        }
        None if ended => Read::No,
        None => Read::Begun,
    }
}

fn begun(text: &str, whole: &str) -> Read {
    match text.len() < whole.len() && whole.starts_with(text) {
        true => Read::Begun,
        false => Read::No,
    }
}

fn read(kind: &str, number: &str, length: usize, ended: bool) -> Read {
    match number.parse() {
        Ok(number @ 1..) if !kind.is_empty() => Read::Placeholder {
            kind: kind.to_owned(),
            number,
            length,
            ended,
        },
        _ => Read::No,
    }
}
