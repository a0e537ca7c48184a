//! Rules about crates: which way they lean, and what they may pull in.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Problem;
use crate::tools;

/// Where a crate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Layer(u8),
    /// Beside the layers: test support and automation.
    Dev,
}

/// The layer whose crates only the binary may link.
const ADAPTERS: u8 = 4;
/// The layer of the binary.
const BINARY: u8 = 7;

/// One of our crates.
#[derive(Clone, Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    /// Folder relative to the workspace root.
    pub(super) folder: String,
    pub(super) level: Option<Level>,
    /// Our crates that it needs to run.
    pub(super) depends_on: BTreeSet<String>,
    /// Our crates that its tests need.
    pub(super) tests_with: BTreeSet<String>,
    /// Every package, ours or not, that ends up in it.
    pub(super) links: BTreeSet<String>,
    /// Direct dependencies from outside.
    pub(super) outside: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) crates: Vec<Crate>,
}

impl Graph {
    pub(super) fn find(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|it| it.name == name)
    }

    /// The crate that a file belongs to.
    pub(super) fn owner(&self, path: &str) -> Option<&Crate> {
        self.crates.iter().find(|it| {
            path.strip_prefix(&it.folder)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let output = tools::cargo()
            .current_dir(root)
            .args(["metadata", "--format-version", "1"])
            .output()
            .context("could not start `cargo metadata`")?;
        if !output.status.success() {
            bail!(
                "`cargo metadata` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let metadata: Value =
            serde_json::from_slice(&output.stdout).context("`cargo metadata` gave no JSON")?;
        Ok(Self::from_metadata(&metadata, &root.to_string_lossy()))
    }

    fn from_metadata(metadata: &Value, root: &str) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let members: BTreeSet<String> = list(&metadata["workspace_members"])
            .iter()
            .map(text)
            .collect();
        let names: BTreeMap<String, String> = list(&metadata["packages"])
            .iter()
            .map(|it| (text(&it["id"]), text(&it["name"])))
            .collect();

        // What each package needs to run: normal dependencies only.
        let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let normal = |dep: &&Value| {
                list(&dep["dep_kinds"])
                    .iter()
                    .any(|it| it["kind"].is_null())
            };
            let deps = list(&node["deps"]);
            needs.insert(
                text(&node["id"]),
                deps.iter()
                    .filter(normal)
                    .map(|it| text(&it["pkg"]))
                    .collect(),
            );
        }

        let ours: BTreeSet<&String> = members.iter().filter_map(|it| names.get(it)).collect();
        let mut crates = Vec::new();
        for package in list(&metadata["packages"])
            .iter()
            .filter(|it| members.contains(&text(&it["id"])))
        {
            let manifest = text(&package["manifest_path"]);
            let folder = manifest
                .strip_prefix(root)
                .unwrap_or(&manifest)
                .trim_start_matches('/');
            let deps = list(&package["dependencies"]);
            let of_kind = |dev: bool| {
                let wanted = deps.iter().filter(move |it| (it["kind"] == "dev") == dev);
                wanted
                    .map(|it| text(&it["name"]))
                    .collect::<BTreeSet<String>>()
            };
            let (depends_on, outside) =
                of_kind(false).into_iter().partition(|it| ours.contains(it));
            crates.push(Crate {
                name: text(&package["name"]),
                folder: folder.trim_end_matches("/Cargo.toml").to_owned(),
                level: level(&package["metadata"]["layer"]["level"]),
                depends_on,
                tests_with: of_kind(true)
                    .into_iter()
                    .filter(|it| ours.contains(it))
                    .collect(),
                links: reachable(&text(&package["id"]), &needs)
                    .iter()
                    .filter_map(|it| names.get(it))
                    .cloned()
                    .collect(),
                outside,
            });
        }
        Self { crates }
    }
}

fn level(value: &Value) -> Option<Level> {
    match value {
        Value::Number(number) => number
            .as_u64()
            .and_then(|it| u8::try_from(it).ok())
            .map(Level::Layer),
        Value::String(word) if word == "dev" => Some(Level::Dev),
        _ => None,
    }
}

fn reachable(start: &str, needs: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut todo = vec![start.to_owned()];
    while let Some(id) = todo.pop() {
        for next in needs.get(&id).into_iter().flatten() {
            if seen.insert(next.clone()) {
                todo.push(next.clone());
            }
        }
    }
    seen
}

/// The layer of the façade.
const FACADE: u8 = 5;

/// Packages that neither the core nor the façade may link, directly or through another: they belong to the two rims,
/// which are the adapters below the façade and everything above it.
const RIM_ONLY: &[&str] = &[
    "tokio",
    "serde",
    "serde_json",
    "reqwest",
    "ureq",
    "lsp-types",
    "lsp-server",
    "axum",
    "hyper",
    "h2",
    "rustls",
    "clap",
    "anyhow",
];
/// Packages with one home.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("lsp-types", &["il-lsp"]),
    ("axum", &["il-playground"]),
    ("tokio", &["il-playground", "il-egress-http"]),
    ("clap", &["interline"]),
    ("notify", &["il-watch"]),
    ("reqwest", &["il-egress-http"]),
    ("hyper", &["il-egress-http"]),
    ("hyper-util", &["il-egress-http"]),
    ("rustls", &["il-egress-http"]),
    ("ureq", &[]),
    ("candle-core", &["il-embed-local"]),
    ("llama-cpp-sys-2", &["il-engine-llama"]),
    ("tokenizers", &["il-embed-local"]),
    ("ropey", &["il-text"]),
    ("tree-sitter", &["il-syntax"]),
];

