//! What is written, by whomever, and what becomes of crashes.

use std::{
    fs,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use super::*;
use crate::{Problem, Sending};

/// A log with a clock that is set by hand.
struct World {
    temp: TempDir,
    now: Arc<Mutex<SystemTime>>,
}

fn day(text: &str) -> SystemTime {
    text.parse::<Day>().unwrap().start()
}

impl World {
    fn new() -> Self {
        Self {
            temp: TempDir::new().unwrap(),
            now: Arc::new(Mutex::new(day("2026-11-28"))),
        }
    }

    fn at(&self, date: &str) -> &Self {
        *self.now.lock().unwrap() = day(date);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join("audit").join(name)
    }

    fn log(&self) -> AuditLog {
        let now = Arc::clone(&self.now);
        let clock: Clock = Arc::new(move || *now.lock().unwrap());
        AuditLog::new(&self.temp.path().join("audit"), clock)
    }

    /// Records so many requests.
    fn write(&self, records: usize) -> &Self {
        let log = self.log();
        for _ in 0..records {
            log.record(&request()).unwrap();
        }
        self
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Files of the log.
    fn files(&self) -> Vec<String> {
        let segments = disk::segments(&self.temp.path().join("audit")).unwrap();
        segments.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn whole(&self, records: u64) -> Verdict {
        let verdict = self.log().verify(None).unwrap();
        assert_eq!(verdict.problems, [], "{verdict:?}");
        assert_eq!(verdict.records, records);
        verdict
    }
}

fn request() -> Event {
    Event::Request(Sending {
        to: "https://api.example.com:443".to_owned(),
        method: "post".to_owned(),
        purpose: "complete".to_owned(),
        bytes: 100,
        files: vec!["src/a.py".to_owned()],
        ..Sending::default()
    })
}

const TODAY: &str = "2026-11-28.jsonl";

#[test]
fn records_are_numbered_and_chained_over_days() {
    let world = World::new();
    world.write(2).at("2026-11-29").write(1);
    assert_eq!(world.files(), [TODAY, "2026-11-29.jsonl"]);
    let verdict = world.whole(3);
    assert_eq!((verdict.first, verdict.head.seq), (1, 3));
    assert_eq!(world.log().head().unwrap(), verdict.head);
    let entries = world.log().contents().unwrap().entries;
    assert_eq!(
        entries[2].time.unwrap().to_string(),
        "2026-11-29T00:00:00.000Z"
    );
    assert_eq!(entries[2].event, request());
}

#[test]
fn nothing_is_made_before_something_is_recorded() {
    let world = World::new();
    let log = world.log();
    assert_eq!(log.head().unwrap(), Head::default());
    assert_eq!(log.verify(None).unwrap(), Verdict::default());
    assert_eq!(log.contents().unwrap().entries, []);
    assert_eq!(log.sweep(0).unwrap(), Swept::default());
    assert_eq!(log.erase().unwrap(), Swept::default());
    drop(log);
    assert!(!world.path("").exists());
}

#[test]
fn a_clock_that_goes_back_goes_on_in_the_same_file() {
    let world = World::new();
    world.write(1).at("2026-11-01").write(1);
    assert_eq!(world.files(), [TODAY]);
    world.whole(2);
}

#[test]
fn a_large_file_is_followed_by_another_one() {
    let world = World::new();
    let log = world.log().with_largest(500);
    for _ in 0..5 {
        log.record(&request()).unwrap();
    }
    assert_eq!(world.files().len(), 3, "{:?}", world.files());
    world.whole(5);
}

#[test]
fn threads_and_logs_at_the_same_time_write_one_chain() {
    let world = World::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            // Each its own, as in four processes: the lock is the file's, not the log's.
            let log = world.log();
            scope.spawn(move || {
                for _ in 0..50 {
                    log.record(&request()).unwrap();
                }
            });
        }
    });
    world.whole(200);
}

#[test]
fn what_a_crash_tore_is_put_aside_and_the_chain_goes_on() {
    let world = World::new();
    world.write(3);
    let whole = world.text(TODAY);
    for torn in ["{\"v\":1,\"seq\":4,\"ti", "\0\0\0\0\0\0", "no record\n"] {
        let before = world.log().verify(None).unwrap().records;
        fs::write(world.path(TODAY), world.text(TODAY) + torn).unwrap();
        assert_eq!(
            world.log().verify(None).unwrap().problems.len(),
            1,
            "{torn:?}"
        );
        world.write(1);
        // The record, and one that says what was put aside.
        let verdict = world.whole(before + 2);
        let name = verdict.put_aside.last().unwrap();
        assert_eq!(world.text(name), torn);
        let entries = world.log().contents().unwrap().entries;
        let repaired = Event::Repaired {
            bytes: torn.len() as u64,
            kept: name.clone(),
        };
        assert_eq!(entries[entries.len() - 2].event, repaired);
    }
    assert!(world.text(TODAY).starts_with(&whole));
}

