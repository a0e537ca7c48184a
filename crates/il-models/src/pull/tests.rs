//! Downloads from a hub that stalls, cuts, lies, forgets and redirects, where the door would be. On the wire they are tested
//! with the binary.

use std::{
    collections::VecDeque,
    fs,
    sync::{Mutex, PoisonError},
};

use il_egress::{Body, Header, Request, Response, Secret};

use super::*;
use crate::{gguf::writing::of_rows, hash::Hasher};

/// What the one that has the file does with one request.
#[derive(Clone, Debug)]
enum Does {
    /// Sends what is asked for, but breaks off before this byte of the file.
    Serves {
        until: usize,
    },
    /// Sends all from the beginning, whatever is asked for.
    IgnoresRange,
    /// Sends a part that was not asked for.
    OtherPart,
    /// Says another length than it sends.
    Says(usize),
    Answers(u16, &'static str),
    Redirects(&'static str),
    Breaks(Trouble),
    /// Another version of the file from now on.
    Changes(Vec<u8>),
}

const ALL: Does = Does::Serves { until: usize::MAX };

struct Fake {
    file: Mutex<Vec<u8>>,
    does: Mutex<VecDeque<Does>>,
    /// URL, `range`, whether with a token.
    asked: Mutex<Vec<(String, Option<String>, bool)>>,
    /// Bytes of bodies.
    sent: Mutex<u64>,
    /// The hub says hash and size, and sends on to where the file is.
    announces: bool,
    hash: Option<String>,
    tags: bool,
}

fn locked<T: Clone>(it: &Mutex<T>) -> T {
    it.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn hash(bytes: &[u8]) -> String {
    let mut hasher = Hasher::default();
    hasher.eat(bytes);
    hasher.hex()
}

struct Pieces(VecDeque<Vec<u8>>, Option<Trouble>);

impl Body for Pieces {
    fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        match self.0.pop_front() {
            _ if cancel.is_cancelled() => Err(Trouble::Cancelled),
            Some(piece) => Ok(Some(piece)),
            None => self.1.take().map_or(Ok(None), Err),
        }
    }
}

fn broke() -> Trouble {
    Trouble::BrokeOff("cdn.example".to_owned())
}

impl Fake {
    fn new(does: impl IntoIterator<Item = Does>) -> Self {
        Self {
            file: Mutex::new(of_rows(100)),
            does: Mutex::new(does.into_iter().collect()),
            asked: Mutex::default(),
            sent: Mutex::default(),
            announces: true,
            hash: None,
            tags: true,
        }
    }

    fn serve(&self, range: Option<&str>) -> Result<Response, Trouble> {
        let next = self
            .does
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let does = next.unwrap_or(ALL);
        if let Does::Changes(file) = does {
            *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
            return self.serve(range);
        }
        let file = locked(&self.file);
        let mut headers = Vec::new();
        let mut say = |name: &str, value: String| headers.push((name.to_owned(), value));
        if self.tags {
            say("etag", format!("\"{}\"", &hash(&file)[..8]));
        }
        let from = range.and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let whole = file.len();
        let (status, part, said, end) = match does {
            Does::Answers(status, line) => {
                if let Some((name, value)) = line.split_once(": ") {
                    say(name, value.to_owned());
                }
                (status, 0..0, None, None)
            }
            Does::Redirects(to) => {
                say("location", to.to_owned());
                (302, 0..0, None, None)
            }
            Does::Breaks(trouble) => return Err(trouble),
            Does::IgnoresRange => (200, 0..whole, Some(whole), None),
            Does::OtherPart => (206, 1..whole, None, None),
            Does::Says(said) => (200, 0..whole, Some(said), None),
            Does::Serves { until } => {
                let until = until.min(whole);
                let cut = (until < whole).then(broke);
                match from {
                    None => (200, 0..until, Some(whole), cut),
                    Some(from) if from >= whole => (416, 0..0, None, None),
                    Some(from) => (206, from..until.max(from), None, cut),
                }
            }
            Does::Changes(_) => unreachable!("done above"),
        };
        if status == 206 {
            say(
                "content-range",
                format!("bytes {}-{}/{whole}", part.start, whole - 1),
            );
        }
        if let Some(said) = said {
            say("content-length", said.to_string());
        }
        let bytes = &file[part];
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) += bytes.len() as u64;
        let pieces = bytes.chunks(1000).map(<[u8]>::to_vec).collect();
        Ok(Response {
            status,
            headers,
            body: Box::new(Pieces(pieces, end)),
        })
    }
}

impl Transport for Fake {
    fn send(&self, request: Request, cancel: &CancelToken) -> Result<Response, Trouble> {
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let header = |name: &str| {
            let found = request.headers.iter().find(|it| it.0 == name)?;
            match &found.1 {
                Header::Plain(text) => Some(text.clone()),
                Header::Secret(_) => Some(String::new()),
            }
        };
        let range = header("range");
        let asked = (
            request.url.clone(),
            range.clone(),
            header("authorization").is_some(),
        );
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(asked);
        if !self.announces || request.url.starts_with("https://cdn.example") {
            return self.serve(range.as_deref());
        }
        let file = locked(&self.file);
        let hash = self.hash.clone().unwrap_or_else(|| hash(&file));
        let headers = [
            ("location", "https://cdn.example/signed?x=y".to_owned()),
            ("x-linked-etag", format!("\"{hash}\"")),
            ("x-linked-size", file.len().to_string()),
        ];
        Ok(Response {
            status: 302,
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: Box::new(Pieces(VecDeque::new(), None)),
        })
    }
}

#[derive(Debug, Default)]
struct Waits(Mutex<Vec<u128>>);

impl Waiter for Waits {
    fn wait(&self, time: Duration, _: &CancelToken) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(time.as_millis());
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

struct World {
    folder: tempfile::TempDir,
    waits: Waits,
    wanted: Wanted,
    token: Option<Secret>,
    free: Option<u64>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            waits: Waits::default(),
            wanted: Wanted {
                id: "m".to_owned(),
                origin: Origin::Hub {
                    repo: "org/repo".to_owned(),
                    revision: "main".to_owned(),
                    file: "m.gguf".to_owned(),
                },
                size: None,
                sha256: None,
                licence: Some("MIT".to_owned()),
            },
            token: None,
            free: None,
        }
    }

