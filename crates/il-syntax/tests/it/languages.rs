//! One golden test per language: source in; symbols, chunks, and scope and facts at `$0` out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::{Basis, CursorFacts, Parsed, Parser};
use il_text::Text;

/// The size at which the chunks of the golden tests are cut.
const CHUNK_BYTES: usize = 160;

fn check(language: &str, source: &str, expected: &Expect) {
    let (offset, text) = cursor(source);
    let language = registry()
        .by_id(language)
        .expect("a language of the registry");
    let parsed = Parser::new().parse(language, text.as_str());
    assert_eq!(parsed.basis(), Basis::Tree);
    expected.assert_eq(&format!(
        "{}---\n{}---\n{}",
        symbols(&parsed),
        chunks(&parsed, CHUNK_BYTES),
        place(&parsed, offset)
    ));
}

/// Takes the `$0` out of a source.
pub(crate) fn cursor(source: &str) -> (usize, String) {
    let offset = source.find("$0").expect("a `$0` in the source");
    (offset, source.replacen("$0", "", 1))
}

/// A symbol a line, indented by what it is in.
pub(crate) fn symbols(parsed: &Parsed) -> String {
    let symbols = parsed.symbols();
    let mut out = String::new();
    for symbol in &symbols {
        let mut depth = 0;
        let mut next = symbol.container;
        while let Some(index) = next {
            depth += 1;
            next = symbols[index].container;
        }
        let scope = symbol
            .scope
            .as_deref()
            .map(|scope| format!("{scope}."))
            .unwrap_or_default();
        assert_eq!(
            parsed
                .text()
                .slice(symbol.name_range.clone())
                .trim_matches(['"', '\'']),
            symbol.name
        );
        writeln!(
            out,
            "{:indent$}{} {scope}{} | {}",
            "",
            symbol.kind.name(),
            symbol.name,
            symbol.signature,
            indent = depth * 2
        )
        .unwrap();
    }
    out
}

/// A chunk a line: which lines it covers, what it is.
pub(crate) fn chunks(parsed: &Parsed, max_bytes: usize) -> String {
    let mut out = String::new();
    let mut end = 0;
    for chunk in parsed.chunks(max_bytes) {
        assert_eq!(
            chunk.range.start, end,
            "a gap or an overlap before {chunk:?}"
        );
        end = chunk.range.end;
        assert!(chunk.range.len() <= max_bytes, "too large: {chunk:?}");
        let lines = lines(parsed.text(), chunk.range.start, chunk.range.end);
        let header = chunk.header.replace('\n', " / ");
        writeln!(
            out,
            "{lines} {:?} `{}` in `{header}`",
            chunk.kind, chunk.symbol_path
        )
        .unwrap();
    }
    assert_eq!(end, parsed.text().len(), "the end is in no chunk");
    out
}

fn lines(text: &Text, start: usize, end: usize) -> String {
    format!(
        "{}-{}",
        text.line_of(start) + 1,
        text.line_of(end.saturating_sub(1).max(start)) + 1
    )
}

/// Scope and facts, each fact that holds by its name.
pub(crate) fn place(parsed: &Parsed, offset: usize) -> String {
    let scope = parsed.scope_at(offset);
    let CursorFacts {
        in_string,
        in_comment,
        at_line_end,
        line_is_blank,
        empty_block,
        after_block_opener,
        block_end,
        inside_import,
        has_error_nearby,
    } = parsed.facts_at(offset);
    let facts = [
        (in_string, "in_string"),
        (in_comment, "in_comment"),
        (at_line_end, "at_line_end"),
        (line_is_blank, "line_is_blank"),
        (empty_block, "empty_block"),
        (after_block_opener, "after_block_opener"),
        (inside_import, "inside_import"),
        (has_error_nearby, "has_error_nearby"),
    ];
    let facts: Vec<&str> = facts
        .iter()
        .filter(|(holds, _)| *holds)
        .map(|&(_, name)| name)
        .collect();
    let text = parsed.text();
    let end = block_end.map(|end| {
        let rest = text.slice(end..text.line_end(end)).into_owned();
        format!("{} before {rest:?}", text.line_of(end) + 1)
    });
    format!(
        "scope `{}`, block {}, indent {:?}\nfacts {}\nblock ends {}\n",
        scope.symbol_path(),
        lines(text, scope.block.start, scope.block.end),
        scope.body_indent,
        facts.join(" "),
        end.unwrap_or("nowhere".into()),
    )
}

