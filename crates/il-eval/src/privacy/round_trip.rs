//! Redaction, there and back, over code with secrets planted in it.
//!
//! The one idea: whatever secret stands wherever in whatever language, a text keeps its lines, everything but the secrets stays as
//! it was, it parses if it parsed, and undoing gives it back to the byte.
//!
//! Deliberately absent: whether a secret is found; the sets count that.

use std::sync::{Arc, LazyLock};

use il_lang::registry;
use il_privacy::{Finder, Guard, Policy, Reach, Redactor, Restore, Rules};
use il_syntax::{Basis, Parser};
use proptest::prelude::*;

use super::{
    everything,
    kinds::{self, Form},
    template::make,
};

/// A language: what a file begins with, statements with a hole (`§` in quotes or comments, `§LINES§` where a text may have
/// several lines), and how it ends.
struct Sample {
    language: &'static str,
    before: &'static str,
    statements: &'static [&'static str],
    after: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        language: "python",
        before: "import os\n\n",
        statements: &[
            "api_key = \"§\"\n",
            "password = '§'  # staging\n",
            "client = Client(url, token=\"§\", retries=3)\n",
            "# the old token was §\n",
            "settings = {\"region\": \"eu\", \"secret_key\": \"§\"}\n",
            "secret = os.environ.get(\"SECRET\", \"§\")\n",
            "KEY = \"\"\"\n§LINES§\n\"\"\"\n",
            "def f(token=\"§\"):\n    return f\"Bearer {token}\"\n",
            "assert check(b\"§\") is None\n",
        ],
        after: "print(1)\n",
    },
    Sample {
        language: "typescript",
        before: "import { a } from './a';\n",
        statements: &[
            "const apiKey = '§';\n",
            "export const config = { password: \"§\", port: 1 };\n",
            "const token: string = `§`;\n",
            "// secret: §\n",
            "await fetch(url, { headers: { Authorization: '§' } });\n",
            "const key = `\n§LINES§\n`;\n",
            "class A { private readonly secret = '§'; }\n",
            "if (password === '§') { a(); }\n",
        ],
        after: "export default a;\n",
    },
    Sample {
        language: "javascript",
        before: "'use strict';\n",
        statements: &[
            "const apiKey = '§';\n",
            "module.exports = { password: \"§\" };\n",
            "var token = process.env.TOKEN || '§';\n",
            "/* secret: § */\n",
            "const key = `\n§LINES§\n`;\n",
        ],
        after: "run();\n",
    },
    Sample {
        language: "go",
        before: "package main\n\n",
        statements: &[
            "const apiKey = \"§\"\n\n",
            "var config = Config{\n\tRegion:   \"eu\",\n\tPassword: \"§\",\n}\n\n",
            "func a() {\n\ttoken := \"§\"\n\tuse(token)\n}\n\n",
            "// secret: §\n",
            "const key = `\n§LINES§\n`\n\n",
            "func b() { req.Header.Set(\"Authorization\", \"§\") }\n\n",
        ],
        after: "func main() {}\n",
    },
    Sample {
        language: "java",
        before: "package a;\n\nclass A {\n",
        statements: &[
            "    private static final String API_KEY = \"§\";\n",
            "    void a() { client.setPassword(\"§\"); }\n",
            "    // token: §\n",
            "    /** Uses {@code §}. */\n    int x;\n",
            "    String key = \"\"\"\n§LINES§\n        \"\"\";\n",
            "    @Value(\"${app.secret:§}\") String secret;\n",
        ],
        after: "}\n",
    },
    Sample {
        language: "rust",
        before: "use std::env;\n\n",
        statements: &[
            "const API_KEY: &str = \"§\";\n",
            "fn a() -> String { env::var(\"TOKEN\").unwrap_or_else(|_| \"§\".to_owned()) }\n",
            "/// Takes `§`.\nfn b() {}\n",
            "// password: §\n",
            "const KEY: &str = r\"\n§LINES§\n\";\n",
            "fn c() { client(Settings { secret: \"§\".into(), retries: 3 }) }\n",
            "fn d<'a>(token: &'a str) -> bool { token == \"§\" }\n",
        ],
        after: "fn main() {}\n",
    },
    Sample {
        language: "csharp",
        before: "using System;\n\nclass A\n{\n",
        statements: &[
            "    private const string ApiKey = \"§\";\n",
            "    string Password { get; } = \"§\";\n",
            "    // token: §\n",
            "    void F() { var o = new Options { Secret = \"§\", Retries = 3 }; }\n",
            "    string key = @\"\n§LINES§\n\";\n",
        ],
        after: "}\n",
    },
    Sample {
        language: "ruby",
        before: "require \"json\"\n\n",
        statements: &[
            "API_KEY = \"§\".freeze\n",
            "client = Client.new(region: \"eu\", password: '§')\n",
            "config = { :secret => \"§\" }\n",
            "# token: §\n",
            "token = ENV.fetch(\"TOKEN\", \"§\")\n",
            "KEY = <<~TEXT\n§LINES§\nTEXT\n",
        ],
        after: "puts 1\n",
    },
    Sample {
        language: "php",
        before: "<?php\n",
        statements: &[
            "$apiKey = '§';\n",
            "define('DB_PASSWORD', '§');\n",
            "$config = ['region' => 'eu', 'secret' => '§'];\n",
            "// token: §\n",
            "$key = <<<'TEXT'\n§LINES§\nTEXT;\n",
        ],
        after: "run();\n",
    },
    Sample {
        language: "kotlin",
        before: "package a\n\n",
        statements: &[
            "private const val API_KEY = \"§\"\n",
            "fun a() = client(password = \"§\", retries = 3)\n",
            "// token: §\n",
            "val key = \"\"\"\n§LINES§\n\"\"\"\n",
        ],
        after: "fun main() {}\n",
    },
    Sample {
        language: "c",
        before: "#include <stdio.h>\n\n",
        statements: &[
            "static const char *api_key = \"§\";\n",
            "#define PASSWORD \"§\"\n",
            "/* token: § */\n",
            "int f(void) { return login(\"root\", \"§\"); }\n",
        ],
        after: "int main(void) { return 0; }\n",
    },
    Sample {
        language: "bash",
        before: "#!/bin/bash\nset -eu\n",
        statements: &[
            "export API_KEY=\"§\"\n",
            "password='§'\n",
            "curl -H \"Authorization: §\" \"$url\"\n",
            "# token: §\n",
            "cat > key <<'END'\n§LINES§\nEND\n",
        ],
        after: "echo done\n",
    },
];

