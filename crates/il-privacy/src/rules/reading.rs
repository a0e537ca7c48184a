//! Reading a file of rules: TOML in, rules and complaints out.
//!
//! The one idea: a rule that cannot be read is left out and complained about; a test holds that there is no complaint.
//!
//! Deliberately absent: serde. The layers below the façade read `toml`'s parse tree.

use toml::de::{DeTable, DeValue};

use super::{Anchor, Category, Rank, Rule, Shape};

/// Bytes around a keyword, where a rule says nothing.
const REACH: usize = 256;
/// A keyword that is shorter stands in every third line.
const SHORTEST_KEYWORD: usize = 3;

/// Reads a file. The second part holds one complaint per rule that cannot be used.
pub(super) fn read(file: &str, text: &str) -> (Vec<Rule>, Vec<String>) {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => return (Vec::new(), vec![format!("{file}: {error}")]),
    };
    let mut rules = Vec::new();
    let mut complaints = Vec::new();
    for (key, value) in &table {
        let key = key.get_ref();
        let (DeValue::Array(rows), "rule") = (value.get_ref(), key.as_ref()) else {
            complaints.push(format!(
                "{file}: `{key}`: only `[[rule]]` may stand in a file of rules"
            ));
            continue;
        };
        for (idx, row) in rows.iter().enumerate() {
            match rule(file, row.get_ref()) {
                Ok(it) => rules.push(it),
                Err((id, what)) if id.is_empty() => {
                    complaints.push(format!("{file}: rule {}: {what}", idx + 1));
                }
                Err((id, what)) => complaints.push(format!("{file}: `{id}`: {what}")),
            }
        }
    }
    (rules, complaints)
}

fn rule(file: &str, value: &DeValue<'_>) -> Result<Rule, (String, String)> {
    let mut raw = Raw::default();
    let DeValue::Table(row) = value else {
        let what = format!("expected a table, found {}", value.type_str());
        return Err((String::new(), what));
    };
    let mut problem = None;
    for (key, value) in row {
        let key = key.get_ref().as_ref();
        if let Err(what) = raw.take(key, value.get_ref()) {
            problem.get_or_insert(format!("`{key}`: {what}"));
        }
    }
    let id = raw.id.clone();
    match problem {
        Some(what) => Err((id, what)),
        None => raw.rule(file).map_err(|what| (id, what)),
    }
}

/// A row as it stands.
#[derive(Default)]
struct Raw {
    id: String,
    name: String,
    category: String,
    keywords: Vec<String>,
    pattern: Option<String>,
    service: Vec<String>,
    value: Option<String>,
    quoted: Option<bool>,
    form: Option<String>,
    entropy: Option<f32>,
    check: Option<String>,
    allow: Vec<String>,
    reach: Option<usize>,
    off: bool,
    positives: Vec<String>,
    negatives: Vec<String>,
    source: String,
}

impl Raw {
    fn take(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), String> {
        match key {
            "id" => self.id = string(value)?,
            "name" => self.name = string(value)?,
            "category" => self.category = string(value)?,
            "keywords" => self.keywords = strings(value)?,
            "pattern" => self.pattern = Some(string(value)?),
            "service" => self.service = strings(value)?,
            "value" => self.value = Some(string(value)?),
            "quoted" => self.quoted = Some(boolean(value)?),
            "form" => self.form = Some(string(value)?),
            "entropy" => self.entropy = Some(number(value)?),
            "check" => self.check = Some(string(value)?),
            "allow" => self.allow = strings(value)?,
            "reach" => self.reach = Some(number(value)?),
            "on" => self.off = !boolean(value)?,
            "positives" => self.positives = strings(value)?,
            "negatives" => self.negatives = strings(value)?,
            "source" => self.source = string(value)?,
            _ => return Err("not a known key".to_owned()),
        }
        Ok(())
    }

