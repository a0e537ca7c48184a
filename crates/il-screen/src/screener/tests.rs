//! Text in, text out: a buffer with `$0`, what an engine says, and the verdict.

use std::collections::HashMap;

use expect_test::{Expect, expect};
use il_privacy::samples;
use proptest::prelude::*;

use super::*;
use crate::{
    Holding, Origin,
    copies::Files,
    fingerprint::{self, Grain},
    lexeme,
};

fn verdict(screener: &Screener, language: &str, buffer: &str, says: &str) -> Verdict {
    let (before, after) = buffer.split_once("$0").expect("a buffer has a `$0`");
    screener.screen(&Candidate {
        language,
        before,
        text: says,
        after,
    })
}

fn shown(verdict: &Verdict, says: &str) -> String {
    let mut out = match &verdict.outcome {
        Outcome::Pass => "passes\n".to_owned(),
        Outcome::Cut { at, because } => format!("{:?}, then {because}\n", &says[..*at]),
        Outcome::Drop(because) => format!("nothing: {because}\n"),
    };
    for remark in &verdict.remarks {
        out += &format!("{:?}: {}\n", &says[remark.range.clone()], remark.text);
    }
    out
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
fn check(language: &str, buffer: &str, says: &str, expected: Expect) {
    let verdict = verdict(&Screener::default(), language, buffer, says);
    expected.assert_eq(&shown(&verdict, says));
}

#[track_caller]
fn passes(language: &str, buffer: &str, says: &str) {
    let verdict = verdict(&Screener::default(), language, buffer, says);
    assert_eq!(verdict, Verdict::default(), "{says:?}");
}

// ── placeholders ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_placeholder_that_came_back_is_cut_off_with_its_line() {
    check(
        "python",
        "import os\n$0\n",
        "region = 'eu'\nkey = '<REDACTED:aws-access-key-1>'\n",
        expect![[r#"
            "region = 'eu'\n", then a placeholder of something that was redacted came back
        "#]],
    );
    check(
        "rust",
        "let key = $0;\n",
        "REDACTED_aws_access_key_1",
        expect![[r#"
            nothing: a placeholder of something that was redacted came back
        "#]],
    );
    check(
        "python",
        "key = $0\n",
        "'<REDACT",
        expect![[r#"
        nothing: a placeholder of something that was redacted came back
    "#]],
    );
}

#[test]
fn what_the_buffer_says_itself_is_no_placeholder_that_came_back() {
    passes(
        "python",
        "a = '<REDACTED:jwt-1>'\nb = $0\n",
        "'<REDACTED:jwt-1>'",
    );
    passes("rust", "$0", "const REDACTED: &str = \"\";");
    passes("rust", "$0", "let x = REDACTED_FIELDS;");
    passes("rust", "$0", "if a <R && b {}");
}

// ── characters ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_character_that_nobody_sees_is_not_shown_wherever_it_stands() {
    for hidden in [
        "\u{202e}",
        "\u{2066}",
        "\u{200f}",
        "\u{61c}",
        "\u{200b}",
        "\u{feff}",
        "\u{ad}",
        "\u{2060}",
        "\u{e0041}",
        "\u{fff9}",
        "\u{3164}",
        "\u{7f}",
        "\u{0}",
        "\u{1b}",
        "\u{85}",
        "\u{2028}",
        "\u{e000}",
        "\u{10ffff}",
        "\u{200d}",
        "\u{fe0f}",
        "\u{e0100}",
        "\u{206a}",
    ] {
        for says in [
            format!("let a{hidden} = 1;"),
            format!("let a = \"x{hidden}y\";"),
            format!("// a {hidden}"),
        ] {
            let verdict = verdict(&Screener::default(), "rust", "$0\n", &says);
            assert!(
                matches!(verdict.outcome, Outcome::Drop(_)),
                "{:?} in {says:?}",
                hidden.escape_unicode().to_string()
            );
        }
    }
}

#[test]
fn what_scripts_and_emoji_need_is_shown_in_texts_and_comments_alone() {
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    passes(
        "python",
        "a = $0\n",
        &format!("'{family} and a \u{2764}\u{fe0f}'"),
    );
    passes(
        "python",
        "$0\n",
        "# \u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
    );
    passes("python", "a = $0\n", "'1\u{fe0f}\u{20e3}'");
    check(
        "python",
        "$0\n",
        "\u{645}\u{200c}\u{62e} = 1",
        expect![[r#"
            nothing: a character that nobody sees: U+200C
        "#]],
    );
    check(
        "python",
        "a = $0\n",
        "'a\u{200d}b'",
        expect![[r#"
            nothing: a character that nobody sees: U+200D
        "#]],
    );
}

#[test]
fn ordinary_text_of_any_script_is_shown() {
    for says in [
        "\"Grüße, žluťoučký kůň\"",
        "'日本語のテキスト'",
        "\"Привет\"",
        "'αβγ → Δ'",
        "# naïve café",
    ] {
        passes("python", "a = $0\n", says);
    }
    passes("julia", "$0\n", "Δt = σ_x * μ0 + α1");
    passes("python", "$0\n", "größe = länge * 2");
    passes("python", "счёт = 1\n$0\n", "счёт2_total = счёт + 1");
}

#[test]
fn a_name_with_letters_that_pass_for_others_is_not_shown() {
    check(
        "python",
        "$0\n",
        "is_аdmin = True",
        expect![[r#"
            nothing: a name with letters that pass for others
        "#]],
    );
    // All of it Cyrillic, and reads as an English word.
    check(
        "python",
        "$0\n",
        "x = 1\nсору(x)",
        expect![[r#"
        "x = 1\n", then a name with letters that pass for others
    "#]],
    );
    // What the user has begun goes on in another script.
    check(
        "python",
        "sys.c$0\n",
        "ору()",
        expect![[r#"
        nothing: a name with letters that pass for others
    "#]],
    );
    check(
        "python",
        "$0\n",
        "ｅval(x)",
        expect![[r#"
        nothing: a name with letters that pass for others
    "#]],
    );
    passes("python", "$0\n", "a = 'is_аdmin'");
}

// ── secrets ─────────────────────────────────────────────────────────────────────────────────────────

/// A made-up token of a provider: no file may hold what looks like one.
fn token() -> String {
    samples::expand("ghp_{alnum:36}", 7)
}

#[test]
fn a_secret_that_is_not_in_the_file_is_cut_off() {
    let token = token();
    let says = format!("user = 'ada'\ntoken = '{token}'\nrun()");
    let cut = verdict(&Screener::default(), "python", "$0\n", &says);
    let Outcome::Cut { at, because } = &cut.outcome else {
        panic!("{:?}", cut.outcome);
    };
    assert_eq!(&says[..*at], "user = 'ada'\n");
    assert_eq!(because.check, "secret");
    assert!(
        !because.to_string().contains(&token),
        "its text is not told"
    );
    let says = format!("{token}'");
    let dropped = verdict(&Screener::default(), "python", "token = '$0\n", &says);
    assert!(matches!(dropped.outcome, Outcome::Drop(_)));
}

#[test]
fn a_secret_of_which_the_user_typed_the_beginning_is_not_completed() {
    let token = token();
    let (begun, rest) = token.split_at(10);
    let buffer = format!("token = '{begun}$0\n");
    let dropped = verdict(&Screener::default(), "python", &buffer, &format!("{rest}'"));
    assert!(
        matches!(dropped.outcome, Outcome::Drop(_)),
        "{:?}",
        dropped.outcome
    );
}

#[test]
fn a_secret_that_stands_in_the_file_may_be_repeated() {
    let token = token();
    passes(
        "python",
        &format!("token = '{token}'\nother = $0\n"),
        &format!("'{token}'"),
    );
}

#[test]
fn personal_data_is_remarked() {
    check(
        "python",
        "$0\n",
        &format!("author = '{}@{}'", "ada.lovelace", "analytical-engines.org"),
        expect![[r#"
            passes
            "ada.lovelace@analytical-engines.org": personal data: mail address
        "#]],
    );
}

// ── weaknesses ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_weakness_counts_on_new_lines_and_with_what_the_line_began_with() {
    check(
        "python",
        "eval(x)\nr = requests.get(url, $0\n",
        "verify=False)",
        expect![[r#"
            passes
            "verify=False": the other side's certificate is not looked at (CWE-295): whoever is on the way can read and change everything
        "#]],
    );
    passes("python", "requests.get(url, verify=False)$0\n", ".json()");
    passes("python", "$0\n", "# never use verify=False");
}

#[test]
fn a_weakness_that_is_never_meant_is_not_shown() {
    check(
        "c",
        "int main(void) {\n    $0\n",
        "char line[80];\n    gets(line);\n    return 0;",
        expect![[r#"
            "char line[80];\n", then it has a known weakness: `gets` writes past the end of what it is given (CWE-242)
        "#]],
    );
}

#[test]
fn remarks_on_what_is_cut_off_are_gone() {
    check(
        "python",
        "$0\n",
        "a = yaml.load(f)\nb = '<REDACTED:jwt-1>'\nc = pickle.loads(d)\n",
        expect![[r#"
            "a = yaml.load(f)\n", then a placeholder of something that was redacted came back
            "yaml.load(": `yaml.load` without a safe loader (CWE-502): a document from somebody else can make any object; use `yaml.safe_load`
        "#]],
    );
}

// ── copies ──────────────────────────────────────────────────────────────────────────────────────────

const KNOWN: &str = "\
pub fn balance(&mut self, node: NodeId, limit: usize) -> Result<Option<NodeId>, TreeError> {
    let mut current = self.nodes.get(node).ok_or(TreeError::Missing(node))?;
    while let Some(parent) = current.parent {
        let weight = self.weight(parent) + current.left.map_or(0, |it| self.weight(it));
        if weight <= limit && !self.frozen.contains(&parent) {
            self.rotate(parent, Side::Left)?;
            self.moved += 1;
        } else if let Some(right) = current.right {
            self.queue.push_back((right, weight - limit));
        }
        current = &self.nodes[parent];
    }
    for (id, rest) in self.queue.drain(..) {
        match self.nodes.get_mut(id) {
            Some(entry) if rest > 2 => entry.colour = Colour::Red,
            Some(entry) => entry.colour = entry.colour.other(),
            None => return Err(TreeError::Missing(id)),
        }
    }
    Ok(self.root)
}
";

#[derive(Debug)]
struct OneFile {
    keys: HashMap<u64, Vec<u32>>,
    licence: &'static str,
}

impl OneFile {
    fn of(text: &str, licence: &'static str) -> Arc<dyn Reference> {
        let found = fingerprint::of(&lexeme::of_language("rust").read(text), Grain::SHIPPED);
        let keys = found.iter().map(|it| (it.key, vec![0])).collect();
        Arc::new(Self { keys, licence })
    }
}

impl Reference for OneFile {
    fn grain(&self) -> Grain {
        Grain::SHIPPED
    }

    fn files(&self, key: u64) -> Files<'_> {
        self.keys
            .get(&key)
            .map_or(Files::None, |it| Files::Some(it))
    }

    fn origin(&self, _: u32) -> Origin {
        Origin {
            name: "balance 1.0".into(),
            licence: self.licence.into(),
            path: "src/tree.rs".into(),
        }
    }
}

#[derive(Debug)]
struct Says(Holding);

impl Own for Says {
    fn holds(&self, _: &[u64], _: Grain) -> Holding {
        self.0
    }
}

fn with(licence: &'static str, own: Holding, policy: Policy) -> Screener {
    let reference = OneFile::of(KNOWN, licence);
    Screener::default().with_references(vec![reference], Arc::new(Says(own)), policy)
}

fn looked(own: Holding, policy: Policy, buffer: &str, says: &str) -> String {
    let screener = with("GPL-3.0-or-later", own, policy);
    let verdict = verdict(&screener, "rust", buffer, says);
    let mut out = match &verdict.outcome {
        Outcome::Pass => "passes\n".to_owned(),
        Outcome::Cut { at, because } => format!("{at} bytes, then {because}\n"),
        Outcome::Drop(because) => format!("nothing: {because}\n"),
    };
    for remark in &verdict.remarks {
        out += &format!("{} bytes: {}\n", remark.range.len(), remark.text);
    }
    out
}

/// Other names throughout.
fn renamed(text: &str, as_: impl Fn(usize) -> String) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut out = String::new();
    let mut end = 0;
    for lexeme in lexeme::of_language("rust").read(text) {
        let (start, stop) = (lexeme.start as usize, lexeme.end as usize);
        out.push_str(&text[end..start]);
        let name = &text[start..stop];
        if lexeme.name == 0 {
            out.push_str(name);
        } else {
            let n = names.iter().position(|it| *it == name);
            let n = n.unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            out.push_str(&as_(n));
        }
        end = stop;
    }
    out.push_str(&text[end..]);
    out
}

#[test]
fn a_copy_is_remarked_blocked_or_let_through_as_is_said() {
    let said = |matches, block: &[&str]| {
        let policy = Policy {
            matches,
            block_licences: block.iter().map(|it| (*it).to_owned()).collect(),
            ..Policy::default()
        };
        looked(Holding::No, policy, "use a::b;\n\n$0", KNOWN)
    };
    expect![[r#"
        passes
        895 bytes: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]]
    .assert_eq(&said(Matches::Annotate, &[]));
    expect![[r#"
        nothing: it is a copy of known code: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]].assert_eq(&said(Matches::Block, &[]));
    expect![[r#"
        passes
    "#]]
    .assert_eq(&said(Matches::Allow, &[]));
    expect![[r#"
        nothing: it is a copy of known code: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]].assert_eq(&said(Matches::Allow, &["AGPL-*", "GPL-*"]));
    expect![[r#"
        passes
        895 bytes: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]]
    .assert_eq(&said(Matches::Annotate, &["LGPL-*"]));
}

#[test]
fn what_comes_before_a_copy_may_be_shown() {
    let policy = || Policy {
        matches: Matches::Block,
        ..Policy::default()
    };
    let says = format!("fn mine() -> u8 {{\n    7\n}}\n\n{KNOWN}");
    let found = looked(Holding::No, policy(), "$0", &says);
    expect![[r#"
        27 bytes, then it is a copy of known code: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]].assert_eq(&found);
}

#[test]
fn the_users_own_code_is_no_copy() {
    let policy = Policy::default;
    assert_eq!(looked(Holding::Yes, policy(), "$0", KNOWN), "passes\n");
    // In the buffer already, under other names and further down.
    let buffer = format!("$0\n\n{}", renamed(KNOWN, |n| format!("z{n}")));
    assert_eq!(looked(Holding::No, policy(), &buffer, KNOWN), "passes\n");
    expect![[r#"
        passes
        895 bytes: 241 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later); whether it is your own is not known yet
    "#]].assert_eq(&looked(Holding::NotYet, policy(), "$0", KNOWN));
}

#[test]
fn a_copy_that_the_buffer_began_is_gone_on_with() {
    let half = KNOWN.find("    for (id").expect("there");
    let (begun, rest) = KNOWN.split_at(half);
    let found = looked(Holding::No, Policy::default(), &format!("{begun}$0"), rest);
    expect![[r#"
        passes
        302 bytes: 204 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]]
    .assert_eq(&found);
    // Whoever pasted it and goes on with something else is not bothered.
    let other = "fn mine(a: u8) -> u8 {\n    a + 1\n}\n";
    let found = looked(
        Holding::No,
        Policy::default(),
        &format!("{KNOWN}\n$0"),
        other,
    );
    assert_eq!(found, "passes\n");
}

#[test]
fn a_copy_that_was_mended_here_and_there_is_one() {
    let mended = KNOWN
        .replace("rest > 2", "rest > 2 && id.is_some()")
        .replace("limit: usize", "limit: usize, deep: bool");
    let found = looked(Holding::No, Policy::default(), "$0", &mended);
    expect![[r#"
        passes
        670 bytes: 182 lexemes as in balance 1.0, src/tree.rs (GPL-3.0-or-later)
    "#]]
    .assert_eq(&found);
}

#[test]
fn fewer_lexemes_than_count_are_no_copy() {
    let lexemes = lexeme::of_language("rust").read(KNOWN);
    for start in (0..lexemes.len() - 64).step_by(7) {
        let range = lexemes[start].start as usize..lexemes[start + 54].end as usize;
        let found = looked(Holding::No, Policy::default(), "$0", &KNOWN[range]);
        assert_eq!(found, "passes\n", "from lexeme {start}");
    }
}

proptest! {
    /// Any 65 lexemes, under any names, with any white space and comments between them.
    #[test]
    fn a_copy_is_found_under_any_names_and_with_any_spacing(
        start in 0_usize..140,
        count in 65_usize..200,
        salt in 0_usize..1000,
        spaces in prop::collection::vec(0_usize..5, 8),
    ) {
        let renamed = renamed(KNOWN, |n| format!("n{}_{salt}", (n * 7919 + salt) % 104_729));
        let lexemes = lexeme::of_language("rust").read(&renamed);
        let start = start.min(lexemes.len() - 65);
        let end = (start + count).min(lexemes.len());
        let mut says = String::new();
        for (n, lexeme) in lexemes[start..end].iter().enumerate() {
            says.push_str(&renamed[lexeme.start as usize..lexeme.end as usize]);
            let gap = &renamed[lexeme.end as usize..lexemes.get(start + n + 1).map_or(renamed.len(), |it| it.start as usize)];
            // Only where there was space may there be another one.
            if !gap.trim_matches(',').is_empty() || gap.is_empty() && n + 1 == end - start {
                says.push_str(["\n\n", "  ", " /* a word */ ", "\t// more\n  ", " "][spaces[n % spaces.len()]]);
            } else if gap.contains(',') {
                says.push(',');
            }
        }
        let screener = with("MIT", Holding::No, Policy::default());
        let verdict = verdict(&screener, "rust", "$0", &says);
        prop_assert!(verdict.remarks.iter().any(|it| it.kind == RemarkKind::Copy), "{says}");
    }

    #[test]
    fn any_text_gets_a_verdict_within_it(
        language in prop::sample::select(vec!["rust", "python", "javascript", "plaintext", "nobody"]),
        before in "(?s).{0,60}", says in "(?s).{0,80}", after in "(?s).{0,30}",
    ) {
        let candidate = Candidate { language, before: &before, text: &says, after: &after };
        let verdict = Screener::default().screen(&candidate);
        let end = match &verdict.outcome {
            Outcome::Cut { at, .. } => *at,
            _ => says.len(),
        };
        prop_assert!(says.is_char_boundary(end));
        for remark in &verdict.remarks {
            prop_assert!(remark.range.start <= remark.range.end && remark.range.end <= end);
            prop_assert!(says.get(remark.range.clone()).is_some());
        }
        prop_assert_eq!(Screener::default().screen(&candidate), verdict);
    }
}
