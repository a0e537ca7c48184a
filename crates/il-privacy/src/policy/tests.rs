//! What is usual, who may say what, and that a layer more never loosens.

use proptest::prelude::*;

use super::*;

fn pattern(glob: &str, level: Level) -> Pattern {
    Pattern {
        glob: glob.to_owned(),
        level,
    }
}

#[track_caller]
fn check(policy: &Policy, path: &str, expected: &str) {
    let Verdict { level, because } = policy.verdict(path);
    assert_eq!(format!("{level}: {because}"), expected, "{path}");
}

#[test]
fn files_that_hold_secrets_by_their_name_are_blocked() {
    let usual = Policy::usual();
    for path in [
        ".env",
        "app/.env",
        ".ENV",
        ".env.production",
        "prod.env",
        "server.PEM",
        "keys/server.key",
        "id_rsa",
        "home/.ssh/config",
        "a.p12",
        "a.pfx",
        "a.jks",
        ".netrc",
        ".npmrc",
        ".pypirc",
        "credentials",
        "credentials.json",
        "Credentials.xml",
        "credentials-prod.ini",
        ".aws/credentials",
        "secrets.yaml",
        ".secrets.toml",
        "secrets.toml",
        "client_secret.json",
        "vault.kdbx",
        "infra/terraform.tfstate",
        "terraform.tfstate.backup",
        "prod.tfvars",
        "service-account.json",
        "win\\id_ed25519",
        "deploy/secrets/prod.yaml",
        "Secrets/prod.json",
        "private/keys/a.txt",
        "credentials.txt",
        "x/private/keys/a",
        ".bash_history",
        "/home/me/.ssh/known_hosts",
        "src/../.env",
    ] {
        assert_eq!(usual.level(path), Level::Blocked, "{path}");
    }
}

#[test]
fn what_only_looks_like_a_secret_goes_anywhere() {
    let usual = Policy::usual();
    for path in [
        ".env.example",
        ".env.sample",
        "config/.env.template",
        "src/secrets.rs",
        "django/core/secrets.py",
        "credentials.go",
        "environment.ts",
        "keyboard.rs",
        "src/key.rs",
        "monkey.py",
        "docs/secrets.md",
        "secrets.example.yaml",
        "src/secrets/mod.rs",
        "secrets/README.md",
        "private/parser.rs",
        "secretsanta.yaml",
        "migrations/0001_dumplings.sql",
        "schema.sql",
        "",
    ] {
        assert_eq!(usual.level(path), Level::Anywhere, "{path}");
    }
}

#[test]
fn data_of_people_stays_on_this_machine() {
    let usual = Policy::usual();
    for path in [
        "app.sqlite3",
        "db/prod_dump.sql",
        "dump-2024.sql",
        "login.har",
        "inbox.mbox",
    ] {
        assert_eq!(usual.level(path), Level::LocalOnly, "{path}");
    }
}

#[test]
fn what_the_user_says_stands_in_place_of_what_is_usual() {
    let policy = Policy::by_user(&[
        pattern("*.key", Level::OwnServers),
        pattern("infra/**", Level::LocalOnly),
        pattern("infra/public/**", Level::Anywhere),
    ])
    .unwrap();
    check(&policy, "a.key", "own-servers: `*.key` in your settings");
    check(
        &policy,
        "infra/a.tf",
        "local-only: `infra/**` in your settings",
    );
    check(
        &policy,
        "infra/public/a.tf",
        "anywhere: nobody says otherwise",
    );
    check(
        &policy,
        "a.pem",
        "blocked: files of this name usually hold a private key, or a store of keys",
    );
}

#[test]
fn a_repository_only_tightens() {
    let policy = Policy::usual()
        .tightened(&[
            pattern(".env", Level::Anywhere),
            pattern("src/**", Level::OwnServers),
            pattern("src/core/**", Level::LocalOnly),
            pattern("src/core/open/**", Level::Anywhere),
        ])
        .unwrap();
    assert_eq!(policy.level(".env"), Level::Blocked);
    check(
        &policy,
        "src/core/open/a.rs",
        "local-only: `src/core/**` in the repository's settings",
    );
    assert_eq!(policy.level("src/a.rs"), Level::OwnServers);
    assert_eq!(policy.level("a.rs"), Level::Anywhere);
}

#[test]
fn what_cannot_be_read_blocks_everything() {
    let why = Policy::by_user(&[pattern("a[", Level::Blocked)]).unwrap_err();
    let policy = Policy::usual().and(&Policy::unreadable(why.to_string()));
    assert!(
        policy
            .trouble()
            .is_some_and(|it| it.contains("`a[` is no pattern"))
    );
    for path in ["", "a.rs", "/usr/lib/a.py"] {
        assert_eq!(policy.level(path), Level::Blocked);
    }
    let loosened = policy.tightened(&[pattern("**", Level::Anywhere)]).unwrap();
    assert_eq!(loosened.level("a.rs"), Level::Blocked);
}