/// `None` where nobody can say.
fn parses(parser: &mut Parser, language: &str, text: &str) -> Option<bool> {
    let language = registry().by_id(language)?;
    let parsed = parser.parse(language, text);
    (parsed.basis() == Basis::Tree).then(|| !parsed.has_errors())
}

#[test]
fn every_language_is_parsed_and_every_statement_of_it_parses() {
    let mut parser = Parser::new();
    for sample in SAMPLES {
        for statement in sample.statements {
            let statement = statement.replace("§LINES§", "abc\ndef").replace('§', "abc");
            let text = [sample.before, &statement, sample.after].concat();
            let parses = parses(&mut parser, sample.language, &text);
            assert_eq!(parses, Some(true), "{}: {text}", sample.language);
        }
    }
}

/// Redacts a text and undoes it, and says what does not hold.
fn there_and_back(sample: &Sample, text: &str, cut: usize) -> Result<(), String> {
    let redactor = Arc::new(Redactor::new(finder()));
    let redacted = redactor.redact(text);
    let lines = |it: &str| it.matches('\n').count();
    if lines(&redacted.text) != lines(text) {
        return Err("the number of lines".to_owned());
    }
    placeholders_alone(&redactor, text, &redacted.text)?;
    let again = redactor.redact(&redacted.text);
    if again.text != redacted.text || !again.fired.is_empty() {
        let found = found_in(&redactor, &redacted.text);
        return Err(format!("twice is not once: {found:?}"));
    }
    let policy = Arc::new(Policy::default());
    let guard = Guard::new(Arc::clone(&redactor), policy, Reach::Anywhere);
    let mut restorer = guard.restoring(Restore::Everything).restorer();
    let mut cut = cut % (redacted.text.len() + 1);
    while !redacted.text.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut back = restorer.push(&redacted.text[..cut]);
    back += &restorer.push(&redacted.text[cut..]);
    back += &restorer.finish();
    if back != text {
        return Err(format!("undone it is another text:\n{back}"));
    }
    let mut parser = Parser::new();
    let parsed = parses(&mut parser, sample.language, text);
    if parsed == Some(true) && parses(&mut parser, sample.language, &redacted.text) != parsed {
        let found = found_in(&redactor, text);
        return Err(format!("it parsed: {found:?}"));
    }
    Ok(())
}

/// What is found in a text, made up as it is, with what stands behind it.
fn found_in(redactor: &Redactor, text: &str) -> Vec<String> {
    let found = redactor.finder().find(text);
    let shown = found.iter().map(|it| {
        let rule = &redactor.finder().rule(it.rule).id;
        let behind = &text[it.span.end..];
        let behind: String = behind.chars().take(8).collect();
        format!("{rule} {} ‖ {behind}", &text[it.span.clone()])
    });
    shown.collect()
}

