//! Under which licence a file is.
//!
//! The one idea: the nearer word counts. A file's own line (`SPDX-License-Identifier`) before its package's manifest,
//! that before the text of a licence that lies there, which is compared with the texts of the SPDX list.
//!
//! Deliberately absent: law, and licences of parts of a file.

use std::sync::OnceLock;

use spdx::detection::TextData;

/// Texts that are told apart; the others of the list are hardly met in code.
const KNOWN: &[&str] = &[
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "BUSL-1.1",
    "BlueOak-1.0.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CECILL-2.1",
    "CPL-1.0",
    "ECL-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "Elastic-2.0",
    "GPL-1.0",
    "GPL-2.0",
    "GPL-3.0",
    "HPND",
    "ICU",
    "IPL-1.0",
    "ISC",
    "LGPL-2.0",
    "LGPL-2.1",
    "LGPL-3.0",
    "LPPL-1.3c",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "MS-RL",
    "MulanPSL-2.0",
    "NCSA",
    "OFL-1.1",
    "OSL-3.0",
    "OpenSSL",
    "PHP-3.01",
    "PostgreSQL",
    "Python-2.0",
    "QPL-1.0",
    "Ruby",
    "SSPL-1.0",
    "Sleepycat",
    "UPL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
    "curl",
    "libtiff",
];

/// Below this two texts have too little in common.
const SURE: f32 = 0.85;
/// Of a file so many bytes are looked at for what it says of itself.
const HEAD: usize = 4 << 10;

/// Tells licences.
#[derive(Clone, Copy, Debug, Default)]
pub struct Licences;

fn texts() -> &'static [(&'static str, TextData)] {
    static TEXTS: OnceLock<Vec<(&'static str, TextData)>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let texts = KNOWN.iter().filter_map(|&id| {
            let list = spdx::text::LICENSE_TEXTS;
            let at = list.binary_search_by_key(&id, |(id, _)| id).ok();
            let found = at.map(|at| &list[at]);
            let (_, text) = found.or_else(|| list.iter().find(|(it, _)| *it == id))?;
            Some((id, TextData::new(text).without_text()))
        });
        texts.collect()
    })
}

impl Licences {
    /// The licence that a text is the text of.
    pub fn of_text(self, text: &str) -> Option<&'static str> {
        let data = TextData::new(text);
        let mut best: Option<(&'static str, f32)> = None;
        for (id, known) in texts() {
            let score = known.match_score(&data);
            if best.is_none_or(|(_, before)| score > before) {
                best = Some((id, score));
            }
        }
        best.filter(|(_, score)| *score >= SURE).map(|(id, _)| id)
    }

    /// What a source file says of itself, as an SPDX expression.
    pub fn of_source(self, text: &str) -> Option<String> {
        let mut end = text.len().min(HEAD);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let head = &text[..end];
        tagged(head).or_else(|| phrased(head))
    }
}

/// The `SPDX-License-Identifier` of a text.
fn tagged(head: &str) -> Option<String> {
    const TAG: &str = "SPDX-License-Identifier:";
    let at = head.find(TAG)?;
    let line = head[at + TAG.len()..].lines().next()?;
    let end = ["*/", "-->", "#}", "\"", "'"]
        .iter()
        .filter_map(|mark| line.find(mark))
        .min()
        .unwrap_or(line.len());
    expression(&line[..end])
}

/// An SPDX expression, or what old manifests have instead, as one.
pub(crate) fn expression(text: &str) -> Option<String> {
    let text = text.trim();
    let canonical = spdx::Expression::canonicalize(text).ok()?;
    let text = canonical.unwrap_or_else(|| text.to_owned());
    spdx::Expression::parse_mode(&text, spdx::ParseMode::LAX).ok()?;
    Some(text)
}

/// What the heads say that licences recommend for files.
fn phrased(head: &str) -> Option<String> {
    if !head.contains("icense") {
        return None;
    }
    let mut words: Vec<&str> = Vec::new();
    for line in head.lines() {
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(');
        words.extend(line.split_whitespace());
    }
    let text = words.join(" ").to_ascii_lowercase();
    let has = |phrase: &str| text.contains(phrase);
    let gnu = [
        ("gnu affero general public license", "AGPL"),
        ("gnu lesser general public license", "LGPL"),
        ("gnu library general public license", "LGPL"),
        ("gnu general public license", "GPL"),
    ];
    for (phrase, name) in gnu {
        if !has(phrase) {
            continue;
        }
        let version = ["version 2.1", "version 2", "version 3", "v2", "v3"]
            .iter()
            .find(|it| has(it))?;
        let version = version
            .trim_start_matches("version ")
            .trim_start_matches('v');
        let version = if version.contains('.') {
            version.to_owned()
        } else {
            format!("{version}.0")
        };
        let later = if has("any later version") {
            "or-later"
        } else {
            "only"
        };
        return Some(format!("{name}-{version}-{later}"));
    }
    let phrases = [
        ("mozilla public license, v. 2.0", "MPL-2.0"),
        (
            "licensed under the apache license, version 2.0",
            "Apache-2.0",
        ),
        ("boost software license, version 1.0", "BSL-1.0"),
        ("eclipse public license v2.0", "EPL-2.0"),
        ("eclipse public license v. 2.0", "EPL-2.0"),
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated",
            "MIT",
        ),
    ];
    let found = phrases.iter().find(|(phrase, _)| has(phrase));
    found.map(|(_, id)| (*id).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: Option<&str>) {
        assert_eq!(Licences.of_source(source).as_deref(), expected);
    }

    #[test]
    fn every_known_text_is_there_and_told_from_the_others() {
        assert_eq!(texts().len(), KNOWN.len());
        for id in KNOWN {
            let (_, text) = spdx::text::LICENSE_TEXTS
                .iter()
                .find(|(it, _)| it == id)
                .expect("it is in the list");
            assert_eq!(Licences.of_text(text), Some(*id));
        }
    }

    #[test]
    fn a_licence_with_somebodys_name_and_other_breaks_is_told() {
        let (_, mit) = spdx::text::LICENSE_TEXTS
            .iter()
            .find(|(it, _)| *it == "MIT")
            .expect("it is in the list");
        let text = mit
            .replace("<year>", "2019")
            .replace("<copyright holders>", "Some Body <body@example.org>")
            .replace(". ", ".\n");
        assert_eq!(Licences.of_text(&text), Some("MIT"));
        assert_eq!(Licences.of_text("Do what you want, but pay me."), None);
    }

    #[test]
    fn a_file_says_it_itself() {
        check(
            "// SPDX-License-Identifier: GPL-2.0-only\nint x;",
            Some("GPL-2.0-only"),
        );
        check(
            "/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */",
            Some("(GPL-2.0-only OR MIT)"),
        );
        check(
            "# This program is free software: you can redistribute it and/or modify\n# it under the terms of the GNU \
             General Public License as published by\n# the Free Software Foundation, either version 3 of the License, or\n# \
             (at your option) any later version.",
            Some("GPL-3.0-or-later"),
        );
        check(
            " * Licensed under the Apache License, Version 2.0 (the \"License\");",
            Some("Apache-2.0"),
        );
        check("fn main() {}", None);
        check("// see the license in LICENSE", None);
    }

    #[test]
    fn what_old_manifests_have_is_read() {
        assert_eq!(
            expression("MIT/Apache-2.0").as_deref(),
            Some("MIT OR Apache-2.0")
        );
        assert_eq!(expression("all mine"), None);
    }
}
