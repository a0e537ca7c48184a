//! What is written down of requests, and what happens where nothing can be.

use std::{collections::BTreeMap, fs, sync::Mutex, time::UNIX_EPOCH};

use il_egress::{Body, Header, Outbound, Patience, Secret};
use il_privacy::{Guard, Manifest, Purpose, Reach};
use tempfile::TempDir;

use super::*;
use crate::Contents;

struct Nothing;

impl Body for Nothing {
    fn next(&mut self, _: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(None)
    }
}

/// A door that notes where it was asked to go.
#[derive(Default)]
struct Door {
    asked: Mutex<Vec<String>>,
    fails: Option<Trouble>,
}

impl Transport for Door {
    fn send(&self, request: Request, _: &CancelToken) -> Result<Response, Trouble> {
        self.asked.lock().unwrap().push(request.url);
        match &self.fails {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Response {
                status: 200,
                headers: Vec::new(),
                body: Box::new(Nothing),
            }),
        }
    }
}

struct World {
    temp: TempDir,
    door: Arc<Door>,
    log: Arc<AuditLog>,
}

/// What a guard lets go: a text with a password in it.
fn body() -> Outbound {
    let guard = Guard::usual(Reach::Anywhere).for_repository("shop-12345678");
    let manifest = Manifest {
        purpose: Purpose::Complete,
        files: vec!["src/a.rs".into()],
        ..Manifest::default()
    };
    let json = br#"["password = 'hidden-4Fq9x2Lm'"]"#.to_vec(); // interline:allow
    guard.seal(json, manifest).unwrap()
}

impl World {
    fn new(fails: Option<Trouble>) -> Self {
        let temp = TempDir::new().unwrap();
        let log = AuditLog::new(&temp.path().join("audit"), Arc::new(|| UNIX_EPOCH));
        Self {
            temp,
            door: Arc::new(Door {
                fails,
                ..Door::default()
            }),
            log: Arc::new(log),
        }
    }

    fn send(&self, url: &str) -> Result<Response, Trouble> {
        let request = Request {
            method: Method::Post,
            url: url.to_owned(),
            headers: vec![("authorization", Header::Secret(Secret::new("top-hidden")))],
            body: body(),
            patience: Patience::default(),
        };
        Audited::new(Arc::clone(&self.door) as _, Arc::clone(&self.log))
            .for_endpoint("work")
            .send(request, &CancelToken::new())
    }

    fn contents(&self) -> Contents {
        self.log.contents().unwrap()
    }

    /// Makes it impossible to write the log, also for root.
    fn block(&self) {
        fs::write(self.temp.path().join("audit"), "in the way").unwrap();
    }

    fn asked(&self) -> usize {
        self.door.asked.lock().unwrap().len()
    }
}

#[test]
fn a_request_is_recorded_without_path_query_and_headers() {
    let world = World::new(None);
    world
        .send("https://api.example.com/v1/hidden?key=hidden")
        .unwrap();
    let entries = world.contents().entries;
    assert_eq!(
        entries[0].event,
        Event::Request(Sending {
            to: "https://api.example.com:443".to_owned(),
            endpoint: Some("work".to_owned()),
            method: "post".to_owned(),
            purpose: "complete".to_owned(),
            bytes: body().bytes().len() as u64,
            repository: Some("shop-12345678".to_owned()),
            files: vec!["src/a.rs".to_owned()],
            redacted: BTreeMap::from([("password".to_owned(), 1)]),
        })
    );
    let text = fs::read_to_string(world.log.directory().join("1970-01-01.jsonl")).unwrap();
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn the_record_is_there_before_the_request_is() {
    struct Looks(Arc<AuditLog>);
    impl Transport for Looks {
        fn send(&self, _: Request, _: &CancelToken) -> Result<Response, Trouble> {
            assert_eq!(self.0.contents().unwrap().entries.len(), 1);
            Err(Trouble::Cancelled)
        }
    }
    let world = World::new(None);
    let door = Audited::new(
        Arc::new(Looks(Arc::clone(&world.log))),
        Arc::clone(&world.log),
    );
    let request = Request {
        method: Method::Get,
        url: "https://a.example".to_owned(),
        headers: Vec::new(),
        body: Outbound::nothing(),
        patience: Patience::default(),
    };
    assert!(matches!(
        door.send(request, &CancelToken::new()),
        Err(Trouble::Cancelled)
    ));
}

#[test]
fn what_did_not_leave_is_said_and_what_may_have_left_is_not() {
    for (trouble, expected) in [
        (Trouble::Forbidden("air gap".to_owned()), Some("forbidden")),
        (
            Trouble::NothingListens("h".to_owned()),
            Some("nothing-listens"),
        ),
        (Trouble::Unreachable("h".to_owned()), Some("unreachable")),
        (Trouble::Cancelled, None),
        (Trouble::BrokeOff("h".to_owned()), None),
    ] {
        let world = World::new(Some(trouble.clone()));
        assert_eq!(world.send("https://a.example").unwrap_err(), trouble);
        let entries = world.contents().entries;
        let said = entries.get(1).map(|it| it.event.clone());
        let unsent = expected.map(|why| {
            Event::Unsent(Unsent {
                of: 1,
                why: why.to_owned(),
            })
        });
        assert_eq!(said, unsent);
    }
}

#[test]
fn what_cannot_be_recorded_does_not_leave_this_machine() {
    let world = World::new(None);
    world.block();
    let Err(Trouble::Forbidden(why)) = world.send("https://api.example.com/") else {
        panic!("it left");
    };
    assert!(
        why.contains("must be recorded") && why.contains("INTERLINE_DATA_DIR"),
        "{why}"
    );
    assert!(world.send("http://192.168.1.5/").is_err());
    assert!(world.send("http://localhost.example/").is_err());
    assert_eq!(world.asked(), 0);
}

#[test]
fn what_cannot_be_recorded_still_goes_to_this_machine() {
    let world = World::new(None);
    world.block();
    for url in ["http://127.0.0.1:11434/api", "http://localhost:8080/"] {
        assert_eq!(world.send(url).unwrap().status, 200);
    }
    assert_eq!(world.asked(), 2);
}
