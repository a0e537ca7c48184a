// Colours for code: a language id of the server's to a grammar, loaded when a file needs it.
// A language that is not here is edited and completed like any other, in one colour.

import { LanguageSupport, StreamLanguage, type StreamParser } from "@codemirror/language";

type Loader = () => Promise<LanguageSupport>;

const legacy = (load: Promise<StreamParser<unknown>>): Promise<LanguageSupport> =>
  load.then((parser) => new LanguageSupport(StreamLanguage.define(parser)));

const javascript =
  (options: { typescript?: boolean; jsx?: boolean }): Loader =>
  async () =>
    (await import("@codemirror/lang-javascript")).javascript(options);
const clike = () => import("@codemirror/legacy-modes/mode/clike");
const cpp: Loader = async () => (await import("@codemirror/lang-cpp")).cpp();
const html: Loader = async () => (await import("@codemirror/lang-html")).html();
const shell: Loader = () => legacy(import("@codemirror/legacy-modes/mode/shell").then((mode) => mode.shell));

const loaders: Record<string, Loader> = {
  python: async () => (await import("@codemirror/lang-python")).python(),
  rust: async () => (await import("@codemirror/lang-rust")).rust(),
  javascript: javascript({ jsx: true }),
  typescript: javascript({ typescript: true }),
  tsx: javascript({ typescript: true, jsx: true }),
  go: async () => (await import("@codemirror/lang-go")).go(),
  java: async () => (await import("@codemirror/lang-java")).java(),
  c: cpp,
  cpp,
  php: async () => (await import("@codemirror/lang-php")).php(),
  sql: async () => (await import("@codemirror/lang-sql")).sql(),
  json: async () => (await import("@codemirror/lang-json")).json(),
  jsonc: async () => (await import("@codemirror/lang-json")).json(),
  html,
  vue: html,
  svelte: html,
  xml: () => legacy(import("@codemirror/legacy-modes/mode/xml").then((mode) => mode.xml)),
  scss: () => legacy(import("@codemirror/legacy-modes/mode/css").then((mode) => mode.sCSS)),
  less: () => legacy(import("@codemirror/legacy-modes/mode/css").then((mode) => mode.less)),
  css: async () => (await import("@codemirror/lang-css")).css(),
  markdown: async () => (await import("@codemirror/lang-markdown")).markdown(),
  yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
  toml: () => legacy(import("@codemirror/legacy-modes/mode/toml").then((mode) => mode.toml)),
  csharp: () => legacy(clike().then((mode) => mode.csharp)),
  kotlin: () => legacy(clike().then((mode) => mode.kotlin)),
  scala: () => legacy(clike().then((mode) => mode.scala)),
  dart: () => legacy(clike().then((mode) => mode.dart)),
  swift: () => legacy(import("@codemirror/legacy-modes/mode/swift").then((mode) => mode.swift)),
  ruby: () => legacy(import("@codemirror/legacy-modes/mode/ruby").then((mode) => mode.ruby)),
  lua: () => legacy(import("@codemirror/legacy-modes/mode/lua").then((mode) => mode.lua)),
  perl: () => legacy(import("@codemirror/legacy-modes/mode/perl").then((mode) => mode.perl)),
  r: () => legacy(import("@codemirror/legacy-modes/mode/r").then((mode) => mode.r)),
  julia: () => legacy(import("@codemirror/legacy-modes/mode/julia").then((mode) => mode.julia)),
  clojure: () => legacy(import("@codemirror/legacy-modes/mode/clojure").then((mode) => mode.clojure)),
  erlang: () => legacy(import("@codemirror/legacy-modes/mode/erlang").then((mode) => mode.erlang)),
  ocaml: () => legacy(import("@codemirror/legacy-modes/mode/mllike").then((mode) => mode.oCaml)),
  fsharp: () => legacy(import("@codemirror/legacy-modes/mode/mllike").then((mode) => mode.fSharp)),
  groovy: () => legacy(import("@codemirror/legacy-modes/mode/groovy").then((mode) => mode.groovy)),
  cmake: () => legacy(import("@codemirror/legacy-modes/mode/cmake").then((mode) => mode.cmake)),
  haskell: () => legacy(import("@codemirror/legacy-modes/mode/haskell").then((mode) => mode.haskell)),
  bash: shell,
  powershell: () => legacy(import("@codemirror/legacy-modes/mode/powershell").then((mode) => mode.powerShell)),
  dockerfile: () => legacy(import("@codemirror/legacy-modes/mode/dockerfile").then((mode) => mode.dockerFile)),
  properties: () => legacy(import("@codemirror/legacy-modes/mode/properties").then((mode) => mode.properties)),
  ini: () => legacy(import("@codemirror/legacy-modes/mode/properties").then((mode) => mode.properties)),
};

export async function grammar(language: string): Promise<LanguageSupport | null> {
  return (await loaders[language]?.()) ?? null;
}
