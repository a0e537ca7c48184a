//! Redaction as text in, text out. Samples are made here, so that no file holds what looks like a key.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{Guard, Level, Policy, Reach, Restore, Withheld, samples::expand};

fn redactor() -> Arc<Redactor> {
    // Patterns are compiled when they are first needed, once for all tests.
    static FINDER: LazyLock<Arc<Finder>> = LazyLock::new(|| {
        let switches = crate::Switches::default();
        Arc::new(Finder::new(crate::Rules::shipped(), &switches))
    });
    Arc::new(Redactor::new(Arc::clone(&FINDER)))
}

fn guard(restore: Restore) -> Guard {
    Guard::new(redactor(), Arc::new(Policy::usual()), Reach::Anywhere).restoring(restore)
}

#[track_caller]
fn check(template: &str, expected: &str) {
    let text = expand(template, 7);
    assert_eq!(redactor().redact(&text).text, expected);
}

#[test]
fn the_placeholder_is_typed_numbered_and_of_the_right_shape() {
    check(
        "key = \"AKIA{base32:16}\"\n",
        "key = \"<REDACTED:aws-access-key-1>\"\n",
    );
    check(
        "export KEY=AKIA{base32:16}\n",
        "export KEY=REDACTED_aws_access_key_1\n",
    );
}

#[test]
fn the_same_secret_has_the_same_number_and_another_has_the_next() {
    let redactor = redactor();
    let [a, b] = [1, 2].map(|seed| expand("AKIA{base32:16}", seed));
    let text = format!("x = \"{a}\"; y = \"{b}\"; z = \"{a}\"");
    let expected = "x = \"<REDACTED:aws-access-key-1>\"; y = \"<REDACTED:aws-access-key-2>\"; z = \"<REDACTED:aws-access-key-1>\"";
    assert_eq!(redactor.redact(&text).text, expected);
    assert_eq!(redactor.redact(&text).text, expected);
    let Redacted { text, fired } = redactor.redact("let x = 1;");
    assert!(matches!(text, Cow::Borrowed(_)) && fired.is_empty());
}

#[test]
fn a_key_of_several_lines_keeps_its_lines_and_its_quotes() {
    let redactor = redactor();
    let text = expand("key = \"\"\"\n{pem:RSA PRIVATE KEY}\n\"\"\"\nend\n", 3);
    let redacted = redactor.redact(&text);
    assert_eq!(redacted.text.lines().count(), text.lines().count());
    let body = |it: &str| it.len() > 40 && !it.contains(['-', '<', '_']);
    assert!(text.lines().any(body), "{text}");
    assert!(!redacted.text.lines().any(body), "{}", redacted.text);
    assert!(redacted.text.contains("-----BEGIN RSA PRIVATE KEY-----"));
}

