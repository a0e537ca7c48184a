//! What of the retrieved snippets a prompt ends up showing.
//!
//! The one idea: the packer is given room for exactly so many tokens of other files, counted as the recipe counts them, so
//! that what it loses can be seen beside what was retrieved.

use std::sync::Arc;

use il_context::{Counts, Entry, Fate, Kind, Material, Packed, Settings, Shares, pack};
use il_engine::{
    Window,
    context::Tokenizer,
    fim::{self, Element, Slot, Template},
};
use il_eval::coverage::{BUDGETS, Chunk, Question};
use il_retrieval::{Snippet, tokens};

/// What the report calls them: the column of the same budget is theirs.
pub(super) fn names() -> Vec<String> {
    BUDGETS.iter().map(|it| format!("packed {it}")).collect()
}

/// For each budget what a prompt shows of other files, in its order.
pub(super) fn rankings(question: &Question<'_>, snippets: &[Snippet]) -> Vec<Vec<Chunk>> {
    let template = Arc::new(template());
    let ranking = |tokens: usize| chunks(&packed(question, snippets, tokens, &template));
    BUDGETS.map(ranking).to_vec()
}

/// Texts of other files and nothing around them: what a header costs is another matter.
fn template() -> Template {
    let plain = fim::registry().all().next();
    let mut template =
        plain.map_or_else(|| unreachable!("there are families"), |it| (**it).clone());
    let text = vec![Element::Slot(Slot::Text), Element::Literal("\n".into())];
    template.repository.clear();
    template.current.clear();
    template.block = text;
    template.fill = vec![Element::Slot(Slot::Blocks)];
    template.left_to_right = template.fill.clone();
    template.other.clear();
    template
}

fn packed(
    question: &Question<'_>,
    snippets: &[Snippet],
    tokens: usize,
    template: &Arc<Template>,
) -> Packed {
    let text = [question.before, question.after].concat();
    let material = Material {
        repository: "",
        path: question.path,
        language: "",
        comment: "",
        text: &text,
        cursor: question.before.len(),
        first_line: 0,
        snippets,
        edits: &[],
        tabs: &[],
    };
    let window = Window {
        tokens,
        tokenizer: Arc::new(Simple),
        template: Arc::clone(template),
    };
    let settings = Settings {
        shares: Shares {
            prefix: 0,
            stable: 70,
            suffix: 0,
            volatile: 30,
        },
        mark_gaps: false,
        ..Settings::default()
    };
    pack(&material, &window, &settings, None, &mut Counts::default())
}

fn chunks(packed: &Packed) -> Vec<Chunk> {
    let shown = packed.report.entries.iter().filter(|it| is_block(it));
    let blocks = &packed.context.blocks;
    debug_assert_eq!(shown.clone().count(), blocks.len(), "an entry a block");
    let chunk = |(entry, block): (&Entry, &il_engine::Block)| {
        let lines = match entry.fate {
            Fate::Cut { lines } => &entry.lines[..lines.min(entry.lines.len())],
            _ => &entry.lines,
        };
        Chunk {
            path: block.path.to_string(),
            lines: lines.iter().map(|line| line + 1).collect(),
            text: block.text.to_string(),
        }
    };
    shown.zip(blocks).map(chunk).collect()
}

fn is_block(entry: &Entry) -> bool {
    let is_text = matches!(entry.kind, Kind::Prefix | Kind::Begun | Kind::Suffix);
    !is_text && !matches!(entry.fate, Fate::LeftOut(_))
}

/// Counts as the recipe does.
struct Simple;

impl Tokenizer for Simple {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        texts.iter().map(|it| tokens::count(it)).collect()
    }

    fn exact(&self) -> bool {
        true
    }
}
