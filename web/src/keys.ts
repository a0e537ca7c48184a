// The keys, as this machine writes them.

const mac = /mac|iphone|ipad/i.test(navigator.platform);
export const modifier = mac ? "⌘" : "Ctrl";
export const alt = mac ? "⌥" : "Alt";

export interface Shortcut {
  keys: string[];
  does: string;
}

export const shortcuts: Shortcut[] = [
  { keys: ["Tab"], does: "take the whole suggestion" },
  { keys: [modifier, "→"], does: "take its next word" },
  { keys: [modifier, "Shift", "→"], does: "take its next line" },
  { keys: ["Esc"], does: "dismiss it" },
  { keys: [alt, "]"], does: "next alternative" },
  { keys: [alt, "["], does: "previous alternative" },
  { keys: [alt, "\\"], does: "ask for a suggestion now" },
  { keys: [modifier, "Z"], does: "undo" },
  { keys: [modifier, "F"], does: "find in this file" },
  { keys: ["Esc", "Tab"], does: "leave the editor with the keyboard" },
];
