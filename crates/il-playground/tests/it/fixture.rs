//! A small repository in a temporary directory, and a playground on it.

use std::{fs, path::Path, sync::Arc};

use il_playground::{Fact, Files, LanguageServer, Listing, Options, Playground, Running};

use crate::scripted_server::{Recorded, ScriptedServer};

pub(crate) const ORDERS: &str = include_str!("fixture/orders.py");

pub(crate) struct Fixture {
    pub(crate) running: Running,
    pub(crate) recorded: Recorded,
    pub(crate) outer: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn start() -> Self {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("shop");
        write(&root, "src/orders.py", ORDERS);
        write(
            &root,
            "src/invoices.py",
            "class Invoice:\n    def total(self, tax: float = 0.2) -> float:\n        return 0.0\n",
        );
        write(&root, "src/deep/er/only.py", "x = 1\n");
        write(&root, "web/app.ts", "export const answer: number = 42;\n");
        write(&root, "README.md", "# Shop\n");
        write(&root, "a file, with 100% odd näme.txt", "odd\n");
        write(&root, "markup.txt", "<img src=x onerror=alert(1)>\n");
        write(&root, ".env", "KEY=secret\n");
        write(outer.path(), "outside.txt", "outside\n");
        #[cfg(unix)]
        std::os::unix::fs::symlink("../outside.txt", root.join("link.txt")).unwrap();

        let server = ScriptedServer::default();
        let recorded = server.recorded();
        let playground = Playground {
            root: root.clone(),
            files: Arc::new(Walked(root)),
            language_server: Arc::new(server),
        };
        let running = il_playground::start(playground, Options::default()).unwrap();
        Self {
            running,
            recorded,
            outer,
        }
    }

    pub(crate) fn token(&self) -> &str {
        self.running.url().split_once("token=").unwrap().1
    }

    pub(crate) fn port(&self) -> u16 {
        self.running.address().port()
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Lists everything but hidden files; links too, so that the playground has to refuse them itself.
struct Walked(std::path::PathBuf);

impl Files for Walked {
    fn list(&self) -> anyhow::Result<Listing> {
        let mut paths = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                if name.starts_with('.') {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    paths.push(path.strip_prefix(&self.0)?.to_string_lossy().into_owned());
                }
            }
        }
        Ok(Listing {
            paths,
            truncated: false,
        })
    }

    fn language(&self, path: &str) -> String {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py") => "python",
            Some("ts") => "typescript",
            Some("md") => "markdown",
            _ => "plaintext",
        }
        .to_owned()
    }
}

impl LanguageServer for ScriptedServer {
    fn serve(&self, connection: lsp_server::Connection) -> anyhow::Result<()> {
        self.run(&connection);
        Ok(())
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::new("files", "7"), Fact::new("tokens", "1,204")]
    }
}
