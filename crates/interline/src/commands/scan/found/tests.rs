//! What is shown of a finding, and what never is.

use il_privacy::{Rules, Switches, samples};

use super::*;

/// Finds `tok_…` as a key, `pw=…` as a password and `tel:…` as personal data.
fn finder() -> Finder {
    let rule = |id: &str, category: &str, keyword: &str, pattern: &str, sample: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname = \"the {id}\"\ncategory = \"{category}\"\nkeywords = [\"{keyword}\"]\n\
             pattern = '''{pattern}'''\npositives = [\"{sample}\", \"{sample} \"]\nnegatives = [\"x\", \"y\"]\n\
             source = \"https://host.example/{id}\"\n"
        )
    };
    let text = rule(
        "tok",
        "key",
        "tok_",
        r"\b(tok_[a-z0-9]{8,60})\b",
        "tok_{lower:12}",
    ) + &rule(
        "pw",
        "password",
        "pw=",
        r"\bpw=([^\s;]{4,60})",
        "pw={lower:9}",
    ) + &rule(
        "pem",
        "private-key",
        "BEGIN",
        r"(BEGIN[A-Za-z\n]+END)",
        "BEGIN{lower:9}END",
    ) + &rule(
        "tel",
        "personal",
        "tel:",
        r"\btel:([0-9]{6,12})\b",
        "tel:{digits:8}",
    );
    Finder::new(&Rules::read("test", &text).unwrap(), &Switches::default())
}

fn look_at(text: &str) -> Counted {
    look(&finder(), false, "a.py", &Piece::whole(text))
}

fn shown(found: &Found) -> String {
    let parts = found.excerpt.iter().map(|it| match it {
        Shown::Plain(it) => it.clone(),
        Shown::Hidden(it) => format!("[{it}]"),
    });
    format!(
        "{}:{}-{}:{} {} {}",
        found.line,
        found.column,
        found.end_line,
        found.end_column,
        found.rule,
        parts.collect::<String>()
    )
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = look_at(text).found.iter().map(shown).collect();
    assert_eq!(found, expected);
}

/// Not what stands in for a secret, as `abcdef` does.
const LONG: &str = "tok_q7w2kz9x4mv8b1n5c3j6h0d2f7g9s4a1l8p0";

#[test]
fn places_are_lines_and_columns_of_characters() {
    check(
        &format!("é = 1\n  ключ = '{LONG}'\r\npw=hunter2"),
        &["2:11-2:51 tok ключ = '[tok_…l8p0]'", "3:4-3:11 pw pw=[…]"],
    );
}

#[test]
fn every_secret_of_a_line_is_hidden_whatever_is_reported() {
    let text = "a tok_q7w2kz9x4mv8b1n5 pw=hunter2; tel:83915264 # x";
    check(
        text,
        &[
            "1:3-1:23 tok a [to…n5] pw=[…]; tel:[…] # x",
            "1:27-1:34 pw a [to…n5] pw=[…]; tel:[…] # x",
        ],
    );
    assert_eq!(look_at(text).personal, 1);
    let with = look(&finder(), true, "a.py", &Piece::whole(text));
    assert_eq!((with.found.len(), with.personal), (3, 0));
}

#[test]
fn a_secret_over_several_lines_shows_its_first_line() {
    check(
        "x\nk = BEGINab\ncd\nefEND tail\ntok_q7w2kz9x",
        &["2:5-4:6 pem k = […] (3 lines)", "5:1-5:13 tok […]"],
    );
}

#[test]
fn a_key_of_several_lines_is_one_finding() {
    let pem = samples::expand("{pem:RSA PRIVATE KEY}", 3);
    let quoted = format!("k = \"{}\"", pem.trim_end().replace('\n', "\\n"));
    for text in [
        format!("{pem}\nx = 1\n"),
        format!("x = 1\n{pem}\n{pem}"),
        quoted,
    ] {
        let found = look(Finder::shipped(), false, "a.pem", &Piece::whole(&text)).found;
        let keys = text.matches("BEGIN").count();
        assert_eq!(
            found.len(),
            keys,
            "{:?}",
            found.iter().map(shown).collect::<Vec<_>>()
        );
        assert!(found.iter().all(|it| it.category == Category::PrivateKey));
    }
}

#[test]
fn a_long_line_is_cut_around_the_secret() {
    let text = format!("{} pw=hunter2 {}", "x".repeat(500), "é".repeat(500));
    let found = &look_at(&text).found[0];
    let line = shown(found);
    assert!(line.contains("xx pw=[…] éé"), "{line}");
    assert!(line.chars().count() < WIDTH + 30, "{line}");
}

#[test]
fn a_comment_allows_its_line() {
    for text in [
        "pw=hunter2 # interline:allow",
        "pw=hunter2 // gitleaks:allow because",
        "pw=hunter2  # Pragma: Allowlist Secret",
        "# pragma: allowlist nextline secret\npw=hunter2",
        "x = BEGINab\ncdEND # interline:allow\n",
        "x = BEGINab\ncd\nefEND tail # interline:allow",
    ] {
        let counted = look_at(text);
        assert_eq!((counted.found.len(), counted.allowed), (0, 1), "{text}");
    }
    for text in [
        "# interline:allow\npw=hunter2",
        "pw=hunter2\n# interline:allow",
        "pw=hunter2 # allow",
        &format!("pw=hunter2 {} interline:allow", " ".repeat(2000)),
        "# pragma: allowlist nextline secret\n\nx\npw=hunter2",
    ] {
        assert_eq!(look_at(text).found.len(), 1, "{text}");
    }
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_changes_with_a_key() {
    let of = |text: &str| look_at(text).found[0].fingerprint.clone();
    let line = format!("a = '{LONG}'");
    assert_eq!(of(&line), of(&format!("\n\n  {line}")));
    assert_ne!(of(&line), of(&line.replace("l8p0", "l8p1")));
    // A password could be guessed from it, so it does not depend on it.
    assert_eq!(of("user=a pw=hunter2"), of("\nuser=a pw=hunter3"));
    assert_ne!(of("user=a pw=hunter2"), of("user=b pw=hunter2"));
    let two = look_at("pw=hunter2 pw=hunter2").found;
    assert_ne!(two[0].fingerprint, two[1].fingerprint);
    let other = look(&finder(), false, "b.py", &Piece::whole("pw=hunter2"));
    assert_ne!(other.found[0].fingerprint, of("pw=hunter2"));
}

#[test]
fn of_no_kind_that_ships_more_than_eight_characters_are_shown() {
    let finder = Finder::shipped();
    let mut seen = 0;
    for (_, rule) in finder.rules() {
        for template in &rule.positives {
            let text = samples::expand(template, 7);
            let all = finder.find(&text);
            for found in look(finder, true, "x", &Piece::whole(&text)).found {
                let parts = found.excerpt.iter().map(|it| match it {
                    Shown::Plain(it) | Shown::Hidden(it) => it.as_str(),
                });
                let excerpt: String = parts.collect();
                for it in &all {
                    let secret: Vec<char> = text[it.span.clone()].chars().collect();
                    let outside = format!("{}\n{}", &text[..it.span.start], &text[it.span.end..]);
                    for window in secret.windows(5) {
                        let window: String = window.iter().collect();
                        // What also stands outside of the secret is no part of it.
                        assert!(
                            !excerpt.contains(&window) || outside.contains(&window),
                            "{}: {excerpt}",
                            rule.id
                        );
                    }
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} were looked at");
}