    fn rule(self, file: &str) -> Result<Rule, String> {
        let fits = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-';
        if self.id.is_empty() || !self.id.as_bytes().iter().all(fits) {
            return Err("`id`: expected small letters, digits and hyphens".to_owned());
        }
        if self.name.is_empty() {
            return Err("`name` is missing".to_owned());
        }
        let category = Category::ALL
            .into_iter()
            .find(|it| it.word() == self.category)
            .ok_or_else(|| format!("`category`: `{}` is none", self.category))?;
        let (shape, keywords) = match (self.pattern, self.value, self.form.as_deref()) {
            (Some(pattern), None, None) if self.service.is_empty() => {
                (Shape::Pattern(pattern), self.keywords)
            }
            (None, Some(value), None) if !self.service.is_empty() => {
                let shape = Shape::Assigned {
                    value,
                    also: self
                        .keywords
                        .iter()
                        .map(|it| it.to_ascii_lowercase())
                        .collect(),
                    quoted: self.quoted,
                };
                (
                    shape,
                    self.service.iter().flat_map(|it| spellings(it)).collect(),
                )
            }
            (Some(pattern), None, Some("digits")) => anchored(Anchor::Digits, pattern),
            (Some(pattern), None, Some("at")) => anchored(Anchor::At, pattern),
            (None, None, Some("pem")) => (Shape::Pem, self.keywords),
            (None, None, Some("base64-lines")) => (Shape::Base64Lines, Vec::new()),
            _ => {
                return Err(
                    "expected either `pattern`, or `service` and `value`, or `form = \"pem\"` or \"base64-lines\""
                        .to_owned(),
                );
            }
        };
        let free = matches!(shape, Shape::Base64Lines | Shape::Anchored { .. });
        if keywords.is_empty() && !free {
            return Err("`keywords` is missing".to_owned());
        }
        if let Some(it) = keywords.iter().find(|it| it.len() < SHORTEST_KEYWORD) {
            return Err(format!(
                "`keywords`: `{it}` is shorter than {SHORTEST_KEYWORD}"
            ));
        }
        if let Some(it) = keywords.iter().find(|it| !it.is_ascii()) {
            return Err(format!("`keywords`: `{it}` is not ASCII"));
        }
        let rank = match (file, &shape) {
            _ if category == Category::Personal => Rank::Person,
            ("generic", Shape::Pattern(_) | Shape::Anchored { .. }) => Rank::Kind,
            ("generic", Shape::Assigned { .. }) => Rank::Word,
            (_, Shape::Assigned { .. }) => Rank::Service,
            _ => Rank::Form,
        };
        Ok(Rule {
            id: self.id.into(),
            name: self.name.into(),
            category,
            rank,
            keywords,
            shape,
            entropy: self.entropy,
            check: self.check.map(Into::into),
            allow: self.allow,
            reach: self.reach.unwrap_or(REACH),
            on: !self.off,
            positives: self.positives,
            negatives: self.negatives,
            source: self.source.into(),
        })
    }
}

fn anchored(anchor: Anchor, pattern: String) -> (Shape, Vec<String>) {
    (Shape::Anchored { anchor, pattern }, Vec::new())
}

/// How the words of a service are written together in a name: `new-relic` is `newrelic`, `new_relic`, `new.relic`,
/// `new relic` and itself.
fn spellings(word: &str) -> Vec<String> {
    let parts: Vec<&str> = word.split(['-', '_', '.', ' ']).collect();
    match parts.len() {
        1 => vec![word.to_owned()],
        _ => ["", "-", "_", ".", " "].map(|it| parts.join(it)).to_vec(),
    }
}

fn strings(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let DeValue::Array(values) = value else {
        return Err(format!("expected an array, found {}", value.type_str()));
    };
    values.iter().map(|it| string(it.get_ref())).collect()
}

fn string(value: &DeValue<'_>) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("expected a string, found {}", value.type_str()))
}

fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("expected a boolean, found {}", value.type_str()))
}

fn number<T: std::str::FromStr>(value: &DeValue<'_>) -> Result<T, String> {
    let digits = match value {
        DeValue::Integer(it) => it.as_str(),
        DeValue::Float(it) => it.as_str(),
        other => return Err(format!("expected a number, found {}", other.type_str())),
    };
    digits
        .parse()
        .map_err(|_| format!("`{digits}` does not fit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn complains(text: &str, expected: &str) {
        let (rules, complaints) = read("test", text);
        assert!(rules.is_empty());
        assert_eq!(complaints, [expected]);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_file_and_rule() {
        complains(
            "rule = 1",
            "test: `rule`: only `[[rule]]` may stand in a file of rules",
        );
        complains(
            "[[rule]]\nname = 'A'",
            "test: rule 1: `id`: expected small letters, digits and hyphens",
        );
        complains(
            "[[rule]]\nid = 'a'\nfoo = 1",
            "test: `a`: `foo`: not a known key",
        );
        complains(
            "[[rule]]\nid = 'a'\nname = 'A'\ncategory = 'keys'",
            "test: `a`: `category`: `keys` is none",
        );
        complains(
            "[[rule]]\nid = 'a'\nname = 'A'\ncategory = 'key'\npattern = 'a'\nkeywords = ['ab']",
            "test: `a`: `keywords`: `ab` is shorter than 3",
        );
        complains(
            "[[rule]]\nid = 'a'\nname = 'A'\ncategory = 'key'\npattern = 'a'\nvalue = 'b'",
            "test: `a`: expected either `pattern`, or `service` and `value`, or `form = \"pem\"` or \"base64-lines\"",
        );
        complains(
            "[[rule]]\nid = 'a'\nentropy = 'high'",
            "test: `a`: `entropy`: expected a number, found string",
        );
    }

    #[test]
    fn a_service_of_two_words_is_known_however_they_are_joined() {
        let text = "[[rule]]\nid = 'a'\nname = 'A'\ncategory = 'key'\nservice = ['new-relic']\nvalue = '[0-9]{9}'";
        let (rules, complaints) = read("test", text);
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(
            rules[0].keywords,
            [
                "newrelic",
                "new-relic",
                "new_relic",
                "new.relic",
                "new relic"
            ]
        );
    }
}
