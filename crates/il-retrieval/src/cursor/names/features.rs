//! What is known of a name, as a row of numbers of about one.

use super::{Follows, NameKind, files::Files};
use crate::{
    cursor::{
        Corpus, CursorQuery, Definition,
        nearby::{FAR, Nearby},
    },
    terms::{self, Word},
};

/// How many numbers there are.
pub const FEATURES: usize = 46;

/// What is open in another tab is looked at for a reason, and what was edited just now still more. Set by hand: no
/// repository on disk says what its authors had open.
const TAB_ODDS: f32 = 1.5;
const EDIT_ODDS: f32 = 2.5;

/// What the features are made of.
pub(super) struct Known<'k, 'a> {
    pub(super) corpus: &'a dyn Corpus,
    pub(super) query: &'k CursorQuery<'a>,
    pub(super) nearby: &'k Nearby<'a>,
    pub(super) alike: &'k super::Alike,
    pub(super) files: &'k Files<'a>,
    pub(super) follows: &'k Follows,
}

impl<'a> Known<'_, 'a> {
    /// The definition that is most likely meant.
    pub(super) fn most_likely(&self, found: &[Definition<'a>]) -> Option<Definition<'a>> {
        let mut best: Option<(f32, Definition<'a>)> = None;
        for it in found {
            let likely = self.likely(it);
            if best.as_ref().is_none_or(|best| likely > best.0) {
                best = Some((likely, *it));
            }
        }
        best.map(|it| it.1)
    }

    fn likely(&self, it: &Definition<'a>) -> f32 {
        let said = self.files.said(it.path);
        flag(said.imported)
            + flag(said.neighbour)
            + 1.5 * said.affinity
            + self.files.owner_affinity(it.path, it.owner)
            + self.owner_near(it)
            - 0.1 * said.distance as f32
            - flag(said.test)
    }

    /// By how much the odds of a name rise with what the editor knows and no training data does.
    pub(super) fn odds(&self, word: Word, found: &[Definition<'a>]) -> f32 {
        let said = || found.iter().map(|it| self.files.said(it.path));
        let mut odds = 1.0;
        if said().any(|it| it.tab) {
            odds *= TAB_ODDS;
        }
        if said().any(|it| it.edited) || self.files.is_edited_word(word) {
            odds *= EDIT_ODDS;
        }
        odds
    }

    fn owner_near(&self, it: &Definition<'_>) -> f32 {
        if it.owner.is_empty() {
            return 0.0;
        }
        let place = self.nearby.place(Word::of(it.owner));
        place.map_or(0.0, |it| near(it.lines_before.min(it.lines_after), 10.0))
    }

    pub(super) fn features(
        &self,
        word: Word,
        it: &Definition<'a>,
        found: &[Definition<'a>],
    ) -> [f32; FEATURES] {
        let mut row = Row::new();
        self.in_file(word, &mut row);
        self.follow(word, &mut row);
        let say = self.alike.words.get(&word).copied().unwrap_or_default();
        row.push(say.weight);
        row.push(say.weight.sqrt());
        row.push(say.first);
        row.push(say.local);
        row.push(say.next);
        let (chunks, frequency) = (
            self.corpus.chunk_count() as f32,
            self.corpus.frequency(word),
        );
        row.push(terms::idf(chunks, frequency as f32) / 10.0);
        row.push((1.0 + frequency as f32).ln() / 8.0);
        row.push((found.len() as f32).ln() / 3.0);
        self.place(word, it, found, &mut row);
        self.kind(it, &mut row);
        self.spelling(it.name, &mut row);
        row.done()
    }

    fn in_file(&self, word: Word, row: &mut Row) {
        let place = self.nearby.place(word);
        row.push(flag(place.is_some()));
        let (before, after) = place.map_or((0, 0), |it| (it.before, it.after));
        row.push((1.0 + before as f32).ln() / 3.0);
        row.push((1.0 + after as f32).ln() / 3.0);
        let (lines_before, lines_after) =
            place.map_or((FAR, FAR), |it| (it.lines_before, it.lines_after));
        row.push(near(lines_before, 3.0));
        row.push(near(lines_before, 20.0));
        row.push(near(lines_after, 3.0));
        row.push(near(lines_after, 20.0));
        row.push(flag(place.is_some_and(|it| it.on_line)));
        row.push(flag(place.is_some_and(|it| it.behind_dot)));
        row.push(flag(place.is_some_and(|it| !it.behind_dot)));
        row.push(flag(self.nearby.last_word == Some(word)));
    }

    fn follow(&self, word: Word, row: &mut Row) {
        let one = self.follows.one.get(&word).copied().unwrap_or(0.0);
        let two = self.follows.two.get(&word).copied().unwrap_or(0.0);
        row.push(one / (self.follows.one_total + 1.0));
        row.push((1.0 + one).ln() / 4.0);
        row.push(two / (self.follows.two_total + 0.5));
        row.push((1.0 + two).ln() / 3.0);
        row.push(flag(self.follows.one_total > 3.0 && one == 0.0));
    }

    fn place(&self, word: Word, it: &Definition<'a>, found: &[Definition<'a>], row: &mut Row) {
        let (mut imported, mut neighbour) = (false, false);
        let (mut affinity, mut owner_affinity, mut owner_near) = (0f32, 0f32, 0f32);
        for it in found {
            let said = self.files.said(it.path);
            imported |= said.imported;
            neighbour |= said.neighbour;
            affinity = affinity.max(said.affinity);
            owner_affinity = owner_affinity.max(self.files.owner_affinity(it.path, it.owner));
            owner_near = owner_near.max(self.owner_near(it));
        }
        let said = self.files.said(it.path);
        row.push(flag(imported));
        row.push(flag(self.files.is_imported_name(word)));
        row.push(affinity);
        row.push(owner_affinity);
        row.push(owner_near);
        row.push(flag(it.owner.is_empty()));
        row.push(flag(neighbour));
        row.push(1.0 / (1.0 + said.distance as f32));
        row.push(flag(said.test));
    }

    fn kind(&self, it: &Definition<'_>, row: &mut Row) {
        for kind in [
            NameKind::Callable,
            NameKind::Type,
            NameKind::Field,
            NameKind::Value,
        ] {
            row.push(flag(it.kind == kind));
        }
        let last = self.nearby.last;
        let prefix = &self.query.text[..self.query.cursor];
        row.push(flag(
            last == b'.' || prefix.ends_with("::") || prefix.ends_with("->"),
        ));
        row.push(flag(matches!(last, b'(' | b',' | b'[')));
        row.push(flag(last == 0));
        row.push(flag(matches!(last, b':' | b'<' | b'&' | b'@')));
    }

    fn spelling(&self, name: &str, row: &mut Row) {
        let (mut sum, mut most, mut parts) = (0.0f32, 0.0f32, 0.0f32);
        let mut room = String::new();
        terms::each_term_of(name, &mut room, &mut |term| {
            let near = self.nearby.stems.get(&Word::of(term)).copied();
            let near = near.unwrap_or(0.0);
            (sum, most, parts) = (sum + near, most.max(near), parts + 1.0);
        });
        row.push(sum / parts.max(1.0));
        row.push(most);
        row.push((name.len() as f32 / 20.0).min(2.0));
        row.push(flag(name.starts_with(char::is_uppercase)));
        row.push(flag(name.starts_with('_')));
    }
}

struct Row {
    values: [f32; FEATURES],
    len: usize,
}

impl Row {
    fn new() -> Self {
        Self {
            values: [0.0; FEATURES],
            len: 0,
        }
    }

    fn push(&mut self, value: f32) {
        self.values[self.len] = value;
        self.len += 1;
    }

    fn done(self) -> [f32; FEATURES] {
        debug_assert!(self.len <= FEATURES);
        self.values
    }
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

fn near(lines: u32, scale: f32) -> f32 {
    if lines >= FAR {
        0.0
    } else {
        1.0 / (1.0 + lines as f32 / scale)
    }
}