#[derive(Debug)]
struct Drafts;

impl IgnoreFiles for Drafts {
    fn keeps_out(&self, path: &str) -> Option<Because> {
        let is_draft = path.starts_with("Drafts/");
        is_draft.then(|| Because::IgnoreFile(".interlineignore".into()))
    }
}

#[test]
fn an_ignore_file_is_asked_about_the_path_as_it_is_spelt() {
    let policy = Policy::by_user(&[pattern("**", Level::Anywhere)]).unwrap();
    let policy = policy.ignoring(Arc::new(Drafts));
    check(
        &policy,
        "./Drafts/a.md",
        "blocked: it is kept out by `.interlineignore`",
    );
    assert_eq!(policy.level("drafts/a.md"), Level::Anywhere);
}

#[test]
fn a_path_from_the_root_of_the_disk_on_is_one_inside() {
    let said = [pattern("vendor/**", Level::LocalOnly)];
    let policy = Policy::by_user(&said).unwrap();
    assert_eq!(policy.level("/home/ada/app/vendor/a.py"), Level::Anywhere);
    let policy = policy.rooted_at("/home/ada/app/");
    for (path, level) in [
        ("vendor/a.py", Level::LocalOnly),
        ("/home/ada/app/vendor/a.py", Level::LocalOnly),
        ("/home/ada/app/x/../vendor/a.py", Level::LocalOnly),
        ("/home/ada/apple/vendor/a.py", Level::Anywhere),
        ("/home/ada/app/.env", Level::Blocked),
    ] {
        assert_eq!(policy.level(path), level, "{path}");
    }
}

#[test]
fn reach_follows_level() {
    let allowed = |level: Level| {
        [Reach::ThisMachine, Reach::OwnServers, Reach::Anywhere].map(|it| level.allows(it))
    };
    assert_eq!(allowed(Level::Blocked), [false, false, false]);
    assert_eq!(allowed(Level::LocalOnly), [true, false, false]);
    assert_eq!(allowed(Level::OwnServers), [true, true, false]);
    assert_eq!(allowed(Level::Anywhere), [true, true, true]);
    for level in Level::ALL {
        assert_eq!(Level::parse(level.word()), Some(level));
    }
}

fn any_level() -> impl Strategy<Value = Level> {
    prop::sample::select(Level::ALL.to_vec())
}

fn any_path() -> impl Strategy<Value = String> {
    "(\\./|/)?([a-c.]|Env|\\.env|secrets|\\.\\.){0,3}([/\\\\]([a-c]|\\.env|key\\.pem|secrets)){0,3}"
}

fn any_patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let glob = "(\\*\\*/)?([a-c*?]|\\.env|secrets|\\{a,b\\}){1,2}(/([a-c]|\\*\\*|\\*\\.pem))?/?";
    let one = (glob, any_level()).prop_map(|(glob, level)| Pattern { glob, level });
    prop::collection::vec(one, 0..4)
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let patterns = (any_patterns(), any_patterns(), any::<bool>(), 0..16);
    patterns.prop_map(|(own, repository, ignores, broken)| {
        let policy = Policy::by_user(&own).and_then(|it| it.tightened(&repository));
        let policy = policy.unwrap_or_else(|why| Policy::unreadable(why.to_string()));
        let policy = if ignores {
            policy.ignoring(Arc::new(Drafts))
        } else {
            policy
        };
        if broken == 0 {
            policy.and(&Policy::unreadable("broken"))
        } else {
            policy
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tightening_never_loosens_any_path(
        policy in any_policy(),
        patterns in any_patterns(),
        paths in prop::collection::vec(any_path(), 8),
    ) {
        if let Ok(tighter) = policy.tightened(&patterns) {
            for path in paths {
                prop_assert!(tighter.level(&path) <= policy.level(&path), "{path}");
            }
        }
    }

    #[test]
    fn both_is_the_stricter_of_both_whatever_the_order(
        a in any_policy(),
        b in any_policy(),
        c in any_policy(),
        paths in prop::collection::vec(any_path(), 8),
    ) {
        let same = |left: &Policy, right: &Policy| {
            left.trouble() == right.trouble()
                && paths.iter().all(|it| left.level(it) == right.level(it))
        };
        prop_assert!(same(&a.and(&b), &b.and(&a)));
        prop_assert!(same(&a.and(&b).and(&c), &a.and(&b.and(&c))));
        prop_assert!(same(&a.and(&a), &a));
        for path in &paths {
            prop_assert_eq!(a.and(&b).level(path), a.level(path).min(b.level(path)));
        }
    }
}
