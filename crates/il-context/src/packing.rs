//! The packer: a plan in counts of lines, made smaller until the prompt as it will be sent fits.
//!
//! The one idea: lines are counted once and remembered, so a plan costs nothing; what a prompt really costs is known only when
//! its texts are counted whole, so that is what decides.
//!
//! Deliberately absent: searching for the best plan. The first that fits is taken.

mod plan;

use std::sync::Arc;

use il_engine::{
    Context, Window,
    fim::{Element, Slot},
};

use crate::{
    around::{After, Before},
    choice::Cost,
    counts::Counts,
    hole,
    material::{Material, Scope, Settings},
    memory::Memory,
    pieces::{self, Piece},
    report::{Entry, Fate, Kind, Report, Total},
};
use plan::{Blocks, Plan, Suffix};

/// Lines and texts cost the same.
pub(crate) const WHOLE: usize = 256;
/// How often a plan is made smaller before everything but the text is given up.
const ROUNDS: usize = 8;

/// A packed prompt.
#[derive(Clone, Debug)]
pub struct Packed {
    pub context: Arc<Context>,
    pub report: Report,
    /// What to give to the next call for the same file.
    pub memory: Memory,
}

/// Packs what a model is shown. `previous` is what the last call for this file gave back, `counts` belongs to the window's tokenizer.
///
/// The prompt that [`il_engine::fim::Template::render`] makes of it has at most `window.tokens` tokens, each text counted as it
/// stands between two markers, unless the markers alone have more.
pub fn pack(
    material: &Material<'_>,
    window: &Window,
    settings: &Settings,
    previous: Option<&Memory>,
    counts: &mut Counts,
) -> Packed {
    let last = previous.filter(|it| it.fits(material, window, settings));
    let open = last.and_then(|it| hole::open(it, material, window, settings, counts));
    let fresh = settings.hold.is_some_and(|it| it.fresh_blocks);
    if let (Some(last), Some(_), false) = (last, open, fresh)
        && let Some(packed) = hole::held(last, material, window, counts)
    {
        return packed;
    }
    let hole = open.unwrap_or(material.cursor);
    Packing::new(material, window, settings, last, hole, counts).pack()
}

/// The prompt of last time with what was typed since, while its hole stays open: then nothing has to be looked up. `None`
/// when it does not, or when there was nothing to choose from the last time; what `material` has found is not looked at.
pub fn go_on(
    material: &Material<'_>,
    window: &Window,
    settings: &Settings,
    previous: &Memory,
    counts: &mut Counts,
) -> Option<Packed> {
    let fresh = settings.hold.is_some_and(|it| it.fresh_blocks);
    let chosen = previous.supplied || settings.scope != Scope::Full;
    if fresh || !chosen || !previous.fits(material, window, settings) {
        return None;
    }
    hole::stays_open(previous, material, window, settings, counts)?;
    hole::held(previous, material, window, counts)
}

/// What is shown of what is behind the cursor: blank lines up to the end are nothing to fill a hole towards.
pub(crate) fn shown_suffix(text: &str) -> &str {
    if text.trim().is_empty() { "" } else { text }
}

/// Everything that is weighed for one prompt.
struct Packing<'a, 'c> {
    material: &'a Material<'a>,
    window: &'a Window,
    settings: &'a Settings,
    last: Option<&'a Memory>,
    counts: &'c mut Counts,
    /// Where the hole is in the text, and the part of the text that the scope allows.
    hole: usize,
    from: usize,
    begun: &'a str,
    before: Before<'a>,
    after: After<'a>,
    behind: &'a str,
    pieces: Vec<Piece<'a>>,
    duplicates: Vec<Entry>,
    costs: Vec<Cost>,
    /// Tokens of markers and literals: always, and when there are blocks.
    frame: usize,
    frame_of_blocks: usize,
    begun_cost: usize,
    last_suffix: usize,
    /// The hole, and the line it is in.
    anchor: (usize, u32),
}

