//! Retrieval for a cursor over small trees: which snippets come, in which order, and why.

use expect_test::{Expect, expect};
use il_index::{SourceFile, Stamp, View};
use il_lang::registry;
use il_retrieval::{
    Snippet,
    cursor::{self, CursorQuery, Edited, Limits, Network},
    terms::Word,
};
use il_syntax::Parser;
use test_support::fixture::Fixture;

/// What the editor knows beside the tree.
#[derive(Default)]
struct Editor {
    tabs: Vec<String>,
    edits: Vec<Edited>,
}

fn view_of(fixture: &Fixture) -> View {
    let files = fixture.files.iter().map(|file| SourceFile {
        path: file.path.clone(),
        stamp: Stamp::default(),
        text: file.text.clone(),
    });
    View::of(files.collect(), None).expect("no embedder")
}

fn retrieve(view: &View, fixture: &Fixture, editor: &Editor) -> Vec<Snippet> {
    let (file, offset) = fixture.cursor();
    let language = registry().detect(&file.path, None);
    let parsed = Parser::new().parse(language, file.text.as_str());
    let here: Vec<Word> = parsed
        .symbols()
        .iter()
        .map(|it| Word::of(&it.name))
        .collect();
    let query = CursorQuery {
        path: &file.path,
        text: &file.text,
        cursor: offset,
        defined_here: &here,
        imports: &view.resolve(&file.path, language, &parsed.imports()),
        neighbours: &view.neighbours(&file.path, language),
        packages: &[],
        tabs: &editor.tabs,
        edits: &editor.edits,
    };
    let corpus = view.for_file(&file.path, &file.text);
    cursor::retrieve(&corpus, &query, &Network::shipped(), &Limits::default())
}

fn shown(snippets: &[Snippet]) -> String {
    let lines = snippets.iter().map(|it| {
        let first = it.text.lines().next().unwrap_or_default().trim();
        let (source, path, line) = (it.source.name(), &it.path, it.lines[0] + 1);
        format!("{source} {path}:{line} {first}\n")
    });
    lines.collect()
}

#[track_caller]
fn check(fixture: &str, expected: &Expect) {
    let fixture = Fixture::parse(fixture);
    let found = retrieve(&view_of(&fixture), &fixture, &Editor::default());
    expected.assert_eq(&shown(&found));
}

const SHOP: &str = "
    //- /shop/cart.py
    from shop.price import Money

    class Cart:
        def __init__(self):
            self.lines = []

        def add_line(self, product, amount):
            self.lines.append((product, amount))

        def total_price(self) -> Money:
            return sum_up(self.lines)

    //- /shop/price.py
    class Money:
        \"\"\"An amount in one currency.\"\"\"

        def in_currency(self, currency):
            return self

    def sum_up(lines):
        return Money()

    //- /shop/unrelated.py
    def send_newsletter(reader):
        pass

    //- /shop/checkout.py
    from shop.cart import Cart

    def check_out(cart: Cart, product):
        cart.add_line(product, 1)
        return cart.$0
";

#[test]
fn what_the_type_at_hand_can_do_comes_first() {
    check(
        SHOP,
        &expect![[r#"
        import shop/cart.py:5 self.lines = []
        import shop/cart.py:4 def __init__(self)
        definition shop/cart.py:3 class Cart
        import shop/cart.py:10 def total_price(self) -> Money
        prediction shop/price.py:7 def sum_up(lines)
        prediction shop/price.py:1 class Money
        definition shop/cart.py:7 def add_line(self, product, amount)
        similar shop/price.py:4 def in_currency(self, currency):
        similar shop/unrelated.py:1 def send_newsletter(reader):
    "#]],
    );
}

#[test]
fn a_cursor_is_not_answered_from_the_stored_copy_of_its_file() {
    check(
        "
        //- /a.py
        def secret_of_the_old_text():
            pass

        secret$0
        ",
        &expect![""],
    );
}

#[test]
fn another_language_does_not_help() {
    check(
        "
        //- /lib.go
        package lib

        func FetchUser(id int) error { return nil }
        //- /main.py
        def run():
            Fetch$0
        ",
        &expect![""],
    );
}

#[test]
fn what_was_edited_lately_and_is_open_comes_earlier() {
    let fixture = Fixture::parse(SHOP);
    let view = view_of(&fixture);
    let plain = retrieve(&view, &fixture, &Editor::default());
    let editor = Editor {
        tabs: vec!["shop/unrelated.py".into()],
        edits: vec![Edited {
            path: "shop/unrelated.py".into(),
            line: 0,
            text: "def send_newsletter(reader):\n    pass\n".into(),
        }],
    };
    let edited = retrieve(&view, &fixture, &editor);
    let place = |found: &[Snippet]| {
        found
            .iter()
            .position(|it| it.text.contains("send_newsletter"))
    };
    let before = place(&plain).unwrap_or(plain.len());
    let after = place(&edited).expect("what was edited is among the names");
    assert!(after < before, "{after} is not before {before}");
}

#[test]
fn the_order_depends_on_the_files_alone() {
    let fixture = Fixture::parse(SHOP);
    let first = retrieve(&view_of(&fixture), &fixture, &Editor::default());
    let mut turned = fixture.clone();
    turned.files.reverse();
    for _ in 0..3 {
        assert_eq!(
            retrieve(&view_of(&turned), &fixture, &Editor::default()),
            first
        );
    }
}

#[test]
fn every_snippet_has_the_lines_that_it_says() {
    let fixture = Fixture::parse(SHOP);
    for snippet in retrieve(&view_of(&fixture), &fixture, &Editor::default()) {
        let text: Vec<&str> = fixture.file(&snippet.path).text.lines().collect();
        for (line, shown) in snippet.lines.iter().zip(snippet.text.lines()) {
            let line = text[*line as usize];
            assert!(
                line.contains(shown.trim().trim_end_matches(':')),
                "`{shown}` is not in `{line}`"
            );
        }
    }
}
