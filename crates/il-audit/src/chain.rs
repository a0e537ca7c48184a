//! A line of the chain.
//!
//! The one idea: the hash is over the bytes as they stand in the file, so there is no second way to write a record and
//! anybody can check one with `sha256sum`: a line is `BODY,"hash":"HEX"}`, where HEX is the SHA-256 of BODY, and BODY ends
//! with the hash of the line before.
//!
//! Deliberately absent: files, and what a record means.

use std::{fmt, fmt::Write as _, str::FromStr};

use il_calendar::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::entry::Event;

/// The version that is written, and the latest that is read.
pub(crate) const VERSION: u32 = 1;

/// What the first of all records follows.
pub(crate) const BEGINNING: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// The last record of a chain: kept elsewhere it tells whether the chain was written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the record; the first has 1.
    pub seq: u64,
    pub hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: BEGINNING.to_owned(),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// Why a text is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is written `NUMBER:HASH`, as `interline privacy log --head` prints it")]
pub struct NoHead;

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (seq, hash) = text.trim().split_once(':').ok_or(NoHead)?;
        let is_hash = hash.len() == BEGINNING.len()
            && hash
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        match seq.parse() {
            Ok(seq) if is_hash => Ok(Self {
                seq,
                hash: hash.to_owned(),
            }),
            _ => Err(NoHead),
        }
    }
}

/// A record as it is read.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) seq: u64,
    pub(crate) time: String,
    #[serde(flatten)]
    pub(crate) event: Event,
    pub(crate) prev: String,
    /// As the line says it.
    pub(crate) hash: String,
    /// Whether that is the hash of the line.
    #[serde(skip)]
    pub(crate) is_intact: bool,
}

impl Link {
    pub(crate) fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash.clone(),
        }
    }

    #[cfg(test)]
    pub(crate) fn follows(&self, head: &Head) -> bool {
        self.is_intact && self.seq == head.seq + 1 && self.prev == head.hash
    }
}

#[derive(Serialize)]
struct Body<'a> {
    v: u32,
    seq: u64,
    time: &'a str,
    #[serde(flatten)]
    event: &'a Event,
    prev: &'a str,
}

/// The line of an event that follows `head`, with its end, and the new head.
pub(crate) fn seal(head: &Head, now: Moment, event: &Event) -> (String, Head) {
    let time = now.to_string();
    let body = Body {
        v: VERSION,
        seq: head.seq + 1,
        time: &time,
        event,
        prev: &head.hash,
    };
    // Strings and numbers alone: nothing in it can fail to be JSON.
    let mut line = serde_json::to_string(&body).unwrap_or_default();
    line.pop();
    let hash = hex(line.as_bytes());
    let _ = writeln!(line, "{HASH}{hash}{END}");
    let head = Head {
        seq: head.seq + 1,
        hash,
    };
    (line, head)
}

/// Reads a line without its end; `None` for one that is no record.
pub(crate) fn open(line: &[u8]) -> Option<Link> {
    let mut link: Link = serde_json::from_slice(line).ok()?;
    let tail = format!("{HASH}{}{END}", link.hash);
    let body = line.strip_suffix(tail.as_bytes());
    link.is_intact = body.is_some_and(|it| hex(it) == link.hash);
    Some(link)
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use expect_test::expect;

    use super::*;
    use crate::entry::{Dropped, Sending, Unsent};

    fn at(seconds: u64) -> Moment {
        Moment::of(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 5))
    }

    fn sending() -> Event {
        Event::Request(Sending {
            to: "https://api.example.com:443".to_owned(),
            endpoint: Some("work".to_owned()),
            method: "post".to_owned(),
            purpose: "complete".to_owned(),
            bytes: 8123,
            repository: Some("shop-12345678".to_owned()),
            files: vec!["src/a \"b\".py".to_owned()],
            redacted: [("aws-access-key".to_owned(), 2)].into(),
        })
    }

    #[test]
    fn lines_look_like_this() {
        let events = [
            sending(),
            Event::Unsent(Unsent {
                of: 1,
                why: "forbidden".to_owned(),
            }),
            Event::Dropped(Dropped {
                why: "retention".to_owned(),
                records: 1,
                until: 1,
                last: "ab".to_owned(),
            }),
        ];
        let mut head = Head::default();
        let mut text = String::new();
        for event in &events {
            let (line, next) = seal(&head, at(1_795_881_446), event);
            let link = open(line.trim_end().as_bytes()).unwrap();
            assert!(link.follows(&head));
            assert_eq!((&link.event, link.head()), (event, next.clone()));
            text += &line;
            head = next;
        }
        expect![[r#"
            {"v":1,"seq":1,"time":"2026-11-28T15:57:26.005Z","is":"request","to":"https://api.example.com:443","endpoint":"work","method":"post","purpose":"complete","bytes":8123,"repository":"shop-12345678","files":["src/a \"b\".py"],"redacted":{"aws-access-key":2},"prev":"0000000000000000000000000000000000000000000000000000000000000000","hash":"56f1a43159a5e1a84dd1ec2813c7331ffafb203e45f55b103c666397b02c82b0"}
            {"v":1,"seq":2,"time":"2026-11-28T15:57:26.005Z","is":"unsent","of":1,"why":"forbidden","prev":"56f1a43159a5e1a84dd1ec2813c7331ffafb203e45f55b103c666397b02c82b0","hash":"109a2e0510af1ad616d0538c33494e82e13d7d0f53443a259f4211e3c6e1e188"}
            {"v":1,"seq":3,"time":"2026-11-28T15:57:26.005Z","is":"dropped","why":"retention","records":1,"until":1,"last":"ab","prev":"109a2e0510af1ad616d0538c33494e82e13d7d0f53443a259f4211e3c6e1e188","hash":"dbd0437fb094953668ffe1de07c5e323b3bf2f7536f30b55e1cae84ef565434a"}
        "#]].assert_eq(&text);
    }

    #[test]
    fn one_byte_changed_anywhere_shows() {
        let (line, _) = seal(&Head::default(), at(0), &sending());
        let line = line.trim_end();
        for at in 0..line.len() {
            let mut bytes = line.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(
                !open(&bytes).is_some_and(|it| it.follows(&Head::default())),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_record_of_a_later_version_is_still_a_link() {
        let body = r#"{"v":2,"seq":1,"time":"x","is":"teleported","whither":[1],"prev":"00""#;
        let line = format!("{body},\"hash\":\"{}\"}}", hex(body.as_bytes()));
        let link = open(line.as_bytes()).unwrap();
        assert!(link.is_intact);
        assert_eq!(link.event, Event::Unknown);
    }

    #[test]
    fn a_head_is_written_as_it_is_read() {
        let head = Head {
            seq: 12,
            hash: hex(b"x"),
        };
        assert_eq!(format!(" {head}\n").parse(), Ok(head));
        for text in ["", "12", "12:ab", "x:00", &format!("1:{}", "G".repeat(64))] {
            assert_eq!(text.parse::<Head>(), Err(NoHead), "{text}");
        }
    }
}