/// What stood between the secrets is there, in its order, and nothing else but a placeholder and line ends for each.
fn placeholders_alone(redactor: &Redactor, text: &str, redacted: &str) -> Result<(), String> {
    let mut rest = redacted;
    let mut at = 0;
    for finding in redactor.finder().find(text) {
        let between = &text[at..finding.span.start];
        let id = &redactor.finder().rule(finding.rule).id;
        let behind = rest.strip_prefix(between);
        let behind = behind.ok_or_else(|| format!("changed in front of {id}"))?;
        let names = [
            format!("<REDACTED:{id}-"),
            format!("REDACTED_{}_", id.replace('-', "_")),
        ];
        let placeholder = names.iter().find_map(|it| behind.strip_prefix(it.as_str()));
        let numbered = placeholder.ok_or_else(|| format!("no placeholder of {id}"))?;
        let number = numbered.trim_start_matches(|it: char| it.is_ascii_digit());
        if number.len() == numbered.len() {
            return Err(format!("no number of {id}"));
        }
        let bracket = number.strip_prefix('>').filter(|_| behind.starts_with('<'));
        rest = bracket.unwrap_or(number);
        let lines = text[finding.span.clone()].matches('\n').count();
        for _ in 0..lines {
            let line = rest.strip_prefix('\n');
            rest = line.ok_or_else(|| format!("lines of {id} are gone"))?;
        }
        at = finding.span.end;
    }
    match rest == &text[at..] {
        true => Ok(()),
        false => Err("changed behind the last secret".to_owned()),
    }
}

fn finder() -> Arc<Finder> {
    static ALL: LazyLock<Arc<Finder>> = LazyLock::new(|| Arc::new(everything()));
    Arc::clone(&ALL)
}

/// One statement with one secret in it.
#[derive(Clone, Debug)]
struct Planted {
    statement: prop::sample::Index,
    rule: prop::sample::Index,
    form: prop::sample::Index,
    seed: u64,
}

fn planted() -> impl Strategy<Value = Planted> {
    let index = any::<prop::sample::Index>;
    let parts = (index(), index(), index(), any::<u64>());
    parts.prop_map(|(statement, rule, form, seed)| Planted {
        statement,
        rule,
        form,
        seed,
    })
}

/// A file with secrets in some places.
fn file(sample: &Sample, planted: &[Planted]) -> String {
    let rules: Vec<_> = Rules::shipped().iter().collect();
    let mut text = sample.before.to_owned();
    for it in planted {
        let forms = kinds::forms(rules[it.rule.index(rules.len())]);
        let form = &forms[it.form.index(forms.len())];
        let statement = sample.statements[it.statement.index(sample.statements.len())];
        text.extend(stated(statement, form, it.seed));
    }
    text + sample.after
}

/// A statement with a secret in it, if it can stand there.
fn stated(statement: &str, form: &Form<'_>, seed: u64) -> Option<String> {
    let secret = make(&form.value, seed).text;
    if statement.contains("§LINES§") {
        Some(statement.replace("§LINES§", &secret))
    } else {
        (!form.own_lines).then(|| statement.replace('§', &secret))
    }
}

/// Every kind stands in so many languages, the next kind in the next ones.
const LANGUAGES_A_KIND: usize = 3;

#[test]
fn every_kind_goes_there_and_back() {
    let mut wrong = Vec::new();
    for (number, rule) in Rules::shipped().iter().enumerate() {
        let forms = kinds::forms(rule);
        for turn in number..number + LANGUAGES_A_KIND {
            let sample = &SAMPLES[turn * 5 % SAMPLES.len()];
            let form = &forms[turn % forms.len()];
            let mut text = sample.before.to_owned();
            for (statement, seed) in sample.statements.iter().zip(1..) {
                text.extend(stated(statement, form, seed));
            }
            text += sample.after;
            if let Err(what) = there_and_back(sample, &text, 4711) {
                wrong.push(format!("{} in {}: {what}", rule.id, sample.language));
            }
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} are wrong:\n{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn redaction_there_and_back(
        sample in any::<prop::sample::Index>(),
        planted in prop::collection::vec(planted(), 1..8),
        cut in any::<usize>(),
    ) {
        let sample = &SAMPLES[sample.index(SAMPLES.len())];
        let text = file(sample, &planted);
        if let Err(what) = there_and_back(sample, &text, cut) {
            return Err(TestCaseError::fail(format!("{what}\n{text}")));
        }
    }
}
