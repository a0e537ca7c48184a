//! What a file belongs to: the package above it, by its manifest.
//!
//! The one idea: the nearest folder above with a manifest, or with the text of a licence, is a package; its name, version
//! and licence are what the manifest says. A folder with neither belongs to the one above it.
//!
//! Deliberately absent: dependencies, and manifests that are programs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::licences::{self, Licences};

/// What a package says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// With its version: `serde 1.0.228`.
    pub name: Option<String>,
    /// An SPDX expression.
    pub licence: Option<String>,
}

/// The packages of a tree, found as they are asked for.
#[derive(Debug)]
pub(crate) struct Packages {
    top: PathBuf,
    known: BTreeMap<PathBuf, Option<Package>>,
}

/// A manifest that is larger is none.
const MOST_BYTES: u64 = 1 << 20;

impl Packages {
    pub(crate) fn below(top: &Path) -> Self {
        Self {
            top: top.to_path_buf(),
            known: BTreeMap::new(),
        }
    }

    /// The package that files of a folder belong to, and its folder; the top where there is none.
    pub(crate) fn of(&mut self, folder: &Path) -> (PathBuf, Package) {
        let top = self.top.clone();
        for above in folder.ancestors() {
            let found = self
                .known
                .entry(above.to_path_buf())
                .or_insert_with(|| read(above));
            if let Some(package) = found {
                return (above.to_path_buf(), package.clone());
            }
            if above == top {
                break;
            }
        }
        (top, Package::default())
    }
}

/// What a folder says of itself, if it is a package.
fn read(folder: &Path) -> Option<Package> {
    let said = [
        ("Cargo.toml", cargo as fn(&str) -> Option<Package>),
        ("package.json", node),
        ("pyproject.toml", python),
        ("PKG-INFO", metadata),
        ("METADATA", metadata),
        ("composer.json", node),
        ("go.mod", go),
    ];
    let mut package: Option<Package> = None;
    for (name, read) in said {
        let Some(found) = text_of(&folder.join(name)).and_then(|text| read(&text)) else {
            continue;
        };
        // Of a Python package the manifest may leave to `PKG-INFO` what it does not say.
        let package = package.get_or_insert_with(Package::default);
        package.name = package.name.take().or(found.name);
        package.licence = package.licence.take().or(found.licence);
    }
    let complete = package.as_ref().is_some_and(|it| it.licence.is_some());
    if !complete && let Some(licence) = lying(folder) {
        package.get_or_insert_with(Package::default).licence = Some(licence);
    }
    package
}

fn text_of(path: &Path) -> Option<String> {
    let facts = fs::metadata(path).ok()?;
    if !facts.is_file() || facts.len() > MOST_BYTES {
        return None;
    }
    fs::read_to_string(path).ok()
}

/// The licences whose texts lie in a folder.
fn lying(folder: &Path) -> Option<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let name = name.to_ascii_uppercase();
            ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"]
                .iter()
                .any(|it| name.starts_with(it))
        })
        .collect();
    names.sort();
    let mut found: Vec<&'static str> = Vec::new();
    let mut by_choice = false;
    for name in &names {
        let text = text_of(&folder.join(name));
        if let Some(licence) = text.and_then(|text| Licences.of_text(&text))
            && !found.contains(&licence)
        {
            found.push(licence);
            // `LICENSE-MIT` beside `LICENSE-APACHE` lets one choose.
            by_choice |= name.contains('-');
        }
    }
    // The lesser licence is an addition to the general one.
    let lesser = found.iter().find(|it| it.starts_with("LGPL")).copied();
    if let Some(lesser) = lesser {
        found.retain(|it| !it.starts_with("GPL") || *it == lesser);
    }
    let with = if by_choice { " OR " } else { " AND " };
    (!found.is_empty()).then(|| found.join(with))
}

fn named(name: Option<&str>, version: Option<&str>) -> Option<String> {
    let name = name.filter(|it| !it.trim().is_empty())?;
    Some(match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    })
}

fn table<'a>(table: &'a DeTable<'_>, name: &str) -> Option<&'a DeTable<'a>> {
    match table.get(name).map(Spanned::get_ref) {
        Some(DeValue::Table(table)) => Some(table),
        _ => None,
    }
}

fn text<'a>(table: &'a DeTable<'_>, name: &str) -> Option<&'a str> {
    match table.get(name).map(Spanned::get_ref) {
        Some(DeValue::String(text)) => Some(text),
        _ => None,
    }
}

fn cargo(manifest: &str) -> Option<Package> {
    let document = DeTable::parse(manifest).ok()?;
    let package = table(document.get_ref(), "package")?;
    Some(Package {
        name: named(text(package, "name"), text(package, "version")),
        licence: text(package, "license").and_then(licences::expression),
    })
}

fn python(manifest: &str) -> Option<Package> {
    let document = DeTable::parse(manifest).ok()?;
    let tool = table(document.get_ref(), "tool");
    let project = table(document.get_ref(), "project")
        .or_else(|| table(tool?, "poetry"))
        .or_else(|| table(table(tool?, "flit")?, "metadata"))?;
    let licence = text(project, "license")
        .or_else(|| text(table(project, "license")?, "text"))
        .and_then(licences::expression);
    Some(Package {
        name: named(text(project, "name"), text(project, "version")),
        licence,
    })
}

