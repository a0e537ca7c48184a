//! Trees as text: each file begins with `//- path`; what the asked file imports comes out, a target a line.

use std::{collections::BTreeMap, fmt::Write as _};

use expect_test::{Expect, expect};
use il_lang::{Language, registry};
use il_syntax::{Import, Parser};

use super::{Manifests, Names, Paths, Tree, neighbours, resolve};

struct Fixture {
    paths: Paths,
    files: BTreeMap<String, String>,
}

impl Fixture {
    fn new(source: &str) -> Self {
        let files: BTreeMap<String, String> = source
            .split("//- ")
            .skip(1)
            .filter_map(|file| file.split_once('\n'))
            .map(|(path, text)| (path.trim().to_owned(), text.to_owned()))
            .collect();
        Self {
            paths: Paths::new(files.keys().cloned()),
            files,
        }
    }

    fn parsed(&self, path: &str) -> Option<il_syntax::Parsed> {
        let text = self.files.get(path)?;
        Some(Parser::new().parse(language_of(path), text.as_str()))
    }
}

fn language_of(path: &str) -> &'static Language {
    registry().detect(path, None)
}

impl Tree for Fixture {
    fn has_file(&self, path: &str) -> bool {
        self.paths.has_file(path)
    }
    fn children(&self, folder: &str) -> Vec<String> {
        self.paths.children(folder)
    }
    fn named(&self, file_name: &str) -> Vec<String> {
        self.paths.named(file_name)
    }
    fn folders_named(&self, name: &str) -> Vec<String> {
        self.paths.folders_named(name)
    }
    fn read(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }
    fn imports(&self, path: &str) -> Vec<Import> {
        self.parsed(path).map(|it| it.imports()).unwrap_or_default()
    }
    fn defines(&self, path: &str, name: &str) -> bool {
        let symbols = self.parsed(path).map(|it| it.symbols()).unwrap_or_default();
        symbols
            .iter()
            .any(|symbol| symbol.container.is_none() && symbol.name == name)
    }
}

/// What the first file of the tree imports.
fn check(source: &str, expected: &Expect) {
    let first = source.lines().find_map(|line| line.strip_prefix("//- "));
    check_file(source, first.expect("a file"), expected);
}

