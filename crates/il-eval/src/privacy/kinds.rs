//! What of a rule's samples is the secret, and what it is called.
//!
//! The one idea: a rule's sample is `name = "secret"` in some manner; only the secret and the words of the name are taken
//! from it, by syntax and without the rule's pattern, so that a rule is measured in surroundings that it was not written with.
//!
//! Deliberately absent: the surroundings.

use std::ops::Range;

use il_privacy::{Category, Rule};

use super::template::{Braces, Piece, pieces};

/// A way to write a kind of secret.
#[derive(Clone, Debug)]
pub(crate) struct Form<'a> {
    pub(crate) value: Vec<Piece<'a>>,
    /// What it is called there, in lower-case words; empty where nothing says so.
    pub(crate) name: Vec<String>,
    /// Whether the value says by itself what it is.
    pub(crate) shaped: bool,
    /// Whether it can stand only on lines of its own: it has several, or quotes.
    pub(crate) own_lines: bool,
}

/// The forms of a rule, one a sample.
pub(crate) fn forms(rule: &Rule) -> Vec<Form<'_>> {
    let forms = rule.positives.iter();
    forms.map(|it| form(it, rule.category)).collect()
}

/// The words of a rule's id: `aws-secret-key` is `aws secret key`.
pub(crate) fn words_of_id(id: &str) -> Vec<String> {
    words(id)
}

fn form(template: &str, category: Category) -> Form<'_> {
    let pieces = pieces(template, Braces::Doubled);
    let masked = mask(&pieces);
    let (span, name) = value_in(&masked, category);
    let value = unmask(&masked[span], &pieces, template);
    let telling = value.iter().any(|it| it.is_telling());
    // A record with colons between its fields is a line of a file of its own.
    let text = value.iter().map(|it| match it {
        Piece::Text(text) => *text,
        Piece::MadeUp(_) | Piece::Aside(_) => "",
    });
    let text: String = text.collect();
    let record = text.matches(':').count() >= 4 && !text.contains([' ', '/', '{']);
    let quoted = |it: &Piece<'_>| match it {
        Piece::Text(text) => text.contains(['"', '\'', '`', '\n']),
        Piece::MadeUp(spec) | Piece::Aside(spec) => spec.starts_with("{pem:"),
    };
    Form {
        shaped: telling || value.iter().any(says_something),
        own_lines: record || value.iter().any(quoted),
        name: words(&name),
        value,
    }
}

/// Three letters or digits of a provider's choice in a row.
fn says_something(piece: &Piece<'_>) -> bool {
    let Piece::Text(text) = piece else {
        return false;
    };
    let mut runs = text.split(|it: char| !it.is_ascii_alphanumeric());
    runs.any(|run| run.len() >= 3 && !matches!(run, "key" | "com" | "org" | "net" | "www"))
}

/// Each made-up part as one character of nobody's alphabet, so that text can be looked at as text.
fn mask(pieces: &[Piece<'_>]) -> String {
    let mut masked = String::new();
    for (number, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => masked.push_str(text),
            Piece::MadeUp(_) | Piece::Aside(_) => masked.extend(mark(number, *piece)),
        }
    }
    masked
}

/// Parts that anybody could guess are marked otherwise.
fn mark(number: usize, piece: Piece<'_>) -> Option<char> {
    let base = if piece.is_random() { 0xE000 } else { 0xF000 };
    char::from_u32(base + u32::try_from(number).ok()?)
}

fn is_mark(it: char) -> bool {
    ('\u{E000}'..='\u{F8FF}').contains(&it)
}

fn is_random_mark(it: char) -> bool {
    ('\u{E000}'..'\u{F000}').contains(&it)
}

fn unmask<'a>(masked: &str, all: &[Piece<'a>], template: &'a str) -> Vec<Piece<'a>> {
    let mut value = Vec::new();
    for run in runs(masked) {
        match run.chars().next() {
            Some(it) if is_mark(it) => value.push(all[(it as usize & 0xFFF).min(all.len() - 1)]),
            // A doubled brace is one here, so the text stands in the template up to each.
            _ => value.extend(run.split_inclusive('{').filter_map(|part| {
                let at = template.find(part)?;
                Some(Piece::Text(&template[at..at + part.len()]))
            })),
        }
    }
    value
}

/// Marks one by one, and the texts between them.
fn runs(masked: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut from = 0;
    for (at, it) in masked.char_indices().filter(|(_, it)| is_mark(*it)) {
        runs.push(&masked[from..at]);
        runs.push(&masked[at..at + it.len_utf8()]);
        from = at + it.len_utf8();
    }
    runs.push(&masked[from..]);
    runs.retain(|it| !it.is_empty());
    runs
}

