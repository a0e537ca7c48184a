//! Rules about documents: the crate map is the workspace, invariants name what checks them, links lead somewhere.

use std::collections::BTreeSet;

use super::{
    Problem, SourceFile,
    graph::{Graph, Level},
};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const SECURITY: &str = "SECURITY.md";
const REQUIRED: &[&str] = &[
    "README.md",
    ARCHITECTURE,
    SECURITY,
    "PRIVACY.md",
    "CONTRIBUTING.md",
    "STYLE.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

/// `exists` answers for paths relative to the workspace root.
pub(super) fn check(
    files: &[SourceFile],
    graph: &Graph,
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in REQUIRED
        .iter()
        .filter(|it| !files.iter().any(|file| file.path == **it))
    {
        problems.push(Problem::new(*name, "missing"));
    }
    for file in files {
        if file.path == ARCHITECTURE {
            problems.extend(crate_map(file, graph));
            problems.extend(invariants(file, files));
        }
        if file.path == SECURITY {
            problems.extend(threats(file, files));
        }
        if file.path.ends_with(".md") {
            problems.extend(links(file, exists));
        }
    }
    problems
}

/// Rows of the crate map read `| L3 | `il-complete` | … |`; `dev` stands for no layer.
fn crate_map(file: &SourceFile, graph: &Graph) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut mapped = BTreeSet::new();
    for (idx, line) in file.text.lines().enumerate() {
        let cells: Vec<&str> = line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let [layer, name, ..] = cells[..] else {
            continue;
        };
        let level = match layer {
            "dev" => Level::Dev,
            _ => match layer.strip_prefix('L').and_then(|it| it.parse().ok()) {
                Some(level) => Level::Layer(level),
                None => continue,
            },
        };
        let name = name.trim_matches('`');
        let place = format!("{ARCHITECTURE}:{}", idx + 1);
        mapped.insert(name.to_owned());
        match graph.find(name) {
            None => problems.push(Problem::new(
                place,
                format!("the map lists `{name}`, which the workspace lacks"),
            )),
            Some(it) if it.level != Some(level) => {
                problems.push(Problem::new(
                    place,
                    format!("`{name}` stands on another layer in its Cargo.toml"),
                ));
            }
            Some(_) => {}
        }
    }
    for it in graph.crates.iter().filter(|it| !mapped.contains(&it.name)) {
        problems.push(Problem::new(
            ARCHITECTURE,
            format!("the crate map lacks `{}`", it.name),
        ));
    }
    problems
}

/// Each numbered invariant ends with *Checked by `name`*, and a function of that name exists in the tree.
fn invariants(file: &SourceFile, files: &[SourceFile]) -> Vec<Problem> {
    let section = file
        .text
        .split("\n## ")
        .find(|it| it.starts_with("Invariants"));
    let Some(section) = section else {
        return vec![Problem::new(ARCHITECTURE, "no section `## Invariants`")];
    };
    let mut problems = Vec::new();
    let numbered = |line: &&str| {
        line.split_once(". ")
            .is_some_and(|it| it.0.parse::<u8>().is_ok())
    };
    for line in section.lines().filter(numbered) {
        let Some((_, checks)) = line.split_once("Checked by ") else {
            problems.push(Problem::new(
                ARCHITECTURE,
                format!("an invariant that nothing checks: {line}"),
            ));
            continue;
        };
        for name in checks.split('`').skip(1).step_by(2) {
            if !is_defined(name, files) {
                problems.push(Problem::new(
                    ARCHITECTURE,
                    format!("an invariant names the check `{name}`, which is nowhere"),
                ));
            }
        }
    }
    problems
}

/// What stops a threat is shown by tests, which exist.
fn threats(file: &SourceFile, files: &[SourceFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (idx, line) in file.text.lines().enumerate() {
        let words = line.split('`').skip(1).step_by(2);
        let is_test = |it: &&str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            it.matches('_').count() >= 2 && it.chars().all(plain)
        };
        for name in words.filter(is_test).filter(|it| !is_defined(it, files)) {
            problems.push(Problem::new(
                format!("{SECURITY}:{}", idx + 1),
                format!("names the test `{name}`, which is nowhere"),
            ));
        }
    }
    problems
}

/// Whether the sources have a function of that name.
fn is_defined(name: &str, files: &[SourceFile]) -> bool {
    let definition = format!("fn {name}(");
    let mut sources = files.iter().filter(|it| it.path.ends_with(".rs"));
    sources.any(|it| it.text.contains(&definition))
}

/// Relative links of a Markdown file lead to files that are there.
fn links(file: &SourceFile, exists: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let folder = file.path.rsplit_once('/').map_or("", |it| it.0);
    let mut problems = Vec::new();
    for (idx, line) in file.text.lines().enumerate() {
        for target in line
            .split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next())
        {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = if folder.is_empty() {
                target.to_owned()
            } else {
                format!("{folder}/{target}")
            };
            if !exists(&path) {
                problems.push(Problem::new(
                    format!("{}:{}", file.path, idx + 1),
                    format!("the link `{target}` leads nowhere"),
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{super::graph::Crate, *};

    fn graph() -> Graph {
        let none = BTreeSet::new;
        let krate = Crate {
            name: "il-text".to_owned(),
            folder: "crates/il-text".to_owned(),
            level: Some(Level::Layer(0)),
            depends_on: none(),
            tests_with: none(),
            links: none(),
            outside: none(),
        };
        Graph {
            crates: vec![krate],
        }
    }

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[track_caller]
    fn texts(problems: Vec<Problem>, expected: &[&str]) {
        let found: Vec<String> = problems.into_iter().map(|it| it.text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_map_is_the_workspace() {
        texts(
            crate_map(&file(ARCHITECTURE, "| L0 | `il-text` | text |"), &graph()),
            &[],
        );
        texts(
            crate_map(&file(ARCHITECTURE, "| L1 | `il-text` | text |"), &graph()),
            &["`il-text` stands on another layer in its Cargo.toml"],
        );
        texts(
            crate_map(&file(ARCHITECTURE, "| L1 | `il-gone` | text |"), &graph()),
            &[
                "the map lists `il-gone`, which the workspace lacks",
                "the crate map lacks `il-text`",
            ],
        );
    }

    #[test]
    fn an_invariant_names_a_check_that_exists() {
        let code = file("crates/il-text/src/lib.rs", "//! H.\nfn holds() {}\n");
        let page = |line: &str| file(ARCHITECTURE, &format!("# A\n\n## Invariants\n\n{line}\n"));
        let found = |line: &str| invariants(&page(line), std::slice::from_ref(&code));
        texts(found("1. It holds. Checked by `holds`."), &[]);
        texts(
            found("1. It holds. Checked by `gone`."),
            &["an invariant names the check `gone`, which is nowhere"],
        );
        texts(
            found("1. It holds."),
            &["an invariant that nothing checks: 1. It holds."],
        );
    }

    #[test]
    fn a_threat_names_tests_that_exist() {
        let code = file("crates/il-text/src/lib.rs", "//! H.\nfn it_is_kept() {}\n");
        let page = file(
            SECURITY,
            "| a | `keep_days` | `it_is_kept`, `it_is_gone` |\n",
        );
        texts(
            threats(&page, std::slice::from_ref(&code)),
            &["names the test `it_is_gone`, which is nowhere"],
        );
    }

    #[test]
    fn links_lead_somewhere() {
        let page = file(
            "docs/a.md",
            "see [b](b.md), [web](https://example.org) and [c](../c.md#part)",
        );
        texts(
            links(&page, &|it| it == "docs/b.md"),
            &["the link `../c.md` leads nowhere"],
        );
    }
}
