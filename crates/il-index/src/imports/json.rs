//! JSON as manifests are written: with comments and trailing commas.
//!
//! The one idea: lenient in, plain data out; what cannot be read is nothing, and the manifest says nothing then.
//!
//! Deliberately absent: numbers (no manifest's meaning depends on one here), writing, positions of errors.

/// A value of a manifest. Objects keep their order, since conditions of `exports` are tried in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// A number, `true`, `null`: nothing that a path could be.
    Other,
    String(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// How deep values may be nested.
const MAX_DEPTH: usize = 32;

impl Json {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = Reader { text, depth: 0 };
        let value = reader.value()?;
        reader.blank();
        reader.text.is_empty().then_some(value)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        fields
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        loop {
            self.text = self.text.trim_start();
            if let Some(comment) = self.text.strip_prefix("//") {
                self.text = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.text.strip_prefix("/*") {
                self.text = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    fn eat(&mut self, mark: char) -> bool {
        self.blank();
        match self.text.strip_prefix(mark) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Json> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = if self.eat('{') {
            let mut fields = Vec::new();
            while !self.eat('}') {
                let key = self.string()?;
                if !self.eat(':') {
                    return None;
                }
                fields.push((key, self.value()?));
                self.separator('}')?;
            }
            Json::Object(fields)
        } else if self.eat('[') {
            let mut items = Vec::new();
            while !self.eat(']') {
                items.push(self.value()?);
                self.separator(']')?;
            }
            Json::List(items)
        } else if self.text.starts_with('"') {
            Json::String(self.string()?)
        } else {
            let end = self
                .text
                .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
                .unwrap_or(self.text.len());
            if end == 0 {
                return None;
            }
            self.text = &self.text[end..];
            Json::Other
        };
        self.depth -= 1;
        Some(value)
    }

    /// A comma, or the end that is eaten later.
    fn separator(&mut self, end: char) -> Option<()> {
        (self.eat(',') || self.text.starts_with(end)).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        self.blank();
        let mut rest = self.text.strip_prefix('"')?.chars();
        let mut string = String::new();
        loop {
            match rest.next()? {
                '"' => break,
                '\\' => string.push(match rest.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let digits = rest.as_str().get(..4)?;
                        let code = u32::from_str_radix(digits, 16).ok()?;
                        rest = rest.as_str()[4..].chars();
                        char::from_u32(code).unwrap_or('\u{fffd}')
                    }
                    c => c,
                }),
                c => string.push(c),
            }
        }
        self.text = rest.as_str();
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_read() {
        let text = "// first\n{ \"a\": [1, \"x\\u0041\\n\", /* no */], \"b\": {\"c\": null,}, }\n";
        let json = Json::parse(text).expect("an object");
        let a = json.get("a").map(Json::items).expect("a list");
        assert_eq!(a, [Json::Other, Json::String("xA\n".to_owned())]);
        assert_eq!(json.get("b").and_then(|b| b.get("c")), Some(&Json::Other));
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        for text in [
            "",
            "{",
            "[1",
            "{\"a\" 1}",
            "\"\\u12\"",
            "[1 2]",
            "{} x",
            "\"é\\u00é\"",
        ] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
    }
}
