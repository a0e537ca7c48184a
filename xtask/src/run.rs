//! `cargo xtask run [DIR]`: from a fresh clone to a page with ghost text.

use std::{path::Path, process::Command};

use anyhow::bail;

use crate::{display, say, tools};

pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<()> {
    let dir = args
        .iter()
        .find(|it| !it.starts_with('-'))
        .map_or(root, |it| Path::new(it.as_str()));
    if !dir.is_dir() {
        bail!(
            "`{}` is not a directory: name the repository to index",
            dir.display()
        );
    }
    tools::build_web(root)?;
    tools::run(tools::cargo().current_dir(root).args([
        "build",
        "--release",
        "--package",
        "interline",
    ]))?;

    let binary = root
        .join("target/release")
        .join(format!("interline{}", std::env::consts::EXE_SUFFIX));
    let binary = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => Path::new(&target).join("release/interline"),
        None => binary,
    };
    say(&format!(
        "built {}; to stop the playground press Ctrl+C",
        display(&binary, root)
    ));
    let mut command = Command::new(&binary);
    command
        .arg("playground")
        .arg(dir)
        .args(args.iter().filter(|it| it.starts_with('-')));
    tools::run(&mut command)
}
