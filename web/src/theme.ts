// Light or dark: as the system says, until the button says otherwise.

import { byId } from "./dom";

type Theme = "light" | "dark";

const KEY = "interline-theme";

export function setUpTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = byId<HTMLButtonElement>("toggle-theme");
  let chosen = stored();

  const apply = (): void => {
    const theme: Theme = chosen ?? (system.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-label", theme === "dark" ? "Switch to light colours" : "Switch to dark colours");
    button.querySelector("use")?.setAttribute("href", theme === "dark" ? "#i-sun" : "#i-moon");
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}
