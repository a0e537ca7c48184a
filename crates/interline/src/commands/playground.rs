//! `interline playground`: the page, served until Ctrl+C.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

use il_assist::{CancelToken, Repositories as _};
use il_playground::{Fact, Files, LanguageServer, Listing, Options};

use super::lsp;
use crate::{
    cli::Playground,
    engines::Wanted,
    failure::Exit,
    interrupt, records,
    repository::{Facts, Learn, Mode, WorkingTrees, tree},
    terminal::{self, FAINT, ProgressBar, STRONG, styled},
};

/// More files than this no list in a page can show.
const MOST_LISTED: usize = 50_000;

pub(crate) fn run(args: &Playground) -> anyhow::Result<Exit> {
    let root = tree::repository(args.dir.as_deref())?;
    records::sweep_in_background();
    let trees = Arc::new(WorkingTrees::new(
        Mode::Watching,
        Learn::Repository,
        Wanted::default(),
    ));
    let playground = il_playground::Playground {
        root: root.clone(),
        files: Arc::new(Admitted { root: root.clone() }),
        language_server: Arc::new(Server {
            root: root.clone(),
            trees: Arc::clone(&trees),
        }),
    };
    let running = il_playground::start(
        playground,
        Options {
            port: args.port,
            open: None,
        },
    )?;
    terminal::say(&format!(
        "{} {}",
        styled(STRONG, "Interline playground"),
        root.display()
    ));
    terminal::print(&format!("{}\n", running.url()))?;
    terminal::say(&styled(
        FAINT,
        "whoever has this address can read the repository; edits stay in the page; Ctrl+C stops it",
    ));
    if !args.no_open {
        open_browser(running.url());
    }
    let kept = Arc::clone(&trees);
    interrupt::end_with(move || kept.save());
    learn_ahead(trees, root)?;
    running.join()?;
    Ok(Exit::Done)
}

/// Learns the repository while the browser starts, and says what came of it.
fn learn_ahead(trees: Arc<WorkingTrees>, root: PathBuf) -> std::io::Result<()> {
    thread::Builder::new().name("learn".into()).spawn(move || {
        let bar = std::sync::Mutex::new(ProgressBar::hidden());
        let show = |progress| {
            if let Ok(mut bar) = bar.lock() {
                bar.show(progress);
            }
        };
        let opened = trees.open(&root, &show, &CancelToken::new());
        drop(bar);
        match opened {
            Ok(_) => {
                if let Some(facts) = trees.facts(&root) {
                    terminal::say(&format!("ready: {facts}"));
                }
            }
            Err(why) => terminal::say_error(&why.to_string()),
        }
    })?;
    Ok(())
}

/// What the page may list and read: what may be learnt.
struct Admitted {
    root: PathBuf,
}

impl Files for Admitted {
    fn list(&self) -> anyhow::Result<Listing> {
        let mut files = tree::scan(&self.root).files;
        let truncated = files.len() > MOST_LISTED;
        files.truncate(MOST_LISTED);
        Ok(Listing {
            paths: files.into_iter().map(|file| file.path).collect(),
            truncated,
        })
    }

    fn language(&self, path: &str) -> String {
        tree::language(path, "").into()
    }
}

/// One language server a page, all over the same models.
struct Server {
    root: PathBuf,
    trees: Arc<WorkingTrees>,
}

impl LanguageServer for Server {
    fn serve(&self, connection: lsp_server::Connection) -> anyhow::Result<()> {
        il_lsp::serve(connection, lsp::ports(&self.trees))
    }

    fn facts(&self) -> Vec<Fact> {
        self.trees
            .facts(&self.root)
            .as_ref()
            .map(facts)
            .unwrap_or_default()
    }
}

fn facts(facts: &Facts) -> Vec<Fact> {
    let number = |n: u64| indicatif::HumanCount(n).to_string();
    vec![
        Fact::new("files", number(facts.files as u64)),
        Fact::new("tokens", number(facts.tokens as u64)),
        Fact::new("memory", terminal::bytes(facts.memory)),
        Fact::new("opened in", format!("{} ms", facts.took.as_millis())),
    ]
}

/// Opens the address in the user's browser, where there is one. That it cannot be opened is no failure:
/// the address has been printed.
fn open_browser(url: &str) {
    let opener: &[&str] = if cfg!(target_os = "macos") {
        &["open"]
    } else if cfg!(windows) {
        &["rundll32", "url.dll,FileProtocolHandler"]
    } else {
        let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        if !has_screen {
            return;
        }
        &["xdg-open"]
    };
    let [program, arguments @ ..] = opener else {
        return;
    };
    let spawned = Command::new(Path::new(program))
        .args(arguments)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = spawned {
        tracing::info!(%error, "cannot open the browser");
    }
}
