//! One request on its way: its prompt, then its answer, a step at a time.
//!
//! The one idea: a job says which rows it wants computed next and takes their logits; who computes, and with which other
//! jobs together, is not its affair.
//!
//! Deliberately absent: the context (`serve`) and pipes.

use std::{collections::VecDeque, sync::Arc};

use super::{
    pick::Picker,
    saying::Saying,
    slots::{AdapterSet, Place, Slot},
    speculate::Pace,
};
use crate::{
    native::{Model, Row, Token},
    wire::{Ending, Generation, Piece, Speculation, Stats},
};

/// Steps between two drafts at most.
const LONGEST_PAUSE: u32 = 8;

/// What a job has to tell after a step.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) text: String,
    pub(super) ended: Option<Ending>,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u32,
    pub(super) document: u64,
    pub(super) interactive: bool,
    pub(super) adapters: AdapterSet,
    pub(super) speculation: Speculation,
    pub(super) place: Option<Place>,
    pub(super) stats: Stats,
    prompt: Vec<Token>,
    /// End an answer beside the vocabulary's own.
    ends: Vec<Token>,
    max_tokens: u32,
    saying: Saying,
    picker: Picker,
    /// Of everything that was chosen so far.
    pub(super) probability: f32,
    /// Chosen and not yet computed.
    pending: Option<Token>,
    draft: VecDeque<Token>,
    /// Drafted tokens of the rows that are being computed.
    checking: usize,
    /// Steps until the next draft is asked for, and how many there were the last time: whoever has nothing to say, or says
    /// the wrong thing, is asked less often.
    pause: (u32, u32),
}

impl Job {
    pub(super) fn new(
        model: &Arc<Model>,
        order: &Generation,
        context: u32,
    ) -> Result<Self, String> {
        let markers = order.prompt.iter().filter_map(|it| match it {
            Piece::Marker(it) => Some(it.as_str()),
            Piece::Text(_) => None,
        });
        let (mut ends, mut stops) = (Vec::new(), Vec::new());
        for stop in order.stops.iter().filter(|it| !it.is_empty()) {
            match special(model, stop) {
                Some(token) => ends.push(token),
                None => stops.push(stop.clone()),
            }
        }
        // No marker of the prompt is text, whatever type the file gives it.
        ends.extend(markers.filter_map(|it| special(model, it)));
        ends.extend(model.fim().into_iter().flatten());
        let prompt = tokens(model, &order.prompt, &ends)?;
        let room = (context as usize).saturating_sub(prompt.len());
        if prompt.is_empty() || room < 2 {
            let has = prompt.len();
            return Err(format!(
                "a prompt of {has} tokens in a context of {context}: it must have at least one, and leave room for an answer"
            ));
        }
        let picker = Picker::new(model, order.sampling, order.grammar.as_deref())?;
        let speculation = if picker.is_greedy() && model.goes_back() {
            order.speculation
        } else {
            Speculation::Off
        };
        let bits = |it: &(u32, f32)| (it.0, it.1.to_bits());
        Ok(Self {
            id: order.id,
            document: order.document,
            interactive: order.interactive,
            adapters: order.adapters.iter().map(bits).collect(),
            speculation,
            place: None,
            stats: Stats {
                prompt: u32::try_from(prompt.len()).unwrap_or(u32::MAX),
                ..Stats::default()
            },
            prompt,
            ends,
            max_tokens: order
                .max_tokens
                .min(u32::try_from(room - 1).unwrap_or(u32::MAX)),
            saying: Saying::new(order.extent, stops),
            picker,
            probability: 1.0,
            pending: None,
            draft: VecDeque::new(),
            checking: 0,
            pause: (0, 0),
        })
    }

    pub(super) fn prompt(&self) -> &[Token] {
        &self.prompt
    }

    pub(super) fn settle(&mut self, place: Place) {
        self.stats.reused = u32::try_from(place.reused).unwrap_or(u32::MAX);
        self.stats.sequence = u32::try_from(place.slot).unwrap_or(u32::MAX);
        self.place = Some(place);
    }

    /// Its prompt is not yet computed.
    pub(super) fn reads(&self) -> bool {
        self.pending.is_none()
    }

    /// The text that stands and is not said, when a draft is to be asked for.
    pub(super) fn wants_draft(&self, pace: &Pace) -> Option<String> {
        if self.reads() || !self.draft.is_empty() || !pace.wants_draft(self.speculation) {
            return None;
        }
        if self.pause.0 > 0 {
            return None;
        }
        self.saying.held_back()
    }

    /// The last draft was worth something, or not.
    fn learn_from_draft(&mut self, good: bool) {
        let length = if good {
            0
        } else {
            (self.pause.1 * 2).clamp(1, LONGEST_PAUSE)
        };
        self.pause = (length, length);
    }

    pub(super) fn take_draft(&mut self, model: &Model, text: &str) {
        let left = self.max_tokens.saturating_sub(self.stats.answer) as usize;
        self.draft = model.tokenize(text, false).into_iter().take(left).collect();
        if self.draft.is_empty() {
            self.learn_from_draft(false);
        }
    }

