//! Places in code that a secret is put into: `eval/privacy/carriers.txt`.
//!
//! Deliberately absent: which secret goes where.

use std::ops::Range;

use super::blocks::{self, Block};

const FILE: &str = include_str!("../../../../eval/privacy/carriers.txt");

/// What a secret is put in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Secret,
    Lines,
    Escaped,
}

const HOLES: [(&str, Hole); 3] = [
    ("«secret»", Hole::Secret),
    ("«lines»", Hole::Lines),
    ("«escaped»", Hole::Escaped),
];

/// A place in code.
#[derive(Clone, Debug)]
pub(crate) struct Carrier<'a> {
    pub(crate) ending: &'a str,
    text: &'a str,
    hole: Hole,
    mark: &'static str,
    /// Whether it says what the secret is called.
    pub(crate) named: bool,
}

/// A piece of code with a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// Bytes of the secret that must not stay.
    pub(crate) core: Vec<Range<usize>>,
    /// Bytes of all that was put in.
    pub(crate) secret: Range<usize>,
}

/// All places, and all code that is nothing but code, with its ending.
pub(crate) fn read() -> (Vec<Carrier<'static>>, Vec<Block<'static>>) {
    let (fillers, rest): (Vec<_>, Vec<_>) = blocks::read(FILE)
        .into_iter()
        .partition(|it| it.words.contains(&"filler"));
    (rest.iter().filter_map(carrier).collect(), fillers)
}

fn carrier(block: &Block<'static>) -> Option<Carrier<'static>> {
    let mut holes = HOLES.into_iter();
    let (mark, hole) = holes.find(|(mark, _)| block.text.contains(mark))?;
    Some(Carrier {
        ending: block.words.first()?,
        text: block.text,
        hole,
        mark,
        named: block.text.contains('‹'),
    })
}

impl Carrier<'_> {
    /// Whether this secret can stand here. What has quotes or several lines needs lines of its own; of a block that says where
    /// it begins and ends one line can be made.
    pub(crate) fn takes(&self, secret: &str, own_lines: bool) -> bool {
        let quotes = secret.contains(['"', '\'', '`']);
        match self.hole {
            Hole::Secret => !own_lines && !secret.contains('\n') && !quotes,
            Hole::Lines => true,
            Hole::Escaped => secret.starts_with("-----") && !quotes,
        }
    }

    /// Puts a secret in. `core` are the bytes of it that must not stay.
    pub(crate) fn fill(&self, secret: &str, core: &[Range<usize>], name: &[String]) -> Filled {
        let at = self.text.find(self.mark).unwrap_or_default();
        let before = named(&self.text[..at], name);
        let after = named(&self.text[at + self.mark.len()..], name);
        let line = before.rfind('\n').map_or(0, |it| it + 1);
        let indent = &before[line..];
        let replace = |text: &str| match self.hole {
            Hole::Secret => text.to_owned(),
            Hole::Lines => text.replace('\n', &format!("\n{indent}")),
            Hole::Escaped => text.replace('\n', "\\n"),
        };
        let from = before.len();
        let put = replace(secret);
        let moved = |at: usize| from + replace(&secret[..at]).len();
        let core = core.iter().map(|it| moved(it.start)..moved(it.end));
        let core = core.collect();
        let secret = from..from + put.len();
        Filled {
            text: [before, put, after].concat(),
            core,
            secret,
        }
    }
}

/// Writes the name in each manner that is asked for.
fn named(text: &str, words: &[String]) -> String {
    let capital = |word: &String| {
        let mut signs = word.chars();
        let first = signs.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(signs).collect::<String>()
    };
    let pascal = words.iter().map(capital).collect::<String>();
    let camel = words.first().map_or_else(String::new, |first| {
        let rest = words[1..].iter().map(capital);
        [first.clone()].into_iter().chain(rest).collect()
    });
    let manners = [
        ("‹snake›", words.join("_")),
        ("‹SCREAM›", words.join("_").to_ascii_uppercase()),
        ("‹kebab›", words.join("-")),
        ("‹words›", words.join(" ")),
        ("‹camel›", camel),
        ("‹Pascal›", pascal),
    ];
    manners.iter().fold(text.to_owned(), |text, (mark, name)| {
        text.replace(mark, name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Vec<String> {
        ["acme", "api", "key"].map(str::to_owned).into()
    }

    fn of(text: &'static str) -> Carrier<'static> {
        let block = Block {
            words: vec!["py"],
            text,
        };
        carrier(&block).unwrap()
    }

    #[test]
    fn every_language_has_places_of_every_sort() {
        let (carriers, fillers) = read();
        for ending in [
            "py", "ts", "go", "java", "rs", "cs", "yml", "xml", "sh", "rb",
        ] {
            let here = || carriers.iter().filter(|it| it.ending == ending);
            assert!(here().any(|it| it.hole == Hole::Lines), "{ending}");
            assert!(here().filter(|it| it.named).count() >= 3, "{ending}");
            assert!(here().filter(|it| !it.named).count() >= 1, "{ending}");
            assert!(fillers.iter().any(|it| it.ending() == ending), "{ending}");
        }
        for carrier in &carriers {
            let filled = carrier.fill("s3cr3t", std::slice::from_ref(&(0..6)), &words());
            assert_eq!(&filled.text[filled.core[0].clone()], "s3cr3t");
            assert!(
                !filled.text.contains(['«', '»', '‹', '›']),
                "{}",
                filled.text
            );
        }
    }

    #[test]
    fn a_name_is_written_in_the_manner_of_the_place() {
        let place = of("‹snake› ‹camel› ‹Pascal› ‹SCREAM› ‹kebab› ‹words› «secret»;");
        let filled = place.fill("x-42", std::slice::from_ref(&(2..4)), &words());
        assert_eq!(
            filled.text,
            "acme_api_key acmeApiKey AcmeApiKey ACME_API_KEY acme-api-key acme api key x-42;"
        );
        assert_eq!(&filled.text[filled.core[0].clone()], "42");
        assert_eq!(&filled.text[filled.secret], "x-42");
    }

    #[test]
    fn several_lines_stay_several_or_become_one() {
        let (secret, core) = ("BEGIN\nabc\ndef\nEND", [6..9, 10..13]);
        let lines = of("k: |\n  «lines»\nz");
        let filled = lines.fill(secret, &core, &[]);
        assert_eq!(filled.text, "k: |\n  BEGIN\n  abc\n  def\n  END\nz");
        let parts: Vec<_> = filled
            .core
            .iter()
            .map(|it| &filled.text[it.clone()])
            .collect();
        assert_eq!(parts, ["abc", "def"]);
        let escaped = of("\"«escaped»\"").fill(secret, &core, &[]);
        assert_eq!(escaped.text, "\"BEGIN\\nabc\\ndef\\nEND\"");
        assert_eq!(&escaped.text[escaped.core[1].clone()], "def");
        assert!(!of("'«secret»'").takes(secret, true));
        assert!(of("'«secret»'").takes("abc", false));
        assert!(!of("'«escaped»'").takes("a'b\n", true));
    }
}
