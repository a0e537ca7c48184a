//! What each family's prompts look like: one page for people to read, and for tests to hold.
//!
//! Deliberately absent: how a packer chooses what is in them.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::{Order, Part, Template, registry};
use crate::context::{Block, Context};

fn shown(template: &Template, context: &Context) -> String {
    let mut shown = String::new();
    for part in template.render(context) {
        match part {
            Part::Marker(it) => write!(shown, "⟦{it}⟧"),
            Part::Text(it) => write!(shown, "{}", it.replace('\n', "⏎")),
        }
        .expect("a string takes everything");
    }
    shown
}

fn hole() -> Context {
    Context {
        repository: "shop".into(),
        path: "src/cart.py".into(),
        language: "python".into(),
        comment: "#".into(),
        prefix: "def total(cart):\n    return ".into(),
        suffix: "\n\nprint(total([]))\n".into(),
        ..Context::default()
    }
}

fn with_blocks() -> Context {
    let block = |path: &str, text: &str| Block {
        path: path.into(),
        text: text.into(),
    };
    Context {
        blocks: vec![
            block("src/item.py", "class Item:\n    price = 0"),
            block("src/tax.py", "RATE = 0.19"),
        ],
        begun: "sum(".into(),
        ..hole()
    }
}

#[test]
fn every_family_writes_its_own_prompt() {
    let mut page = String::new();
    for template in registry().all() {
        for order in [template.order, turned(template.order)] {
            let Some(template) = template.in_order(order) else {
                continue;
            };
            writeln!(page, "{}, {}", template.id, order.name()).expect("a string");
            let end = Context {
                suffix: "".into(),
                ..with_blocks()
            };
            let mut line = |what: &str, context: &Context| {
                writeln!(page, "  {what}: {}", shown(&template, context)).expect("a string");
            };
            let empty = Context {
                suffix: "".into(),
                ..hole()
            };
            let rows = [
                ("hole", hole()),
                ("with others", with_blocks()),
                ("at the end", empty),
                ("at the end, with others", end),
            ];
            for (what, context) in &rows {
                line(what, context);
            }
        }
    }
    expect_file!["rendered.txt"].assert_eq(&page);
}

fn turned(order: Order) -> Order {
    match order {
        Order::Psm => Order::Spm,
        Order::Spm => Order::Psm,
    }
}