fn node(manifest: &str) -> Option<Package> {
    let document: serde_json::Value = serde_json::from_str(manifest).ok()?;
    let text = |name: &str| document[name].as_str();
    // A file that says only `{"type": "module"}` is no package.
    let name = named(text("name"), text("version"))?;
    let old = || {
        let list = document["licenses"].as_array()?.iter();
        let all: Vec<&str> = list.filter_map(|it| it["type"].as_str()).collect();
        licences::expression(&all.join(" OR "))
    };
    let licence = text("license")
        .or_else(|| document["license"]["type"].as_str())
        .and_then(licences::expression)
        .or_else(old);
    Some(Package {
        name: Some(name),
        licence,
    })
}

fn metadata(text: &str) -> Option<Package> {
    let head = || text.lines().take_while(|line| !line.is_empty());
    let field = |name: &str| {
        head().find_map(|line| {
            let (before, value) = line.split_once(':')?;
            before.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    field("Metadata-Version")?;
    let classified = || {
        head().find_map(|line| {
            let name = line.strip_prefix("Classifier: License :: OSI Approved :: ")?;
            let known = [
                ("MIT License", "MIT"),
                ("Apache Software License", "Apache-2.0"),
                ("BSD License", "BSD-3-Clause"),
                ("ISC License (ISCL)", "ISC"),
                ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
                ("Python Software Foundation License", "Python-2.0"),
                ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
                (
                    "GNU General Public License v2 or later (GPLv2+)",
                    "GPL-2.0-or-later",
                ),
                ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
                (
                    "GNU General Public License v3 or later (GPLv3+)",
                    "GPL-3.0-or-later",
                ),
                (
                    "GNU Lesser General Public License v3 (LGPLv3)",
                    "LGPL-3.0-only",
                ),
                (
                    "GNU Affero General Public License v3 or later (AGPLv3+)",
                    "AGPL-3.0-or-later",
                ),
            ];
            let found = known.iter().find(|(it, _)| *it == name.trim());
            found.map(|(_, id)| (*id).to_owned())
        })
    };
    let licence = field("License-Expression")
        .or_else(|| field("License"))
        .and_then(licences::expression)
        .or_else(classified);
    Some(Package {
        name: named(field("Name"), field("Version")),
        licence,
    })
}

fn go(manifest: &str) -> Option<Package> {
    let name = manifest
        .lines()
        .find_map(|line| line.trim().strip_prefix("module "))?;
    Some(Package {
        name: named(Some(name.trim()), None),
        licence: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(package: Option<Package>, expected: &str) {
        let package = package.unwrap_or_default();
        let said = |it: Option<String>| it.unwrap_or_else(|| "?".into());
        assert_eq!(
            format!("{}: {}", said(package.name), said(package.licence)),
            expected
        );
    }

    #[test]
    fn manifests_say_who_they_are() {
        check(
            cargo("[package]\nname = \"a\"\nversion = \"1.2.3\"\nlicense = \"MIT/Apache-2.0\"\n"),
            "a 1.2.3: MIT OR Apache-2.0",
        );
        check(cargo("[workspace]\nmembers = []\n"), "?: ?");
        check(
            node("{\"name\": \"b\", \"version\": \"1\", \"license\": \"ISC\"}"),
            "b 1: ISC",
        );
        check(
            node("{\"name\": \"b\", \"licenses\": [{\"type\": \"MIT\"}, {\"type\": \"GPL-2.0\"}]}"),
            "b: MIT OR GPL-2.0-only",
        );
        check(node("{\"type\": \"module\"}"), "?: ?");
        check(
            python(
                "[project]\nname = \"c\"\nversion = \"2\"\nlicense = { text = \"BSD-3-Clause\" }\n",
            ),
            "c 2: BSD-3-Clause",
        );
        check(
            metadata(
                "Metadata-Version: 2.1\nName: d\nVersion: 3\nLicense: MIT License\nClassifier: License :: OSI Approved :: \
                 MIT License\n\nLicense: GPL-3.0\n",
            ),
            "d 3: MIT",
        );
        check(go("module example.org/e\n\ngo 1.22\n"), "example.org/e: ?");
    }

    #[test]
    fn a_file_belongs_to_the_nearest_package_above() {
        let tree = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = tree.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("written");
        };
        write(
            "a/Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n",
        );
        write("a/vendor/z/COPYING", text_of_licence("GPL-3.0"));
        write("a/src/deep/x.rs", "");
        write("b/LICENSE-MIT", text_of_licence("MIT"));
        write("b/LICENSE-APACHE", text_of_licence("Apache-2.0"));
        let mut packages = Packages::below(tree.path());
        let mut of = |folder: &str| {
            let (at, package) = packages.of(&tree.path().join(folder));
            let at = at
                .strip_prefix(tree.path())
                .expect("below")
                .display()
                .to_string();
            let said = |it: Option<String>| it.unwrap_or_else(|| "?".into());
            format!("{at}: {}: {}", said(package.name), said(package.licence))
        };
        assert_eq!(of("a/src/deep"), "a: a 1.0.0: MIT");
        assert_eq!(of("a/vendor/z"), "a/vendor/z: ?: GPL-3.0");
        assert_eq!(of("b"), "b: ?: Apache-2.0 OR MIT");
        assert_eq!(of("c/d"), ": ?: ?");
    }

    fn text_of_licence(id: &str) -> &'static str {
        let list = spdx::text::LICENSE_TEXTS;
        list.iter().find(|(it, _)| *it == id).expect("known").1
    }
}
