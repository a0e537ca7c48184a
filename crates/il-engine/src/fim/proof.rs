//! Whether a vocabulary has the markers that a template writes.
//!
//! The one idea: a marker that is not one token is text to the model, and the hole is never seen; it must be found before
//! the first completion, by asking the tokenizer.
//!
//! Deliberately absent: asking the model to close a hole; that needs an engine.

use super::Template;

/// Something that is wrong with a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub marker: String,
    pub problem: Problem,
    /// A prompt cannot be written without it; otherwise only an answer may fail to stop at it.
    pub needed: bool,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The vocabulary takes it apart.
    Tokens(usize),
    /// It is the same token as another marker.
    SameAs(String),
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let marker = &self.marker;
        match &self.problem {
            Problem::Tokens(count) => write!(f, "`{marker}` is {count} tokens instead of one"),
            Problem::SameAs(other) => write!(f, "`{marker}` is the same token as `{other}`"),
        }
    }
}

impl Template {
    /// What is wrong with the markers in a vocabulary; `encode` reads special tokens and adds none of its own.
    pub fn check(&self, encode: &dyn Fn(&str) -> Vec<u32>) -> Vec<Finding> {
        let used = self.used();
        let stops = self.stops.iter().map(AsRef::as_ref);
        // A stop can be text; only one that is a marker of the family must be a token.
        let others = stops.filter(|it| {
            !used.contains(it) && self.markers.iter().any(|marker| marker.as_ref() == *it)
        });
        let mut seen: Vec<(u32, &str)> = Vec::new();
        let mut findings = Vec::new();
        for (marker, needed) in used
            .iter()
            .map(|it| (*it, true))
            .chain(others.map(|it| (it, false)))
        {
            let mut report = |problem| {
                findings.push(Finding {
                    marker: marker.to_owned(),
                    problem,
                    needed,
                });
            };
            let mut shortest = usize::MAX;
            let mut token = None;
            for spelling in self.spelt(marker) {
                let tokens = encode(spelling);
                shortest = shortest.min(tokens.len());
                if let [one] = tokens[..] {
                    token = Some(one);
                    break;
                }
            }
            let Some(token) = token else {
                report(Problem::Tokens(shortest));
                continue;
            };
            match seen.iter().find(|it| it.0 == token) {
                Some(other) => report(Problem::SameAs(other.1.to_owned())),
                None => seen.push((token, marker)),
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry;

    #[test]
    fn a_marker_that_is_no_token_or_not_its_own_is_found() {
        let template = registry().by_id("mellum").expect("it is in the table");
        let encode = |text: &str| match text {
            "<fim_prefix>" => vec![1],
            "<fim_suffix>" => vec![2],
            "<fim_middle>" => vec![2],
            "<filename>" | "<|endoftext|>" => vec![7],
            other => other.bytes().map(u32::from).collect(),
        };
        let found: Vec<String> = template
            .check(&encode)
            .iter()
            .map(|it| format!("{it}{}", if it.needed { "" } else { ", a stop only" }))
            .collect();
        assert_eq!(
            found,
            [
                "`<fim_middle>` is the same token as `<fim_suffix>`",
                "`<|endoftext|>` is the same token as `<filename>`, a stop only",
                "`<reponame>` is 10 tokens instead of one, a stop only",
            ]
        );
    }

    #[test]
    fn a_vocabulary_that_has_them_all_is_as_it_should_be() {
        for template in registry().all() {
            let known = std::cell::RefCell::new(Vec::new());
            let encode = |text: &str| {
                let mut known = known.borrow_mut();
                let text = text.to_owned();
                let idx = known.iter().position(|it| *it == text);
                let idx = idx.unwrap_or_else(|| {
                    known.push(text);
                    known.len() - 1
                });
                vec![u32::try_from(idx).expect("few")]
            };
            assert_eq!(template.check(&encode), [], "{}", template.id);
        }
    }
}