impl<'a, 'c> Packing<'a, 'c> {
    fn new(
        material: &'a Material<'a>,
        window: &'a Window,
        settings: &'a Settings,
        last: Option<&'a Memory>,
        hole: usize,
        counts: &'c mut Counts,
    ) -> Self {
        let (text, cursor) = (material.text, material.cursor);
        let (from, to) = match settings.scope {
            Scope::Line => (
                text[..hole].rfind('\n').map_or(0, |it| it + 1),
                text[cursor..]
                    .find('\n')
                    .map_or(text.len(), |it| cursor + it),
            ),
            Scope::Full | Scope::File => (0, text.len()),
        };
        let behind = shown_suffix(&text[cursor..to]);
        let (pieces, duplicates) = pieces::collect(material, settings, window.tokens);
        let mut packing = Self {
            material,
            window,
            settings,
            last,
            counts,
            hole,
            from,
            begun: &text[hole..cursor],
            before: Before::new(&text[from..hole], window.tokens),
            after: After::new(behind, window.tokens),
            behind,
            pieces,
            duplicates,
            costs: Vec::new(),
            frame: 0,
            frame_of_blocks: 0,
            begun_cost: 0,
            last_suffix: 0,
            anchor: (0, material.first_line),
        };
        packing.anchor = (hole, packing.line_at(hole));
        packing.weigh();
        packing
    }

    /// Counts everything in one call.
    fn weigh(&mut self) {
        let template = &self.window.template;
        let blocks = self.settings.scope == Scope::Full;
        let mut texts: Vec<&str> = self.before.lines().collect();
        let before = texts.len();
        texts.extend(self.after.lines());
        let after = texts.len();
        texts.push(self.begun);
        let last = self.last.map(|it| it.context.suffix.as_ref());
        texts.push(last.unwrap_or_default());
        let form = if self.behind.is_empty() {
            &template.left_to_right
        } else {
            &template.fill
        };
        let frame = self.literals(form, &mut texts);
        let around = [template.repository.as_slice(), &template.current].concat();
        let frame_of_blocks = self.literals(&around, &mut texts);
        let head = self.literals(&template.block, &mut texts);
        let pieces = texts.len();
        if blocks {
            for piece in &self.pieces {
                texts.push(&piece.path);
                texts.extend(piece.rows.iter().map(|it| it.text.as_ref()));
            }
        }
        let counted = self.counts.of(self.window.tokenizer.as_ref(), &texts);
        let sum = |it: &Literals| it.markers + counted[it.texts.clone()].iter().sum::<usize>();
        let (frame, frame_of_blocks, head) = (sum(&frame), sum(&frame_of_blocks), sum(&head));
        // A row ends with a line's end; a commented one begins with a mark and a space.
        let commented = template.block.contains(&Element::Slot(Slot::Commented));
        let more = if commented { 3 } else { 1 };
        let mut at = pieces;
        let mut costs = Vec::new();
        for piece in self.pieces.iter().filter(|_| blocks) {
            let rows = counted[at + 1..at + 1 + piece.rows.len()].iter();
            let rows: Vec<usize> = rows.map(|it| it + more).collect();
            costs.push(Cost {
                head: head + counted[at] + more,
                sum: rows.iter().sum(),
                rows,
            });
            at += 1 + piece.rows.len();
        }
        self.costs = costs;
        self.begun_cost = counted[after];
        self.last_suffix = counted[after + 1];
        self.frame = frame;
        self.frame_of_blocks = frame_of_blocks;
        self.before.weigh(&counted[..before], self.begun_cost);
        self.after.weigh(&counted[before..after]);
    }

    /// The constant texts of some elements, added to what is counted.
    fn literals<'t>(&self, elements: &'t [Element], texts: &mut Vec<&'t str>) -> Literals
    where
        'a: 't,
    {
        let start = texts.len();
        let mut markers = 0;
        for element in elements {
            match element {
                Element::Marker(_) => markers += 1,
                Element::Literal(it) => texts.push(it),
                Element::Slot(Slot::Repository) => texts.push(self.material.repository),
                Element::Slot(Slot::Language) => texts.push(self.material.language),
                Element::Slot(Slot::Comment) => texts.push(self.material.comment),
                Element::Slot(Slot::Path) => texts.push(self.material.path),
                Element::Slot(_) => {}
            }
        }
        Literals {
            markers,
            texts: start..texts.len(),
        }
    }