#[test]
fn python() {
    check(
        "python",
        r#"import os
from typing import Optional

LIMIT = 10


# What a user is.
@dataclass(frozen=True)
class User(Base):
    """A user."""

    name: str = ""

    @property
    def full(self) -> str:
        # the name
        return f"{self.name}!"

    async def load(self, key: Optional[str] = None):
        for item in self.items(key):
            $0
        total = 0


def main():
    local = User()
    print(local)
"#,
        &expect![[r#"
            variable LIMIT | LIMIT = 10
            class User | class User(Base)
              field name | name: str = ""
              method full | def full(self) -> str
              method load | async def load(self, key: Optional[str] = None)
            function main | def main()
            ---
            1-3 Statements `` in ``
            4-6 Definition(Variable) `LIMIT` in ``
            7-11 Part(Class) `User` in `class User(Base)`
            12-18 Definitions `User` in `class User(Base)`
            19-24 Definition(Method) `User.load` in `class User(Base)`
            25-27 Definition(Function) `main` in ``
            ---
            scope `User.load`, block 20-21, indent "            "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 21 before ""
        "#]],
    );
}

#[test]
fn rust() {
    check(
        "rust",
        r#"use std::fmt;

/// A point.
#[derive(Debug)]
pub struct Point<T> {
    pub x: T,
    y: T,
}

pub(crate) const ORIGIN: i32 = 0;

impl<T: Copy> fmt::Display for Point<T> {
    // Writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.x {
            _ => {$0}
        }
    }
}

enum Shape { Round, Square(u8) }

trait Area { type Unit; fn area(&self) -> f64; }

mod inner {
    pub fn twice(n: u32) -> u32 { n * 2 }
}

macro_rules! log { () => {}; }
"#,
        &expect![[r#"
            struct Point | pub struct Point<T>
              field x | pub x: T
              field y | y: T
            constant ORIGIN | pub(crate) const ORIGIN: i32 = 0
            implementation Point | impl<T: Copy> fmt::Display for Point<T>
              method fmt | fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result
            enum Shape | enum Shape
              field Round | Round
              field Square | Square
            trait Area | trait Area
              type Unit | type Unit
              method area | fn area(&self) -> f64
            module inner | mod inner
              function twice | pub fn twice(n: u32) -> u32
            macro log | macro_rules! log { () => {}; }
            ---
            1-2 Statements `` in ``
            3-11 Definitions `` in ``
            12-12 Part(Implementation) `Point` in `impl<T: Copy> fmt::Display for Point<T>`
            13-20 Definition(Method) `Point.fmt` in `impl<T: Copy> fmt::Display for Point<T>`
            21-24 Definitions `` in ``
            25-29 Definitions `` in ``
            ---
            scope `Point.fmt`, block 16-16, indent "                "
            facts empty_block after_block_opener
            block ends 16 before "}"
        "#]],
    );
}

#[test]
fn javascript() {
    check(
        "javascript",
        r#"import fs from "fs";

const LIMIT = 3;

/** Reads. */
export const read = async (path) => {
  const text = await fs.readFile(path);
  return `got ${text.$0}`;
};

function* count() { yield 1; }

class Cache extends Map {
  size = 0;
  static of(...items) { return new Cache(items); }
  constructor() { super(); }
}

module.exports.helper = function (a, b) { return a + b; };

const routes = { index(req) { return 1; }, show: (req) => 2 };
"#,
        &expect![[r#"
            variable LIMIT | const LIMIT = 3
            function read | export const read = async (path) =>
            function count | function* count()
            class Cache | class Cache extends Map
              field size | size = 0
              method of | static of(...items)
              method constructor | constructor()
            function module.exports.helper | module.exports.helper = function (a, b)
            variable routes | const routes = { index(req) { return 1; }, show: (req) => 2 }
              method index | index(req)
              function show | show: (req) =>
            ---
            1-2 Statements `` in ``
            3-10 Definitions `` in ``
            11-18 Definitions `` in ``
            19-20 Definition(Function) `module.exports.helper` in ``
            21-21 Definition(Variable) `routes` in ``
            ---
            scope `read`, block 6-8, indent "  "
            facts has_error_nearby
            block ends 9 before "};"
        "#]],
    );
}

#[test]
fn typescript() {
    check(
        "typescript",
        r#"import { A } from "./a";

export interface Shape<T> {
  name: string;
  area(scale: number): T;
}

export type Id = string | number;

enum Color { Red, Green }

namespace Inner { export const x = 1; }

@Injectable()
export abstract class Store implements Shape<number> {
  private items: Map<Id, A> = new Map();
  abstract area(scale: number): number;
  handler = (event: Event): void => {};

  get(id: Id): A | undefined {
    if (id) {$0
    return this.items.get(id);
  }
}

export function make(): Store { throw new Error("no"); }
"#,
        &expect![[r#"
            interface Shape | export interface Shape<T>
              field name | name: string
              method area | area(scale: number): T
            type Id | export type Id = string | number
            enum Color | enum Color
            module Inner | namespace Inner
              variable x | x = 1
            class Store | export abstract class Store implements Shape<number>
              field items | private items: Map<Id, A> = new Map()
              method area | abstract area(scale: number): number
              method handler | handler = (event: Event): void =>
              method get | get(id: Id): A | undefined
              method make | export function make(): Store
            ---
            1-2 Statements `` in ``
            3-11 Definitions `` in ``
            12-13 Definition(Module) `Inner` in ``
            14-15 Part(Class) `Store` in `export abstract class Store implements Shape<number>`
            16-16 Definition(Field) `Store.items` in `export abstract class Store implements Shape<number>`
            17-17 Definition(Method) `Store.area` in `export abstract class Store implements Shape<number>`
            18-19 Definition(Method) `Store.handler` in `export abstract class Store implements Shape<number>`
            20-25 Definition(Method) `Store.get` in `export abstract class Store implements Shape<number>`
            26-26 Definition(Method) `Store.make` in `export abstract class Store implements Shape<number>`
            ---
            scope `Store.get`, block 21-21, indent "      "
            facts at_line_end empty_block after_block_opener
            block ends 21 before ""
        "#]],
    );
}

#[test]
fn tsx() {
    check(
        "tsx",
        r#"import React from "react";

type Props = { title: string };

export function Card({ title }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <div className="card" onClick={() => setOpen(!open)}>
      {open && <p>{title}</p>}$0
    </div>
  );
}

export const List: React.FC = () => <ul />;
"#,
        &expect![[r#"
            type Props | type Props = { title: string }
              field title | title: string
            function Card | export function Card({ title }: Props)
            function List | export const List: React.FC = () =>
            ---
            1-2 Statements `` in ``
            3-4 Definition(Type) `Props` in ``
            5-6 Part(Function) `Card` in `export function Card({ title }: Props)`
            7-13 Part(Function) `Card` in `export function Card({ title }: Props)`
            14-14 Definition(Function) `List` in ``
            ---
            scope `Card`, block 8-10, indent "    "
            facts at_line_end
            block ends 10 before ""
        "#]],
    );
}

#[test]
fn go() {
    check(
        "go",
        r#"package main

import (
	"fmt"
	"os"$0
)

const Limit, Other = 10, 11

var cache map[string]int

// Server serves.
type Server struct {
	Addr string
	port int
}

type Handler interface {
	Handle(name string) error
}

type ID = string

// Run runs.
func (s *Server) Run(args []string) error {
	for _, a := range args {
		fmt.Println(a)
	}
	return nil
}

func main() { os.Exit(0) }
"#,
        &expect![[r#"
            constant Limit | const Limit, Other = 10, 11
            constant Other | const Limit, Other = 10, 11
            variable cache | var cache map[string]int
            struct Server | type Server struct
              field Addr | Addr string
              field port | port int
            interface Handler | type Handler
              method Handle | Handle(name string) error
            type ID | type ID = string
            method Server.Run | func (s *Server) Run(args []string) error
            function main | func main()
            ---
            1-7 Statements `` in ``
            8-11 Definitions `` in ``
            12-17 Definition(Struct) `Server` in ``
            18-23 Definitions `` in ``
            24-32 Definitions `` in ``
            ---
            scope ``, block 1-32, indent ""
            facts at_line_end inside_import
            block ends nowhere
        "#]],
    );
}

#[test]
fn java() {
    check(
        "java",
        r#"package com.example;

import java.util.List;

/** A service. */
@Service
public class Orders<T> implements Repo<T> {
    private static final int LIMIT = 5;
    private List<T> items, spare;

    public Orders(List<T> items) {
        this.items = items;
    }

    @Override
    public T find(String id) throws IOException {
        // look "$0 here"
        return items.get(0);
    }

    interface Visitor { void visit(Object o); }
    enum State { OPEN, CLOSED }
}

record Pair(int left, int right) {}
"#,
        &expect![[r#"
            class Orders | @Service public class Orders<T> implements Repo<T>
              field LIMIT | private static final int LIMIT = 5
              field items | private List<T> items, spare
              field spare | private List<T> items, spare
              method Orders | public Orders(List<T> items)
              method find | @Override public T find(String id) throws IOException
              interface Visitor | interface Visitor
                method visit | void visit(Object o)
              enum State | enum State
                field OPEN | OPEN
                field CLOSED | CLOSED
            class Pair | record Pair(int left, int right)
            ---
            1-4 Statements `` in ``
            5-7 Part(Class) `Orders` in `@Service public class Orders<T> implements Repo<T>`
            8-10 Definitions `Orders` in `@Service public class Orders<T> implements Repo<T>`
            11-14 Definition(Method) `Orders.Orders` in `@Service public class Orders<T> implements Repo<T>`
            15-20 Definition(Method) `Orders.find` in `@Service public class Orders<T> implements Repo<T>`
            21-24 Definitions `Orders` in `@Service public class Orders<T> implements Repo<T>`
            25-25 Definition(Class) `Pair` in ``
            ---
            scope `Orders.find`, block 16-19, indent "        "
            facts in_comment
            block ends 19 before "}"
        "#]],
    );
}

#[test]
fn c() {
    check(
        "c",
        r#"#include <stdio.h>
#define MAX 10
#define SQUARE(x) ((x) * (x))

typedef unsigned long size;

struct node {
    int value;
    struct node *next;
};

enum color { RED, GREEN };

static int counter = 0;

int add(int a, int b);

/* Makes a node. */
static struct node *make(int value)
{
    struct node *n = malloc(sizeof *n);
    if (!n) {
        $0
    }
    return n;
}
"#,
        &expect![[r#"
            macro MAX | #define MAX 10
            macro SQUARE | #define SQUARE(x) ((x) * (x))
            type size | typedef unsigned long size
            struct node | struct node
              field value | int value
              field next | struct node *next
            enum color | enum color
              field RED | RED
              field GREEN | GREEN
            variable counter | static int counter = 0
            function add | int add(int a, int b)
            function make | static struct node *make(int value)
            ---
            1-1 Statements `` in ``
            2-6 Definitions `` in ``
            7-17 Definitions `` in ``
            18-26 Definition(Function) `make` in ``
            ---
            scope `make`, block 22-24, indent "        "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 24 before "}"
        "#]],
    );
}

#[test]
fn cpp() {
    check(
        "cpp",
        r#"#include <vector>

namespace geo {

template <typename T>
class Shape : public Base {
public:
    Shape() = default;
    virtual ~Shape();
    virtual double area() const = 0;
    int id() const { return id_; }
    bool operator==(const Shape& other) const;

private:
    int id_ = 0;
};

using Shapes = std::vector<Shape<int>>;

}  // namespace geo

double geo::Shape::area() const {
    return 0;
}

std::string& Store::name(int id) {
    auto f = [&](int x) { return R"($0)"; };
}
"#,
        &expect![[r#"
            module geo | namespace geo
              class Shape | class Shape : public Base
                method Shape | Shape() = default
                method ~Shape | virtual ~Shape()
                method area | virtual double area() const = 0
                method id | int id() const
                method operator== | bool operator==(const Shape& other) const
                field id_ | int id_ = 0
              type Shapes | using Shapes = std::vector<Shape<int>>
            method Shape.area | double geo::Shape::area() const
            method Store.name | std::string& Store::name(int id)
            ---
            1-2 Statements `` in ``
            3-5 Part(Module) `geo` in `namespace geo`
            6-7 Part(Class) `geo.Shape` in `namespace geo / class Shape : public Base`
            8-11 Definitions `geo.Shape` in `namespace geo / class Shape : public Base`
            12-13 Definition(Method) `geo.Shape.operator==` in `namespace geo / class Shape : public Base`
            14-14 Part(Class) `geo.Shape` in `namespace geo / class Shape : public Base`
            15-17 Definition(Field) `geo.Shape.id_` in `namespace geo / class Shape : public Base`
            18-21 Definition(Type) `geo.Shapes` in `namespace geo`
            22-25 Definition(Method) `Shape.area` in ``
            26-28 Definition(Method) `Store.name` in ``
            ---
            scope `Store.name`, block 27-27, indent "        "
            facts in_string
            block ends 27 before "};"
        "#]],
    );
}

#[test]
fn csharp() {
    check(
        "csharp",
        r#"using System;

namespace Shop.Orders
{
    /// <summary>An order.</summary>
    [Serializable]
    public class Order : IOrder
    {
        private readonly int _limit = 3;
        public string Name { get; set; } = "";
        public event EventHandler Changed;

        public Order(string name) => Name = name;

        public async Task<int> Total(int factor)
        {
            var text = $"{factor + $0}";
            return 1;
        }
    }

    public interface IOrder { string Name { get; } }
    public record Line(int Count);
    public struct Money { public int Cents; }
    enum State { Open, Closed = 2 }
    public delegate void Done(int code);
}
"#,
        &expect![[r#"
            module Shop.Orders | namespace Shop.Orders
              class Order | [Serializable] public class Order : IOrder
                field _limit | private readonly int _limit = 3
                field Name | public string Name
                field Changed | public event EventHandler Changed
                method Order | public Order(string name)
                method Total | public async Task<int> Total(int factor)
              interface IOrder | public interface IOrder
                field Name | string Name
              class Line | public record Line(int Count)
              struct Money | public struct Money
                field Cents | public int Cents
              enum State | enum State
                field Open | Open
                field Closed | Closed = 2
              type Done | public delegate void Done(int code)
            ---
            1-2 Statements `` in ``
            3-7 Part(Class) `Shop.Orders.Order` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            8-9 Definition(Field) `Shop.Orders.Order._limit` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            10-10 Definition(Field) `Shop.Orders.Order.Name` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            11-12 Definition(Field) `Shop.Orders.Order.Changed` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            13-14 Definition(Method) `Shop.Orders.Order.Order` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            15-21 Definition(Method) `Shop.Orders.Order.Total` in `namespace Shop.Orders / [Serializable] public class Order : IOrder`
            22-23 Definitions `Shop.Orders` in `namespace Shop.Orders`
            24-25 Definitions `Shop.Orders` in `namespace Shop.Orders`
            26-27 Definition(Type) `Shop.Orders.Done` in `namespace Shop.Orders`
            ---
            scope `Shop.Orders.Order.Total`, block 16-19, indent "            "
            facts in_string has_error_nearby
            block ends 19 before "}"
        "#]],
    );
}

#[test]
fn ruby() {
    check(
        "ruby",
        r#"require "json"

module Shop
  LIMIT = 5

  # An order.
  class Order < Base
    attr_reader :name

    def initialize(name)
      @name = name
    end

    def self.load(path)
      File.open(path) do |file|
        $0
      end
    end

    def total?
      items.sum { |item| item.price }
    end
    alias sum total?
  end
end
"#,
        &expect![[r#"
            module Shop | module Shop
              constant LIMIT | LIMIT = 5
              class Order | class Order < Base
                method initialize | def initialize(name)
                method load | def self.load(path)
                method total? | def total?
                method sum | alias sum total?
            ---
            1-2 Statements `` in ``
            3-5 Definition(Constant) `Shop.LIMIT` in `module Shop`
            6-9 Part(Class) `Shop.Order` in `module Shop / class Order < Base`
            10-13 Definition(Method) `Shop.Order.initialize` in `module Shop / class Order < Base`
            14-19 Definition(Method) `Shop.Order.load` in `module Shop / class Order < Base`
            20-25 Definitions `Shop.Order` in `module Shop / class Order < Base`
            ---
            scope `Shop.Order.load`, block 15-17, indent "        "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 17 before "end"
        "#]],
    );
}

#[test]
fn php() {
    check(
        "php",
        r#"<?php

namespace App\Models;

use App\Base;

/** A user. */
#[Entity]
class User extends Base implements Named
{
    const LIMIT = 5;
    private string $name = "";

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    public function greet(): string
    {
        return "Hello {$this->$0name}";
    }
}

interface Named { public function greet(): string; }
trait Logs { function log($line) {} }
enum Suit: string { case Hearts = 'H'; }
function helper(int $a) { return $a; }
"#,
        &expect![[r#"
            module App\Models | namespace App\Models
            class User | #[Entity] class User extends Base implements Named
              constant LIMIT | const LIMIT = 5
              field name | private string $name = ""
              method __construct | public function __construct(string $name)
              method greet | public function greet(): string
            interface Named | interface Named
              method greet | public function greet(): string
            trait Logs | trait Logs
              method log | function log($line)
            enum Suit | enum Suit: string
              field Hearts | case Hearts = 'H'
            function helper | function helper(int $a)
            ---
            1-2 Statements `` in ``
            3-4 Definition(Module) `App\Models` in ``
            5-6 Statements `` in ``
            7-13 Definitions `User` in `#[Entity] class User extends Base implements Named`
            14-18 Definition(Method) `User.__construct` in `#[Entity] class User extends Base implements Named`
            19-24 Definition(Method) `User.greet` in `#[Entity] class User extends Base implements Named`
            25-26 Definitions `` in ``
            27-28 Definitions `` in ``
            ---
            scope `User.greet`, block 20-22, indent "        "
            facts in_string
            block ends 22 before "}"
        "#]],
    );
}

#[test]
fn kotlin() {
    check(
        "kotlin",
        r#"package shop

import java.util.Date

const val LIMIT = 5

/** An order. */
@Serializable
data class Order(val id: Int, var name: String) : Base() {
    private val items = mutableListOf<String>()

    fun total(factor: Int = 1): Int {
        items.forEach {
            $0
        }
        return items.size * factor
    }

    companion object {
        fun of(id: Int) = Order(id, "")
    }
}

interface Named {
    fun name(): String
}

object Registry {
    val all = 1
}
enum class State { OPEN, CLOSED }
typealias Orders = List<Order>
fun String.shout() = uppercase()
"#,
        &expect![[r#"
            variable LIMIT | const val LIMIT = 5
            class Order | @Serializable data class Order(val id: Int, var name: String) : Base()
              field id | val id: Int
              field name | var name: String
              field items | private val items = mutableListOf<String>()
              method total | fun total(factor: Int = 1): Int
              method of | fun of(id: Int)
            interface Named | interface Named
              method name | fun name(): String
            class Registry | object Registry
              field all | val all = 1
            enum State | enum class State
              field OPEN | OPEN
              field CLOSED | CLOSED
            type Orders | typealias Orders = List<Order>
            function shout | fun String.shout()
            ---
            1-4 Statements `` in ``
            5-6 Definition(Variable) `LIMIT` in ``
            7-9 Definitions `Order` in `@Serializable data class Order(val id: Int, var name: String) : Base()`
            10-11 Definition(Field) `Order.items` in `@Serializable data class Order(val id: Int, var name: String) : Base()`
            12-18 Definition(Method) `Order.total` in `@Serializable data class Order(val id: Int, var name: String) : Base()`
            19-23 Definition(Method) `Order.of` in `@Serializable data class Order(val id: Int, var name: String) : Base()`
            24-32 Definitions `` in ``
            33-33 Definition(Function) `shout` in ``
            ---
            scope `Order.total`, block 13-15, indent "            "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 15 before "}"
        "#]],
    );
}

#[test]
fn bash() {
    check(
        "bash",
        r#"#!/usr/bin/env bash
set -euo pipefail

LIMIT=5
export NAME="x"

# Says hello.
greet() {
  local who=$1
  if [ -n "$who" ]; then
    $0
  fi
  echo "hello ${who}"
}

function stop {
  exit 0
}

for f in *; do
  greet "$f"
done
"#,
        &expect![[r#"
            variable LIMIT | LIMIT=5
            variable NAME | export NAME="x"
            function greet | greet()
            function stop | function stop
            ---
            1-3 Statements `` in ``
            4-19 Definitions `` in ``
            20-22 Statements `` in ``
            ---
            scope `greet`, block 10-12, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 12 before "fi"
        "#]],
    );
}

#[test]
fn sql() {
    check(
        "sql",
        r#"-- Users.
CREATE TABLE shop.users (
    id INT PRIMARY KEY,
    name VARCHAR(20) NOT NULL
);

CREATE VIEW active AS
SELECT id, name FROM users WHERE name = '$0x';

CREATE INDEX by_name ON users (name);

CREATE FUNCTION twice(n INT) RETURNS INT AS $$
    SELECT n * 2;
$$ LANGUAGE sql;

WITH recent AS (SELECT id FROM users)
SELECT * FROM recent;
"#,
        &expect![[r#"
            table users | CREATE TABLE shop.users
              field id | id INT PRIMARY KEY
              field name | name VARCHAR(20) NOT NULL
            table active | CREATE VIEW active AS
            constant by_name | CREATE INDEX by_name ON users (name)
            function twice | CREATE FUNCTION twice(n INT) RETURNS INT
            table recent | WITH recent AS (SELECT id FROM users)
            ---
            1-6 Definition(Table) `users` in ``
            7-11 Definitions `` in ``
            12-15 Definition(Function) `twice` in ``
            16-17 Definition(Table) `recent` in ``
            ---
            scope `active`, block 1-17, indent ""
            facts in_string
            block ends nowhere
        "#]],
    );
}

#[test]
fn lua() {
    check(
        "lua",
        r#"local json = require("json")

local M = {}
LIMIT = 5

-- Adds.
function M.add(a, b)
  return a + b
end

function M:name()
  for i = 1, 10 do
    $0
  end
  return self._name
end

local function helper(x) return x end

M.twice = function(x) return x * 2 end

return M
"#,
        &expect![[r#"
            variable json | local json = require("json")
            variable M | local M = {}
            variable LIMIT | LIMIT = 5
            function M.add | function M.add(a, b)
            method M.name | function M:name()
            function helper | local function helper(x)
            function M.twice | M.twice = function(x)
            ---
            1-5 Definitions `` in ``
            6-10 Definition(Function) `M.add` in ``
            11-19 Definitions `` in ``
            20-21 Definition(Function) `M.twice` in ``
            22-22 Statements `` in ``
            ---
            scope `M.name`, block 12-14, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 14 before "end"
        "#]],
    );
}

#[test]
fn scala() {
    check(
        "scala",
        r#"package shop

import scala.collection.mutable

/** An order. */
case class Order(id: Int, name: String) extends Base {
  private val items = mutable.Buffer[String]()
  var count = 0

  def total(factor: Int): Int = {
    items.map { item =>
      $0
    }
  }
}

object Order { def of(id: Int) = Order(id, "") }
trait Named { def name: String }
enum State { case Open, Closed }
type Orders = List[Order]
"#,
        &expect![[r#"
            class Order | case class Order(id: Int, name: String) extends Base
              field id | id: Int
              field name | name: String
              field items | private val items = mutable.Buffer[String]()
              field count | var count = 0
              method total | def total(factor: Int): Int
            class Order | object Order
              method of | def of(id: Int)
            trait Named | trait Named
              method name | def name: String
            enum State | enum State
              field Open | Open
              field Closed | Closed
            type Orders | type Orders = List[Order]
            ---
            1-4 Statements `` in ``
            5-6 Definitions `Order` in `case class Order(id: Int, name: String) extends Base`
            7-9 Definitions `Order` in `case class Order(id: Int, name: String) extends Base`
            10-16 Definition(Method) `Order.total` in `case class Order(id: Int, name: String) extends Base`
            17-20 Definitions `` in ``
            ---
            scope `Order.total`, block 11-13, indent "      "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 13 before "}"
        "#]],
    );
}

#[test]
fn swift() {
    check(
        "swift",
        r#"import Foundation

let limit = 5

/// An order.
@MainActor
final class Order: Base, Named {
    private var items: [String] = []
    var total: Int { items.count }

    init(items: [String]) {
        self.items = items
    }

    func add(_ item: String, at index: Int = 0) -> Bool {
        guard index > 0 else {
            $0
        }
        return true
    }
}

struct Point { let x: Int }
enum State { case open, closed }
protocol Named { var name: String { get } func shout() -> String }
extension Order { func clear() {} }
typealias Orders = [Order]
func main() { print("hi \(limit)") }
"#,
        &expect![[r#"
            variable limit | let limit = 5
            class Order | @MainActor final class Order: Base, Named
              field items | private var items: [String] = []
              field total | var total: Int
              method init | init(items: [String])
              method add | func add(_ item: String, at index: Int = 0) -> Bool
            struct Point | struct Point
              field x | let x: Int
            enum State | enum State
              field open | case open, closed
              field closed | case open, closed
            interface Named | protocol Named
              field name | var name: String
              method shout | func shout() -> String
            implementation Order | extension Order
              method clear | func clear()
            type Orders | typealias Orders = [Order]
            function main | func main()
            ---
            1-2 Statements `` in ``
            3-4 Definition(Variable) `limit` in ``
            5-10 Definitions `Order` in `@MainActor final class Order: Base, Named`
            11-14 Definition(Method) `Order.init` in `@MainActor final class Order: Base, Named`
            15-22 Definition(Method) `Order.add` in `@MainActor final class Order: Base, Named`
            23-24 Definitions `` in ``
            25-27 Definitions `` in ``
            28-28 Definition(Function) `main` in ``
            ---
            scope `Order.add`, block 16-18, indent "            "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 18 before "}"
        "#]],
    );
}
