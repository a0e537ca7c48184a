//! One golden test per language: source in; an import a line out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::{ImportKind, Parser};

fn check(language: &str, source: &str, expected: &Expect) {
    let language = registry()
        .by_id(language)
        .expect("a language of the registry");
    let parsed = Parser::new().parse(language, source);
    let mut out = String::new();
    let mut last = 0;
    for import in parsed.imports() {
        assert!(last <= import.range.start, "not in the order of the text");
        last = import.range.start;
        let names: Vec<String> = import
            .names
            .iter()
            .map(|name| match &name.alias {
                Some(alias) => format!("{} as {alias}", name.name),
                None => name.name.clone(),
            })
            .collect();
        let what = match import.kind {
            ImportKind::Wildcard => "*".to_owned(),
            ImportKind::Child => "child".to_owned(),
            ImportKind::Effect => "effect".to_owned(),
            ImportKind::Module => format!("module {}", names.join(", ")),
            ImportKind::Names => format!("{{{}}}", names.join(", ")),
        };
        let line = parsed.text().line_of(import.range.start) + 1;
        let exported = if import.exported { " exported" } else { "" };
        let within: String = import.within.iter().map(|it| format!(" in {it}")).collect();
        writeln!(out, "{line}: {} {what}{exported}{within}", import.module).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn python() {
    check(
        "python",
        "import os
import a.b as c, d.e
from . import x, y as z
from ..models import (
    User,  # a comment
    Group as G,
)
from .wild import *
from __future__ import annotations
if TYPE_CHECKING:
    from pkg.types import T
def f():
    import json
    from . import late
    return json
",
        &expect![[r#"
            1: os module os
            2: a.b module b as c
            2: d.e module e
            3: . {x, y as z}
            4: ..models {User, Group as G}
            8: .wild *
            11: pkg.types {T}
            13: json module json
            14: . {late}
        "#]],
    );
}

#[test]
fn rust() {
    check(
        "rust",
        "pub mod child;
mod own { mod deep; use super::*; }
use serde;
use std::collections::HashMap as Map;
pub use crate::a::{b::{c, d as e}, f::*, self, g};
pub(crate) use self::x::Y as _;
use {one::two, three::{self as four, *}};
extern crate alloc as heap;
#[cfg(test)]
mod tests {
    use super::{A, B};
    fn f() { use crate::inner::G; }
}
fn g() { use super::H::*; }
",
        &expect![[r#"
            1: child child exported
            2: deep child in own
            2: super * in own
            3: serde module serde
            4: std::collections {HashMap as Map}
            5: crate::a::b {c, d as e} exported
            5: crate::a::f * exported
            5: crate::a module a exported
            5: crate::a {g} exported
            6: self::x {Y as _} exported
            7: one {two}
            7: three module three as four
            7: three *
            8: alloc module alloc as heap
            11: super {A, B} in tests
            12: crate::inner {G} in tests
            14: super::H *
        "#]],
    );
}

#[test]
fn typescript() {
    check(
        "typescript",
        "import './effect';
import def, { a, b as c, type T, default as d2 } from '../x.js';
import def2, * as ns from \"./y\";
import type { U } from '@scope/pkg/sub';
import fs = require('fs');
export { p, q as r } from './p';
export * from './all';
export * as named from './named';
export type { V } from './types';
export {};
const { m, n: o } = require('./cjs');
const whole = require('./whole');
const part = require('./part').part;
async function f() {
  const { lazy } = await import('./lazy');
  await import('./bare');
}
",
        &expect![[r#"
            1: ./effect effect
            2: ../x.js {default as def, a, b as c, T, default as d2}
            3: ./y {default as def2}
            3: ./y module y as ns
            4: @scope/pkg/sub {U}
            5: fs module fs as fs
            6: ./p {p, q as r} exported
            7: ./all * exported
            8: ./named module named as named exported
            9: ./types {V} exported
            11: ./cjs {m, n as o}
            12: ./whole module whole as whole
            13: ./part {part as part}
            15: ./lazy {lazy}
            16: ./bare effect
        "#]],
    );
}

#[test]
fn tsx_and_javascript() {
    check(
        "tsx",
        "import React, { useState } from 'react';\nconst A = () => <B c={useState(require('./d'))} />;\n",
        &expect![[r#"
            1: react {default as React, useState}
            2: ./d effect
        "#]],
    );
    check(
        "javascript",
        "import { a } from './a';\nmodule.exports = { b: require('./b') };\nconst { c = 1 } = require('c');\n",
        &expect![[r#"
            1: ./a {a}
            2: ./b effect
            3: c {c}
        "#]],
    );
}

#[test]
fn go() {
    check(
        "go",
        "package main
import \"fmt\"
import (
\tctx \"context\"
\t_ \"github.com/lib/pq\"
\t. \"example.com/m/dot\"
\t`raw/path`
)
",
        &expect![[r#"
            2: fmt module fmt
            4: context module context as ctx
            5: github.com/lib/pq module pq as _
            6: example.com/m/dot *
            7: raw/path module path
        "#]],
    );
}

#[test]
fn java() {
    check(
        "java",
        "package a.b;
import java.util.List;
import java.util.concurrent.*;
import static org.junit.Assert.assertEquals;
import static a.b.Outer.*;
import a.Outer.Inner;
class A {}
",
        &expect![[r#"
            2: java.util {List}
            3: java.util.concurrent *
            4: org.junit.Assert {assertEquals}
            5: a.b.Outer *
            6: a.Outer {Inner}
        "#]],
    );
}

#[test]
fn others() {
    check(
        "c",
        "#include \"own.h\"\n#include <sys/types.h>\n#ifdef A\n#include \"dir/x.h\"\n#endif\n",
        &expect![[r#"
            1: own.h *
            2: <sys/types.h> *
            4: dir/x.h *
        "#]],
    );
    check(
        "cpp",
        "#include \"own.hpp\"\n",
        &expect![[r#"
        1: own.hpp *
    "#]],
    );
    check(
        "ruby",
        "require 'json'\nrequire_relative 'lib/x'\nputs 'no'\n",
        &expect![[r#"
            1: json *
            2: lib/x *
        "#]],
    );
    check(
        "php",
        "<?php\nuse A\\B\\C;\nuse A\\D as E;\nuse A\\{F, G\\H as I};\nuse function A\\f;\nrequire_once 'x.php';\n",
        &expect![[r#"
            2: A\B {C}
            3: A {D as E}
            4: A {F}
            4: A\G {H as I}
            5: A {f}
            6: x.php *
        "#]],
    );
    check(
        "kotlin",
        "package a\nimport a.b.C\nimport a.b.D as E\nimport a.c.*\nclass X\n",
        &expect![[r#"
            2: a.b {C}
            3: a.b {D as E}
            4: a.c *
        "#]],
    );
    check(
        "csharp",
        "using System;\nusing A.B.C;\nclass X {}\n",
        &expect![[r#"
            1: System *
            2: A.B.C *
        "#]],
    );
}

#[test]
fn around_syntax_errors() {
    check(
        "python",
        "from .a import A\ndef f(:\n    x = (\nfrom .b import B\nimport c\n",
        &expect![[r#"
            1: .a {A}
            4: .b {B}
            5: c module c
        "#]],
    );
    check(
        "rust",
        "use a::B;\nfn f( { let x = ;\nuse crate::c::D;\nfn g() {}\n",
        &expect![[r#"
            1: a {B}
            3: crate::c {D}
        "#]],
    );
    check(
        "typescript",
        "import { A } from './a';\nconst x = {\nimport { B } from './b';\nfoo(;\n",
        &expect![[r#"
            1: ./a {A}
            3: ./b {B}
        "#]],
    );
    check(
        "java",
        "import a.B;\nimport a.\nimport c.D;\nclass X { void f( { } }\n",
        &expect![[r#"
            1: a {B}
            3: c {D}
        "#]],
    );
    check(
        "go",
        "package a\nimport (\n\t\"x/y\"\n\t\"z\nfunc f() {\n",
        &expect![[r#"
            3: x/y module y
        "#]],
    );
}

#[test]
fn nothing_where_there_is_no_tree_or_no_query() {
    check("sql", "select 1;", &expect![[""]]);
    check("toml", "a = 1", &expect![[""]]);
}

#[test]
fn groups_without_end_are_left_out_and_cost_nothing() {
    let source = format!("use {}x{};", "a::{".repeat(300), "}".repeat(300));
    check("rust", &source, &expect![[""]]);
}

/// A pattern that holds both the module and the names is cubic in these.
#[test]
fn of_many_names_none_is_lost() {
    let names: Vec<String> = (0..3000)
        .map(|index| format!("a{index} as b{index}"))
        .collect();
    let names = names.join(", ");
    for (language, source) in [
        ("typescript", format!("import {{ {names} }} from './x';")),
        ("typescript", format!("export {{ {names} }} from './x';")),
        ("python", format!("from x import ({names})")),
        ("rust", format!("use x::{{{names}}};")),
    ] {
        let language = registry().by_id(language).expect("a language");
        let imports = Parser::new().parse(language, source.as_str()).imports();
        assert_eq!(imports.len(), 1, "{}", language.id);
        assert_eq!(imports[0].names.len(), 3000, "{}", language.id);
    }
}
