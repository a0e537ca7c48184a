//! The shipped table is complete, and every way to detect a file works.

use std::collections::HashMap;

use expect_test::{Expect, expect};

use super::{BlockStyle, Language, TABLE, reading, registry};

#[test]
fn every_row_of_the_table_can_be_read() {
    let (languages, complaints) = reading::read(TABLE);
    assert_eq!(complaints, Vec::<String>::new());
    assert!(languages.len() >= 90, "only {} languages", languages.len());
    assert!(
        registry()
            .languages()
            .iter()
            .filter(|language| language.grammar.is_some())
            .count()
            >= 18
    );
}

#[test]
fn every_language_is_complete() {
    for language in registry().languages() {
        let id = language.id;
        let ways = language.extensions.len() + language.filenames.len() + language.shebangs.len();
        assert!(ways > 0, "`{id}` cannot be detected");
        assert!(!language.brackets.is_empty(), "`{id}` has no brackets");
        if language.block_style != BlockStyle::Indentation {
            assert!(
                !language.block_openers.is_empty(),
                "`{id}` has no block openers"
            );
            assert!(
                !language.block_closers.is_empty(),
                "`{id}` has no block closers"
            );
        }
        for pair in language.strings.windows(2) {
            assert!(
                pair[0].open.len() >= pair[1].open.len(),
                "`{id}`: longest string opener first"
            );
        }
        for rule in &language.strings {
            assert!(
                !rule.open.is_empty() && !rule.close.is_empty(),
                "`{id}`: empty string delimiter"
            );
            assert_ne!(rule.interpolation.map(|(open, _)| open), Some(""), "`{id}`");
        }
        assert!(
            !language.line_comments.contains(&""),
            "`{id}`: empty comment mark"
        );
        let family = registry().by_id(language.family).is_some() || language.family == "ecmascript";
        assert!(family, "`{id}`: no such family as `{}`", language.family);
    }
}

