// The keys, as this machine writes them.

const mac = /mac|iphone|ipad/i.test(navigator.platform);
const mod = mac ? "⌘" : "Ctrl";
const alt = mac ? "⌥" : "Alt";

export interface Shortcut {
  keys: string[];
  does: string;
}

export const shortcuts: Shortcut[] = [
  { keys: ["Tab"], does: "take the whole suggestion" },
  { keys: [mod, "→"], does: "take its next word" },
  { keys: [mod, "Shift", "→"], does: "take its next line" },
  { keys: ["Esc"], does: "dismiss it" },
  { keys: [alt, "]"], does: "next alternative" },
  { keys: [alt, "["], does: "previous alternative" },
  { keys: [alt, "\\"], does: "ask for a suggestion now" },
  { keys: [mod, "Z"], does: "undo" },
  { keys: [mod, "F"], does: "find in this file" },
  { keys: ["Esc", "Tab"], does: "leave the editor with the keyboard" },
];

export function keyLabel(...keys: string[]): string {
  return keys.map((key) => (key === "Mod" ? mod : key)).join(mac ? "" : "+");
}
