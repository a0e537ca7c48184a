//! Which language a file is written in, from its name and its first line.
//!
//! The one idea: the most deliberate sign wins. A mode line was written to answer this very question,
//! a whole file name is more telling than an ending, and an ending more than the interpreter.
//!
//! Contents are never sampled, so the answer cannot change while a file is being typed below line one.

use super::{Language, Registry};

/// Endings that wrap another file name: `nginx.conf.in` is written like `nginx.conf`.
const WRAPPERS: &[&str] = &[
    "in", "tmpl", "tpl", "template", "j2", "jinja", "jinja2", "example", "sample", "dist", "orig",
    "bak", "default",
];

impl Registry {
    /// The language of a file. `first_line` is what its first line says, where that is known.
    pub fn detect(&self, path: &str, first_line: Option<&str>) -> &Language {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        first_line
            .and_then(|line| self.by_modeline(line))
            .or_else(|| self.by_name(name))
            .or_else(|| first_line.and_then(|line| self.by_shebang(line)))
            .unwrap_or_else(|| self.plaintext())
    }

    fn by_name(&self, name: &str) -> Option<&Language> {
        self.by_whole_name(name)
            .or_else(|| self.by_pattern(name, |suffix| !suffix.is_empty()))
            .or_else(|| self.by_extension(name))
            // `Dockerfile*` last: `Dockerfile.py` is Python.
            .or_else(|| self.by_pattern(name, str::is_empty))
            .or_else(|| {
                let (inner, ending) = name.rsplit_once('.')?;
                WRAPPERS.contains(&ending).then(|| self.by_name(inner))?
            })
    }

    fn by_whole_name(&self, name: &str) -> Option<&Language> {
        self.by_filename
            .get(name)
            .map(|&index| &self.languages[index])
    }

    fn by_pattern(&self, name: &str, eligible: impl Fn(&str) -> bool) -> Option<&Language> {
        let (_, _, index) = self.patterns.iter().find(|(prefix, suffix, _)| {
            eligible(suffix)
                && name.len() >= prefix.len() + suffix.len()
                && name.starts_with(prefix)
                && name.ends_with(suffix)
        })?;
        self.languages.get(*index)
    }

    /// Tries the endings from the longest (`d.ts`) to the shortest (`ts`), as written and in lower case.
    fn by_extension(&self, name: &str) -> Option<&Language> {
        let lower = name.to_ascii_lowercase();
        name.match_indices('.')
            .filter(|&(at, _)| at + 1 < name.len())
            .find_map(|(at, _)| {
                let written = self.by_extension.get(&name[at + 1..]);
                written.or_else(|| self.by_extension.get(&lower[at + 1..]))
            })
            .map(|&index| &self.languages[index])
    }

    fn by_shebang(&self, line: &str) -> Option<&Language> {
        let interpreter = interpreter(line)?;
        let bare =
            interpreter.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
        self.by_shebang
            .get(interpreter)
            .or_else(|| self.by_shebang.get(bare))
            .map(|&index| &self.languages[index])
    }

    /// `-*- mode: ruby -*-`, `-*- C++ -*-`, `vim: set ft=sh:`.
    fn by_modeline(&self, line: &str) -> Option<&Language> {
        let mode = emacs_mode(line).or_else(|| vim_filetype(line))?;
        let mode = mode.to_ascii_lowercase();
        self.by_id(&mode).or_else(|| {
            self.languages
                .iter()
                .find(|language| language.name.eq_ignore_ascii_case(&mode))
        })
    }
}

/// The program that a `#!` line runs: `python3` in `#!/usr/bin/env -S LANG=C python3 -u`.
fn interpreter(line: &str) -> Option<&str> {
    let mut words = line
        .trim_start_matches('\u{feff}')
        .strip_prefix("#!")?
        .split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    if program != "env" {
        return Some(program);
    }
    words
        .find(|word| !word.starts_with('-') && !word.contains('='))
        .and_then(|word| word.rsplit('/').next())
}

fn emacs_mode(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("-*-")?;
    let (inside, _) = rest.split_once("-*-")?;
    if !inside.contains(':') {
        return Some(inside.trim());
    }
    inside.split(';').find_map(|variable| {
        let (key, value) = variable.split_once(':')?;
        key.trim()
            .eq_ignore_ascii_case("mode")
            .then(|| value.trim())
    })
}

fn vim_filetype(line: &str) -> Option<&str> {
    let at = ["vim:", "vi:", "ex:"].iter().find_map(|mark| {
        let at = line.find(mark)?;
        // `ex:` inside a word, as in `regex:`, is prose.
        let opens = line[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        opens.then_some(at + mark.len())
    })?;
    line[at..].split([' ', '\t', ':']).find_map(|option| {
        let (key, value) = option.split_once('=')?;
        matches!(key, "ft" | "filetype" | "syntax").then_some(value)
    })
}
