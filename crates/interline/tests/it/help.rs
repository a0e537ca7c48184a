//! Help, version, usage errors.

use crate::world::World;

#[test]
fn every_command_has_help_with_a_usage_line() {
    let world = World::empty();
    for command in [
        &["--help"][..],
        &["complete", "--help"],
        &["lsp", "--help"],
        &["playground", "--help"],
        &["index", "--help"],
        &["search", "--help"],
        &["doctor", "--help"],
        &["config", "--help"],
        &["config", "show", "--help"],
        &["config", "check", "--help"],
        &["cost", "--help"],
        &["privacy", "--help"],
        &["privacy", "show", "--help"],
        &["privacy", "log", "--help"],
        &["privacy", "export", "--help"],
        &["privacy", "erase", "--help"],
        &["privacy", "sweep", "--help"],
        &["privacy", "consent", "--help"],
        &["privacy", "rules", "--help"],
        &["scan", "--help"],
        &["provenance", "--help"],
        &["provenance", "build", "--help"],
        &["provenance", "show", "--help"],
        &["provenance", "check", "--help"],
        &["eval", "verbatim", "--help"],
        &["models", "--help"],
        &["models", "list", "--help"],
        &["models", "pull", "--help"],
        &["models", "add", "--help"],
        &["models", "rm", "--help"],
        &["models", "check", "--help"],
        &["eval", "--help"],
        &["eval", "lines", "--help"],
        &["eval", "replay", "--help"],
        &["eval", "coverage", "--help"],
        &["eval", "docstrings", "--help"],
        &["eval", "index", "--help"],
    ] {
        let help = world.run(command).good();
        assert!(help.contains("Usage: interline"), "{help}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 110, "{command:?}: {widest} columns");
    }
}

#[test]
fn the_version_says_the_version() {
    let version = World::empty().run(&["--version"]).good();
    assert!(
        version.starts_with(concat!("interline ", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    let world = World::empty();
    for arguments in [
        &[][..],
        &["no-such-command"],
        &["complete"],
        &["complete", "a:1:1", "--engine", "no-such-engine"],
        &["complete", "a:1:1", "-n", "0"],
        &["complete", ":0:0"],
        &["complete", "a.py:0:1"],
        &["eval", "lines", "--cases", "none.jsonl", "--repos", "."],
        &[
            "eval",
            "lines",
            "--cases",
            "none.jsonl",
            "--repos",
            ".",
            "--threshold",
            "2",
        ],
        &["eval", "replay", "none.py"],
        &["eval", "coverage", "--cases", "none.jsonl", "--repos", "."],
        &[
            "eval", "coverage", "--cases", "none", "--repos", ".", "--only", "luck",
        ],
        &[
            "eval",
            "docstrings",
            "--functions",
            "none",
            "--queries",
            "none",
        ],
        &["eval", "index", "no/such/directory"],
        &["doctor", "no/such/directory"],
        &["playground", "no/such/directory"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_broken_log_filter_is_said_and_ignored() {
    let world = World::shop();
    let ran = world.read(
        world
            .command(&["complete", "shop/orders.py:6:20", "--context", "file"])
            .env("INTERLINE_LOG", "il_watch=nonsense")
            .output()
            .unwrap(),
    );
    assert!(
        ran.stderr.contains("cannot read `INTERLINE_LOG`"),
        "{}",
        ran.all()
    );
    assert!(ran.code == Some(0) || ran.code == Some(1), "{}", ran.all());
}
