//! What a file says, and what is said about a wrong one.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::{Change, File, KeySource, Known, Layers, Origin, Override, Rung, Settings, Task};

const KNOWN: Known<'static> = Known {
    dialects: &["openai", "mistral", "ollama", "llama-server"],
    without_model: &["llama-server"],
    templates: &["codestral", "qwen2.5-coder"],
    rules: &["phone", "ip-address", "personal"],
};

const USER: &str = r#"
version = 1
[inline]
use = ["local:qwen2.5-coder-1.5b", "endpoint:work", "ollama:small@http://127.0.0.1:11434", "repo"]
context = "file"
[chat]
use = "endpoint:talk"
[endpoint.work]
speaks = "mistral"
url = "https://example.org/v1"
model = "codestral-latest"
key = "env:MISTRAL_API_KEY"
context_tokens = 8_192
template = "codestral"
[endpoint.talk]
speaks = "openai"
model = "big"
key = "file:~/key"
[local."qwen2.5-coder-1.5b"]
file = "m.gguf"
adapters = [{ file = "a.gguf", weight = 0.8 }, { file = "b.gguf", repository = "app" }]
[price."big*"]
input = "1"
output = 2.5
[budget]
per_day = "5.00"
per_user_per_day = 1
"#;

fn layers<'a>(user: &'a str, repository: &'a str) -> Layers<'a> {
    Layers {
        user: Some(File {
            name: "config.toml",
            text: Ok(user),
        }),
        repository: Some(File {
            name: ".interline.toml",
            text: Ok(repository),
        }),
        overrides: &[],
        air_gap: None,
        known: KNOWN,
    }
}

fn problems(layers: Layers<'_>) -> String {
    let (_, problems) = Settings::read(layers);
    problems.iter().map(|it| format!("{it}\n")).collect()
}

#[track_caller]
fn user_problems(text: &str, expected: &Expect) {
    expected.assert_eq(&problems(layers(text, "")));
}

#[track_caller]
fn repository_problems(text: &str, expected: &Expect) {
    expected.assert_eq(&problems(layers(USER, text)));
}

fn shown(layers: Layers<'_>) -> String {
    let (settings, problems) = Settings::read(layers);
    assert_eq!(problems, []);
    let rows = settings.rows().into_iter();
    rows.map(|it| format!("{}.{} = {}  ({})\n", it.table, it.key, it.value, it.origin))
        .collect()
}

#[test]
fn with_nothing_said_the_repo_model_serves_alone() {
    let (settings, problems) = Settings::read(Layers::default());
    assert_eq!(problems, []);
    assert_eq!(settings, Settings::default());
    let ladder = &settings.task(Task::Inline).ladder;
    assert_eq!(ladder.len(), 1);
    assert_eq!(ladder[0].value, Rung::Repo);
    assert!(settings.task(Task::Chat).ladder.is_empty());
}

