// The editor: one CodeMirror view over the open files, with ghost text, in the page's own colours.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, insertTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
  type ViewUpdate,
} from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

import { dismiss, type Extent, type GhostEvents, ghostText, take } from "./ghost";

/** Colours come from the page's style sheet, so that a change of theme needs no new state. */
const highlighting = HighlightStyle.define([
  { tag: [t.keyword, t.moduleKeyword, t.controlKeyword, t.operatorKeyword], color: "var(--syn-keyword)" },
  { tag: [t.string, t.special(t.string), t.regexp, t.character], color: "var(--syn-string)" },
  { tag: [t.number, t.bool, t.null, t.atom, t.literal], color: "var(--syn-number)" },
  { tag: [t.comment, t.docComment], color: "var(--syn-comment)", fontStyle: "italic" },
  { tag: [t.function(t.variableName), t.function(t.propertyName), t.function(t.definition(t.variableName)), t.macroName], color: "var(--syn-function)" },
  { tag: [t.typeName, t.className, t.namespace, t.standard(t.typeName)], color: "var(--syn-type)" },
  { tag: [t.definition(t.variableName), t.propertyName, t.attributeName, t.labelName], color: "var(--syn-name)" },
  { tag: [t.meta, t.annotation, t.processingInstruction, t.special(t.variableName), t.self], color: "var(--syn-meta)" },
  { tag: [t.tagName, t.heading], color: "var(--syn-keyword)", fontWeight: "600" },
  { tag: [t.operator, t.punctuation, t.bracket, t.separator], color: "var(--syn-punctuation)" },
  { tag: [t.link, t.url], textDecoration: "underline" },
  { tag: t.emphasis, fontStyle: "italic" },
  { tag: t.strong, fontWeight: "700" },
]);

/** How a text is indented, from its first indented lines. */
export function indentation(text: string): string {
  let narrowest = 8;
  for (const line of text.split("\n", 400)) {
    const blanks = /^(\t| +)\S/.exec(line)?.[1];
    if (blanks === "\t") return "\t";
    // A lone space leads a comment's star, not a block.
    if (blanks && blanks.length > 1) narrowest = Math.min(narrowest, blanks.length);
  }
  return " ".repeat(narrowest === 8 ? 4 : narrowest);
}

export interface EditorEvents extends GhostEvents {
  updated(update: ViewUpdate): void;
}

export class Editor {
  readonly view: EditorView;
  private readonly language = new Compartment();
  private readonly common: Extension;

  constructor(
    parent: HTMLElement,
    nonce: string,
    private readonly events: EditorEvents,
  ) {
    this.common = [
      EditorView.cspNonce.of(nonce),
      ghostText(events),
      lineNumbers(),
      foldGutter(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      history(),
      drawSelection({ cursorBlinkRate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 1200 }),
      dropCursor(),
      indentOnInput(),
      syntaxHighlighting(highlighting),
      bracketMatching(),
      closeBrackets(),
      rectangularSelection(),
      crosshairCursor(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      EditorState.tabSize.of(4),
      EditorState.allowMultipleSelections.of(true),
      EditorView.contentAttributes.of({ "aria-label": "Code; Escape then Tab leaves the editor", spellcheck: "false" }),
      keymap.of([
        ...closeBracketsKeymap,
        { key: "Tab", run: (view) => (view.state.selection.main.empty ? insertIndent(view) : indentMore(view)), shift: indentLess },
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
      ]),
      EditorView.updateListener.of(events.updated),
    ];
    this.view = new EditorView({ parent, state: EditorState.create({ extensions: this.common }) });
  }

  /** A state for a text that was just opened. */
  create(text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [this.common, indentUnit.of(indentation(text)), this.language.of([])],
    });
  }

  show(state: EditorState): void {
    this.view.setState(state);
  }

  take(extent: Extent): void {
    take(this.view, extent, this.events);
  }

  dismiss(): void {
    dismiss(this.view, this.events);
  }

  setLanguage(support: Extension): void {
    this.view.dispatch({ effects: this.language.reconfigure(support) });
  }

  /** Puts the cursor there and the line into the middle. */
  reveal(offset: number): void {
    this.view.dispatch({
      selection: { anchor: offset },
      effects: EditorView.scrollIntoView(offset, { y: "center" }),
    });
  }
}

function insertIndent(view: EditorView): boolean {
  const unit = view.state.facet(indentUnit);
  if (unit === "\t") return insertTab(view);
  const { head } = view.state.selection.main;
  const column = head - view.state.doc.lineAt(head).from;
  view.dispatch(view.state.replaceSelection(" ".repeat(unit.length - (column % unit.length))), {
    userEvent: "input.indent",
    scrollIntoView: true,
  });
  return true;
}
