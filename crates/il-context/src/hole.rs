//! The hole that stays open while the user types on.
//!
//! The one idea: when the text is what was shown last plus what was typed into its hole, then the prompt is what it was plus
//! the beginning of its answer; everything before is in the model's cache, whatever the order of the template.
//!
//! Deliberately absent: anything new. When the hole closes, everything is chosen anew.

use std::sync::Arc;

use il_engine::{Context, Window};

use crate::{
    alike::alike,
    counts::Counts,
    material::{Hold, Material, Scope, Settings},
    memory::Memory,
    packing::{Packed, shown_suffix},
    report::{Entry, Fate, Kind},
};

/// Where the hole was opened, if it is still open.
pub(crate) fn open(
    last: &Memory,
    material: &Material<'_>,
    window: &Window,
    settings: &Settings,
    counts: &mut Counts,
) -> Option<usize> {
    if last.supplied != supplied(material) {
        return None;
    }
    stays_open(last, material, window, settings, counts)
}

/// The same, whatever there is to choose from.
pub(crate) fn stays_open(
    last: &Memory,
    material: &Material<'_>,
    window: &Window,
    settings: &Settings,
    counts: &mut Counts,
) -> Option<usize> {
    let hold = settings.hold.filter(|_| settings.scope != Scope::Line)?;
    let before = material.text.get(last.start..last.hole)?;
    let typed = material.text.get(last.hole..material.cursor)?;
    let behind = shown_suffix(&material.text[material.cursor..]);
    let open = before == &*last.opened
        && (alike(&last.context.suffix, behind)
            || (last.context.suffix.is_empty() && behind.is_empty()))
        && is_short(typed, hold, window, counts);
    open.then_some(last.hole)
}

/// Whether there is anything to choose from.
pub(crate) fn supplied(material: &Material<'_>) -> bool {
    !(material.snippets.is_empty() && material.edits.is_empty() && material.tabs.is_empty())
}

fn is_short(typed: &str, hold: Hold, window: &Window, counts: &mut Counts) -> bool {
    if typed.matches('\n').count() > hold.lines {
        return false;
    }
    // A token has at least one byte.
    typed.len() <= hold.tokens || counts.of(window.tokenizer.as_ref(), &[typed])[0] <= hold.tokens
}

/// The prompt of last time with what was typed since, if it still fits.
pub(crate) fn held(
    last: &Memory,
    material: &Material<'_>,
    window: &Window,
    counts: &mut Counts,
) -> Option<Packed> {
    let typed = &material.text[last.hole..material.cursor];
    let context = Arc::new(Context {
        begun: typed.into(),
        ..(*last.context).clone()
    });
    let tokens = counts.of_prompt(window, &context);
    if tokens > window.tokens {
        return None;
    }
    let mut report = last.report.clone();
    report.held = true;
    report.tokens = tokens;
    report.entries.retain(|it| it.kind != Kind::Begun);
    if !typed.is_empty() {
        let first = material.first_line
            + u32::try_from(
                memchr::memchr_iter(b'\n', &material.text.as_bytes()[..last.hole]).count(),
            )
            .unwrap_or(u32::MAX);
        let more = u32::try_from(typed.matches('\n').count()).unwrap_or(0);
        let after = report.entries.iter().position(|it| it.kind == Kind::Prefix);
        let entry = Entry {
            kind: Kind::Begun,
            path: material.path.into(),
            lines: (first..=first + more).collect(),
            symbol: "".into(),
            score: 0.0,
            tokens: tokens.saturating_sub(last.report.tokens),
            fate: Fate::Taken,
        };
        report.entries.insert(after.map_or(0, |it| it + 1), entry);
    }
    let mut memory = last.clone();
    memory.context = context.clone();
    Some(Packed {
        context,
        report,
        memory,
    })
}