    fn pack(mut self) -> Packed {
        let mut shrink = self.last.map_or(WHOLE, |it| it.shrink);
        let mut room = self.window.tokens;
        for _ in 0..ROUNDS {
            let plan = self.plan(room * WHOLE / shrink);
            let context = Arc::new(self.context(&plan));
            let tokens = self.cost(&context);
            if tokens > self.window.tokens {
                room = (room * self.window.tokens / tokens).saturating_sub(room / 64 + 1);
                continue;
            }
            // Lines counted alone have more tokens than together: what is left of it is used, once.
            let real = (tokens * WHOLE)
                .div_ceil(plan.cost.max(1))
                .clamp(WHOLE / 2, WHOLE);
            if plan.left_out && shrink == WHOLE && real < WHOLE - WHOLE / 32 {
                shrink = real + WHOLE / 64;
                continue;
            }
            return self.packed(context, &plan, tokens, shrink);
        }
        self.squeezed()
    }

    fn cost(&mut self, context: &Context) -> usize {
        self.counts.of_prompt(self.window, context)
    }

    /// Everything around the blocks.
    fn empty(&self) -> Context {
        Context {
            repository: self.material.repository.into(),
            path: self.material.path.into(),
            language: self.material.language.into(),
            comment: self.material.comment.into(),
            begun: self.begun.into(),
            ..Context::default()
        }
    }

    fn context(&self, plan: &Plan) -> Context {
        Context {
            blocks: match &plan.blocks {
                Blocks::Stay => self
                    .last
                    .map(|it| it.context.blocks.clone())
                    .unwrap_or_default(),
                Blocks::Chosen(groups) => groups.iter().map(|it| it.block.clone()).collect(),
            },
            prefix: self.prefix(plan.start).into(),
            suffix: match &plan.suffix {
                Suffix::Stays => self
                    .last
                    .map(|it| it.context.suffix.clone())
                    .unwrap_or_default(),
                Suffix::UpTo(end) => self.behind[..*end].into(),
            },
            ..self.empty()
        }
    }

