//! Editors: which ones are here, and what each needs to start the language server.

use std::{env, path::Path};

use serde_json::json;

use super::Finding;

/// A program that we know how to set up, and the shortest hint.
const EDITORS: [(&str, &str, &str); 5] = [
    (
        "nvim",
        "Neovim",
        "`vim.lsp.config('interline', { cmd = { 'interline', 'lsp' } })`, then `vim.lsp.enable('interline')`",
    ),
    (
        "hx",
        "Helix",
        "`[language-server.interline]` with `command = \"interline\"` and `args = [\"lsp\"]` in `languages.toml`",
    ),
    (
        "emacs",
        "Emacs",
        "`(add-to-list 'eglot-server-programs '(prog-mode . (\"interline\" \"lsp\")))`",
    ),
    (
        "code",
        "VS Code",
        "any generic LSP client extension with the command `interline lsp`",
    ),
    (
        "zed",
        "Zed",
        "a language server with the command `interline lsp`",
    ),
];

pub(super) fn check() -> Vec<Finding> {
    vec![on_path(), editors()]
}

fn on_path() -> Finding {
    const WHAT: &str = "on PATH";
    match find("interline") {
        Some(path) => Finding::good(WHAT, path.clone()).figures(json!({"path": path})),
        None => Finding::note(
            WHAT,
            "`interline` is not on the PATH: an editor needs its full name",
        )
        .next(match env::current_exe() {
            Ok(this) => format!(
                "use `{}`, or link it into a directory of the PATH",
                this.display()
            ),
            Err(_) => "add its directory to the PATH".into(),
        })
        .figures(json!({"path": null})),
    }
}

fn editors() -> Finding {
    const WHAT: &str = "editors";
    let here: Vec<_> = EDITORS
        .iter()
        .filter(|(program, ..)| find(program).is_some())
        .collect();
    let names: Vec<&str> = here.iter().map(|(_, name, _)| *name).collect();
    let figures = json!({"found": names});
    if here.is_empty() {
        return Finding::good(WHAT, "none of those we know is on the PATH")
            .next("any editor that speaks LSP: command `interline`, argument `lsp`; see docs/editors.md")
            .figures(figures);
    }
    let hints: Vec<String> = here
        .iter()
        .map(|(_, name, hint)| format!("{name}: {hint}"))
        .collect();
    Finding::good(WHAT, names.join(", "))
        .next(format!("{}\nmore in docs/editors.md", hints.join("\n")))
        .figures(figures)
}

/// Where a program is, if it is on the PATH.
fn find(program: &str) -> Option<String> {
    let program = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(&program))
        .find(|candidate| is_program(candidate))
        .map(|found| found.display().to_string())
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}