#[test]
fn a_record_that_a_crash_left_before_its_head_is_taken_up() {
    let world = World::new();
    world.write(2);
    let head = world.text(disk::HEAD);
    world.write(1);
    // As if the process had died each time before it wrote the head.
    fs::write(world.path(disk::HEAD), head).unwrap();
    world.whole(3);
    let last = world.log().head().unwrap();
    world.at("2026-11-29").write(1);
    let named = Kept {
        version: chain::VERSION,
        head: last,
        file: "2026-11-29.jsonl".to_owned(),
        length: 0,
    };
    let directory = world.path("");
    disk::write_head(&directory, &named).unwrap();
    world.whole(4);
    world.write(1);
    world.whole(5);
}

#[test]
fn a_file_that_a_crash_never_began_is_begun() {
    let world = World::new();
    world.write(1);
    let named = Kept {
        version: chain::VERSION,
        head: world.log().head().unwrap(),
        file: "2026-11-29.jsonl".to_owned(),
        length: 0,
    };
    disk::write_head(&world.path(""), &named).unwrap();
    world.whole(1);
    world.at("2026-11-29").write(1);
    world.whole(2);
}

#[test]
fn a_lost_head_is_found_anew_and_said() {
    let world = World::new();
    world.write(3);
    for head in [
        None,
        Some(""),
        Some("{\"version\":1,\"seq\":9,\"hash\":\"x\",\"file\":\"../x\",\"length\":1}"),
    ] {
        match head {
            None => fs::remove_file(world.path(disk::HEAD)).unwrap(),
            Some(text) => fs::write(world.path(disk::HEAD), text).unwrap(),
        }
        assert_ne!(world.log().verify(None).unwrap().problems, []);
        let before = world.log().verify(None).unwrap().records;
        world.write(1);
        world.whole(before + 1);
    }
}

#[test]
fn what_is_cut_off_at_the_end_is_said_and_stays_said() {
    let world = World::new();
    world.write(5);
    let text = world.text(TODAY);
    let three: usize = text.split_inclusive('\n').take(3).map(str::len).sum();
    // Also in the middle of a record.
    for cut in [three, three + 10] {
        fs::write(world.path(TODAY), &text[..cut]).unwrap();
        let problems = world.log().verify(None).unwrap().problems;
        assert!(
            problems.contains(&Problem::CutOff { from: 4, to: 5 }),
            "{problems:?}"
        );
        let head = world.text(disk::HEAD);
        world.write(1);
        let problems = world.log().verify(None).unwrap().problems;
        assert_eq!(problems, [Problem::Missing { from: 4, to: 5 }]);
        fs::write(world.path(disk::HEAD), head).unwrap();
    }
}

#[test]
fn a_file_that_is_gone_is_said() {
    let world = World::new();
    world
        .write(2)
        .at("2026-11-29")
        .write(2)
        .at("2026-11-30")
        .write(2);
    fs::remove_file(world.path("2026-11-29.jsonl")).unwrap();
    let problems = world.log().verify(None).unwrap().problems;
    assert_eq!(problems, [Problem::Missing { from: 3, to: 4 }]);
    fs::remove_file(world.path(TODAY)).unwrap();
    let problems = world.log().verify(None).unwrap().problems;
    assert_eq!(problems, [Problem::NoBeginning { from: 1, to: 4 }]);
    fs::remove_file(world.path("2026-11-30.jsonl")).unwrap();
    let problems = world.log().verify(None).unwrap().problems;
    assert_eq!(problems, [Problem::CutOff { from: 1, to: 6 }]);
}

#[test]
fn retention_drops_old_days_and_only_those_and_the_rest_verifies() {
    let world = World::new();
    for date in ["2026-11-01", "2026-11-02", "2026-11-28", "2026-11-29"] {
        world.at(date).write(2);
    }
    assert_eq!(world.log().sweep(28).unwrap(), Swept::default());
    let swept = world.log().sweep(27).unwrap();
    assert_eq!((swept.files, swept.records), (1, 2));
    assert_eq!(
        world.files(),
        ["2026-11-02.jsonl", TODAY, "2026-11-29.jsonl"]
    );
    assert_eq!(world.whole(7).first, 3);
    let swept = world.log().sweep(1).unwrap();
    assert_eq!((swept.files, swept.records), (1, 2));
    assert_eq!(world.files(), [TODAY, "2026-11-29.jsonl"]);
    // Two of each day, and two that say what was dropped.
    let verdict = world.whole(6);
    assert_eq!((verdict.first, verdict.head.seq), (5, 10));
    world.write(1);
    world.whole(7);
}

