//! Machines as text: files of a project and of what is installed around it, in a temporary folder.

use std::{fmt::Write as _, fs, path::PathBuf};

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::Parser;
use tempfile::TempDir;

use super::{Dependencies, Places, Work};
use crate::imports::Names;

struct Machine {
    folder: TempDir,
}

impl Machine {
    /// Each file begins with `//- path`; the project is in `project`.
    fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in source
            .split("//- ")
            .filter_map(|file| file.split_once('\n'))
        {
            let path = folder.path().join(path.trim());
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self { folder }
    }

    fn dependencies(&self) -> Dependencies {
        let at = |path: &str| Some(self.folder.path().join(path));
        let places = Places {
            home: at("home"),
            cargo_home: at("cargo"),
            rustup_home: at("rustup"),
            virtual_env: None,
            gopath: at("go"),
            gomodcache: None,
            goroot: at("goroot"),
            python_prefixes: vec![self.folder.path().join("usr")],
        };
        Dependencies::new(self.folder.path().join("project"), places)
    }

    /// What a file of the project imports from packages, and what the outlines say of it.
    fn answer(&self, dependencies: &mut Dependencies, from: &str) -> String {
        let path = self.folder.path().join("project").join(from);
        let text = fs::read_to_string(path).expect("the file");
        let language = registry().detect(from, None);
        let mut out = String::new();
        for import in Parser::new().parse(language, text.as_str()).imports() {
            for found in dependencies.locate(from, language, &import) {
                let real = self.folder.path().canonicalize().expect("the folder");
                let path: PathBuf = found.path.canonicalize().expect("a file that is there");
                let shown = path.strip_prefix(real).expect("a file of the machine");
                let names = match &found.names {
                    Names::All => "all".to_owned(),
                    Names::These(names) => {
                        let names: Vec<_> = names.iter().map(|it| it.name.as_str()).collect();
                        names.join(", ")
                    }
                };
                writeln!(
                    out,
                    "{}: {names}",
                    shown.to_string_lossy().replace('\\', "/")
                )
                .unwrap();
                let outline = dependencies.outline(&found.path).expect("an outline");
                for it in outline.wanted(&found.names) {
                    let doc = it.doc.as_deref().unwrap_or("-");
                    let container = it
                        .container
                        .as_deref()
                        .map_or(String::new(), |it| format!("{it}: "));
                    writeln!(out, "    {} {container}{} | {doc}", it.line, it.signature).unwrap();
                }
            }
        }
        out
    }
}

fn check(source: &str, from: &str, expected: &Expect) {
    let machine = Machine::new(source);
    let mut dependencies = machine.dependencies();
    expected.assert_eq(&machine.answer(&mut dependencies, from));
}