#[test]
fn what_is_sealed_is_json_with_no_secret_in_it() {
    let guard = guard(Restore::Usual);
    let secret = expand("AKIA{base32:16}", 5);
    let json = format!("{{\"prompt\":\"a\\nkey = \\\"{secret}\\\"\\n\",\"n\":1}}");
    let manifest = Manifest {
        files: vec!["src/a.rs".into(), format!("keys/{secret}.txt").into()],
        ..Manifest::default()
    };
    let sealed = guard
        .seal(json.into_bytes(), manifest)
        .expect("it may leave");
    assert_eq!(
        std::str::from_utf8(sealed.bytes()),
        Ok(r#"{"prompt":"a\nkey = \"<REDACTED:aws-access-key-1>\"\n","n":1}"#)
    );
    let manifest = sealed.manifest();
    assert_eq!(*manifest.redacted, [("aws-access-key".into(), 2)]);
    assert!(!format!("{sealed:?}").contains(&secret));
    assert_eq!(&*manifest.files[0], "src/a.rs");
}

#[test]
fn a_file_that_may_not_leave_does_not() {
    let policy = Policy::usual().tightened(&[crate::Pattern {
        glob: "inner/**".to_owned(),
        level: Level::OwnServers,
    }]);
    let policy = Arc::new(policy.expect("a glob"));
    let manifest = || Manifest {
        files: vec!["inner/a.rs".into()],
        ..Manifest::default()
    };
    let to = |reach| Guard::new(redactor(), Arc::clone(&policy), reach);
    let sealed = to(Reach::OwnServers).seal(b"{}".to_vec(), manifest());
    assert!(sealed.is_ok());
    let withheld = to(Reach::Anywhere).seal(b"{}".to_vec(), manifest());
    assert_eq!(
        withheld.map(|_| ()).map_err(|it| it.to_string()),
        Err("`inner/a.rs` is own-servers and would leave for somebody else's server".to_owned())
    );
    let closed = Arc::new(Policy::unreadable("no TOML"));
    let withheld = Guard::new(redactor(), closed, Reach::ThisMachine).allows("a.rs");
    assert_eq!(withheld, Err(Withheld::Unreadable("no TOML".into())));
}

#[test]
fn where_a_secret_is_being_typed_nothing_leaves() {
    let guard = guard(Restore::Usual);
    let secret = expand("AKIA{base32:16}", 5);
    let (half, rest) = secret.split_at(9);
    let at = |before: &str, after: &str| guard.allows_cursor(before, after).is_err();
    assert!(at(&format!("key = \"{half}"), &format!("{rest}\"\n")));
    assert!(at(&format!("key = \"{secret}"), "\"\n"));
    assert!(at("password = \"", "\"\n"));
    assert!(at("password = \"hunt", "\"\n"));
    assert!(!at(&format!("key = \"{secret}\"\nprint("), ")\n"));
    assert!(!at("password = ", "\n"));
    assert!(!at("let total = ", ";\n"));
    assert!(!at("name = \"", "\"\n"));
}

#[test]
fn what_comes_back_is_restored_however_it_is_cut() {
    let guard = guard(Restore::Usual);
    let secret = expand("AKIA{base32:16}", 5);
    let sent = format!("[\"{secret}\"]").into_bytes();
    guard.seal(sent, Manifest::default()).expect("it may leave");
    let answer = "a <REDACTED:aws-access-key-1> b<R> REDACTED_aws_access_key_1; <REDACTED:aws-access-key-9> Rest <";
    let expected = format!("a {secret} b<R> {secret}; <REDACTED:aws-access-key-9> Rest <");
    for step in 1..answer.len() {
        let mut restorer = guard.restorer();
        let mut out = String::new();
        for piece in answer.as_bytes().chunks(step) {
            out += &restorer.push(std::str::from_utf8(piece).expect("ASCII"));
        }
        out += &restorer.finish();
        assert_eq!(out, expected, "in steps of {step}");
    }
}

#[test]
fn a_policy_that_puts_nothing_back_puts_nothing_back() {
    for (restore, is_back) in [
        (Restore::Usual, false),
        (Restore::Nothing, false),
        (Restore::Everything, true),
    ] {
        let guard = guard(restore);
        let key = expand("{pem:EC PRIVATE KEY}", 5);
        let body = key.lines().nth(1).expect("a line");
        let redacted = guard.redactor().redact(&key).text.into_owned();
        let mut restorer = guard.restorer();
        let back = restorer.push(&redacted) + &restorer.finish();
        assert_eq!(back.contains(body), is_back, "{restore:?}");
    }
}

#[test]
fn a_placeholder_that_a_text_has_of_itself_stays() {
    let guard = guard(Restore::Everything);
    let secret = expand("AKIA{base32:16}", 5);
    let text = format!("// `<REDACTED:aws-access-key-1>` stands for one\nlet k = \"{secret}\";");
    let redacted = guard.redactor().redact(&text).text.into_owned();
    assert!(
        redacted.contains("k = \"<REDACTED:aws-access-key-2>\""),
        "{redacted}"
    );
    let mut restorer = guard.restorer();
    assert_eq!(restorer.push(&redacted) + &restorer.finish(), text);
}

/// Code with samples of any rules planted in it.
fn planted() -> impl Strategy<Value = String> {
    let lines = [
        "let x = \"{}\";\n",
        "# {}\n",
        "export X={}\n",
        "<a>{}</a>\n",
        "f(a, '{}')\r\n",
        "{}",
        "ключ = \"{}\"\n",
    ];
    let templates: Vec<String> = crate::Rules::shipped()
        .iter()
        .flat_map(|it| it.positives.clone())
        .collect();
    let line = (
        proptest::sample::select(lines.to_vec()),
        proptest::sample::select(templates),
        any::<u64>(),
    );
    proptest::collection::vec(line, 1..5).prop_map(|lines| {
        let lines = lines.into_iter();
        lines
            .map(|(line, template, seed)| line.replace("{}", &expand(&template, seed)))
            .collect()
    })
}

proptest! {
    // What fails looks like a key, and no file may.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn redaction_keeps_lines_is_done_at_once_and_can_be_undone(text in planted()) {
        let guard = guard(Restore::Everything);
        let redactor = guard.redactor();
        let redacted = redactor.redact(&text).text.into_owned();
        prop_assert_eq!(redacted.matches('\n').count(), text.matches('\n').count());
        prop_assert_eq!(&*redactor.redact(&redacted).text, &redacted);
        let mut restorer = guard.restorer();
        prop_assert_eq!(restorer.push(&redacted) + &restorer.finish(), text);
    }

    #[test]
    fn nothing_outside_of_findings_changes(text in planted()) {
        let redactor = redactor();
        let findings = redactor.finder().find(&text);
        let redacted = redactor.redact(&text).text.into_owned();
        let mut rest = &*redacted;
        let mut done = 0;
        for finding in &findings {
            let kept = &text[done..finding.span.start];
            prop_assert!(rest.starts_with(kept));
            rest = &rest[kept.len()..];
            let placeholder = match rest.strip_prefix("<REDACTED:") {
                Some(kind) => "<REDACTED:".len() + kind.find('>').expect("it ends") + 1,
                None => {
                    prop_assert!(rest.starts_with("REDACTED_"));
                    let part = |it: char| it.is_ascii_alphanumeric() || it == '_';
                    rest.find(|it| !part(it)).unwrap_or(rest.len())
                }
            };
            rest = &rest[placeholder..];
            done = finding.span.end;
        }
        prop_assert_eq!(rest, &text[done..]);
    }
}