/// Where the secret stands in a sample, and what it is called there.
fn value_in(text: &str, category: Category) -> (Range<usize>, String) {
    let random = || text.char_indices().filter(|(_, it)| is_random_mark(*it));
    let any = || text.char_indices().filter(|(_, it)| is_mark(*it));
    let first = random().next().or_else(|| any().next());
    let last = random().next_back().or_else(|| any().next_back());
    let (Some((first, _)), Some((last, it))) = (first, last) else {
        return (0..text.len(), String::new());
    };
    let last = last + it.len_utf8();
    // A text of several lines is one thing.
    if text.trim_end().contains('\n') {
        return (0..text.trim_end().len(), String::new());
    }
    let line = text[..first].rfind('\n').map_or(0, |it| it + 1);
    let end = text[last..].find('\n').map_or(text.len(), |it| last + it);
    let whole = trimmed(text, line..end);
    let (inner, quoted) = match quotes_around(text, line, first, last) {
        Some(inner) => (inner, true),
        // A header says what its value is, a connection string is one as a whole.
        None if category == Category::Session && text[line..first].contains(": ") => {
            return (whole, String::new());
        }
        None if category == Category::Connection && !text.contains("://") => {
            return (whole, String::new());
        }
        None => (bare(text, whole.clone(), first, last, category), false),
    };
    let before = text[line..inner.start].trim_end_matches(['"', '\'', '`']);
    // An attribute is known by its element, several values by each other, and some names by how they are spelt.
    let tags = before.matches('<').count();
    let element = tags > 1 || tags == 1 && !before.trim_end().ends_with('>');
    let several = text[inner.clone()].contains(['"', '\'', '`']);
    if element || several || before.contains("__") {
        return (whole, String::new());
    }
    match name_before(before) {
        // A name of a letter or two says nothing outside of its table.
        Some(name) if name.len() < 3 => (whole, String::new()),
        Some(name) => (inner, name),
        // What is no assignment says what it is by everything on its line: a header, a command.
        None if before.trim().is_empty() => (inner, String::new()),
        None if quoted && inner.len() > 24 && before.trim_end().ends_with(['(', ',', '[', '{']) => {
            (inner, String::new())
        }
        None => (whole, String::new()),
    }
}

fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = &text[span.clone()];
    let from = span.start + (inner.len() - inner.trim_start().len());
    from..from + inner.trim().len()
}

/// Between the nearest quotes of one kind that stand around all of it.
fn quotes_around(text: &str, line: usize, first: usize, last: usize) -> Option<Range<usize>> {
    let around = |quote: char| {
        let before = &text[line..first];
        let inside = before.matches(quote).count() % 2 == 1;
        let open = before.rfind(quote).filter(|_| inside)?;
        let close = text[last..].find(quote)?;
        Some(line + open + quote.len_utf8()..last + close)
    };
    ['"', '\'', '`']
        .into_iter()
        .filter_map(around)
        .min_by_key(|it| it.len())
}

/// Without quotes: from the sign that assigns it on, or the word that it is.
fn bare(
    text: &str,
    whole: Range<usize>,
    first: usize,
    last: usize,
    category: Category,
) -> Range<usize> {
    let before = &text[whole.start..first];
    let assigned = [" = ", ": ", " := ", " => "]
        .into_iter()
        .filter_map(|sign| before.rfind(sign).map(|at| at + sign.len()))
        .max();
    if let Some(at) = assigned {
        let start = whole.start + at;
        return start..until_space(text, last, whole.end, category);
    }
    let space = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &before[space..];
    // In an address `=` assigns something else.
    let scheme = word.find("://").unwrap_or(word.len());
    let sign = word[..scheme].rfind('=');
    let tag = word.rfind('>');
    // Words in front that are no assignment are a command, and say what it is.
    if space > 0 && sign.is_none() && tag.is_none() {
        return whole;
    }
    let start = sign.max(tag).map_or(space, |at| space + at + 1);
    whole.start + start..until_space(text, last, whole.end, category)
}

/// Where the word ends; what belongs to a person has spaces in it.
fn until_space(text: &str, from: usize, end: usize, category: Category) -> usize {
    let rest = &text[from..end];
    let ends = |it: char| match category {
        Category::Personal => matches!(it, ',' | ';' | '<'),
        _ => it.is_whitespace() || matches!(it, ',' | ';' | '<' | '"' | '\''),
    };
    from + rest.find(ends).unwrap_or(rest.len())
}

/// The name in front of a sign that assigns.
fn name_before(before: &str) -> Option<String> {
    let before = before.trim_end();
    // `National Insurance: …` in prose.
    if let Some(words) = before.strip_suffix(':')
        && words.contains(' ')
        && words
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == ' ')
    {
        return Some(words.trim().to_owned());
    }
    let before = before
        .strip_suffix(":=")
        .or_else(|| before.strip_suffix("=>"))
        .or_else(|| before.strip_suffix('='))
        .or_else(|| before.strip_suffix(':'))
        .or_else(|| before.strip_suffix('>').filter(|it| it.contains('<')))?;
    let before = before
        .trim_end()
        .trim_end_matches(['"', '\'', ']', ')', '?']);
    let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    let from = before.rfind(|it: char| !is_part(it));
    let name = &before[from.map_or(0, |at| {
        at + before[at..].chars().next().map_or(1, char::len_utf8)
    })..];
    // `apiKey: string = "…"`: the type is no name.
    let is_type = matches!(name, "string" | "String" | "str" | "const" | "var");
    let name = match before.strip_suffix(name).map(str::trim_end) {
        Some(rest) if is_type => {
            let rest = rest.trim_end_matches(['&', ':', ' ']);
            rest.rsplit(|it| !is_part(it)).next().unwrap_or_default()
        }
        _ => name,
    };
    name.chars()
        .any(char::is_alphabetic)
        .then(|| name.to_owned())
}