#[test]
fn every_value_says_where_it_comes_from() {
    let overrides = [
        Override {
            task: Task::Chat,
            change: Change::Use("ollama:x, endpoint:work"),
            origin: Origin::Environment("INTERLINE_MODEL"),
        },
        Override {
            task: Task::Inline,
            change: Change::Context("line"),
            origin: Origin::Flag("--context"),
        },
    ];
    let repository =
        "version = 1\n[inline]\nuse = [\"endpoint:talk\"]\n[budget]\nper_day = \"0.5\"\n";
    let all = Layers {
        overrides: &overrides,
        ..layers(USER, repository)
    };
    expect![[r#"
        inline.use = endpoint:talk  (the repository's file, line 3)
        inline.use = repo  (default)
        inline.context = line  (--context)
        inline.speculate = true  (default)
        chat.use = ollama:x  (INTERLINE_MODEL)
        chat.use = endpoint:work  (INTERLINE_MODEL)
        chat.context = full  (default)
        edit.use = ollama:x  (INTERLINE_MODEL)
        edit.use = endpoint:work  (INTERLINE_MODEL)
        edit.context = full  (default)
        explain.use = ollama:x  (INTERLINE_MODEL)
        explain.use = endpoint:work  (INTERLINE_MODEL)
        explain.context = full  (default)
        endpoint.talk.speaks = openai  (your file, line 16)
        endpoint.talk.model = big  (your file, line 17)
        endpoint.talk.key = file:~/key  (your file, line 18)
        endpoint.talk.hedge = false  (default)
        endpoint.talk.free = false  (default)
        endpoint.talk.own = false  (default)
        endpoint.work.speaks = mistral  (your file, line 9)
        endpoint.work.url = https://example.org/v1  (your file, line 10)
        endpoint.work.model = codestral-latest  (your file, line 11)
        endpoint.work.key = env:MISTRAL_API_KEY  (your file, line 12)
        endpoint.work.context_tokens = 8192  (your file, line 13)
        endpoint.work.template = codestral  (your file, line 14)
        endpoint.work.hedge = false  (default)
        endpoint.work.free = false  (default)
        endpoint.work.own = false  (default)
        local.qwen2.5-coder-1.5b.file = m.gguf  (your file, line 20)
        local.qwen2.5-coder-1.5b.adapters = 0.8 × a.gguf for *  (your file, line 21)
        local.qwen2.5-coder-1.5b.adapters = 1 × b.gguf for app  (your file, line 21)
        price.big*.input = 1.00  (your file, line 23)
        price.big*.output = 2.50  (your file, line 24)
        price.big*.currency = USD  (default)
        budget.per_day = 0.50  (the repository's file, line 5)
        budget.per_user_per_day = 1.00  (your file, line 27)
        budget.currency = USD  (default)
        budget.unpriced = refuse  (default)
        budget.keep_days = 400  (default)
        privacy.air_gap = false  (default)
        privacy.personal = true  (default)
        privacy.restore = true  (default)
        privacy.matches = annotate  (default)
        privacy.keep.audit_days = 365  (default)
    "#]]
    .assert_eq(&shown(all));
}

#[test]
fn a_key_is_said_by_where_it_is_kept() {
    for (text, expected) in [
        ("env:A_1", KeySource::Env("A_1".to_owned())),
        ("file:/k", KeySource::File("/k".to_owned())),
        (
            "keyring:interline",
            KeySource::Keyring("interline".to_owned()),
        ),
    ] {
        let text = format!(
            "version = 1\n[endpoint.a]\nspeaks = \"openai\"\nmodel = \"m\"\nkey = \"{text}\"\n"
        );
        let (settings, problems) = Settings::read(layers(&text, ""));
        assert_eq!(problems, []);
        let key = settings.endpoints["a"].key.clone();
        assert_eq!(key.map(|it| it.value), Some(expected));
    }
}

#[test]
fn a_server_with_one_model_need_not_name_it() {
    let (settings, problems) = Settings::read(layers(
        "version = 1\n[endpoint.a]\nspeaks = \"llama-server\"\n",
        "",
    ));
    assert_eq!(problems, []);
    assert_eq!(settings.endpoints["a"].model.value, "");
}

#[test]
fn a_key_in_the_file_is_refused_and_not_repeated() {
    user_problems(
        "version = 1\n[endpoint.a]\nspeaks = \"openai\"\nmodel = \"m\"\nkey = \"sk-123\"\n",
        &expect![[r#"
            config.toml:5:7: a key is not written into a settings file: put it into an environment variable and write `key = "env:NAME"`, or into a file that only you can read and write `key = "file:PATH"`, or into the keyring and write `key = "keyring:SERVICE"`
              5 │ key = …
                │       ^
        "#]],
    );
    user_problems(
        "version = 1\n[endpoint.a]\nspeaks = \"openai\"\nmodel = \"m\"\nkey = \"env:sk-123\"\nurl = \"https://u:sk-123@h\"", // interline:allow
        &expect![[r#"
            config.toml:5:7: `env:` is followed by the name of an environment variable: letters, digits and `_`
              5 │ key = …
                │       ^
            config.toml:6:7: `url` names no user and no password: say with `key` where the key is kept
              6 │ url = …
                │       ^
        "#]],
    );
}

#[test]
fn a_slip_is_pointed_at() {
    user_problems(
        "version = 1\n[endpoint.work]\nspeaks = \"mistrl\"\nulr = \"https://h\"\nmodel = \"m\"\n",
        &expect![[r#"
            config.toml:3:10: `speaks` cannot be `mistrl`: did you mean `mistral`?
              3 │ speaks = "mistrl"
                │          ^^^^^^^^
                = allowed: `openai`, `mistral`, `ollama`, `llama-server`
            config.toml:4:1: unknown key `ulr` in `[endpoint.work]`: did you mean `url`?
              4 │ ulr = …
                │ ^^^
                = allowed: `speaks`, `url`, `model`, `key`, `context_tokens`, `answer_tokens`, `template`, `proxy`, `authorities`, `concurrency`, `retries`, `patience_seconds`, `hedge`, `free`, `own`
        "#]],
    );
    user_problems(
        "version = 1\n[inlin]\n[chat]\ncontext = \"files\"\nuse = [\"endpoint:wrk\", \"endpont:work\", \"repo\", 3]\n\
         [endpoint.work]\nspeaks = \"openai\"\n",
        &expect![[r#"
            config.toml:2:2: unknown key `inlin` in the file: did you mean `inline`?
              2 │ [inlin]
                │  ^^^^^
                = allowed: `version`, `inline`, `chat`, `edit`, `explain`, `embed`, `budget`, `privacy`, `endpoint`, `local`, `price`
            config.toml:4:11: `context` cannot be `files`: did you mean `file`?
              4 │ context = "files"
                │           ^^^^^^^
                = allowed: `full`, `file`, `line`
            config.toml:5:48: `use` is a list of texts: write `use = ["…", "…"]`
              5 │ use = ["endpoint:wrk", "endpont:work", "repo", 3]
                │                                                ^
            config.toml:6:11: `[endpoint.work]` needs `model`: write `model = "…"`
              6 │ [endpoint.work]
                │           ^^^^
        "#]],
    );
    user_problems(
        "version = 1\n[inline]\nuse = [\"repo\", \"local:x\"]\nspeculate = 1\n[embed]\nuse = [\"static\", \"ollama:x\"]\n\
         [chat]\nuse = [\"static\", \"local:\"]\n",
        &expect![[r#"
            config.toml:3:16: `repo` always answers, so nothing after it is ever asked: put it last
              3 │ use = ["repo", "local:x"]
                │                ^^^^^^^^^
            config.toml:4:13: `speculate` is `true` or `false`
              4 │ speculate = 1
                │             ^
            config.toml:6:18: `embed` has one model: vectors of two models cannot be compared, so there is no falling back
              6 │ use = ["static", "ollama:x"]
                │                  ^^^^^^^^^^
            config.toml:8:8: `static` is for `embed` alone
              8 │ use = ["static", "local:"]
                │        ^^^^^^^^
                = allowed: `local:NAME`, `endpoint:NAME`, `openai:MODEL@URL`, `mistral:MODEL@URL`, `ollama:MODEL@URL`, `llama-server:URL`
            config.toml:8:18: `local:` is followed by a name
              8 │ use = ["static", "local:"]
                │                  ^^^^^^^^
                = allowed: `local:NAME`, `endpoint:NAME`, `openai:MODEL@URL`, `mistral:MODEL@URL`, `ollama:MODEL@URL`, `llama-server:URL`
        "#]],
    );
    user_problems(
        "version = 1\n[budget]\nper_day = \"5,00\"\ncurrency = \"$\"\nkeep_days = 0\nunpriced = \"maybe\"\n\
         [price.x]\ninput = -1\n[endpoint]\nwork = \"x\"\n[local.l]\nadapters = [\"a\", { weight = 1 }]\n",
        &expect![[r#"
            config.toml:3:11: `per_day` is an amount: write `"5.00"`, with at most 6 digits after the point
              3 │ per_day = "5,00"
                │           ^^^^^^
            config.toml:4:12: `currency` is a code of three capital letters: `USD`, `EUR`
              4 │ currency = "$"
                │            ^^^
            config.toml:5:13: `keep_days` is a whole number from 1 to 36500
              5 │ keep_days = 0
                │             ^
            config.toml:6:12: `unpriced` cannot be `maybe`
              6 │ unpriced = "maybe"
                │            ^^^^^^^
                = allowed: `refuse`, `allow`
            config.toml:7:8: `[price.x]` needs `output`: write `output = "0.90"`
              7 │ [price.x]
                │        ^
            config.toml:8:9: `input` is an amount: write `"5.00"`, with at most 6 digits after the point
              8 │ input = -1
                │         ^^
            config.toml:10:1: `work` is a table: write `[endpoint.work]` and what is in it below
              10 │ work = …
                 │ ^^^^
            config.toml:12:13: `adapters` is a list of tables: write `adapters = [{ file = "….gguf" }]`
              12 │ adapters = ["a", { weight = 1 }]
                 │             ^^^
            config.toml:12:18: an adapter needs `file`: write `file = "….gguf"`
              12 │ adapters = ["a", { weight = 1 }]
                 │                  ^^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn what_is_no_toml_is_said_without_its_values() {
    user_problems(
        "version = 1\n[endpoint.a]\nkey = sk-123\n[inline\nuse = [\n",
        &expect![[r#"
            config.toml:3:7: this is no TOML: string values must be quoted, expected literal string
              3 │ key = …
                │       ^
            config.toml:4:8: this is no TOML: unclosed table, expected `]`
              4 │ …
                │ ^
            config.toml:5:8: this is no TOML: unclosed array, expected `]`
              5 │ use = [
                │        ^
        "#]],
    );
}

#[test]
fn a_later_version_is_refused() {
    user_problems(
        "version = 2\n[nonsense]\n",
        &expect![[r#"
        config.toml:1:11: this file is of version 2, and this Interline reads version 1: update Interline
          1 │ version = 2
            │           ^
    "#]],
    );
    user_problems(
        "[inline]\n",
        &expect![[r#"
        config.toml:1:1: `version` is missing: begin the file with `version = 1`
          1 │ [inline]
            │ ^
    "#]],
    );
    user_problems("# nothing yet\n", &expect![[""]]);
}

#[test]
fn a_repository_chooses_and_narrows() {
    let (settings, problems) = Settings::read(layers(
        USER,
        "version = 1\n[inline]\nuse = [\"local:qwen2.5-coder-1.5b\", \"ollama:small@http://127.0.0.1:11434\"]\n\
         context = \"line\"\nspeculate = false\n[budget]\nper_user_per_day = \"0.20\"\n",
    ));
    assert_eq!(problems, []);
    assert_eq!(settings.task(Task::Inline).ladder.len(), 3);
    let cap = settings
        .budget
        .per_user_per_day
        .map(|it| it.value.to_string());
    assert_eq!(cap.as_deref(), Some("0.20"));
}

#[test]
fn a_repository_names_no_key_no_address_and_raises_no_cap() {
    repository_problems(
        "version = 1\n[endpoint.mine]\nspeaks = \"openai\"\nurl = \"https://evil\"\nmodel = \"m\"\n[local.x]\n[price.x]\n",
        &expect![[r#"
            .interline.toml:2:2: a repository may not say what `endpoint` is: endpoints, keys, models and prices belong into your own settings, see `interline config show`
              2 │ [endpoint.mine]
                │  ^^^^^^^^
            .interline.toml:6:2: a repository may not say what `local` is: endpoints, keys, models and prices belong into your own settings, see `interline config show`
              6 │ [local.x]
                │  ^^^^^
            .interline.toml:7:2: a repository may not say what `price` is: endpoints, keys, models and prices belong into your own settings, see `interline config show`
              7 │ [price.x]
                │  ^^^^^
        "#]],
    );
    repository_problems(
        "version = 1\n[inline]\nuse = [\"ollama:x@http://evil\", \"local:./evil.gguf\", \"endpoint:other\", \"llama-server\"]\n\
         context = \"full\"\nanswer_tokens = 9\n[budget]\nper_day = \"50\"\nunpriced = \"allow\"\n",
        &expect![[r#"
            .interline.toml:3:8: a repository may choose only among what your own settings name, and they do not name `ollama:x@http://evil`
              3 │ use = ["ollama:x@http://evil", "local:./evil.gguf", "endpoint:other", "llama-server"]
                │        ^^^^^^^^^^^^^^^^^^^^^^
            .interline.toml:3:32: a repository may choose only among what your own settings name, and they do not name `local:./evil.gguf`
              3 │ use = ["ollama:x@http://evil", "local:./evil.gguf", "endpoint:other", "llama-server"]
                │                                ^^^^^^^^^^^^^^^^^^^
            .interline.toml:3:53: there is no `[endpoint.other]`
              3 │ use = ["ollama:x@http://evil", "local:./evil.gguf", "endpoint:other", "llama-server"]
                │                                                     ^^^^^^^^^^^^^^^^
                = allowed: `endpoint:talk`, `endpoint:work`
            .interline.toml:3:71: a repository may choose only among what your own settings name, and they do not name `llama-server`
              3 │ use = ["ollama:x@http://evil", "local:./evil.gguf", "endpoint:other", "llama-server"]
                │                                                                       ^^^^^^^^^^^^^^
            .interline.toml:4:11: a repository may narrow the context, not widen it: your own settings say `file`
              4 │ context = "full"
                │           ^^^^^^
            .interline.toml:5:1: `answer_tokens` cannot be set in `[inline]`
              5 │ answer_tokens = 9
                │ ^^^^^^^^^^^^^
                = allowed: `use`, `context`, `speculate`
            .interline.toml:7:11: a repository may lower a cap, not raise it: your own settings say 5.00
              7 │ per_day = "50"
                │           ^^^^
            .interline.toml:8:1: `unpriced` cannot be set in `[budget]`
              8 │ unpriced = "allow"
                │ ^^^^^^^^
                = allowed: `per_day`, `per_user_per_day`
        "#]],
    );
}

#[test]
fn a_file_with_a_problem_counts_as_absent() {
    let (settings, problems) = Settings::read(layers(
        &USER.replace("per_day = \"5.00\"", "per_day = \"5,00\""),
        "version = 1\n[inline]\nuse = \"endpoint:work\"\n",
    ));
    assert_eq!(problems.len(), 1);
    assert_eq!(settings, Settings::default());

    let (settings, problems) = Settings::read(layers(USER, "version = 1\n[inline]\nuse = 1\n"));
    assert_eq!(problems.len(), 1);
    assert_eq!(settings.task(Task::Inline).ladder.len(), 4);
}

#[test]
fn an_override_that_means_nothing_is_said_and_left_out() {
    let overrides = [Override {
        task: Task::Inline,
        change: Change::Use("endpoint:wrok"),
        origin: Origin::Flag("--model"),
    }];
    let all = Layers {
        overrides: &overrides,
        ..layers(USER, "")
    };
    expect![[r#"
        `--model` says `endpoint:wrok`: there is no `[endpoint.wrok]`: did you mean `work`?
            = allowed: `endpoint:talk`, `endpoint:work`
    "#]]
    .assert_eq(&problems(all));
    assert_eq!(Settings::read(all).0.task(Task::Inline).ladder.len(), 4);
}

#[test]
fn edit_and_explain_are_served_as_chat_is() {
    let (settings, _) = Settings::read(layers(USER, ""));
    for task in [Task::Edit, Task::Explain] {
        assert_eq!(settings.task(task).ladder, settings.task(Task::Chat).ladder);
    }
}

#[test]
fn what_the_documentation_shows_can_be_read() {
    let mut examples = 0;
    for page in [
        include_str!("../../../../docs/configuration.md"),
        include_str!("../../../../docs/cost.md"),
    ] {
        let mut users = String::new();
        for block in page.split("```toml\n").skip(1) {
            let text = block.split("```").next().unwrap_or_default();
            let text = match text.contains("version = 1") {
                true => text.to_owned(),
                false => format!("version = 1\n{text}"),
            };
            // A short one without an endpoint of its own is a repository's, after its user's.
            let is_repositorys = page.contains(&format!(
                "in a repository that must stay inside:\n\n```toml\n{text}"
            ));
            let all = match is_repositorys {
                true => layers(&users, &text),
                false => layers(&text, ""),
            };
            let all = Layers {
                known: Known::default(),
                ..all
            };
            assert_eq!(problems(all), "", "{text}");
            examples += 1;
            users = text;
        }
    }
    assert_eq!(examples, 9);
}

/// Something that no message may hold.
const CANARY: &str = "sk-CANARY-1a2b3c4d5e6f";

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn no_message_holds_a_key(
        cut in any::<prop::sample::Index>(),
        until in any::<prop::sample::Index>(),
        junk in "[\"'=\\[\\]{}\n #.]{0,3}",
        name in "key|kye|api_key|token|\"key\"",
        quote in "\"|'|\"\"\"|'''|",
        inline in any::<bool>(),
    ) {
        let mut text = USER.replace(
            "key = \"env:MISTRAL_API_KEY\"",
            &format!("{name} = {quote}{CANARY}{quote}"),
        );
        if inline {
            text = format!("version = 1\n[endpoint]\na = {{ speaks = \"x\", {name} = {quote}{CANARY}{quote} }}\n");
        }
        // Any slip: a piece of the file is gone, or something else is in its place; the key stays whole.
        let around = text.find(CANARY).expect("it is there");
        let (from, to) = (cut.index(text.len() + 1), until.index(text.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        if to <= around || from >= around + CANARY.len() {
            text.replace_range(from..to.min(from + 8), &junk);
        }
        let said = problems(layers(&text, ""));
        prop_assert!(!said.contains("CANARY"), "{text}\n{said}");
        let said = problems(layers(USER, &text));
        prop_assert!(!said.contains("CANARY"), "{text}\n{said}");
    }

    #[test]
    fn anything_at_all_is_read(text in ".{0,200}") {
        let _ = problems(layers(&text, &text));
    }
}