#[test]
fn no_two_languages_claim_the_same_name() {
    let kinds: [(&str, fn(&Language) -> Vec<&'static str>); 4] = [
        ("identifier", |language| {
            [vec![language.id], language.aliases.clone()].concat()
        }),
        ("extension", |language| language.extensions.clone()),
        ("filename", |language| language.filenames.clone()),
        ("interpreter", |language| language.shebangs.clone()),
    ];
    for (kind, names) in kinds {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for language in registry().languages() {
            for name in names(language) {
                if let Some(other) = owners.insert(name, language.id) {
                    panic!(
                        "the {kind} `{name}` belongs to `{other}` and `{}`",
                        language.id
                    );
                }
            }
        }
    }
}

#[test]
fn the_names_of_a_language_lead_to_it() {
    for language in registry().languages() {
        for extension in &language.extensions {
            let found = registry().detect(&format!("src/some.{extension}"), None);
            assert_eq!(found.id, language.id, "`.{extension}`");
        }
        for filename in &language.filenames {
            let found = registry().detect(&filename.replace('*', ""), None);
            assert_eq!(found.id, language.id, "`{filename}`");
        }
        for interpreter in &language.shebangs {
            let found = registry().detect("run", Some(&format!("#!/usr/bin/env {interpreter}")));
            assert_eq!(found.id, language.id, "`#!{interpreter}`");
        }
        for alias in &language.aliases {
            assert_eq!(
                registry().by_id(alias).map(|found| found.id),
                Some(language.id)
            );
        }
    }
}

/// Each line of `files` is a path, or a path, ` | ` and a first line.
fn check_detect(files: &str, expected: &Expect) {
    let answers: String = files
        .lines()
        .map(|line| {
            let (path, first_line) = match line.split_once(" | ") {
                Some((path, first_line)) => (path, Some(first_line)),
                None => (line, None),
            };
            format!("{line} => {}\n", registry().detect(path, first_line).id)
        })
        .collect();
    expected.assert_eq(&answers);
}

#[test]
fn detects_by_name_and_extension() {
    check_detect(
        "\
src/main.rs
types/index.d.ts
src/App.test.tsx
C:\\work\\Program.CS
lib.hpp
old.C
README.MD
Dockerfile
Dockerfile.dev
deploy/Dockerfile.py
requirements-dev.txt
requirements_parser.py
notes.txt
tsconfig.build.json
package.json
GNUmakefile
Makefile.am
CMakeLists.txt
config.h.in
deploy.yaml.j2
views/index.blade.php
.env.local
.bashrc
.gitignore
noextension
trailingdot.
.hidden
weird.xyz
src/rs
a.rs.bak",
        &expect![[r#"
            src/main.rs => rust
            types/index.d.ts => typescript
            src/App.test.tsx => tsx
            C:\work\Program.CS => csharp
            lib.hpp => cpp
            old.C => cpp
            README.MD => markdown
            Dockerfile => dockerfile
            Dockerfile.dev => dockerfile
            deploy/Dockerfile.py => python
            requirements-dev.txt => requirements
            requirements_parser.py => python
            notes.txt => plaintext
            tsconfig.build.json => jsonc
            package.json => json
            GNUmakefile => makefile
            Makefile.am => makefile
            CMakeLists.txt => cmake
            config.h.in => c
            deploy.yaml.j2 => jinja
            views/index.blade.php => html
            .env.local => dotenv
            .bashrc => bash
            .gitignore => ignore
            noextension => plaintext
            trailingdot. => plaintext
            .hidden => plaintext
            weird.xyz => plaintext
            src/rs => plaintext
            a.rs.bak => rust
        "#]],
    );
}

#[test]
fn detects_by_first_line() {
    check_detect(
        "\
tool | #!/usr/bin/env -S python3 -u
tool | #!/usr/bin/python3.11
tool | #!/usr/bin/env -i LANG=C node --harmony
tool | #! /bin/sh -e
tool | #!/usr/local/bin/unknown
tool | #!
tool | #!/usr/bin/env
tool | \u{feff}#!/bin/bash
tool.rb | #!/bin/sh
list.h | // -*- C++ -*-
list.h | /* -*- mode: c++; tab-width: 4 -*- */
conf | # vim: set ft=yaml ts=2:
conf | # vim: ft=nosuchlanguage
page.py | # regex: ft=yaml
plain | just words",
        &expect![[r#"
            tool | #!/usr/bin/env -S python3 -u => python
            tool | #!/usr/bin/python3.11 => python
            tool | #!/usr/bin/env -i LANG=C node --harmony => javascript
            tool | #! /bin/sh -e => bash
            tool | #!/usr/local/bin/unknown => plaintext
            tool | #! => plaintext
            tool | #!/usr/bin/env => plaintext
            tool | ﻿#!/bin/bash => bash
            tool.rb | #!/bin/sh => ruby
            list.h | // -*- C++ -*- => cpp
            list.h | /* -*- mode: c++; tab-width: 4 -*- */ => cpp
            conf | # vim: set ft=yaml ts=2: => yaml
            conf | # vim: ft=nosuchlanguage => plaintext
            page.py | # regex: ft=yaml => python
            plain | just words => plaintext
        "#]],
    );
}

fn check_complaints(table: &'static str, expected: &Expect) {
    let (languages, complaints) = reading::read(table);
    let ids: Vec<&str> = languages.iter().map(|language| language.id).collect();
    expected.assert_eq(&format!("read {ids:?}\n{}\n", complaints.join("\n")));
}

#[test]
fn a_bad_row_is_named_and_costs_no_other() {
    check_complaints(
        r#"
top = 1
[a]
name = "A"
[b]
name = "B"
colour = "red"
[c]
extensions = ["c"]
[d]
name = "D"
indent = 99
[e]
name = "E"
like = "nobody"
[f]
name = "F"
like = "f"
[g]
name = "G"
strings = [{ close = "x" }]
[h]
name = "H"
brackets = "()["
[i]
name = "I"
blocks = "curly"
"#,
        &expect![[r#"
            read ["a"]
            `top` is not a table
            `b`: `colour` is not a known key
            `c`: `name` is missing
            `d`: `indent`: expected a number of spaces from 1 to 8, or `tabs`
            `e`: `like` names `nobody`, which is not there
            `f`: more than 4 rows behind one another through `like`
            `g`: `strings`: a string rule without `open`
            `h`: `brackets`: expected pairs, found an odd number of characters in `()[`
            `i`: `blocks`: expected `braces`, `indentation` or `keywords`, found `curly`
        "#]],
    );
}

#[test]
fn an_unreadable_table_leaves_plain_text() {
    let registry = super::Registry::new(reading::read("[broken").0);
    assert_eq!(registry.detect("a.rs", None).id, "plaintext");
}
