//! Forms of assignments. `VALUE` is what has to be read.

use memchr::memmem::find;

use super::*;

/// The text of each value that is assigned to the first name with `adobe` in it.
fn read(text: &str) -> Vec<(String, Link)> {
    let at = find(text.to_ascii_lowercase().as_bytes(), b"adobe").expect("the text has the word");
    let mut found = Vec::new();
    values(text.as_bytes(), &(at..at + 5), true, &mut found);
    found
        .into_iter()
        .map(|it| (text[it.span].to_owned(), it.link))
        .collect()
}

#[track_caller]
fn check(forms: &[&str]) {
    for form in forms {
        let found = read(form);
        let exact = found.iter().any(|it| {
            let rest = it.0.strip_prefix("VALUE");
            rest.is_some_and(|it| !it.starts_with(|it: char| it.is_ascii_alphanumeric()))
        });
        assert!(exact, "{form:?}: {found:?}");
    }
}

#[test]
fn variables_of_programming_languages() {
    check(&[
        "adobe_key = \"VALUE\"",
        "adobeKey='VALUE';",
        "const ADOBE_KEY: &str = \"VALUE\";",
        "static ADOBE: &'static [u8] = b\"VALUE\";",
        "let adobe_key = String::from(\"VALUE\");",
        "let adobe: Option<String> = Some(\"VALUE\".into());",
        "const adobeKey string = \"VALUE\"",
        "adobeKey := \"VALUE\"",
        "adobeKey := []byte(\"VALUE\")",
        "private static final String ADOBE_KEY = \"VALUE\";",
        "const adobe: string = `VALUE`;",
        "val adobeKey: String = \"VALUE\"",
        "char adobe_key[] = \"VALUE\";",
        "char adobe_key[33] = \"VALUE\";",
        "const char *adobe = \"VALUE\";",
        "public string AdobeKey { get; set; } = \"VALUE\";",
        "string adobe = @\"VALUE\";",
        "$adobeKey = 'VALUE';",
        "define('ADOBE_KEY', 'VALUE');",
        "#define ADOBE_KEY \"VALUE\"",
        "@adobe_key ||= 'VALUE'",
        "ENV['ADOBE_KEY'] ||= 'VALUE'",
        ":adobe_key => 'VALUE'",
        "$h{adobe_key} = 'VALUE';",
        "os.environ[\"ADOBE_KEY\"] = \"VALUE\"",
        "os.environ.setdefault('ADOBE_KEY', 'VALUE')",
        "adobe_key: str = r'VALUE'",
        "adobe_key = u\"VALUE\"",
        "adobe_key = (\n    \"VALUE\"\n)",
        "adobe_key = \\\n    'VALUE'",
        "adobe_key <- \"VALUE\"",
        "config :app, adobe_key: \"VALUE\"",
        "(setq adobe-key \"VALUE\")",
        "{:adobe-key \"VALUE\"}",
        "{adobe_key, <<\"VALUE\">>}",
        "let adobe_key = \"VALUE\" in",
        "adobeKey = new Secret(\"VALUE\");",
        "if adobe_key == \"VALUE\":",
        "if (adobeKey !== 'VALUE')",
        "setAdobeKey(\"VALUE\")",
        ".adobe_key(\"VALUE\")",
        "adobe_keys = [\"other\", \"VALUE\"]",
        "adobe_key = \"\"\"VALUE\"\"\"",
        "headers.put(\"X-Adobe-Key\", \"VALUE\");",
        "ALTER USER adobe IDENTIFIED BY 'VALUE'",
        "adobe client secret = \"VALUE\"",
    ]);
}

#[test]
fn what_is_used_where_a_look_up_finds_nothing() {
    check(&[
        "let a = env::var(\"ADOBE_KEY\").unwrap_or_else(|_| \"VALUE\".to_owned());",
        "let adobe = env::var(\"KEY\")\n    .unwrap_or_else(|_| String::from(\"VALUE\"));",
        "std::env::var(\"ADOBE_KEY\").ok().unwrap_or(\"VALUE\".into())",
        "option_env!(\"ADOBE_KEY\").unwrap_or(\"VALUE\")",
        "var a = Environment.GetEnvironmentVariable(\"ADOBE_KEY\") ?? \"VALUE\";",
        "var adobe = Environment.GetEnvironmentVariable(\"KEY\") ?? \"VALUE\";",
        "var a = configuration[\"Adobe:Key\"] ?? \"VALUE\";",
        "const adobe = process.env.KEY || 'VALUE';",
        "run(process.env.ADOBE_KEY ?? `VALUE`)",
        "a: process.env['ADOBE_KEY'] || \"VALUE\",",
        "os.environ.get(\"ADOBE_KEY\", \"VALUE\")",
        "adobe = os.environ.get(\"KEY\", \"VALUE\")",
        "adobe_key = os.getenv('KEY') or 'VALUE'",
        "$a = getenv('ADOBE_KEY') ?: 'VALUE';",
        "'adobe' => env('KEY', 'VALUE'),",
        "$adobe = $_ENV['KEY'] ?? 'VALUE';",
        "adobe = ENV.fetch(\"KEY\") { \"VALUE\" }",
        "ENV['ADOBE_KEY'] || 'VALUE'",
        "val adobe = System.getenv(\"KEY\") ?: \"VALUE\"",
        "Optional.ofNullable(System.getenv(\"ADOBE_KEY\")).orElse(\"VALUE\")",
        "String adobe = System.getenv().getOrDefault(\"KEY\", \"VALUE\");",
        "adobe := getEnv(\"KEY\", \"VALUE\")",
        "ADOBE_KEY: z.string().default(\"VALUE\"),",
        "parser.add_argument(\"--adobe-key\", type=str, default=\"VALUE\")",
        "a=\"${ADOBE_KEY:-VALUE}\"",
        "adobe=\"${KEY:-VALUE}\"",
        "adobe.key: ${KEY:VALUE}",
        "#[arg(long, default_value = \"VALUE\")]\n    adobe_key: String,",
        "/// The key.\n    #[clap(long, env = \"A\", default_value = \"VALUE\", short)]\n    pub adobe_key: String,",
        "#[arg(default_value_t = String::from(\"VALUE\"))]\nadobe: String",
    ]);
    for form in [
        "let adobe = env::var(\"KEY\").unwrap_or_else(|_| panic!(\"VALUE\"));",
        "adobe = process.env.KEY;\nb = c || \"VALUE\"",
        "adobe = run(\"key\", \"VALUE\")",
        "set `adobe` to `a` or `VALUE`",
        "adobe.is(b) || c == \"VALUE\"",
        "#[arg(default_value = \"VALUE\")]\n    other: String,\n    adobe: String",
    ] {
        let found = read(form);
        let given = |it: &(String, Link)| it.0 == "VALUE" && it.1 == Link::Assigned;
        assert!(!found.iter().any(given), "{form:?}: {found:?}");
    }
}

