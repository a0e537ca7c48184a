//! Asks git which commit this is, for `interline --version`. Without git, or outside a clone, the version
//! of the package has to do: nothing here can fail a build.

use std::{path::Path, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let git_dir = git(&["rev-parse", "--absolute-git-dir"]);
    if let Some(git_dir) = &git_dir {
        for file in ["HEAD", "logs/HEAD"] {
            let file = Path::new(git_dir).join(file);
            if file.exists() {
                println!("cargo:rerun-if-changed={}", file.display());
            }
        }
    }
    let describe = git(&["describe", "--tags", "--always", "--abbrev=9"]);
    let version = env!("CARGO_PKG_VERSION");
    let version = match describe {
        Some(commit) if !commit.is_empty() => format!("{version} ({commit})"),
        _ => version.to_owned(),
    };
    println!("cargo:rustc-env=INTERLINE_VERSION={version}");
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim().to_owned())
}
