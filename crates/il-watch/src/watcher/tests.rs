//! Two kinds: the observer driven by hand (no clock, no system), and a few with the real system, which wait
//! for what must come and never for a time.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use expect_test::{Expect, expect};
use notify::event::{CreateKind, EventKind, Flag, ModifyKind};
use tempfile::TempDir;

use super::*;

/// Counts watches, and refuses them after `limit`.
struct Scripted {
    watches: usize,
    limit: usize,
}

impl Backend for Scripted {
    fn recursive(&self) -> bool {
        false
    }

    fn watch(&mut self, _: &Path) -> Result<(), Refusal> {
        if self.watches == self.limit {
            return Err(Refusal::Limit);
        }
        self.watches += 1;
        Ok(())
    }
}

/// An observer over a real directory with a clock that we turn.
struct Bench {
    dir: TempDir,
    observer: Observer,
    backend: Box<dyn Backend>,
    now: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Bench {
    fn new(files: &[&str]) -> Self {
        Self::with_limit(files, usize::MAX)
    }

    fn with_limit(files: &[&str], limit: usize) -> Self {
        let dir = TempDir::new().unwrap();
        for file in files {
            write(dir.path(), file, "one");
        }
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let root = dir.path().to_path_buf();
        let known = scan::scan(&root, &Options::default()).files;
        let known = known
            .into_iter()
            .map(|file| (file.path, file.stamp))
            .collect();
        let on_event = Box::new(move |event| sink.lock().unwrap().push(event));
        let mut observer =
            Observer::new(root, Options::default(), known, Timing::default(), on_event);
        let backend = observer.begin(Ok(Box::new(Scripted { watches: 0, limit })));
        Self {
            dir,
            observer,
            backend,
            now: Instant::now(),
            events,
        }
    }

    fn write(&self, path: &str, text: &str) {
        write(self.dir.path(), path, text);
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn report(&mut self, path: &str) {
        let event =
            notify::Event::new(EventKind::Modify(ModifyKind::Any)).add_path(self.path(path));
        self.observer.note(self.now, Ok(event));
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.observer.turn(self.now, &mut *self.backend);
    }

    /// What was said since the last time.
    fn said(&self) -> String {
        self.events
            .lock()
            .unwrap()
            .drain(..)
            .map(|event| render(&event) + "\n")
            .collect()
    }

    #[track_caller]
    fn check(&mut self, expect: Expect) {
        self.pass(5000);
        expect.assert_eq(&self.said());
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn render(event: &Event) -> String {
    match event {
        Event::Ready { directories } => format!("ready: {directories} directories"),
        Event::Degraded { .. } => "degraded".into(),
        Event::Changed { changed, removed } => {
            let changed = changed.iter().map(|file| format!("+{}", file.path));
            let removed = removed.iter().map(|path| format!("-{path}"));
            changed.chain(removed).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn a_burst_of_saves_is_one_batch() {
    let mut bench = Bench::new(&["a.rs", "src/b.rs"]);
    assert_eq!(bench.said(), "ready: 2 directories\n");
    for n in 0..20 {
        bench.write("a.rs", &"x".repeat(10 + n));
        bench.write("src/b.rs", &"y".repeat(10 + n));
        bench.report("a.rs");
        bench.report("src/b.rs");
        bench.pass(10);
        assert_eq!(bench.said(), "");
    }
    bench.check(expect![[r#"
        +a.rs +src/b.rs
    "#]]);
}

#[test]
fn a_report_without_a_change_says_nothing() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.said();
    bench.report("a.rs");
    bench.check(expect![""]);
}

#[test]
fn reading_a_file_is_no_change() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.said();
    let opened = EventKind::Access(notify::event::AccessKind::Open(
        notify::event::AccessMode::Read,
    ));
    let event = notify::Event::new(opened).add_path(bench.path("a.rs"));
    bench.observer.note(bench.now, Ok(event));
    assert_eq!(bench.observer.next_turn(), None);
}

#[test]
fn rename_and_delete() {
    let mut bench = Bench::new(&["a.rs", "b.rs"]);
    bench.said();
    fs::rename(bench.path("a.rs"), bench.path("c.rs")).unwrap();
    fs::remove_file(bench.path("b.rs")).unwrap();
    bench.report("a.rs");
    bench.report("c.rs");
    bench.report("b.rs");
    bench.check(expect![[r#"
        +c.rs -a.rs -b.rs
    "#]]);
}

#[test]
fn a_directory_moves_with_all_its_files() {
    let mut bench = Bench::new(&["old/a.rs", "old/deep/b.rs", "older/c.rs"]);
    bench.said();
    fs::rename(bench.path("old"), bench.path("new")).unwrap();
    bench.report("old");
    bench.report("new");
    bench.check(expect![[r#"
        +new/a.rs +new/deep/b.rs -old/a.rs -old/deep/b.rs
    "#]]);
    assert!(bench.observer.directories.contains("new/deep"));
    assert!(!bench.observer.directories.contains("old"));
}

#[test]
fn ignored_hidden_and_large_files_are_not_told() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.write(".gitignore", "target/\n*.log");
    bench.report(".gitignore");
    bench.pass(5000);
    bench.said();
    for path in ["target/debug/x.rs", "a.log", ".env", ".git/index"] {
        bench.write(path, "two");
        bench.report(path);
    }
    fs::File::create(bench.path("big.js"))
        .unwrap()
        .set_len(30 << 20)
        .unwrap();
    bench.report("big.js");
    bench.check(expect![""]);
}

#[test]
fn a_build_storm_is_one_place_to_look() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.write(".gitignore", "target/");
    for n in 0..2000 {
        bench.report(&format!("target/debug/deps/{n}.o"));
    }
    bench.pass(200);
    let places: Vec<PathBuf> = (0..2000)
        .filter_map(|n| {
            bench
                .observer
                .place_of(&bench.path(&format!("target/debug/{n}.o")))
        })
        .collect();
    assert!(places.iter().all(|place| *place == bench.path("target")));
}

#[test]
fn a_changed_ignore_file_changes_what_is_admitted() {
    let mut bench = Bench::new(&["a.rs", "gen/b.rs"]);
    bench.said();
    bench.write(".interlineignore", "gen/");
    bench.report(".interlineignore");
    bench.check(expect![[r#"
        -gen/b.rs
    "#]]);
    fs::remove_file(bench.path(".interlineignore")).unwrap();
    bench.report(".interlineignore");
    bench.check(expect![[r#"
        +gen/b.rs
    "#]]);
}

#[test]
fn an_overflow_is_answered_with_a_full_look() {
    let mut bench = Bench::new(&["a.rs", "src/b.rs"]);
    bench.said();
    bench.write("src/b.rs", "changed");
    bench.write("src/new.rs", "new");
    fs::remove_file(bench.path("a.rs")).unwrap();
    let overflow = notify::Event::new(EventKind::Other).set_flag(Flag::Rescan);
    bench.observer.note(bench.now, Ok(overflow));
    bench.check(expect![[r#"
        +src/b.rs +src/new.rs -a.rs
    "#]]);
}

#[test]
fn a_checkout_of_thousands_of_files_is_one_batch() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.said();
    for n in 0..MANY + 100 {
        bench.write(&format!("f{n}.rs"), "x");
        bench.report(&format!("f{n}.rs"));
    }
    bench.pass(5000);
    let events = std::mem::take(&mut *bench.events.lock().unwrap());
    let [Event::Changed { changed, removed }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((changed.len(), removed.len()), (MANY + 100, 0));
}

#[test]
fn without_watches_the_tree_is_polled_and_it_is_said_once() {
    let mut bench = Bench::with_limit(&["a.rs", "src/b.rs", "src/deep/c.rs"], 1);
    assert_eq!(bench.said(), "degraded\nready: 3 directories\n");
    bench.write("src/deep/c.rs", "changed");
    bench.pass(1000);
    assert_eq!(bench.said(), "");
    bench.pass(60_000);
    assert_eq!(bench.said(), "+src/deep/c.rs\n");
    assert!(bench.observer.next_turn().is_some());
}

#[test]
fn degradation_names_the_limit_and_the_way_out() {
    let bench = Bench::with_limit(&["a.rs", "src/b.rs"], 1);
    let why = bench
        .events
        .lock()
        .unwrap()
        .iter()
        .find_map(|event| match event {
            Event::Degraded { why } => Some(why.clone()),
            _ => None,
        });
    let why = why.unwrap();
    assert!(why.contains("file watches are used up"), "{why}");
    assert!(why.contains("1 of 2 directories"), "{why}");
}

#[test]
fn a_root_that_vanishes_does_not_empty_the_model() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.said();
    let aside = TempDir::new().unwrap();
    fs::rename(bench.dir.path(), aside.path().join("moved")).unwrap();
    bench.observer.look_everywhere_soon(bench.now);
    bench.check(expect![""]);
    fs::rename(aside.path().join("moved"), bench.dir.path()).unwrap();
}

#[test]
fn what_changed_before_the_watch_was_set_is_told_first() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "a.rs", "one");
    let stale = vec![
        File {
            path: "a.rs".into(),
            stamp: Stamp {
                size: 0,
                mtime_ns: 0,
            },
        },
        File {
            path: "gone.rs".into(),
            stamp: Stamp {
                size: 0,
                mtime_ns: 0,
            },
        },
    ];
    let system = System::start(dir, &stale);
    assert_eq!(system.next(), "+a.rs -gone.rs");
    assert_eq!(system.next(), "ready: 1 directories");
}

#[test]
fn the_real_system_reports_saves_in_old_and_new_directories() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "src/a.rs", "one");
    let known = scan::scan(dir.path(), &Options::default()).files;
    let system = System::start(dir, &known);
    assert_eq!(system.next(), "ready: 2 directories");

    write(system.dir.path(), "src/a.rs", "two and more");
    assert_eq!(system.next(), "+src/a.rs");

    write(system.dir.path(), "src/.a.rs.swp", "three and even more");
    fs::rename(
        system.dir.path().join("src/.a.rs.swp"),
        system.dir.path().join("src/a.rs"),
    )
    .unwrap();
    assert_eq!(system.next(), "+src/a.rs");

    system.save("new/deep/b.rs", "one");
    assert_eq!(system.next(), "+new/deep/b.rs");
    system.save("new/deep/b.rs", "two and more");
    assert_eq!(system.next(), "+new/deep/b.rs");

    fs::remove_dir_all(system.dir.path().join("new")).unwrap();
    assert_eq!(system.next(), "-new/deep/b.rs");

    system.save("src/a.rs", "four");
    system.watcher.rescan();
    assert_eq!(system.next(), "+src/a.rs");
}

#[test]
fn an_editor_may_say_where_to_look() {
    let mut bench = Bench::with_limit(&["a.rs", "src/b.rs"], 0);
    bench.said();
    bench.write("src/b.rs", "changed");
    bench
        .observer
        .look_at_soon(bench.now, &bench.path("src/b.rs"));
    bench
        .observer
        .look_at_soon(bench.now, Path::new("/somewhere/else.rs"));
    bench.pass(200);
    assert_eq!(bench.said(), "+src/b.rs\n");
}

#[test]
fn a_created_event_for_a_directory_looks_into_it() {
    let mut bench = Bench::new(&["a.rs"]);
    bench.said();
    bench.write("new/deep/b.rs", "x");
    let created =
        notify::Event::new(EventKind::Create(CreateKind::Folder)).add_path(bench.path("new"));
    bench.observer.note(bench.now, Ok(created));
    bench.check(expect![[r#"
        +new/deep/b.rs
    "#]]);
}

struct System {
    dir: TempDir,
    watcher: Watcher,
    events: Receiver<Event>,
}

impl System {
    fn start(dir: TempDir, known: &[File]) -> Self {
        let (sender, events) = mpsc::channel();
        let root = dir.path().canonicalize().unwrap();
        let timing = Timing {
            quiet: Duration::from_millis(50),
            ..Timing::default()
        };
        let watcher = Watcher::start(root, Options::default(), known, timing, move |event| {
            let _ = sender.send(event);
        })
        .unwrap();
        Self {
            dir,
            watcher,
            events,
        }
    }

    /// Saves as most editors do: a temporary file renamed over the old one.
    fn save(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(self.dir.path(), ".saving", text);
        fs::rename(self.dir.path().join(".saving"), path).unwrap();
    }

    /// The next event, or a failure after a minute.
    fn next(&self) -> String {
        let event = self.events.recv_timeout(Duration::from_secs(60)).unwrap();
        render(&event)
    }
}
