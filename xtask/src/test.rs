//! `cargo xtask test`: every check and test there is, the same for a developer and for CI.

use std::{env, path::Path};

use crate::{say, tidy, tools};

/// What is off in the product and tested all the same: local models, and the workshops behind what is shipped.
const FEATURES: &str =
    "il-embed-local/models,il-embed/lab,il-engine-repo/lab,il-index/lab,interline/llama";

/// How to build what is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Incremental, with line tables: the build a developer already has.
    Dev,
    /// No debug information, no incremental state: the fastest cold build.
    Ci,
}

impl Profile {
    pub(crate) fn from_environment() -> Self {
        if env::var_os("CI").is_some() {
            Self::Ci
        } else {
            Self::Dev
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Ci => "ci",
        }
    }
}

pub(crate) fn run(root: &Path, profile: Profile) -> anyhow::Result<()> {
    let browser = tools::browser()?;
    tools::editor()?;
    tools::native()?;
    tools::build_web(root)?;

    tools::run(
        tools::cargo()
            .current_dir(root)
            .args(["fmt", "--all", "--check"]),
    )?;
    tidy::run(root)?;

    let incremental = if profile == Profile::Ci { "0" } else { "1" };
    let cargo = || {
        let mut command = tools::cargo();
        command
            .current_dir(root)
            .env("CARGO_INCREMENTAL", incremental)
            .env("INTERLINE_CHROMIUM", &browser)
            // The slow ring: whole-binary, browser and big-repository tests.
            .env("RUN_SLOW_TESTS", "1");
        command
    };
    // Clippy shares no artefacts with the test build but its checks are a fraction of it.
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        FEATURES,
        "--profile",
        profile.name(),
    ];
    tools::run(cargo().args(clippy).args(["--", "-D", "warnings"]))?;

    let nextest = tools::find("cargo-nextest").is_some();
    if nextest {
        let args = [
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--features",
            FEATURES,
            "--cargo-profile",
        ];
        tools::run(cargo().args(args).arg(profile.name()))?;
    } else {
        say("cargo-nextest is not installed; using `cargo test`");
        let args = ["test", "--workspace", "--no-fail-fast", "--features"];
        tools::run(
            cargo()
                .args(args)
                .args([FEATURES, "--profile"])
                .arg(profile.name()),
        )?;
    }
    Ok(())
}