/// Packages that open sockets, and the crates that may link them, directly or through another.
const SOCKETS: (&[&str], &[&str]) = (
    &[
        "mio",
        "socket2",
        "hyper",
        "reqwest",
        "ureq",
        "quinn",
        "curl-sys",
        "openssl-sys",
        "async-io",
        "hickory-resolver",
    ],
    // The watcher waits for the kernel's file events with `mio`.
    &["il-egress-http", "il-playground", "il-watch", "interline"],
);

pub(super) fn check(graph: &Graph) -> Vec<Problem> {
    let mut problems = Vec::new();
    for it in &graph.crates {
        let place = format!("{}/Cargo.toml", it.folder);
        let mut report = |text: String| problems.push(Problem::new(place.clone(), text));
        let Some(level) = it.level else {
            report("no `[package.metadata.layer] level`: give the crate its layer".to_owned());
            continue;
        };
        if it.folder.rsplit('/').next() != Some(&it.name) {
            report(format!(
                "the folder is not named like the package `{}`",
                it.name
            ));
        }
        for (name, for_tests) in it
            .depends_on
            .iter()
            .map(|it| (it, false))
            .chain(it.tests_with.iter().map(|it| (it, true)))
        {
            let Some(Level::Layer(below)) = graph.find(name).and_then(|it| it.level) else {
                if !for_tests && level != Level::Dev {
                    report(format!(
                        "depends on `{name}`, which is for tests: make it a dev-dependency"
                    ));
                }
                continue;
            };
            let Level::Layer(own) = level else { continue };
            if below >= own {
                report(format!(
                    "layer {own} depends on `{name}` of layer {below}: layers go down only"
                ));
            } else if below == ADAPTERS && own != BINARY {
                report(format!(
                    "depends on the adapter `{name}`: only the binary links adapters"
                ));
            }
        }
        if let Level::Layer(own) = level {
            let inner = own <= FACADE && own != ADAPTERS;
            for name in it
                .links
                .iter()
                .filter(|name| inner && RIM_ONLY.contains(&name.as_str()))
            {
                report(format!(
                    "layer {own} links `{name}`: runtimes and wire formats live at the rim"
                ));
            }
        }
        let (sockets, owners) = SOCKETS;
        if level != Level::Dev && !owners.contains(&it.name.as_str()) {
            for name in it.links.iter().filter(|it| sockets.contains(&it.as_str())) {
                report(format!(
                    "links `{name}`, which opens sockets: only {} may",
                    owners.join(", ")
                ));
            }
        }
        for (name, owners) in ONLY_IN {
            if it.outside.contains(*name)
                && !owners.contains(&it.name.as_str())
                && level != Level::Dev
            {
                report(match owners.join(", ") {
                    none if none.is_empty() => format!(
                        "depends on `{name}`: connections are opened by `il-egress-http` alone"
                    ),
                    owners => format!("depends on `{name}`, which belongs to {owners} alone"),
                });
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(name: &str, level: u8, depends_on: &[&str], links: &[&str]) -> Crate {
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        Crate {
            name: name.to_owned(),
            folder: format!("crates/{name}"),
            level: Some(Level::Layer(level)),
            depends_on: set(depends_on),
            tests_with: BTreeSet::new(),
            links: set(links),
            outside: set(links),
        }
    }

    #[track_caller]
    fn finds(crates: Vec<Crate>, expected: &[&str]) {
        let texts: Vec<String> = check(&Graph { crates })
            .into_iter()
            .map(|it| it.text)
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn layers_go_down_only() {
        finds(
            vec![krate("a", 0, &[], &[]), krate("b", 1, &["a"], &[])],
            &[],
        );
        finds(
            vec![krate("a", 1, &["b"], &[]), krate("b", 1, &[], &[])],
            &["layer 1 depends on `b` of layer 1: layers go down only"],
        );
        finds(
            vec![krate("a", 0, &["b"], &[]), krate("b", 3, &[], &[])],
            &["layer 0 depends on `b` of layer 3: layers go down only"],
        );
    }

    #[test]
    fn adapters_are_for_the_binary() {
        let adapter = || krate("il-engine-repo", 4, &[], &[]);
        finds(
            vec![adapter(), krate("interline", 7, &["il-engine-repo"], &[])],
            &[],
        );
        finds(
            vec![adapter(), krate("il-lsp", 6, &["il-engine-repo"], &[])],
            &["depends on the adapter `il-engine-repo`: only the binary links adapters"],
        );
    }

    #[test]
    fn the_core_links_no_runtime_even_through_another_package() {
        let linked = |name: &str, level: u8| {
            let mut it = krate(name, level, &[], &[]);
            it.links.insert("serde".to_owned());
            vec![it]
        };
        finds(
            linked("il-complete", 3),
            &["layer 3 links `serde`: runtimes and wire formats live at the rim"],
        );
        finds(
            linked("il-assist", 5),
            &["layer 5 links `serde`: runtimes and wire formats live at the rim"],
        );
        finds(linked("il-embed-remote", 4), &[]);
        finds(linked("il-lsp", 6), &[]);
    }

    #[test]
    fn a_dependency_with_one_home_stays_there() {
        finds(
            vec![krate("il-eval", 6, &[], &["axum"])],
            &["depends on `axum`, which belongs to il-playground alone"],
        );
        finds(vec![krate("il-egress-http", 4, &[], &["reqwest"])], &[]);
        finds(
            vec![krate("il-embed-remote", 4, &[], &["reqwest"])],
            &[
                "links `reqwest`, which opens sockets: only il-egress-http, il-playground, il-watch, interline may",
                "depends on `reqwest`, which belongs to il-egress-http alone",
            ],
        );
        finds(
            vec![krate("il-egress-http", 4, &[], &["ureq"])],
            &["depends on `ureq`: connections are opened by `il-egress-http` alone"],
        );
    }

    #[test]
    fn no_other_crate_links_what_opens_sockets() {
        let mut through_another = krate("il-models", 4, &[], &[]);
        through_another.links = BTreeSet::from(["hub-client".to_owned(), "socket2".to_owned()]);
        finds(
            vec![through_another],
            &[
                "links `socket2`, which opens sockets: only il-egress-http, il-playground, il-watch, interline may",
            ],
        );
        finds(vec![krate("il-playground", 6, &[], &["mio"])], &[]);
    }

    #[test]
    fn reads_levels_and_transitive_links_from_metadata() {
        let metadata = serde_json::json!({
            "workspace_members": ["a 0"],
            "packages": [
                {"id": "a 0", "name": "a", "manifest_path": "/w/crates/a/Cargo.toml",
                 "metadata": {"layer": {"level": 2}},
                 "dependencies": [{"name": "x", "kind": null}, {"name": "t", "kind": "dev"}]},
                {"id": "x 0", "name": "x"}, {"id": "y 0", "name": "y"}, {"id": "t 0", "name": "t"}],
            "resolve": {"nodes": [
                {"id": "a 0", "deps": [{"pkg": "x 0", "dep_kinds": [{"kind": null}]},
                                       {"pkg": "t 0", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "x 0", "deps": [{"pkg": "y 0", "dep_kinds": [{"kind": null}]}]}]}
        });
        let graph = Graph::from_metadata(&metadata, "/w");
        let it = graph.find("a").expect("the member");
        assert_eq!(it.level, Some(Level::Layer(2)));
        assert_eq!(it.folder, "crates/a");
        assert_eq!(it.links.iter().collect::<Vec<_>>(), ["x", "y"]);
    }
}