#[test]
fn python_packages_of_the_virtual_environment_stubs_first() {
    check(
        "//- project/app/main.py
import os
from . import own
from web.client import Client
from web import get, typed, Outer
import small
from tagged import Tag
//- project/.venv/lib/python3.12/site-packages/web/__init__.py
from .api import get
from .typed import typed
from other import Outer
//- project/.venv/lib/python3.12/site-packages/web/api.py
def get(url: str, timeout: float = 1.0) -> \"Response\":
    \"\"\"Fetches it.\"\"\"
    return None
//- project/.venv/lib/python3.12/site-packages/web/client.py
class Client:
    \"\"\"Talks.\"\"\"
    def send(self, request): pass
class NotAsked: pass
//- project/.venv/lib/python3.12/site-packages/web/typed.py
def typed(a): pass
//- project/.venv/lib/python3.12/site-packages/web/typed.pyi
def typed(a: int) -> str: ...
//- project/.venv/lib/python3.12/site-packages/other.py
class Outer:
    pass
//- project/.venv/lib/python3.12/site-packages/tagged/__init__.py
class Tag: pass
//- project/.venv/lib/python3.12/site-packages/tagged-stubs/__init__.pyi
class Tag:
    name: str
//- usr/lib/python3/dist-packages/small.py
def all_of_it(): pass
//- usr/lib/python3.11/os.py
def getcwd(): pass
",
        "app/main.py",
        &expect![[r#"
            usr/lib/python3.11/os.py: all
                1 def getcwd() | -
            project/.venv/lib/python3.12/site-packages/web/client.py: Client
                1 class Client | Talks.
                3 Client: def send(self, request) | -
            project/.venv/lib/python3.12/site-packages/web/api.py: get
                1 def get(url: str, timeout: float = 1.0) -> "Response" | Fetches it.
            project/.venv/lib/python3.12/site-packages/web/typed.pyi: typed
                1 def typed(a: int) -> str | -
            project/.venv/lib/python3.12/site-packages/other.py: Outer
                1 class Outer | -
            usr/lib/python3/dist-packages/small.py: all
                1 def all_of_it() | -
            project/.venv/lib/python3.12/site-packages/tagged-stubs/__init__.pyi: Tag
                1 class Tag | -
                2 Tag: name: str | -
        "#]],
    );
}

#[test]
fn rust_crates_of_the_lock_file_and_what_they_pass_on() {
    check(
        "//- project/src/main.rs
use my_crate::{Thing, inner::deep, Passed};
use renamed::Other;
use fetched::Fetched;
use std::collections::Map;
use crate::own::Own;
use unknown::X;
//- project/Cargo.toml
[package]
name = \"project\"
[dependencies]
renamed = { package = \"other-crate\", version = \"1\" }
//- project/Cargo.lock
[[package]]
name = \"my-crate\"
version = \"1.2.0\"
source = \"registry+x\"

[[package]]
name = \"my-crate\"
version = \"0.9.10\"

[[package]]
name = \"other-crate\"
version = \"0.1.0\"

[[package]]
name = \"core-crate\"
version = \"0.3.1\"

[[package]]
name = \"fetched\"
version = \"0.1.0\"
source = \"git+https://host/o/repo.git?branch=main#0123456789abcdef\"
//- cargo/registry/src/index-1/my-crate-1.2.0/src/lib.rs
mod thing;
pub mod inner;
pub use thing::Thing;
pub use core_crate::Passed;
//- cargo/registry/src/index-1/my-crate-1.2.0/src/thing.rs
/// A thing.
pub struct Thing { pub size: u32 }
impl Thing {
    /// Makes one.
    pub fn new() -> Self { Self { size: 1 } }
}
//- cargo/registry/src/index-1/my-crate-1.2.0/src/inner/mod.rs
pub fn deep(a: u8) {}
//- cargo/registry/src/index-1/my-crate-0.9.10/src/lib.rs
pub struct Thing;
//- cargo/registry/src/index-1/core-crate-0.3.1/src/lib.rs
pub trait Passed {}
//- cargo/registry/src/index-1/other-crate-0.1.0/Cargo.toml
[lib]
path = \"root.rs\"
//- cargo/registry/src/index-1/other-crate-0.1.0/root.rs
pub enum Other { A }
//- cargo/git/checkouts/repo-abc/0123456/crates/fetched/Cargo.toml
[package]
name = \"fetched\"
//- cargo/git/checkouts/repo-abc/0123456/crates/fetched/src/lib.rs
pub struct Fetched;
//- rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/lib.rs
pub mod collections;
//- rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/collections/mod.rs
pub struct Map;
",
        "src/main.rs",
        &expect![[r#"
            cargo/registry/src/index-1/my-crate-1.2.0/src/thing.rs: Thing
                2 pub struct Thing | A thing.
                2 Thing: pub size: u32 | -
                3 impl Thing | -
                5 Thing: pub fn new() -> Self | Makes one.
            cargo/registry/src/index-1/my-crate-1.2.0/src/inner/mod.rs: deep
                1 pub fn deep(a: u8) | -
            cargo/registry/src/index-1/core-crate-0.3.1/src/lib.rs: Passed
                1 pub trait Passed | -
            cargo/registry/src/index-1/other-crate-0.1.0/root.rs: Other
                1 pub enum Other | -
                1 Other: A | -
            cargo/git/checkouts/repo-abc/0123456/crates/fetched/src/lib.rs: Fetched
                1 pub struct Fetched | -
            rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/collections/mod.rs: Map
                1 pub struct Map | -
        "#]],
    );
}

#[test]
fn rust_without_a_lock_file_takes_the_newest() {
    check(
        "//- project/src/lib.rs
use a_b::X;
//- cargo/registry/src/i/a-b-0.9.0/src/lib.rs
//- cargo/registry/src/i/a-b-0.10.0/src/lib.rs
pub struct X;
//- cargo/registry/src/i/a-b-c-1.0.0/src/lib.rs
",
        "src/lib.rs",
        &expect![[r#"
            cargo/registry/src/i/a-b-0.10.0/src/lib.rs: X
                1 pub struct X | -
        "#]],
    );
}

#[test]
fn node_declarations_before_scripts() {
    check(
        "//- project/packages/app/src/a.ts
import { one } from 'exported/sub';
import def, { two } from 'plain';
import { three } from '@scope/untyped';
import { readFile } from 'node:fs';
import { four } from 'script';
import { own } from './own';
//- project/node_modules/exported/package.json
{ \"exports\": { \"./sub\": { \"import\": { \"types\": \"./dist/sub.d.mts\", \"default\": \"./dist/sub.mjs\" } } } }
//- project/node_modules/exported/dist/sub.mjs
//- project/node_modules/exported/dist/sub.d.mts
export { one } from './deep/one.mjs';
//- project/node_modules/exported/dist/deep/one.d.mts
/** The one. */
export declare function one(a: string): number;
//- project/packages/app/node_modules/plain/package.json
{ \"main\": \"index.js\", \"types\": \"types.d.ts\" }
//- project/packages/app/node_modules/plain/index.js
//- project/packages/app/node_modules/plain/types.d.ts
/** The default. */
export default class Plain {}
export * from 'exported/sub';
export * from './more';
//- project/packages/app/node_modules/plain/more.d.ts
export declare const two: number;
//- project/node_modules/@scope/untyped/package.json
{ \"main\": \"main.js\" }
//- project/node_modules/@scope/untyped/main.js
//- project/node_modules/@types/scope__untyped/index.d.ts
export function three(): void;
//- project/node_modules/@types/node/fs.d.ts
export function readFile(path: string): void;
//- project/node_modules/script/index.js
function four() {}
",
        "packages/app/src/a.ts",
        &expect![[r#"
            project/node_modules/exported/dist/deep/one.d.mts: one
                2 export declare function one(a: string): number | The one.
            project/packages/app/node_modules/plain/types.d.ts: default
                2 export default class Plain | The default.
            project/packages/app/node_modules/plain/more.d.ts: two
                1 export declare const two: number | -
            project/node_modules/@types/scope__untyped/index.d.ts: three
                1 export function three(): void | -
            project/node_modules/@types/node/fs.d.ts: readFile
                1 export function readFile(path: string): void | -
            project/node_modules/script/index.js: four
                1 function four() | -
        "#]],
    );
}

#[test]
fn go_modules_by_their_escaped_path() {
    check(
        "//- project/cmd/main.go
package main
import (
\t\"strings\"
\t\"github.com/Some/Lib/v2/sub\"
\t\"example.com/replaced/x\"
\t\"example.com/vendored\"
\t\"example.com/absent\"
)
//- project/go.mod
module example.com/project
require (
\tgithub.com/Some/Lib/v2 v2.1.0-RC1 // indirect
\texample.com/replaced v1.0.0
\texample.com/absent v1.0.0
)
replace example.com/replaced => example.com/fork v1.0.1
//- project/vendor/example.com/vendored/v.go
package vendored
//- go/pkg/mod/github.com/!some/!lib/v2@v2.1.0-!r!c1/sub/s.go
package sub

// Do does.
func Do() {}
//- go/pkg/mod/github.com/!some/!lib/v2@v2.1.0-!r!c1/sub/s_test.go
package sub
//- go/pkg/mod/example.com/fork@v1.0.1/x/x.go
package x
//- goroot/src/strings/strings.go
package strings
",
        "cmd/main.go",
        &expect![[r#"
            goroot/src/strings/strings.go: all
            go/pkg/mod/github.com/!some/!lib/v2@v2.1.0-!r!c1/sub/s.go: all
                4 func Do() | Do does.
            go/pkg/mod/example.com/fork@v1.0.1/x/x.go: all
            project/vendor/example.com/vendored/v.go: all
        "#]],
    );
}

#[test]
fn java_sources_beside_the_jars() {
    check(
        "//- project/src/A.java
import org.lib.Thing;
import org.lib.Thing.Inner;
import org.gone.X;
//- project/libs/lib-1.0-sources/org/lib/Thing.java
package org.lib;
/** A thing. */
public class Thing {
  public static class Inner {}
}
",
        "src/A.java",
        &expect![[r#"
            project/libs/lib-1.0-sources/org/lib/Thing.java: Thing
                3 public class Thing | A thing.
                4 Thing: public static class Inner | -
            project/libs/lib-1.0-sources/org/lib/Thing.java: Inner
                4 Thing: public static class Inner | -
        "#]],
    );
}

const SMALL: &str = "//- project/a.py
from big import wanted
//- project/venv/lib/python3.12/site-packages/big/__init__.py
from .one import wanted
//- project/venv/lib/python3.12/site-packages/big/one.py
def wanted(): pass
//- project/venv/lib/python3.12/site-packages/big/two.py
def other(): pass
//- project/venv/lib/python3.12/site-packages/unrelated.py
";

#[test]
fn only_the_files_on_the_way_are_read_and_only_once() {
    let machine = Machine::new(SMALL);
    let mut dependencies = machine.dependencies();
    let first = machine.answer(&mut dependencies, "a.py");
    let work = dependencies.work();
    assert_eq!((work.files_read, work.outlines_kept), (2, 2));
    assert_eq!(machine.answer(&mut dependencies, "a.py"), first);
    let again = dependencies.work();
    assert_eq!((again.files_read, again.bytes_read), (2, work.bytes_read));
}

#[test]
fn a_file_that_changed_is_read_again() {
    let machine = Machine::new(SMALL);
    let mut dependencies = machine.dependencies();
    machine.answer(&mut dependencies, "a.py");
    let path = "project/venv/lib/python3.12/site-packages/big/one.py";
    fs::write(
        machine.folder.path().join(path),
        "def wanted(changed): pass\n",
    )
    .expect("a file");
    let answer = machine.answer(&mut dependencies, "a.py");
    assert!(answer.contains("wanted(changed)"), "{answer}");
    let Work {
        files_read,
        outlines_kept,
        ..
    } = dependencies.work();
    assert_eq!((files_read, outlines_kept), (3, 2));
}

#[test]
fn a_huge_file_is_read_in_part_and_the_cache_stays_small() {
    let machine = Machine::new("//- project/x\n");
    let mut dependencies = machine.dependencies();
    let folder = machine.folder.path();
    let many = "def a(): pass\n".repeat(200_000);
    fs::write(folder.join("huge.py"), many).expect("a file");
    assert!(dependencies.outline(&folder.join("huge.py")).is_some());
    assert_eq!(dependencies.work().bytes_read, 1 << 20);
    for index in 0..300 {
        let path = folder.join(format!("{index}.py"));
        fs::write(&path, "def a(): pass\n").expect("a file");
        dependencies.outline(&path);
    }
    let work = dependencies.work();
    assert_eq!(work.outlines_kept, 256);
    assert!(work.outline_bytes < 1 << 20, "{work:?}");
}

#[test]
fn a_package_leads_nowhere_outside_of_itself() {
    check(
        "//- project/a.ts
import { secret } from 'evil';
import { x } from '../../evil';
import { y } from 'evil/../../secret';
//- project/node_modules/evil/package.json
{ \"types\": \"../../secret.ts\", \"exports\": { \".\": \"../../secret.ts\" } }
//- project/secret.ts
export const secret = 1;
export const y = 1;
",
        "a.ts",
        &expect![[""]],
    );
}

#[test]
fn folders_are_listed_once_while_they_do_not_change() {
    let machine = Machine::new(SMALL);
    let mut dependencies = machine.dependencies();
    machine.answer(&mut dependencies, "a.py");
    let listed = dependencies.work().folders_listed;
    machine.answer(&mut dependencies, "a.py");
    assert_eq!(dependencies.work().folders_listed, listed);
}
