//! Books in real directories, with a clock that the test turns.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::UNIX_EPOCH,
};

use expect_test::expect;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{Price, Sum};

/// 2026-11-24, 18:48 UTC.
const NOW: u64 = 1_795_546_080;
/// What one request of [`World::most`] costs: 1000 tokens at 1.00 a million and 1000 at 2.00.
const ONE: u64 = 3_000;

struct World {
    temp: TempDir,
    now: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        Self {
            temp: TempDir::with_prefix("il-ledger-test-").expect("a directory"),
            now: Arc::new(AtomicU64::new(NOW)),
        }
    }

    fn directory(&self) -> PathBuf {
        self.temp.path().join("cost")
    }

    fn today(&self) -> PathBuf {
        self.directory().join("2026-11-24.jsonl")
    }

    fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn open(&self, budget: Budget) -> Arc<Ledger> {
        self.try_open(budget).expect("books")
    }

    fn try_open(&self, budget: Budget) -> Result<Arc<Ledger>, LedgerError> {
        let now = Arc::clone(&self.now);
        let clock = move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst));
        Ledger::open(&self.directory(), prices(), budget, Arc::new(clock))
    }

    fn length(&self) -> u64 {
        fs::metadata(self.today()).map_or(0, |it| it.len())
    }

    fn lines(&self) -> Vec<Line> {
        let bytes = fs::read(self.today()).unwrap_or_default();
        let found = line::read(&bytes);
        assert_eq!((found.damaged, found.rest), (0, 0));
        found.lines
    }

    fn answers(&self) -> Vec<Record> {
        let lines = self.lines().into_iter().filter_map(|it| match it {
            Line::Answer(record) => Some(record),
            _ => None,
        });
        lines.collect()
    }
}

fn prices() -> Prices {
    Prices::none().with(
        "priced",
        Price {
            currency: "USD".to_owned(),
            input: Amount(1_000_000),
            cached: Some(Amount(100_000)),
            output: Amount(2_000_000),
        },
    )
}

fn account(user: &str) -> Account {
    Account {
        user: user.to_owned(),
        task: "inline".to_owned(),
        endpoint: "work".to_owned(),
        host: "api.example".to_owned(),
        model: "priced".to_owned(),
        free: false,
    }
}

fn tokens(prompt: u64, answer: u64) -> Usage {
    Usage {
        prompt,
        cached: 0,
        answer,
        exact: true,
    }
}

fn most() -> Usage {
    tokens(1000, 1000)
}

fn capped(requests: u64) -> Budget {
    Budget {
        per_day: Some(Amount(requests * ONE)),
        ..Budget::default()
    }
}

fn refusal(meter: &Arc<dyn Meter>) -> String {
    meter.allow().expect_err("it is refused").to_string()
}

