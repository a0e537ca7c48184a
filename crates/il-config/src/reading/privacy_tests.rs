//! What is said about privacy: who may say what, and that a slip blocks.

use expect_test::{Expect, expect};
use il_privacy::Level;
use proptest::prelude::*;

use crate::{File, Known, Layers, Matches, Origin, Settings};

const USER: &str = r#"
version = 1
[privacy]
personal = false
rules_off = ["phone", "key"]
rules_on = ["ip-address"]
rules = "/home/ada/rules.toml"
matches = "allow"
block_licences = ["GPL-*"]
[privacy.paths]
"infra/**" = "local-only"
"infra/public/**" = "anywhere"
"test.key" = "own-servers"
[privacy.keep]
audit_days = 30
[endpoint.ours]
speaks = "openai"
model = "m"
own = true
"#;

const REPOSITORY: &str = r#"
version = 1
[privacy]
air_gap = true
personal = true
restore = false
rules_on = ["phone"]
matches = "block"
block_licences = "AGPL-*"
paths = { "src/core/**" = "own-servers", "*.csv" = "blocked" }
"#;

fn read(user: Result<&str, &str>, repository: Result<&str, &str>) -> (Settings, String) {
    let (settings, problems) = Settings::read(Layers {
        user: Some(File {
            name: "config.toml",
            text: user,
        }),
        repository: Some(File {
            name: ".interline.toml",
            text: repository,
        }),
        known: Known {
            rules: &["phone", "ip-address", "key", "personal"],
            ..Known::default()
        },
        ..Layers::default()
    });
    let problems = problems.iter().map(|it| format!("{it}\n")).collect();
    (settings, problems)
}

fn shown(settings: &Settings) -> String {
    let rows = settings.rows().into_iter();
    rows.filter(|it| it.table.starts_with("privacy"))
        .map(|it| format!("{}.{} = {}  ({})\n", it.table, it.key, it.value, it.origin))
        .collect()
}