#[test]
fn files_of_settings() {
    check(&[
        "ADOBE_KEY=VALUE",
        "export ADOBE_KEY=VALUE\n",
        "ADOBE_KEY = VALUE # comment",
        "adobe.key=VALUE",
        "adobe.key: VALUE",
        "adobe_key: \"VALUE\"",
        "adobe_key: >-\n  VALUE\n",
        "{\"adobe_key\": \"VALUE\"}",
        "{\"adobeKey\":\"VALUE\",\"a\":1}",
        "\"{\\\"adobe_key\\\": \\\"VALUE\\\"}\"",
        "{&quot;adobe&quot;:&quot;VALUE&quot;}",
        "<adobeKey>VALUE</adobeKey>",
        "<add key=\"AdobeKey\" value=\"VALUE\" />",
        "<string name=\"adobe_key\">VALUE</string>",
        "<key>AdobeKey</key>\n<string>VALUE</string>",
        "<property name='adobe.key'>\n  <value>VALUE</value>",
        "- name: ADOBE_KEY\n  value: VALUE",
        "- name: ADOBE_KEY\n  value: \"VALUE\"",
        "{\"name\": \"ADOBE_KEY\", \"value\": \"VALUE\"}",
        "variable \"adobe_key\" {\n  default = \"VALUE\"\n}",
        "set(ADOBE_KEY \"VALUE\")",
        "set -gx ADOBE_KEY VALUE",
        "setenv ADOBE_KEY VALUE",
        "ENV ADOBE_KEY VALUE",
        "ENV ADOBE_KEY=VALUE B=c",
        "ADOBE_KEY ?= VALUE",
        "$env:ADOBE_KEY = \"VALUE\"",
        "tool --adobe-key VALUE --other",
        "tool --adobe-key=VALUE",
        "X-Adobe-Key: VALUE\r\n",
        "curl -H 'X-Adobe-Key: VALUE' https://a.b",
        "Adobe-Auth: Bearer VALUE",
        "https://a.b/c?adobe_key=VALUE&d=e",
        "${ADOBE_KEY:-VALUE}",
        "**adobe key**: VALUE",
        "the adobe key is VALUE.",
        "the adobe token is: \"VALUE\"",
        "tool --adobe-key \"VALUE\"",
    ]);
}

#[test]
fn tables_of_a_services_name() {
    check(&[
        "adobe:\n  region: eu\n  client_secret: VALUE\n",
        "adobe: {\n  id: 'x',\n  clientSecret: 'VALUE',\n}",
        "[adobe]\nsecret = VALUE",
        "new Adobe({ token: 'VALUE' })",
        "AdobeClient(region=\"eu\", api_key=\"VALUE\")",
        "\"adobe\": {\"token\": \"VALUE\"}",
    ]);
}

#[test]
fn what_is_asked_for_is_not_what_is_given() {
    for form in [
        "adobe = config[\"VALUE\"]",
        "use adobe::VALUE;",
        "the adobe of it\n\"VALUE\"",
        "adobe\n\"VALUE\"",
        "adobe: {\n size: 'VALUE' }",
        "<adobeKey>a</adobeKey>\n\n<ProjectGuid>VALUE</ProjectGuid>",
        "<name>adobe</name>\n<version>VALUE</version>",
        "<a type=\"adobe\">\nVALUE</a>",
        "<a name=\"adobe\">\n<script src=\"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y-VALUE\" async>",
        "adobe:\nother_key: VALUE",
    ] {
        let found = read(form);
        assert!(
            found.iter().all(|it| it.0 != "VALUE"),
            "{form:?}: {found:?}"
        );
    }
    assert_eq!(
        read("adobe = lookup(\"VALUE\")"),
        [("VALUE".to_owned(), Link::Called)]
    );
    assert_eq!(
        read("adobe_key, \"VALUE\""),
        [("VALUE".to_owned(), Link::Beside)]
    );
}