#[test]
fn an_answer_is_recorded_with_what_it_costs() {
    let world = World::new();
    let ledger = world.open(Budget::default());
    let meter = ledger.meter(account("ada"), most());
    meter.allow().expect("there is no cap");
    meter.used(Usage {
        cached: 500,
        ..tokens(1000, 10)
    });
    let text = fs::read_to_string(world.today()).expect("the file of the day");
    expect![[r#"
        {"is":"header","version":1}
        {"is":"answer","time":1795546080,"user":"ada","task":"inline","endpoint":"work","model":"priced","prompt":1000,"cached":500,"answer":10,"exact":true,"micros":570,"currency":"USD"}
    "#]].assert_eq(&text);
    let totals = ledger.totals(1, By::User).expect("totals");
    assert_eq!(totals.all.cost["USD"], Amount(570));
}

#[test]
fn an_unknown_price_is_no_zero() {
    let world = World::new();
    let ledger = world.open(Budget::default());
    let unknown = Account {
        model: "new".to_owned(),
        ..account("ada")
    };
    let meter = ledger.meter(unknown.clone(), most());
    meter.allow().expect("there is no cap");
    meter.used(tokens(1000, 10));
    let all = ledger.totals(1, By::Model).expect("totals").all;
    assert_eq!((all.requests, all.unpriced, all.prompt), (1, 1, 1000));
    assert!(all.cost.is_empty());

    let ledger = world.open(capped(10));
    expect![[r#"the remote engine was not asked: there is a cap, and what `new` costs at `api.example` is not known: set `[price."new"]`, or allow it with `[budget] unpriced = "allow"`"#]].assert_eq(&refusal(&ledger.meter(unknown.clone(), most())));
    let lenient = Budget {
        allow_unpriced: true,
        ..capped(10)
    };
    let allowed = world.open(lenient).meter(unknown.clone(), most()).allow();
    assert!(allowed.is_ok(), "{allowed:?}");
    let euros = Budget {
        currency: "EUR".to_owned(),
        ..capped(10)
    };
    expect![[r#"the remote engine was not asked: there is a cap in EUR, and `priced` is priced in USD: set `[price."priced"]` in EUR, or `[budget] currency = "USD"`"#]].assert_eq(&refusal(&world.open(euros).meter(account("ada"), most())));
    let own = Account {
        free: true,
        ..unknown
    };
    let own = ledger.meter(own, most());
    own.allow().expect("it is free");
    own.used(tokens(1000, 10));
    assert_eq!(ledger.totals(1, By::Model).expect("totals").all.unpriced, 1);
}

#[test]
fn a_cap_that_is_reached_opens_again_the_next_day() {
    let world = World::new();
    let ledger = world.open(capped(2));
    let meter = ledger.meter(account("ada"), most());
    for _ in 0..2 {
        meter.allow().expect("there is room");
        meter.used(most());
    }
    expect!["the remote engine was not asked: all together have spent 0.006 of 0.006 USD today, and a request may cost 0.003; the cap opens again at 00:00 UTC, in 5 h 12 min"].assert_eq(&refusal(&meter));
    world.pass(5 * 3600 + 12 * 60 - 1);
    assert!(meter.allow().is_err());
    world.pass(1);
    meter.allow().expect("it is another day");
    meter.used(most());
    let days = ledger.totals(2, By::Day).expect("totals");
    let days: Vec<(&str, u64)> = days
        .rows
        .iter()
        .map(|it| (&*it.key, it.sum.requests))
        .collect();
    assert_eq!(days, [("2026-11-24", 2), ("2026-11-25", 1)]);
}

#[test]
fn each_user_has_a_cap() {
    let world = World::new();
    let ledger = world.open(Budget {
        per_user_per_day: Some(Amount(ONE)),
        ..capped(2)
    });
    let meter = |user: &str| ledger.meter(account(user), most());
    let (ada, bob, eve) = (meter("ada"), meter("bob"), meter("eve"));
    ada.allow().expect("there is room");
    expect!["the remote engine was not asked: `ada` has spent 0.00 and 0.003 is under way of 0.003 USD today, and a request may cost 0.003; the cap opens again at 00:00 UTC, in 5 h 12 min"].assert_eq(&refusal(&ada));
    ada.used(most());
    bob.allow().expect("there is room");
    bob.used(most());
    expect!["the remote engine was not asked: all together have spent 0.006 of 0.006 USD today, and a request may cost 0.003; the cap opens again at 00:00 UTC, in 5 h 12 min"].assert_eq(&refusal(&eve));
}

#[test]
fn a_lower_cap_for_some_requests_caps_these_alone() {
    let world = World::new();
    let ledger = world.open(capped(3));
    let lower = |requests| Some(Amount(requests * ONE));
    let strict = ledger.meter_within(account("ada"), most(), lower(1), None);
    let wide = ledger.meter_within(account("ada"), most(), lower(9), None);
    strict.allow().expect("there is room");
    strict.used(most());
    assert!(strict.allow().is_err());
    for _ in 0..2 {
        wide.allow().expect("there is room");
        wide.used(most());
    }
    assert!(wide.allow().is_err());

    let world = World::new();
    let ledger = world.open(Budget::default());
    let own = ledger.meter_within(account("ada"), most(), None, lower(1));
    own.allow().expect("there is room");
    assert!(own.allow().is_err());
}

#[test]
fn what_comes_to_nothing_gives_its_room_back() {
    let world = World::new();
    let ledger = world.open(capped(1));
    let meter = ledger.meter(account("ada"), most());
    for _ in 0..3 {
        meter.allow().expect("there is room");
        assert!(meter.allow().is_err());
        meter.unused();
    }
    meter.allow().expect("there is room");
    meter.used(tokens(1, 0));
    // It cost less than it might have, but the next one may cost all of it.
    assert!(meter.allow().is_err());
}

#[test]
fn a_request_whose_process_is_gone_is_forgotten() {
    let world = World::new();
    let meter = world.open(capped(1)).meter(account("ada"), most());
    meter.allow().expect("there is room");
    drop(meter);
    let meter = world.open(capped(1)).meter(account("ada"), most());
    assert!(meter.allow().is_err());
    world.pass(15 * 60);
    meter.allow().expect("nobody waits for it any more");
}

/// Plays the file again: no request that went on was one too many when it did. Gives how many there were.
#[track_caller]
fn nobody_got_past(world: &World, cap: u64) -> usize {
    let lines = world.lines();
    let went_on = |id: &str| {
        let of = |it: &Line| matches!(it, Line::Answer(Record { of: Some(of), .. }) if of == id);
        lines.iter().any(of)
    };
    let (mut spent, mut open) = (0, Vec::new());
    for line in &lines {
        match line {
            Line::Open(it) if went_on(&it.id) => {
                open.push(it);
                let under_way: u64 = open.iter().map(|it| it.micros).sum();
                assert!(spent + under_way <= cap, "{spent} and {under_way} of {cap}");
            }
            Line::Answer(record) => {
                spent += record.micros.unwrap_or(0);
                open.retain(|it| Some(&it.id) != record.of.as_ref());
            }
            _ => {}
        }
    }
    world.answers().len()
}

/// There is room for one at a time, and each costs next to nothing: whoever comes is in another's way.
fn crowd() -> Budget {
    Budget {
        per_day: Some(Amount(ONE + 1000)),
        ..Budget::default()
    }
}

fn spend(ledger: &Arc<Ledger>) {
    let meter = ledger.meter(account("ada"), most());
    for _ in 0..400 {
        if meter.allow().is_ok() {
            meter.used(tokens(1, 0));
        }
    }
}

#[test]
fn threads_do_not_get_past_a_cap_together() {
    let world = World::new();
    let ledgers = [world.open(crowd()), world.open(crowd())];
    std::thread::scope(|scope| {
        for ledger in ledgers.iter().cycle().take(4) {
            scope.spawn(|| spend(ledger));
        }
    });
    assert!(nobody_got_past(&world, ONE + 1000) > 100);
}

/// Started as a process of its own by the test below.
#[test]
#[ignore = "a part of `processes_do_not_get_past_a_cap_together`"]
fn a_process_that_spends() {
    let Some(directory) = std::env::var_os("IL_LEDGER_TEST_DIRECTORY") else {
        return;
    };
    let clock: Clock = Arc::new(|| UNIX_EPOCH + Duration::from_secs(NOW));
    spend(&Ledger::open(directory.as_ref(), prices(), crowd(), clock).expect("books"));
}

#[test]
fn processes_do_not_get_past_a_cap_together() {
    let world = World::new();
    let own = std::env::current_exe().expect("this test");
    let spawn = |_| {
        let mut command = Command::new(&own);
        let part = "ledger::tests::a_process_that_spends";
        command.args(["--exact", part, "--ignored"]);
        command.env("IL_LEDGER_TEST_DIRECTORY", world.directory());
        command.stdout(std::process::Stdio::null());
        command.spawn().expect("it starts")
    };
    for mut child in (0..3).map(spawn).collect::<Vec<_>>() {
        assert!(child.wait().expect("it ends").success());
    }
    assert!(nobody_got_past(&world, ONE + 1000) > 100);
}

#[test]
fn two_ledgers_see_what_the_other_spends() {
    let world = World::new();
    let (one, other) = (world.open(capped(2)), world.open(capped(2)));
    let (one, other) = (
        one.meter(account("ada"), most()),
        other.meter(account("bob"), most()),
    );
    one.allow().expect("there is room");
    other.allow().expect("there is room");
    assert!(one.allow().is_err());
    other.unused();
    one.allow().expect("there is room again");
}

/// Started as a process of its own by the test below, which kills it.
#[test]
#[ignore = "a part of `a_process_that_is_killed_leaves_whole_records`"]
fn a_process_that_spends_until_it_is_killed() {
    let Some(directory) = std::env::var_os("IL_LEDGER_TEST_DIRECTORY") else {
        return;
    };
    let clock: Clock = Arc::new(|| UNIX_EPOCH + Duration::from_secs(NOW));
    let ledger = Ledger::open(directory.as_ref(), prices(), capped(100_000), clock);
    let meter = ledger.expect("books").meter(account("ada"), most());
    while meter.allow().is_ok() {
        meter.used(tokens(1, 0));
    }
}

#[test]
fn a_process_that_is_killed_leaves_whole_records() {
    let world = World::new();
    let own = std::env::current_exe().expect("this test");
    for _ in 0..3 {
        let mut command = Command::new(&own);
        let part = "ledger::tests::a_process_that_spends_until_it_is_killed";
        command.args(["--exact", part, "--ignored"]);
        command.env("IL_LEDGER_TEST_DIRECTORY", world.directory());
        command.stdout(std::process::Stdio::null());
        let before = world.length();
        let mut child = command.spawn().expect("it starts");
        while world.length() < before + 20_000 {
            std::thread::yield_now();
        }
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
    }
    // Records are there without anybody having closed the file, and the next process goes on with them.
    let from = "2026-11-24".parse().expect("a day");
    let totals = Totals::read(&world.directory(), from, from, By::User).expect("totals");
    assert!(totals.all.requests > 100, "{}", totals.all.requests);
    // At most what each was writing in that moment.
    assert!(totals.damaged <= 3, "{}", totals.damaged);
    let meter = world.open(capped(1)).meter(account("ada"), most());
    assert!(meter.allow().is_err());
}

#[test]
fn a_torn_line_is_skipped_and_the_next_one_is_whole() {
    let world = World::new();
    let ledger = world.open(capped(10));
    let meter = ledger.meter(account("ada"), most());
    meter.allow().expect("there is room");
    meter.used(most());
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(world.today())
        .expect("the file");
    file.write_all(b"{\"is\":\"answer\",\"time\":17")
        .expect("half a line");
    assert_eq!(ledger.totals(1, By::User).expect("totals").damaged, 1);

    let again = world.open(capped(10)).meter(account("ada"), most());
    again.allow().expect("there is room");
    again.used(most());
    let totals = ledger.totals(1, By::User).expect("totals");
    assert_eq!((totals.all.requests, totals.damaged), (2, 1));
}

#[test]
fn a_file_of_a_later_version_is_not_counted_against() {
    let world = World::new();
    fs::create_dir_all(world.directory()).expect("a directory");
    fs::write(world.today(), "{\"is\":\"header\",\"version\":2}\n").expect("a file");
    let refused = world
        .try_open(capped(10))
        .expect_err("it is of a later version");
    let refused = refused
        .to_string()
        .replace(&*world.directory().to_string_lossy(), "DIR");
    expect!["the cost records in `DIR/2026-11-24.jsonl` are of version 2: update Interline"]
        .assert_eq(&refused);
    let from = "2026-11-24".parse().expect("a day");
    let totals = Totals::read(&world.directory(), from, from, By::Day).expect("totals");
    assert_eq!(totals.later, [world.today()]);
}

#[test]
fn records_that_are_deleted_begin_anew() {
    let world = World::new();
    let meter = world.open(capped(1)).meter(account("ada"), most());
    meter.allow().expect("there is room");
    meter.used(most());
    assert!(meter.allow().is_err());
    fs::remove_file(world.today()).expect("it is there");
    meter.allow().expect("nothing is spent");
    meter.used(most());
    assert_eq!(world.answers().len(), 1);
    fs::remove_dir_all(world.directory()).expect("it is there");
    meter.allow().expect("nothing is spent");
    meter.used(most());
    assert_eq!(world.answers().len(), 1);
}

#[test]
fn records_that_cannot_be_written_count_and_are_written_later() {
    let world = World::new();
    let ledger = world.open(Budget::default());
    let uncapped = ledger.meter(account("ada"), most());
    fs::create_dir(world.today()).expect("something in the way");
    for _ in 0..2 {
        uncapped.allow().expect("there is no cap");
        uncapped.used(most());
    }
    fs::remove_dir(world.today()).expect("it is gone");
    uncapped.allow().expect("there is no cap");
    uncapped.used(most());
    assert_eq!(world.answers().len(), 3);
}

#[test]
fn without_records_no_cap_can_be_kept() {
    let world = World::new();
    let meter = world.open(capped(10)).meter(account("ada"), most());
    fs::create_dir(world.today()).expect("something in the way");
    let refused = refusal(&meter);
    assert!(
        refused.contains("without them no cap can be kept"),
        "{refused}"
    );
}

#[test]
fn old_records_are_deleted_and_nothing_else() {
    let world = World::new();
    fs::create_dir_all(world.directory()).expect("a directory");
    for name in [
        "2026-11-21.jsonl",
        "2026-11-22.jsonl",
        "1999-01-01.jsonl",
        "notes.txt",
        "2026-02-30.jsonl",
    ] {
        fs::write(world.directory().join(name), "").expect("a file");
    }
    let budget = Budget {
        keep_days: 2,
        ..Budget::default()
    };
    drop(world.open(budget));
    let names = fs::read_dir(world.directory()).expect("a directory");
    let mut names: Vec<_> = names.map(|it| it.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["2026-02-30.jsonl", "2026-11-22.jsonl", "notes.txt"]);
}

#[cfg(unix)]
#[test]
fn only_their_owner_reads_the_records() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let meter = world.open(Budget::default()).meter(account("ada"), most());
    meter.used(most());
    for (path, expected) in [(world.today(), 0o600), (world.directory(), 0o700)] {
        let mode = fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_is_cut_anywhere_goes_on(cut in any::<prop::sample::Index>()) {
        let world = World::new();
        let meter = world.open(capped(100)).meter(account("ada"), most());
        for _ in 0..3 {
            meter.allow().expect("there is room");
            meter.used(most());
        }
        let bytes = fs::read(world.today()).expect("a file");
        let kept = &bytes[..cut.index(bytes.len() + 1)];
        fs::write(world.today(), kept).expect("it is cut");
        let whole = |it: &&Line| matches!(it, Line::Answer(_));
        // A record that lacks nothing but its line end is whole.
        let ended = [kept, b"\n"].concat();
        let before = line::read(&ended).lines.iter().filter(whole).count() as u64;

        // The one that had it open goes on, and so does another.
        let again = world.open(capped(100)).meter(account("bob"), most());
        for meter in [&meter, &again] {
            meter.allow().expect("there is room");
            meter.used(most());
        }
        let from = "2026-11-24".parse().expect("a day");
        let totals = Totals::read(&world.directory(), from, from, By::User).expect("totals");
        prop_assert_eq!(totals.all.requests, before + 2);
        prop_assert!(totals.damaged <= 1);
        prop_assert_eq!(totals.all.cost["USD"], Amount((before + 2) * ONE));
    }

    #[test]
    fn sums_are_the_sums_of_the_records(
        requests in prop::collection::vec(
            (0usize..3, 0usize..2, 0u64..2000, 0u64..500, prop::bool::weighted(0.8), prop::bool::weighted(0.2)),
            0..30,
        ),
        reopened in 0usize..30,
    ) {
        let world = World::new();
        let mut ledger = world.open(Budget { per_user_per_day: Some(Amount(4 * ONE)), allow_unpriced: true, ..capped(9) });
        for (at, (user, model, prompt, answer, is_answered, is_late)) in requests.iter().enumerate() {
            if at == reopened {
                ledger = world.open(ledger.budget.clone());
            }
            let account = Account {
                model: ["priced", "new"][*model].to_owned(),
                ..account(["ada", "bob", "eve"][*user])
            };
            let meter = ledger.meter(account, tokens(2000, 500));
            if meter.allow().is_ok() {
                if *is_answered { meter.used(tokens(*prompt, *answer)) } else { meter.unused() }
            }
            if *is_late { world.pass(3 * 3600) }
        }
        let mut all = Sum::default();
        for day in file::days(&world.directory()).expect("days") {
            let mut spent = Amount(0);
            let path = world.directory().join(format!("{day}.jsonl"));
            for line in line::read(&fs::read(path).expect("a file")).lines {
                let Line::Answer(record) = line else { continue };
                spent = spent.plus(Amount(record.micros.unwrap_or(0)));
                all.add(&record);
            }
            prop_assert!(spent <= Amount(9 * ONE));
        }
        for by in [By::Day, By::User, By::Model, By::Task, By::Endpoint] {
            let totals = ledger.totals(30, by).expect("totals");
            prop_assert_eq!(&totals.all, &all);
            let requests: u64 = totals.rows.iter().map(|it| it.sum.requests).sum();
            prop_assert_eq!(requests, all.requests);
            let cost = totals.rows.iter().filter_map(|it| it.sum.cost.get("USD"));
            let cost = cost.fold(Amount(0), |sum, it| sum.plus(*it));
            prop_assert_eq!(cost, all.cost.get("USD").copied().unwrap_or_default());
        }
    }
}

#[test]
fn what_was_allowed_is_under_way_until_it_says_what_it_used() {
    let world = World::new();
    let ledger = world.open(Budget::default());
    let meter = ledger.meter(account("ada"), most());
    assert!(ledger.is_settled());
    meter.allow().expect("there is no cap");
    meter.allow().expect("there is no cap");
    meter.used(tokens(10, 1));
    assert!(!ledger.is_settled());
    meter.unused();
    assert!(ledger.is_settled());
}