    fn prefix(&self, start: usize) -> &'a str {
        &self.material.text[self.from + start..self.hole]
    }

    /// When nothing else fits: no blocks, and as much of the text on both sides as does, even if lines have to be cut.
    fn squeezed(mut self) -> Packed {
        let whole = self.hole - self.from;
        let mut kept = (
            whole.min(self.window.tokens * 4),
            self.behind.len().min(self.window.tokens),
        );
        loop {
            let text = &self.material.text[self.from..self.hole];
            let start = text.ceil_char_boundary(text.len() - kept.0);
            let end = self.behind.floor_char_boundary(kept.1);
            let mut context = Context {
                prefix: text[start..].into(),
                suffix: self.behind[..end].into(),
                ..self.empty()
            };
            let nothing = kept == (0, 0);
            if nothing {
                context.begun = "".into();
            }
            let context = Arc::new(context);
            let tokens = self.cost(&context);
            if tokens <= self.window.tokens || nothing {
                let plan = Plan::bare(start, end, tokens, self.pieces.len());
                return self.packed(context, &plan, tokens, WHOLE);
            }
            kept = (kept.0 * 3 / 4, kept.1 / 2);
        }
    }

    fn packed(self, context: Arc<Context>, plan: &Plan, tokens: usize, shrink: usize) -> Packed {
        let report = self.report(&context, plan, tokens);
        let mut memory = Memory::new(context.clone(), report.clone(), self.window, self.settings);
        memory.hole = self.hole;
        memory.start = self.from + plan.start;
        memory.ranks = match &plan.blocks {
            Blocks::Stay => self.last.map(|it| it.ranks.clone()).unwrap_or_default(),
            Blocks::Chosen(groups) => groups.iter().map(|it| it.rank).collect(),
        };
        memory.block_costs = plan.used_blocks;
        memory.supplied = hole::supplied(self.material);
        memory.shrink = shrink;
        Packed {
            context,
            report,
            memory,
        }
    }

    fn report(&self, context: &Context, plan: &Plan, tokens: usize) -> Report {
        let mut entries = self.report_blocks(plan);
        let settled = match plan.blocks {
            Blocks::Stay => entries.len(),
            Blocks::Chosen(_) => 0,
        };
        self.report_text(context, plan, &mut entries);
        for (idx, why) in plan.fates.iter().enumerate() {
            if let Some(why) = why {
                let piece = &self.pieces[idx];
                let cost = self.costs.get(idx).map_or(0, Cost::all);
                entries.push(piece.entry(piece.rows.len(), cost, Fate::LeftOut(*why)));
            }
        }
        entries.extend(self.duplicates.iter().cloned());
        // Counted in lines so far; people want to see what adds up to the prompt.
        let real = |lines: usize| (lines * tokens).div_ceil(plan.cost.max(1));
        for entry in &mut entries[settled..] {
            entry.tokens = real(entry.tokens);
        }
        let total = |given, used| Total {
            given: real(given),
            used: real(used),
        };
        Report {
            entries,
            prefix: total(plan.given.prefix, plan.used_prefix),
            stable: total(plan.given.stable, plan.used_blocks[0]),
            suffix: total(plan.given.suffix, plan.used_suffix),
            volatile: total(plan.given.volatile, plan.used_blocks[1]),
            tokens,
            window: self.window.tokens,
            exact: self.window.tokenizer.exact(),
            held: false,
        }
    }

    /// What is shown of other files.
    fn report_blocks(&self, plan: &Plan) -> Vec<Entry> {
        let groups = match &plan.blocks {
            Blocks::Chosen(groups) => groups,
            Blocks::Stay => {
                // As they were reported first; their figures are of whole texts already.
                let entries = self.last.map(|it| it.report.entries.as_slice());
                let shown = entries
                    .unwrap_or_default()
                    .iter()
                    .filter(|it| !matches!(it.fate, Fate::LeftOut(_)) && !it.kind.is_text());
                return shown.cloned().collect();
            }
        };
        let pieces = groups.iter().flat_map(|it| &it.pieces);
        pieces
            .map(|it| {
                let piece = &self.pieces[it.piece];
                let fate = if it.rows < piece.rows.len() {
                    Fate::Cut { lines: it.rows }
                } else {
                    Fate::Taken
                };
                piece.entry(it.rows, it.cost, fate)
            })
            .collect()
    }

    /// Prefix, what was begun, and suffix.
    fn report_text(&self, context: &Context, plan: &Plan, entries: &mut Vec<Entry>) {
        let first = self.line_at(self.from + plan.start);
        let hole = self.line_at(self.hole);
        let cursor = self.line_at(self.material.cursor);
        let end = cursor + count(context.suffix.trim_end_matches('\n').matches('\n').count());
        let cut = |cut: bool, lines: std::ops::RangeInclusive<u32>| {
            if cut {
                Fate::Cut {
                    lines: lines.count(),
                }
            } else {
                Fate::Taken
            }
        };
        let mut add = |kind, lines: std::ops::RangeInclusive<u32>, tokens, fate| {
            entries.push(Entry {
                kind,
                path: self.material.path.into(),
                lines: lines.collect(),
                symbol: "".into(),
                score: 0.0,
                tokens,
                fate,
            });
        };
        let was_cut = self.from + plan.start > 0;
        let tokens = plan.used_prefix.saturating_sub(self.begun_cost);
        add(
            Kind::Prefix,
            first..=hole,
            tokens,
            cut(was_cut, first..=hole),
        );
        if !context.begun.is_empty() {
            add(Kind::Begun, hole..=cursor, self.begun_cost, Fate::Taken);
        }
        if !context.suffix.is_empty() {
            let rest = &self.material.text[self.material.cursor..];
            let fate = cut(context.suffix.len() < rest.len(), cursor..=end);
            add(Kind::Suffix, cursor..=end, plan.used_suffix, fate);
        }
    }

    fn line_at(&self, offset: usize) -> u32 {
        // A buffer can be large, and what is asked for is nearly always near the hole.
        let (near, line) = self.anchor;
        let bytes = self.material.text.as_bytes();
        let between = |a: usize, b: usize| count(memchr::memchr_iter(b'\n', &bytes[a..b]).count());
        if offset < near {
            line.saturating_sub(between(offset, near))
        } else {
            line.saturating_add(between(near, offset))
        }
    }
}

/// Markers, and which of the counted texts are theirs.
struct Literals {
    markers: usize,
    texts: std::ops::Range<usize>,
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}