#[test]
fn every_value_says_who_said_so() {
    let (settings, problems) = read(Ok(USER), Ok(REPOSITORY));
    assert_eq!(problems, "");
    expect![[r#"
        privacy.air_gap = true  (the repository's file, line 4)
        privacy.personal = true  (the repository's file, line 5)
        privacy.restore = false  (the repository's file, line 6)
        privacy.rules = /home/ada/rules.toml  (your file, line 7)
        privacy.matches = block  (the repository's file, line 8)
        privacy.rules_on = ip-address  (your file, line 6)
        privacy.rules_on = phone  (the repository's file, line 7)
        privacy.rules_off = phone  (your file, line 5)
        privacy.rules_off = key  (your file, line 5)
        privacy.block_licences = GPL-*  (your file, line 9)
        privacy.block_licences = AGPL-*  (the repository's file, line 9)
        privacy.paths.infra/** = local-only  (your file, line 11)
        privacy.paths.infra/public/** = anywhere  (your file, line 12)
        privacy.paths.test.key = own-servers  (your file, line 13)
        privacy.paths.src/core/** = own-servers  (the repository's file, line 10)
        privacy.paths.*.csv = blocked  (the repository's file, line 10)
        privacy.keep.audit_days = 30  (your file, line 15)
    "#]]
    .assert_eq(&shown(&settings));
    assert!(*settings.endpoints["ours"].own);
    let policy = settings.privacy.policy();
    for (path, level) in [
        ("infra/a.tf", Level::LocalOnly),
        ("infra/public/a.tf", Level::Anywhere),
        ("test.key", Level::OwnServers),
        ("other.key", Level::Blocked),
        ("src/core/a.rs", Level::OwnServers),
        ("infra/public/a.csv", Level::Blocked),
        ("src/a.rs", Level::Anywhere),
    ] {
        assert_eq!(policy.level(path), level, "{path}");
    }
}

#[test]
fn what_a_repository_wants_found_is_found_whatever_the_user_turned_off() {
    let switches = |user, repository| {
        let (settings, _) = read(Ok(user), Ok(repository));
        let switches = settings.privacy.switches();
        format!("on {:?}, off {:?}", switches.on, switches.off)
    };
    assert_eq!(
        switches(USER, ""),
        r#"on ["ip-address"], off ["phone", "key", "personal"]"#
    );
    assert_eq!(
        switches(USER, REPOSITORY),
        r#"on ["ip-address", "phone"], off ["key"]"#
    );
}

#[test]
fn an_air_gap_is_closed_by_anybody_and_opened_by_nobody_else() {
    let gap = |user: &str, repository: &str, outside| {
        let file = |name, text| {
            Some(File {
                name,
                text: Ok(text),
            })
        };
        let (settings, _) = Settings::read(Layers {
            user: file("config.toml", user),
            repository: file(".interline.toml", repository),
            air_gap: outside,
            ..Layers::default()
        });
        (*settings.privacy.air_gap, settings.privacy.air_gap.origin)
    };
    let (on, off) = (
        "version = 1\n[privacy]\nair_gap = true\n",
        "version = 1\n[privacy]\nair_gap = false\n",
    );
    let variable = Origin::Environment("INTERLINE_AIR_GAP");
    assert_eq!(gap("", "", None), (false, Origin::Default));
    assert!(gap(on, "", None).0);
    assert!(gap(on, off, None).0);
    assert!(gap(off, on, None).0);
    assert!(!gap(off, off, None).0);
    assert_eq!(gap(off, "", Some(variable)), (true, variable));
    assert!(gap("", off, Some(variable)).0);
}

#[track_caller]
fn repository_problems(text: &str, expected: &Expect) {
    let user = "version = 1\n[privacy]\nair_gap = true\nmatches = \"block\"\nrestore = false\n";
    let (settings, problems) = read(Ok(user), Ok(text));
    expected.assert_eq(&problems);
    // What would loosen is left out, and the rest of it holds.
    let privacy = settings.privacy;
    assert_eq!(privacy.unreadable, None);
    assert!(*privacy.air_gap && !*privacy.restore && *privacy.personal);
    assert_eq!(*privacy.matches, Matches::Block);
    assert_eq!(privacy.policy().level("a.csv"), Level::Blocked);
    assert_eq!(privacy.policy().level(".env"), Level::Blocked);
    assert_eq!((privacy.rules_off, privacy.rules), (Vec::new(), None));
}

#[test]
fn a_repository_loosens_nothing() {
    repository_problems(
        "version = 1\n[privacy]\nair_gap = false\npersonal = false\nrestore = true\nmatches = \"annotate\"\nrules_off = [\"phone\"]\n\
         rules = \"/evil\"\nkeep = { audit_days = 1 }\npaths = { \".env\" = \"anywhere\", \"*.csv\" = \"blocked\" }\n",
        &expect![[r#"
            .interline.toml:3:11: a repository may turn `air_gap` on, not off
              3 │ air_gap = false
                │           ^^^^^
            .interline.toml:4:12: a repository may turn `personal` on, not off
              4 │ personal = false
                │            ^^^^^
            .interline.toml:5:11: a repository may turn `restore` off, not on
              5 │ restore = true
                │           ^^^^
            .interline.toml:6:11: a repository may be stricter with `matches`, not laxer: your own settings say `block`
              6 │ matches = "annotate"
                │           ^^^^^^^^^^
            .interline.toml:7:1: a repository may not say `rules_off`: it belongs into your own settings
              7 │ rules_off = ["phone"]
                │ ^^^^^^^^^
            .interline.toml:8:1: a repository may not say `rules`: it belongs into your own settings
              8 │ rules = "/evil"
                │ ^^^^^
            .interline.toml:9:1: a repository may not say `keep`: it belongs into your own settings
              9 │ keep = …
                │ ^^^^
        "#]],
    );
}

/// The user's file with this in `[privacy]` blocks everything, and says why.
#[track_caller]
fn blocks(said: &str, expected: &Expect) {
    let text = format!("version = 1\n[privacy]\n{said}");
    for is_users in [true, false] {
        let (settings, problems) = match is_users {
            true => read(Ok(&text), Ok("")),
            false => read(Ok(""), Ok(&text)),
        };
        assert_ne!(problems, "", "{text}");
        let policy = settings.privacy.policy();
        assert_eq!(policy.level("src/a.rs"), Level::Blocked, "{text}");
        if is_users {
            expected.assert_eq(policy.trouble().unwrap_or_default());
        }
    }
}

#[test]
fn a_slip_in_a_wish_for_privacy_blocks_everything() {
    blocks(
        "paths = { \"infra/**\" = \"local-onyl\" }",
        &expect!["config.toml:3: `infra/**` is of no such level: did you mean `local-only`?"],
    );
    blocks(
        "[privacy.paths]\n\"infra/[a\" = \"blocked\"",
        &expect!["config.toml:4: `infra/[a` is no pattern: unclosed character class; missing ']'"],
    );
    blocks(
        "paths = { \"a\" = 1 }",
        &expect!["config.toml:3: `a` is of no such level"],
    );
    blocks(
        "air_gpa = true",
        &expect!["config.toml:3: unknown key `air_gpa` in `[privacy]`: did you mean `air_gap`?"],
    );
    blocks(
        "air_gap = 1",
        &expect!["config.toml:3: `air_gap` is `true` or `false`"],
    );
    blocks(
        "rules_on = [\"phoen\"]",
        &expect![
            "config.toml:3: `rules_on` names no rule: there is no `phoen`: did you mean `phone`?"
        ],
    );
    blocks(
        "matches = \"blok\"",
        &expect!["config.toml:3: `matches` cannot be `blok`: did you mean `block`?"],
    );
    blocks(
        "air_gap = true\n[inline\n",
        &expect!["config.toml:4: this is no TOML: unclosed table, expected `]`"],
    );
}

#[test]
fn what_may_have_been_a_wish_for_privacy_blocks_everything() {
    let trouble = |text: Result<&str, &str>| {
        let users = read(text, Ok("")).0.privacy.unreadable;
        let repositorys = read(Ok(""), text).0.privacy.unreadable;
        assert_eq!(users.is_some(), repositorys.is_some());
        users.unwrap_or_default()
    };
    expect!["config.toml:2: unknown key `privcy` in the file: did you mean `privacy`?"]
        .assert_eq(&trouble(Ok("version = 1\n[privcy]\nair_gap = true\n")));
    expect!["config.toml:1: this file is of version 2, and this Interline reads version 1: update Interline"]
        .assert_eq(&trouble(Ok("version = 2\n[inline]\n")));
    expect!["config.toml:1: `version` is missing: begin the file with `version = 1`"]
        .assert_eq(&trouble(Ok("[privacy]\nair_gap = true\n")));
    expect!["config.toml: permission denied"].assert_eq(&trouble(Err("permission denied")));
    assert_eq!(trouble(Ok("[inline]\nspeculate = true\n")), "");
}

#[test]
fn an_error_elsewhere_does_not_touch_privacy() {
    let text = USER.to_owned() + "[budget]\nper_day = \"5,00\"\n";
    let (settings, problems) = read(Ok(&text), Ok(REPOSITORY));
    assert!(problems.contains("`per_day` is an amount"), "{problems}");
    let (whole, _) = read(Ok(USER), Ok(REPOSITORY));
    assert_eq!(settings.privacy, whole.privacy);
    assert!(
        settings.endpoints.is_empty(),
        "the rest of it counts as absent"
    );
    let (settings, _) = read(
        Ok(USER),
        Ok(&(REPOSITORY.to_owned() + "[budget]\nper_dya = 1\n")),
    );
    assert_eq!(settings.privacy, whole.privacy);
}

proptest! {
    /// Whatever a repository says, every path goes at most as far as without it.
    #[test]
    fn no_repository_loosens_any_path(
        table in "(air_gap|personal|restore) = (true|false)\n|matches = \"(block|allow)\"\n|rules_off = \"key\"\n|",
        glob in "(\\*\\*/)?([a-c*]|\\.env|infra|test\\.key)(/\\*\\*)?",
        level in "blocked|local-only|own-servers|anywhere|anwhere",
        path in "(a|b|infra|infra/public|x)/(a|\\.env|test\\.key)",
    ) {
        let text = format!("version = 1\n[privacy]\n{table}[privacy.paths]\n\"{glob}\" = \"{level}\"\n");
        let (with, _) = read(Ok(USER), Ok(&text));
        let (without, _) = read(Ok(USER), Ok(""));
        let (with, without) = (with.privacy, without.privacy);
        prop_assert!(with.policy().level(&path) <= without.policy().level(&path));
        prop_assert!(*with.air_gap >= *without.air_gap);
        prop_assert!(*with.personal >= *without.personal);
        prop_assert!(*with.restore <= *without.restore);
        prop_assert!(*with.matches >= *without.matches);
        prop_assert_eq!(with.rules_off, without.rules_off);
    }
}