    /// What is to be computed next, at most `room` rows.
    pub(super) fn rows(&mut self, slot: &Slot, room: usize, pace: &mut Pace) -> Vec<Row> {
        let (Some(place), start) = (self.place.filter(|_| room > 0), slot.tokens.len()) else {
            return Vec::new();
        };
        let tokens: Vec<Token> = if let Some(pending) = self.pending {
            let width = pace.width(self.speculation, self.draft.len()).min(room);
            let drafted = self.draft.iter().take(width.saturating_sub(1));
            std::iter::once(pending).chain(drafted.copied()).collect()
        } else {
            self.prompt[start..].iter().take(room).copied().collect()
        };
        self.checking = if self.reads() { 0 } else { tokens.len() - 1 };
        let last = start + tokens.len() == self.prompt.len();
        let count = tokens.len();
        let row = |(index, token)| Row {
            token,
            position: u32::try_from(start + index).unwrap_or(u32::MAX),
            sequence: u32::try_from(place.slot).unwrap_or(u32::MAX),
            logits: self.pending.is_some() || last && index + 1 == count,
        };
        tokens.into_iter().enumerate().map(row).collect()
    }

    /// Its rows were computed: what the slot holds now, and what is to be told. `logits` gives those of a row.
    pub(super) fn computed<'a>(
        &mut self,
        model: &Model,
        slot: &mut Slot,
        rows: &[Row],
        logits: impl Fn(usize) -> Option<&'a [f32]>,
        pace: &mut Pace,
    ) -> News {
        let tokens = rows.iter().map(|it| it.token);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut news = News::default();
        if self.reads() {
            slot.tokens.extend(tokens);
            self.stats.evaluated += count;
            if slot.tokens.len() == self.prompt.len() {
                self.take(model, logits(rows.len() - 1), &mut news);
            }
            return news;
        }
        self.stats.steps += 1;
        self.pending = None;
        self.pause.0 = self.pause.0.saturating_sub(1);
        let mut accepted = 0;
        for (index, row) in rows.iter().enumerate() {
            slot.tokens.push(row.token);
            self.take(model, logits(index), &mut news);
            let drafted = rows.get(index + 1).map(|it| it.token);
            let right = drafted.is_some() && drafted == self.pending;
            accepted += usize::from(right);
            if news.ended.is_some() || !right {
                break;
            }
        }
        self.draft.drain(..accepted.min(self.draft.len()));
        self.settle_draft();
        if self.checking > 0 {
            self.stats.drafted += u32::try_from(self.checking).unwrap_or(u32::MAX);
            self.stats.accepted += u32::try_from(accepted).unwrap_or(u32::MAX);
            // Where the answer ended, the rest of the draft was not judged.
            let judged = if news.ended.is_some() {
                accepted
            } else {
                self.checking
            };
            pace.checked(judged, accepted);
            self.learn_from_draft(accepted > 0);
        }
        news
    }

    /// What is pending was said: the draft goes on behind it or is wrong.
    fn settle_draft(&mut self) {
        if self.draft.front().copied() == self.pending {
            self.draft.pop_front();
        } else {
            self.draft.clear();
        }
    }

    /// Chooses the next token and says it.
    fn take(&mut self, model: &Model, logits: Option<&[f32]>, news: &mut News) {
        let Some(picked) = logits.and_then(|it| self.picker.pick(it)) else {
            self.end(Ending::Complete, news);
            return;
        };
        self.probability *= picked.probability;
        self.pending = Some(picked.token);
        if model.is_end(picked.token)
            || model.is_control(picked.token)
            || self.ends.contains(&picked.token)
        {
            self.end(Ending::Complete, news);
            return;
        }
        self.stats.answer += 1;
        let mut bytes = Vec::new();
        model.spell(picked.token, false, &mut bytes);
        let said = self.saying.push(&bytes);
        news.text.push_str(&said.text);
        if said.ended {
            news.ended = Some(Ending::Complete);
        } else if self.stats.answer >= self.max_tokens {
            self.end(Ending::Length, news);
        }
    }

    fn end(&mut self, ending: Ending, news: &mut News) {
        news.text.push_str(&self.saying.finish());
        news.ended = Some(ending);
    }
}

/// The one special token that a text is.
fn special(model: &Model, text: &str) -> Option<Token> {
    match model.tokenize(text, true).as_slice() {
        [token] if model.is_special(*token) => Some(*token),
        _ => None,
    }
}

/// A prompt's tokens: markers are one special token each, text holds none.
fn tokens(model: &Model, prompt: &[Piece], special_ones: &[Token]) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    for piece in prompt {
        match piece {
            Piece::Text(it) => tokens.extend(plain(model, &it.0, special_ones)),
            Piece::Marker(it) => tokens.push(special(model, it).ok_or_else(|| {
                format!(
                    "`{it}` is not one special token of this model: its template is another one"
                )
            })?),
        }
    }
    if let Some(beginning) = model.beginning()
        && tokens.first() != Some(&beginning)
    {
        tokens.insert(0, beginning);
    }
    Ok(tokens)
}

/// Text in which nothing is special. llama.cpp still reads tokens that the file calls "user-defined" in it; where one of
/// these is a marker, its spelling is torn in two.
pub(super) fn plain(model: &Model, text: &str, special_ones: &[Token]) -> Vec<Token> {
    let tokens = model.tokenize(text, false);
    let Some(bad) = tokens.iter().find(|it| special_ones.contains(it)) else {
        return tokens;
    };
    let mut spelling = Vec::new();
    model.spell(*bad, true, &mut spelling);
    let spelling = String::from_utf8_lossy(&spelling).into_owned();
    let first = spelling.chars().next().map_or(0, char::len_utf8);
    match text.find(&spelling) {
        Some(start) if spelling.len() > first => {
            let (head, tail) = text.split_at(start + first);
            let mut tokens = plain(model, head, special_ones);
            tokens.extend(plain(model, tail, special_ones));
            tokens
        }
        // Its spelling is not in the text: nothing is left but to leave it out.
        _ => tokens
            .into_iter()
            .filter(|it| !special_ones.contains(it))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