/// `DB_PASSWORD`, `dbPassword`, `db.password` and `db-password` are `db password`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|it: char| !it.is_ascii_alphanumeric()) {
        let mut word = String::new();
        let mut lower_before = false;
        for it in part.chars() {
            if it.is_ascii_uppercase() && lower_before {
                words.push(std::mem::take(&mut word));
            }
            lower_before = it.is_ascii_lowercase() || it.is_ascii_digit();
            word.push(it.to_ascii_lowercase());
        }
        words.push(word);
    }
    words.retain(|it| !it.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(template: &str, category: Category, expected: &Expect) {
        let form = form(template, category);
        let value: String = form
            .value
            .iter()
            .map(|it| match it {
                Piece::Text(text) => *text,
                Piece::MadeUp(spec) | Piece::Aside(spec) => *spec,
            })
            .collect();
        let shaped = if form.shaped { "shaped" } else { "named" };
        let lines = if form.own_lines { ", own lines" } else { "" };
        expected.assert_eq(&format!(
            "{value}\n{}\n{shaped}{lines}\n",
            form.name.join(" ")
        ));
    }

    #[test]
    fn the_secret_and_its_name_are_taken_out_of_a_sample() {
        check(
            "AWS_KEY = \"AKIA{base32:16}\"",
            Category::Key,
            &expect![[r#"
                AKIA{base32:16}
                aws key
                shaped
            "#]],
        );
        check(
            "adobe_client_secret: {hex:32}",
            Category::Key,
            &expect![[r#"
                {hex:32}
                adobe client secret
                named
            "#]],
        );
        check(
            "const apiKey: string = '{alnum:40}';",
            Category::Key,
            &expect![[r#"
                {alnum:40}
                api key
                named
            "#]],
        );
        check(
            "National insurance: {nino}",
            Category::Personal,
            &expect![[r#"
                {nino}
                national insurance
                named
            "#]],
        );
        check(
            "<password>{alnum:12}</password>",
            Category::Password,
            &expect![[r#"
                {alnum:12}
                password
                named
            "#]],
        );
    }

    #[test]
    fn what_is_no_assignment_is_taken_whole() {
        check(
            "curl -u admin:{alnum:14} https://api.acme.net",
            Category::Password,
            &expect![[r#"
                curl -u admin:{alnum:14} https://api.acme.net

                shaped
            "#]],
        );
        check(
            "CREATE USER x IDENTIFIED BY '{alnum:12}';",
            Category::Password,
            &expect![[r#"
                CREATE USER x IDENTIFIED BY '{alnum:12}';

                shaped, own lines
            "#]],
        );
        check(
            "Cookie: sessionid={alnum:32}; theme=dark",
            Category::Session,
            &expect![[r#"
                Cookie: sessionid={alnum:32}; theme=dark

                shaped
            "#]],
        );
    }

    #[test]
    fn what_is_known_by_what_stands_around_it_is_taken_with_it() {
        check(
            "<machineKey decryptionKey=\"{HEX:48}\" validation=\"SHA1\"/>",
            Category::Key,
            &expect![[r#"
                <machineKey decryptionKey="{HEX:48}" validation="SHA1"/>

                shaped, own lines
            "#]],
        );
        check(
            "{{\"kty\":\"EC\",\"x\":\"{base64url:43}\",\"d\":\"{base64url:43}\"}",
            Category::PrivateKey,
            &expect![[r#"
                {"kty":"EC","x":"{base64url:43}","d":"{base64url:43}"}

                shaped, own lines
            "#]],
        );
        check(
            "BUNDLE_A__B__COM={hex:8}",
            Category::Key,
            &expect![[r#"
                BUNDLE_A__B__COM={hex:8}

                shaped
            "#]],
        );
    }

    #[test]
    fn addresses_keys_of_several_lines_and_numbers_with_spaces_are_whole() {
        check(
            "DATABASE_URL=postgres://{name}:{alnum:16}@{word}.internal/app",
            Category::Connection,
            &expect![[r#"
                postgres://{name}:{alnum:16}@{word}.internal/app
                database url
                shaped
            "#]],
        );
        check(
            "{pem:RSA PRIVATE KEY}",
            Category::PrivateKey,
            &expect![[r#"
                {pem:RSA PRIVATE KEY}

                shaped, own lines
            "#]],
        );
        check(
            "phone: +49 30 {digits:8}",
            Category::Personal,
            &expect![[r#"
                +49 30 {digits:8}
                phone
                named
            "#]],
        );
    }
}