fn check_file(source: &str, from: &str, expected: &Expect) {
    let tree = Fixture::new(source);
    let manifests = Manifests::read(&tree);
    let mut out = String::new();
    for target in resolve(
        &tree,
        &manifests,
        from,
        language_of(from),
        &tree.imports(from),
    ) {
        let names = match target.names {
            Names::All => "all".to_owned(),
            Names::These(names) => {
                let names: Vec<String> = names
                    .iter()
                    .map(|name| match &name.alias {
                        Some(alias) => format!("{} as {alias}", name.name),
                        None => name.name.clone(),
                    })
                    .collect();
                names.join(", ")
            }
        };
        writeln!(out, "{}: {names}", target.path).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn python_modules_packages_and_what_they_pass_on() {
    check(
        "//- src/shop/cart/view.py
import os
from . import model, helpers as h
from .. import VERSION
from ..api import Client as C, retry
from shop.cart.model import Cart
import shop.api.low
from tests_support import fake
from .everything import Late
from .missing import nothing
from .cart import cart
//- src/shop/__init__.py
VERSION = 1
//- src/shop/cart/__init__.py
//- src/shop/cart/model.py
class Cart: pass
//- src/shop/cart/helpers/__init__.py
//- src/shop/cart/cart/__init__.py
from .cart import cart
//- src/shop/cart/cart/cart.py
def cart(): pass
//- src/shop/api/__init__.py
from .client import Client
from .low import again as retry
from requests import get
//- src/shop/api/client.py
class Client: pass
//- src/shop/api/low.py
def again(): pass
//- src/shop/cart/everything.py
from .first import *
from .second import *
//- src/shop/cart/first.py
class Other: pass
//- src/shop/cart/second.py
class Late: pass
//- tools/setup.py
//- tools/tests_support.py
def fake(): pass
",
        &expect![[r#"
            src/shop/cart/model.py: all
            src/shop/cart/helpers/__init__.py: all
            src/shop/__init__.py: VERSION
            src/shop/api/client.py: Client as C
            src/shop/api/low.py: all
            tools/tests_support.py: fake
            src/shop/cart/second.py: Late
            src/shop/cart/cart/cart.py: cart
        "#]],
    );
}

#[test]
fn python_names_that_a_package_takes_from_outside_lead_nowhere() {
    check(
        "//- app/a.py
from app import get, own
//- app/__init__.py
try:
    from fast import get
except ImportError:
    from slow import get
try:
    from fast import own
except ImportError:
    from .own_slow import own
//- app/own_slow.py
def own(): pass
",
        &expect![[r#"
            app/own_slow.py: own
        "#]],
    );
}

#[test]
fn circles_of_imports_end() {
    check(
        "//- a.py
from p import X
//- p/__init__.py
from .q import X
from .q import *
//- p/q.py
from . import X
from . import *
",
        &expect![[r#"
            p/__init__.py: X
        "#]],
    );
}

#[test]
fn rust_modules_crates_and_what_they_pass_on() {
    check(
        "//- crates/web/src/routes/user.rs
use std::fmt;
use serde::Serialize;
use crate::{error::Error, Config, state::*};
use super::{shared, Router as R};
use super::super::top;
use self::inner::Deep;
use store_core::{Store, backend::{Kind, Kind::First}};
use the_lib::Thing;
use crate::gone::Lost;
mod inner;
#[cfg(test)]
mod tests {
    use super::*;
    use super::super::shared::Shared;
}
fn f() { use crate::state::State as S; }
//- crates/web/src/routes/user/inner.rs
pub struct Deep;
//- crates/web/src/routes/mod.rs
pub mod user;
pub mod shared;
pub struct Router;
//- crates/web/src/routes/shared.rs
pub struct Shared;
//- crates/web/src/lib.rs
mod routes; mod error; mod state; mod gone;
pub fn top() {}
pub use error::Settings as Config;
//- crates/web/src/error.rs
pub struct Error;
pub struct Settings;
//- crates/web/src/state/mod.rs
pub struct State;
//- crates/web/Cargo.toml
[package]
name = \"web\"
//- crates/store-core/src/lib.rs
mod backend;
mod inner { pub struct Store; }
pub use inner::Store;
//- crates/store-core/src/backend.rs
pub enum Kind { First }
//- other/Cargo.toml
[package]
name = \"other\"
[lib]
name = \"the_lib\"
path = \"lib/root.rs\"
//- other/lib/root.rs
pub struct Thing;
",
        &expect![[r#"
            crates/web/src/error.rs: Error, Settings as Config
            crates/web/src/state/mod.rs: all
            crates/web/src/routes/shared.rs: all
            crates/web/src/routes/mod.rs: Router as R
            crates/web/src/lib.rs: top
            crates/web/src/routes/user/inner.rs: Deep
            crates/store-core/src/lib.rs: Store
            crates/store-core/src/backend.rs: Kind, First
            other/lib/root.rs: Thing
        "#]],
    );
}

#[test]
fn rust_tests_and_binaries_are_crates_of_their_own() {
    let tree = "//- it/tests/api/main.rs
mod helpers;
use it::Thing;
use crate::helpers::help;
//- it/tests/api/helpers.rs
pub fn help() {}
//- it/tests/single.rs
mod common;
use crate::common::shared;
//- it/tests/common/mod.rs
pub fn shared() {}
//- it/src/main.rs
mod cli;
use it::Thing;
//- it/src/cli.rs
use crate::main_only;
use super::cli;
//- it/src/lib.rs
pub struct Thing;
";
    check(
        tree,
        &expect![[r#"
            it/tests/api/helpers.rs: help
            it/src/lib.rs: Thing
        "#]],
    );
    check_file(
        tree,
        "it/tests/single.rs",
        &expect![[r#"
            it/tests/common/mod.rs: shared
        "#]],
    );
    check_file(
        tree,
        "it/src/main.rs",
        &expect![[r#"
            it/src/cli.rs: 
            it/src/lib.rs: Thing
        "#]],
    );
    check_file(
        tree,
        "it/src/cli.rs",
        &expect![[r#"
        it/src/main.rs: main_only
    "#]],
    );
}

#[test]
fn rust_paths_that_begin_with_an_import() {
    check(
        "//- src/a.rs
use crate::kinds::{self, Kind};
use kinds::Other;
use Kind::*;
//- src/lib.rs
mod a; mod kinds;
//- src/kinds.rs
pub enum Kind { A }
pub struct Other;
",
        &expect![[r#"
            src/kinds.rs: all
        "#]],
    );
}

#[test]
fn typescript_paths_aliases_and_packages() {
    check(
        "//- packages/app/src/main.ts
import def, { one, two as zwei } from './lib/index.js';
import * as all from './lib';
import type { Shape } from '../types/shape';
import { helper } from '@/util/helper';
import { exact } from 'exact-alias';
import { based } from 'src/based';
import { core } from '@org/core';
import { deep } from '@org/core/deep';
import { own } from '#internal/own';
import data from './data.json';
import './side.css';
import react from 'react';
const lazy = import('./lazy');
//- packages/app/tsconfig.json
{ // comments are allowed
  \"extends\": \"../../tsconfig.base\",
  \"compilerOptions\": { \"baseUrl\": \".\", },
}
//- tsconfig.base.json
{ \"compilerOptions\": { \"paths\": { \"@/*\": [\"./packages/app/src/*\"], \"exact-alias\": [\"packages/app/src/exact.ts\"] } } }
//- packages/app/package.json
{ \"name\": \"app\", \"imports\": { \"#internal/*\": \"./src/internal/*.js\" } }
//- packages/app/src/lib/index.ts
export { one } from './one';
export * from './rest';
export { default } from './def';
//- packages/app/src/lib/one.tsx
export const one = 1;
//- packages/app/src/lib/rest.ts
export function two() {}
//- packages/app/src/lib/def.ts
export default class Def {}
//- packages/app/types/shape.d.ts
export interface Shape {}
//- packages/app/src/util/helper.mts
export function helper() {}
//- packages/app/src/exact.ts
export const exact = 1;
//- packages/app/src/based.ts
export const based = 1;
//- packages/app/src/internal/own.ts
export const own = 1;
//- packages/app/src/data.json
{}
//- packages/app/src/lazy.js
//- packages/core/package.json
{ \"name\": \"@org/core\", \"exports\": { \".\": { \"import\": \"./dist/index.mjs\" }, \"./*\": { \"types\": \"./dist/esm/*.d.ts\" } } }
//- packages/core/src/index.ts
export { core } from './core';
//- packages/core/src/core.ts
export const core = 1;
//- packages/core/src/deep.ts
export const deep = 1;
",
        &expect![[r#"
            packages/app/src/lib/def.ts: default as def
            packages/app/src/lib/one.tsx: one
            packages/app/src/lib/rest.ts: two as zwei
            packages/app/src/lib/index.ts: all
            packages/app/types/shape.d.ts: Shape
            packages/app/src/util/helper.mts: helper
            packages/app/src/exact.ts: exact
            packages/app/src/based.ts: based
            packages/core/src/core.ts: core
            packages/core/src/deep.ts: deep
            packages/app/src/internal/own.ts: own
            packages/app/src/data.json: default as data
            packages/app/src/lazy.js: all
        "#]],
    );
}

#[test]
fn javascript_that_requires() {
    check(
        "//- lib/a.js
const { b } = require('./b');
const whole = require('..');
//- lib/b.cjs
function b() {}
//- index.js
",
        &expect![[r#"
            lib/b.cjs: b
            index.js: all
        "#]],
    );
}

#[test]
fn go_packages_are_folders() {
    let tree = "//- cmd/tool/main.go
package main
import (
\t\"fmt\"
\tst \"example.com/it/internal/store\"
\t\"example.com/it\"
\t\"example.com/it/v2/gone\"
\t\"github.com/other/it/internal/store\"
)
//- go.mod
module example.com/it // the module

go 1.22
//- root.go
package it
//- internal/store/a.go
package store
//- internal/store/b.go
package store
//- internal/store/a_test.go
package store
";
    check(
        tree,
        &expect![[r#"
        internal/store/a.go: all
        internal/store/b.go: all
        root.go: all
    "#]],
    );
    let language = language_of("a.go");
    let fixture = Fixture::new(tree);
    let beside = |from| neighbours(&fixture, from, language);
    assert_eq!(beside("internal/store/a.go"), ["internal/store/b.go"]);
    assert_eq!(
        beside("internal/store/a_test.go"),
        ["internal/store/a.go", "internal/store/b.go"]
    );
}

#[test]
fn go_without_a_manifest_is_found_by_its_layout() {
    check(
        "//- ginS/gins.go
package ginS
import \"github.com/gin-gonic/gin\"
//- gin.go
package gin
import (
\t\"net/http\"
\t\"github.com/gin-gonic/gin/binding\"
\t\"github.com/other/render\"
)
//- binding/b.go
package binding
//- render/r.go
package render
",
        &expect![[r#"
            gin.go: all
        "#]],
    );
}

#[test]
fn java_classes_by_the_end_of_their_path() {
    let tree = "//- app/src/main/java/org/shop/Cart.java
package org.shop;
import java.util.List;
import org.shop.model.Item;
import org.shop.model.Item.Kind;
import static org.shop.model.Prices.*;
import static org.shop.model.Prices.LIMIT;
import org.shop.all.*;
class Cart {}
//- app/src/main/java/org/shop/Other.java
//- app/src/test/java/org/shop/CartTest.java
//- app/src/main/java/org/shop/model/Item.java
//- app/src/main/java/org/shop/model/Prices.java
//- app/src/main/java/org/shop/all/A.java
//- app/src/main/java/org/shop/all/B.java
//- app/src/main/java/org/shop/all/notes.txt
//- demo/src/main/java/org/shop/model/Item.java
";
    check(
        tree,
        &expect![[r#"
        app/src/main/java/org/shop/model/Item.java: Item, Kind
        app/src/main/java/org/shop/model/Prices.java: all
        app/src/main/java/org/shop/all/A.java: all
        app/src/main/java/org/shop/all/B.java: all
    "#]],
    );
    let found = neighbours(
        &Fixture::new(tree),
        "app/src/main/java/org/shop/Cart.java",
        language_of("A.java"),
    );
    let names: Vec<_> = found.iter().map(|path| super::file_name(path)).collect();
    assert_eq!(names, ["Other.java", "CartTest.java"]);
}

#[test]
fn kotlin_c_ruby_and_php() {
    check(
        "//- app/src/Main.kt
import org.shop.Cart as C
import org.shop.sell
//- lib/org/shop/Cart.kt
class Cart
//- lib/org/shop/Actions.kt
fun sell() {}
",
        &expect![[r#"
            lib/org/shop/Cart.kt: Cart as C
            lib/org/shop/Actions.kt: sell
        "#]],
    );
    check(
        "//- src/net/a.c
#include \"a.h\"
#include \"../base.h\"
#include <lib/public.h>
#include <stdio.h>
#include \"far/deep.h\"
//- src/net/a.h
//- src/base.h
//- include/lib/public.h
//- vendor/far/deep.h
",
        &expect![[r#"
            src/net/a.h: all
            src/base.h: all
            include/lib/public.h: all
            vendor/far/deep.h: all
        "#]],
    );
    check(
        "//- lib/shop.rb
require_relative 'shop/cart'
require 'shop/item'
require 'json'
//- lib/shop/cart.rb
//- lib/shop/item.rb
",
        &expect![[r#"
            lib/shop/cart.rb: all
            lib/shop/item.rb: all
        "#]],
    );
    check(
        "//- src/Http/Kernel.php
<?php
use App\\Http\\Request;
use App\\Models\\{User, Group as G};
use Exception;
require_once 'boot.php';
//- src/Http/Request.php
//- src/Models/User.php
//- src/Models/Group.php
//- src/Http/boot.php
//- src/Exception.php
",
        &expect![[r#"
            src/Http/Request.php: Request
            src/Models/User.php: User
            src/Models/Group.php: Group as G
            src/Http/boot.php: all
        "#]],
    );
}

#[test]
fn a_broken_manifest_says_nothing() {
    check(
        "//- a/src/lib.rs
use b::B;
//- a/Cargo.toml
[package
//- b/src/lib.rs
pub struct B;
//- b/Cargo.toml
name = 3
//- package.json
{ \"name\":
//- tsconfig.json
[]
",
        &expect![[r#"
            b/src/lib.rs: B
        "#]],
    );
}
