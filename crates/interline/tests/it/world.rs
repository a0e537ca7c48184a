//! A directory to run commands in, with a cache and a home of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

pub(crate) struct World {
    temp: TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        let temp = TempDir::with_prefix("interline-test-").unwrap();
        fs::create_dir(temp.path().join("repo")).unwrap();
        fs::create_dir(temp.path().join("home")).unwrap();
        Self { temp }
    }

    /// A small repository under git, in which one statement is written again and again.
    pub(crate) fn shop() -> Self {
        let world = Self::empty();
        fs::create_dir(world.path(".git")).unwrap();
        for name in ["orders", "customers", "invoices", "parcels"] {
            let text = format!(
                "from shop.storage import open_session\n\n\n\
                 def count_{name}(region):\n    \
                     with open_session(region) as session:\n        \
                         rows = session.query_everything(region, \"{name}\")\n        \
                         return len(rows)\n\n\n\
                 def list_{name}(region):\n    \
                     with open_session(region) as session:\n        \
                         rows = session.query_everything(region, \"{name}\")\n        \
                         return sorted(rows)\n"
            );
            world.write(&format!("shop/{name}.py"), text.as_bytes());
        }
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.temp.path().join("repo")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.temp.path().join("cache")
    }

    /// Where what cannot be made again is kept.
    pub(crate) fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The binary in this world, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interline"));
        self.prepare(&mut command).args(arguments);
        command
    }

    /// A playground that serves this world, and its address.
    pub(crate) fn playground(&self) -> (Child, String) {
        let mut child = self
            .command(&["playground", "--no-open"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        (child, url.trim().to_owned())
    }

    /// Any program, in this world.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.root())
            .env("INTERLINE_CACHE_DIR", self.cache())
            .env("HOME", self.temp.path().join("home"))
            .env("INTERLINE_DATA_DIR", self.data())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("INTERLINE_CONFIG")
            .env_remove("INTERLINE_MODEL")
            .env_remove("INTERLINE_LOG")
            .env_remove("RUST_BACKTRACE")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.read(self.command(arguments).output().unwrap())
    }

    pub(crate) fn read(&self, output: Output) -> Ran {
        let temp = self.temp.path().canonicalize().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&*temp.to_string_lossy(), "[TEMP]")
                .replace(&*self.temp.path().to_string_lossy(), "[TEMP]")
        };
        Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The one saved model.
    pub(crate) fn saved_model(&self) -> PathBuf {
        let mut models = self.saved_models();
        assert_eq!(models.len(), 1, "{models:?}");
        models.remove(0)
    }

    pub(crate) fn saved_models(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.cache()) else {
            return Vec::new();
        };
        let is_model = |path: &PathBuf| path.extension().is_none_or(|it| it != "index");
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(is_model).collect()
    }

    /// The one index.
    pub(crate) fn index(&self) -> PathBuf {
        let entries = fs::read_dir(self.cache()).unwrap();
        let is_index = |path: &PathBuf| path.extension().is_some_and(|it| it == "index");
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut indexes: Vec<PathBuf> = paths.filter(is_index).collect();
        assert_eq!(indexes.len(), 1, "{indexes:?}");
        indexes.remove(0)
    }
}

impl Ran {
    /// Everything, as text for a snapshot.
    pub(crate) fn all(&self) -> String {
        let mut out = format!(
            "exit {}\n",
            self.code.map_or("by signal".into(), |c| c.to_string())
        );
        for line in self.stdout.lines() {
            out += &format!("out: {line}\n");
        }
        for line in self.stderr.lines() {
            out += &format!("err: {line}\n");
        }
        out
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.stdout) {
            Ok(document) => document,
            Err(error) => panic!("{error}: {}", self.all()),
        }
    }

    /// Checks that it went well and gives what it printed.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.all());
        self.stdout
    }
}

/// Whether the slow tests are wanted.
pub(crate) fn slow() -> bool {
    std::env::var_os("RUN_SLOW_TESTS").is_some()
}

/// Says that a check was left out; nothing may be left out silently.
#[expect(clippy::print_stderr, reason = "a check left out must be visible")]
pub(crate) fn left_out(why: &str) {
    eprintln!("not checked: {why}");
}

/// Whether this user reads what nobody may read, as root does.
pub(crate) fn reads_everything(path: &Path) -> bool {
    fs::File::open(path).is_ok()
}