#[test]
fn retention_of_everything_leaves_a_record_that_says_so() {
    let world = World::new();
    world.write(3).at("2027-11-28");
    let swept = world.log().sweep(10).unwrap();
    assert_eq!(swept.records, 3);
    assert_eq!(world.files(), ["2027-11-28.jsonl"]);
    assert_eq!(world.whole(1).first, 4);
}

#[test]
fn erasing_leaves_one_record_that_says_so_and_nothing_else() {
    let world = World::new();
    world.write(2).at("2026-11-29").write(2);
    fs::write(
        world.path("2026-11-29.jsonl"),
        world.text("2026-11-29.jsonl") + "torn",
    )
    .unwrap();
    world.write(1);
    let swept = world.log().erase().unwrap();
    assert_eq!((swept.files, swept.records), (2, 6));
    assert_eq!(world.files(), ["2026-11-29.2.jsonl"]);
    let entries = world.log().contents().unwrap().entries;
    let Event::Dropped(dropped) = &entries[0].event else {
        panic!("{entries:?}");
    };
    assert_eq!(
        (entries.len(), &*dropped.why, dropped.records, dropped.until),
        (1, "erased", 6, 6)
    );
    for name in fs::read_dir(world.path("")).unwrap() {
        let text = fs::read_to_string(name.unwrap().path()).unwrap();
        assert!(
            !text.contains("example.com") && !text.contains("a.py"),
            "{text}"
        );
    }
    world.whole(1);
    world.write(1);
    world.whole(2);
}

#[test]
fn a_crash_between_saying_and_dropping_is_made_good_by_the_next_sweep() {
    let world = World::new();
    world.write(2).at("2027-01-01").write(1);
    let old = world.text(TODAY);
    world.log().sweep(1).unwrap();
    fs::write(world.path(TODAY), old).unwrap();
    world.whole(4);
    assert_eq!(world.log().sweep(1).unwrap().records, 2);
    world.whole(3);
}

/// Where a child of the test below writes.
const CHILD: &str = "IL_AUDIT_TEST_DIRECTORY";

#[test]
#[ignore = "the child of `killed_while_they_write`"]
fn writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(CHILD) else {
        return;
    };
    let log = AuditLog::new(Path::new(&directory), Arc::new(SystemTime::now)).with_largest(4000);
    loop {
        log.record(&request()).unwrap();
    }
}

#[test]
fn killed_while_they_write() {
    let world = World::new();
    let start = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "log::tests::writes_until_it_is_killed",
                "--ignored",
            ])
            .env(CHILD, world.path(""))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let records = || world.log().contents().unwrap().entries.len();
    for round in 1..=8 {
        let before = records();
        let mut children = [start(), start()];
        let since = std::time::Instant::now();
        while records() < before + 20 && since.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(1 + round));
        }
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    // Whoever comes next puts it in order, if there is anything to.
    world.at("2030-01-01").write(1);
    let verdict = world.log().verify(None).unwrap();
    assert_eq!(verdict.problems, [], "{verdict:?}");
    assert!(verdict.records > 160, "{}", verdict.records);
}

#[test]
fn a_later_version_is_not_written_into() {
    let world = World::new();
    world.write(1);
    let head = world
        .text(disk::HEAD)
        .replace("\"version\":1", "\"version\":2");
    fs::write(world.path(disk::HEAD), head).unwrap();
    let why = world.log().record(&request()).unwrap_err().to_string();
    assert!(why.ends_with("is of version 2: update Interline"), "{why}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.write(1);
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in [TODAY, disk::HEAD, "lock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
#[ignore = "measures: cargo test -p il-audit --release -- --ignored --nocapture"]
#[expect(clippy::print_stderr, reason = "it measures")]
fn what_a_record_costs() {
    let world = World::new();
    // A year of them beside it, since the folder is read each time.
    let mut at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for _ in 0..365 {
        at += Duration::from_secs(86_400);
        *world.now.lock().unwrap() = at;
        world.write(1);
    }
    let log = world.log();
    let mut took: Vec<Duration> = (0..5000)
        .map(|_| {
            let since = std::time::Instant::now();
            log.record(&request()).unwrap();
            since.elapsed()
        })
        .collect();
    took.sort_unstable();
    let since = std::time::Instant::now();
    let verdict = log.verify(None).unwrap();
    eprintln!(
        "a record: median {:?}, p99 {:?}; verifying {} records: {:?}",
        took[2500],
        took[4950],
        verdict.records,
        since.elapsed()
    );
}