    fn store(&self) -> Store {
        Store::at(self.folder.path())
    }

    fn pull(&self, fake: &Fake) -> Result<Pulled, Impossible> {
        self.pull_until(fake, &CancelToken::new(), u64::MAX)
    }

    /// Cancelled when more than `until` bytes are there.
    fn pull_until(
        &self,
        fake: &Fake,
        cancel: &CancelToken,
        until: u64,
    ) -> Result<Pulled, Impossible> {
        let puller = Puller {
            transport: fake,
            hub: &Hub::at("https://hub.example", self.token.clone()),
            store: &self.store(),
            waiter: &self.waits,
            patience: Patience::default(),
            tries: 3,
            today: "2026-11-24",
            free: self.free,
        };
        puller.pull(&self.wanted, cancel, &mut |progress| {
            if progress.done > until {
                cancel.cancel();
            }
        })
    }

    fn waits(&self) -> Vec<u128> {
        locked(&self.waits.0)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|it| {
                it.expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .filter(|it| !it.ends_with(".lock"))
            .collect();
        names.sort();
        names
    }

    #[track_caller]
    fn refuses(&self, fake: &Fake, expected: &str) {
        let said = self.pull(fake).expect_err("no model").to_string();
        assert!(said.contains(expected), "{said}");
        assert!(self.store().find("m").is_err());
    }
}

fn size() -> u64 {
    of_rows(100).len() as u64
}

#[test]
fn a_model_comes_with_its_hash_and_its_manifest() {
    let (world, fake) = (World::new(), Fake::new([ALL]));
    let pulled = world.pull(&fake).expect("a model");
    assert_eq!((pulled.fetched, pulled.was_here), (size(), false));
    let manifest = &pulled.installed.manifest;
    assert_eq!(manifest.checked, Checked::Hub);
    assert_eq!(manifest.sha256, hash(&of_rows(100)));
    assert_eq!(
        (manifest.since.as_str(), manifest.size),
        ("2026-11-24", size())
    );
    assert_eq!(world.names(), ["m.gguf", "m.json"]);
    assert_eq!(
        fs::read(&pulled.installed.path).expect("read"),
        of_rows(100)
    );
    // Once more: nothing is asked for.
    let again = world.pull(&Fake::new([])).expect("it is here");
    assert!(again.was_here && again.fetched == 0);
}

#[test]
fn what_broke_off_goes_on_where_it_broke() {
    let (world, fake) = (
        World::new(),
        Fake::new([
            Does::Serves { until: 1000 },
            Does::Serves { until: 2500 },
            ALL,
        ]),
    );
    world.pull(&fake).expect("a model");
    // Not one byte twice.
    assert_eq!(locked(&fake.sent), size());
    let ranges: Vec<Option<String>> = locked(&fake.asked).into_iter().map(|it| it.1).collect();
    let from = |it: &str| Some(it.to_owned());
    assert_eq!(
        ranges,
        [
            None,
            None,
            from("bytes=1000-"),
            from("bytes=1000-"),
            from("bytes=2500-"),
            from("bytes=2500-"),
        ]
    );
    assert_eq!(world.waits(), [375, 375]);
}

#[test]
fn a_later_run_goes_on_too_and_hashes_all_of_it() {
    let world = World::new();
    let cancel = CancelToken::new();
    let stopped = world.pull_until(&Fake::new([ALL]), &cancel, 1500);
    assert!(
        matches!(stopped, Err(Impossible::Cancelled { done: 2000 })),
        "{stopped:?}"
    );
    assert_eq!(world.store().unfinished("m"), Some(2000));
    let fake = Fake::new([ALL]);
    let pulled = world.pull(&fake).expect("a model");
    assert_eq!(
        (pulled.fetched, locked(&fake.sent)),
        (size() - 2000, size() - 2000)
    );
    assert_eq!(world.names(), ["m.gguf", "m.json"]);
}

#[test]
fn a_download_that_only_lacked_its_name_asks_for_nothing() {
    let world = World::new();
    let cancel = CancelToken::new();
    drop(world.pull_until(&Fake::new([ALL]), &cancel, 1500));
    fs::write(world.folder.path().join("m.gguf.partial"), of_rows(100)).expect("written");
    let fake = Fake::new([]);
    assert_eq!(world.pull(&fake).expect("a model").fetched, 0);
    assert!(locked(&fake.asked).is_empty());
}

#[test]
fn a_beginning_that_was_damaged_on_the_disk_is_fetched_anew_once() {
    let world = World::new();
    let cancel = CancelToken::new();
    drop(world.pull_until(&Fake::new([ALL]), &cancel, 1500));
    fs::write(world.folder.path().join("m.gguf.partial"), vec![0; 2000]).expect("written");
    let fake = Fake::new([ALL, ALL]);
    world.pull(&fake).expect("a model");
    assert_eq!(locked(&fake.sent), size() - 2000 + size());
}

#[test]
fn a_beginning_of_which_nothing_is_known_is_none() {
    let world = World::new();
    fs::write(world.folder.path().join("m.gguf.partial"), vec![0; 2000]).expect("written");
    let fake = Fake::new([ALL]);
    world.pull(&fake).expect("a model");
    assert_eq!(locked(&fake.sent), size());
}

#[test]
fn a_server_that_ignores_the_range_is_read_from_the_beginning() {
    let (world, fake) = (
        World::new(),
        Fake::new([Does::Serves { until: 1000 }, Does::IgnoresRange]),
    );
    world.pull(&fake).expect("a model");
    assert_eq!(locked(&fake.sent), 1000 + size());
}

#[test]
fn a_file_that_changed_meanwhile_is_never_mixed_with_the_old_one() {
    let (other, mut fake) = (of_rows(101), Fake::new([Does::Serves { until: 1000 }]));
    fake.does
        .get_mut()
        .expect("unlocked")
        .push_back(Does::Changes(other.clone()));
    // The hub's word comes before the change, the tag after it; then both are new.
    let world = World::new();
    fake.announces = false;
    let pulled = world.pull(&fake).expect("a model");
    assert_eq!(fs::read(&pulled.installed.path).expect("read"), other);
    assert_eq!(pulled.installed.manifest.checked, Checked::Nothing);
}

#[test]
fn without_a_tag_or_a_hash_nothing_is_continued() {
    let mut fake = Fake::new([Does::Serves { until: 1000 }, ALL]);
    (fake.announces, fake.tags) = (false, false);
    World::new().pull(&fake).expect("a model");
    assert!(locked(&fake.sent) > size());
}

#[test]
fn a_part_that_nobody_asked_for_is_not_taken() {
    let (world, fake) = (World::new(), Fake::new([Does::OtherPart, ALL]));
    let pulled = world.pull(&fake).expect("a model");
    assert_eq!(pulled.fetched, size());
}

#[test]
fn a_hash_that_is_wrong_leaves_nothing_behind() {
    let mut fake = Fake::new([ALL]);
    fake.hash = Some("ab".repeat(32));
    let world = World::new();
    world.refuses(&fake, "is damaged: its hash is");
    assert_eq!(world.names(), [""; 0]);
    // What the table says counts, whatever the hub says.
    let mut fake = Fake::new([ALL]);
    fake.announces = false;
    let mut world = World::new();
    world.wanted.sha256 = Some("cd".repeat(32));
    world.refuses(&fake, "it was thrown away");
}

#[test]
fn another_file_than_the_table_knows_is_not_even_begun() {
    let mut world = World::new();
    world.wanted.sha256 = Some("cd".repeat(32));
    let fake = Fake::new([ALL]);
    world.refuses(&fake, "has another file under this name");
    let mut world = World::new();
    world.wanted.size = Some(7);
    world.refuses(&fake, "and it should have 7");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn a_length_that_is_a_lie_is_noticed() {
    let right = size() as usize;
    let world = World::new();
    for said in [right - 1, right + 1] {
        world.refuses(&Fake::new([Does::Says(said)]), "says that the file has");
    }
    // Nobody else says how long it is.
    let alone = |said: usize| {
        let mut fake = Fake::new(vec![Does::Says(said); 9]);
        fake.announces = false;
        fake
    };
    world.refuses(&alone(right - 1), "says that the file has");
    assert_eq!(world.names(), [""; 0]);
    let fake = alone(right + 1);
    world.refuses(&fake, "broke off after");
    // The same again is no progress: it is not fetched for ever.
    assert_eq!(locked(&fake.sent), 4 * size());
}

#[test]
fn what_is_no_model_is_thrown_away() {
    let fake = Fake::new([ALL]);
    *fake.file.lock().expect("unlocked") = b"<html>Please log in to the network".to_vec();
    let world = World::new();
    world.refuses(&fake, "is no model: it is no GGUF file");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn a_refusal_says_what_to_do_and_is_not_repeated() {
    for (status, token, expected) in [
        (401, None, "accept its terms there, and set `HF_TOKEN`"),
        (401, Some("hf_x"), "does not accept the token"),
        (
            403,
            Some("hf_x"),
            "its terms have to be accepted there first",
        ),
        (404, None, "has no file `org/repo/m.gguf`"),
        (418, None, "answers with status 418"),
    ] {
        let mut world = World::new();
        world.token = token.map(Secret::new);
        let fake = Fake::new([Does::Answers(status, "")]);
        world.refuses(&fake, expected);
        assert_eq!((world.waits().len(), locked(&fake.asked).len()), (0, 2));
    }
}

#[test]
fn what_may_pass_is_tried_again_with_longer_waits() {
    let (world, fake) = (
        World::new(),
        Fake::new([Does::Answers(503, ""), Does::Breaks(broke()), ALL]),
    );
    world.pull(&fake).expect("a model");
    assert_eq!(world.waits(), [750, 1500]);
    let world = World::new();
    let fake = Fake::new(vec![Does::Answers(500, ""); 9]);
    world.refuses(&fake, "it answers with status 500; name a mirror");
    assert_eq!(world.waits().len(), 2);
}

#[test]
fn a_hub_that_asks_for_time_gets_it_within_reason() {
    let world = World::new();
    world
        .pull(&Fake::new([Does::Answers(429, "retry-after: 7"), ALL]))
        .expect("a model");
    assert_eq!(world.waits(), [7000]);
    let world = World::new();
    world.refuses(
        &Fake::new([Does::Answers(429, "retry-after: 3600")]),
        "asks to wait for 3600 s",
    );
}

#[test]
fn bytes_that_come_give_new_patience() {
    let does = (1..=30).map(|it| Does::Serves { until: it * 100 });
    let world = World::new();
    let fake = Fake::new(does);
    world.pull(&fake).expect("a model");
    assert!(world.waits().len() >= 30 && locked(&fake.sent) == size());
}

#[test]
fn without_a_network_there_is_another_way_and_it_is_said() {
    for trouble in [
        Trouble::Unreachable("hub.example".to_owned()),
        Trouble::NothingListens("hub.example".to_owned()),
        Trouble::Forbidden("air gap".to_owned()),
    ] {
        let world = World::new();
        let fake = Fake::new([Does::Breaks(trouble.clone())]);
        world.refuses(&fake, "`interline models add FILE --as m`");
        assert_eq!(world.waits().len(), 0, "{trouble}");
    }
    // A network that goes away meanwhile may come back.
    let away = Does::Breaks(Trouble::Unreachable("hub.example".to_owned()));
    let (world, fake) = (
        World::new(),
        Fake::new([Does::Serves { until: 1000 }, away, ALL]),
    );
    assert!(world.pull(&fake).is_ok());
}

#[test]
fn a_token_goes_to_the_hub_alone() {
    let mut world = World::new();
    world.token = Some(Secret::new("hf_x"));
    let fake = Fake::new([Does::Redirects("https://cdn.example/other"), ALL]);
    world.pull(&fake).expect("a model");
    let asked: Vec<(String, bool)> = locked(&fake.asked)
        .into_iter()
        .map(|it| (it.0, it.2))
        .collect();
    let url = |it: &str| format!("https://{it}");
    assert_eq!(
        asked,
        [
            (url("hub.example/org/repo/resolve/main/m.gguf"), true),
            (url("cdn.example/signed?x=y"), false),
            (url("cdn.example/other"), false),
        ]
    );
}

#[test]
fn one_is_not_led_on_and_on_nor_astray() {
    let on = Does::Redirects("https://cdn.example/more");
    let fake = Fake::new(vec![on; 9]);
    World::new().refuses(&fake, "it leads on and on");
    assert_eq!(locked(&fake.asked).len(), 4);
    for to in ["http://cdn.example/", "https://localhost/", ""] {
        World::new().refuses(&Fake::new([Does::Redirects(to)]), "to where we do not go");
    }
}

#[test]
fn a_disk_without_room_is_noticed_before_a_byte_is_written() {
    let mut world = World::new();
    world.free = Some(SPARE + size() - 1);
    let fake = Fake::new([ALL]);
    world.refuses(&fake, "make room");
    assert_eq!(world.names(), [""; 0]);
    world.free = Some(SPARE + size());
    assert!(world.pull(&Fake::new([ALL])).is_ok());
}

#[test]
fn two_do_not_fetch_one_model_at_once() {
    let world = World::new();
    let held = world.store().hold("m").expect("nobody else");
    world.refuses(&Fake::new([ALL]), "by another program");
    drop(held);
    assert!(world.pull(&Fake::new([ALL])).is_ok());
}

#[test]
fn another_model_under_the_name_is_not_written_over() {
    let mut world = World::new();
    world.pull(&Fake::new([ALL])).expect("a model");
    world.wanted.sha256 = Some("ab".repeat(32));
    let said = world.pull(&Fake::new([])).expect_err("taken").to_string();
    assert!(said.contains("there is a model `m` already"), "{said}");
}
