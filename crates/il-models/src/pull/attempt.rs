//! One request for what is missing of a file, and what becomes of its answer.
//!
//! The one idea: an answer is believed in what it says about itself only as far as it fits what is known: the table, the hub's
//! announcement, what the last answer said. What does not fit begins anew or ends, and never makes a file of two.
//!
//! Deliberately absent: trying again.

use std::time::Duration;

use il_egress::{CancelToken, Header, Method, Outbound, Request, Response, Trouble};

use super::{Impossible, Progress, Puller, Wanted, name_of, partial::Partial};
use crate::{hash::is_hash, hub};

/// An answer may lead on this often.
const HOPS: usize = 3;

pub(super) struct Attempt<'a> {
    pub(super) puller: &'a Puller<'a>,
    pub(super) wanted: &'a Wanted,
    pub(super) url: &'a str,
    pub(super) cancel: &'a CancelToken,
}

/// How a request ended that was no error.
pub(super) enum Ended {
    Whole,
    /// What is here is no beginning of what is there; it was thrown away.
    Anew,
    Broke {
        trouble: Trouble,
        /// How long the hub wants us to wait.
        asked: Option<Duration>,
    },
}

/// What the hub said of the file on the way to it.
#[derive(Default)]
struct Announced {
    sha256: Option<String>,
    size: Option<u64>,
}

impl Attempt<'_> {
    pub(super) fn run(
        &self,
        partial: &mut Partial,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Ended, Impossible> {
        let mut announced = Announced::default();
        let answer = match self.ask(partial, &mut announced)? {
            Ok(answer) => answer,
            Err(trouble) => return self.broke(trouble, partial),
        };
        match answer.status {
            200 | 206 => {}
            416 if partial.have() > 0 => {
                partial.discard()?;
                return Ok(Ended::Anew);
            }
            status => return self.refused(status, &answer),
        }
        self.compare_hash(&announced)?;
        let range = answer.header("content-range").and_then(range);
        let total = match answer.status {
            206 => range.map(|it| it.1),
            _ => number(&answer, "content-length"),
        };
        let total = self.compare_size(total, announced.size)?;
        let tag = answer.header("etag").map(str::to_owned);
        if partial.have() > 0 && !continues(&answer, range, &tag, &announced, partial) {
            partial.discard()?;
            if answer.status == 206 {
                return Ok(Ended::Anew);
            }
        }
        if answer.status == 206 && range.is_none_or(|it| it.0 != partial.have()) {
            // A part that nobody asked for.
            return self.broke(Trouble::BrokeOff(self.host()), partial);
        }
        let more = total.map_or(0, |it| it.saturating_sub(partial.have()));
        self.puller.room(more)?;
        partial.learn(tag, announced.sha256, total)?;
        self.receive(answer, total, partial, tell)
    }

    /// The answer of whoever has the file.
    fn ask(
        &self,
        partial: &Partial,
        announced: &mut Announced,
    ) -> Result<Result<Response, Trouble>, Impossible> {
        let mut url = self.url.to_owned();
        for _ in 0..=HOPS {
            let request = self.request(&url, partial);
            let answer = match self.puller.transport.send(request, self.cancel) {
                Ok(answer) => answer,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let hash = answer.header("x-linked-etag").map(|it| {
                let it = it.strip_prefix("W/").unwrap_or(it);
                it.trim_matches('"').to_ascii_lowercase()
            });
            announced.sha256 = announced.sha256.take().or(hash.filter(|it| is_hash(it)));
            announced.size = announced.size.or_else(|| number(&answer, "x-linked-size"));
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(Ok(answer));
            }
            let location = answer.header("location").unwrap_or_default();
            url = hub::next(&url, location).map_err(|why| Impossible::Elsewhere {
                host: self.host(),
                why,
            })?;
        }
        Err(Impossible::Elsewhere {
            host: self.host(),
            why: "it leads on and on",
        })
    }

    fn request(&self, url: &str, partial: &Partial) -> Request {
        let plain = |text: &str| Header::Plain(text.to_owned());
        let mut headers = vec![
            ("accept", plain("*/*")),
            ("accept-encoding", plain("identity")),
        ];
        if partial.have() > 0 {
            headers.push(("range", Header::Plain(format!("bytes={}-", partial.have()))));
            // A weak tag promises no equal bytes, so it may not stand here.
            if let Some(tag) = partial.note().tag.as_ref().filter(|it| it.starts_with('"')) {
                headers.push(("if-range", Header::Plain(tag.clone())));
            }
        }
        if let Some(token) = self.puller.hub.token_for(url) {
            headers.push(("authorization", Header::Secret(token)));
        }
        Request {
            method: Method::Get,
            url: url.to_owned(),
            headers,
            body: Outbound::nothing(),
            patience: self.puller.patience,
        }
    }

    fn receive(
        &self,
        mut answer: Response,
        total: Option<u64>,
        partial: &mut Partial,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Ended, Impossible> {
        loop {
            tell(Progress {
                done: partial.have(),
                total,
                waits: None,
            });
            let piece = match answer.body.next(self.cancel) {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(trouble) => return self.broke(trouble, partial),
            };
            let after = partial.have() + piece.len() as u64;
            if let Some(total) = total.filter(|it| after > *it) {
                partial.remove();
                partial.discard()?;
                return Err(Impossible::Size {
                    host: self.host(),
                    there: after,
                    wanted: total,
                });
            }
            partial.push(&piece)?;
        }
        match total {
            Some(total) if partial.have() < total => {
                self.broke(Trouble::BrokeOff(self.host()), partial)
            }
            _ => Ok(Ended::Whole),
        }
    }

    /// What may pass is tried again; what will not, is said at once.
    fn broke(&self, trouble: Trouble, partial: &Partial) -> Result<Ended, Impossible> {
        let begun = partial.have() > 0;
        match trouble {
            Trouble::Cancelled => Err(Impossible::Cancelled {
                done: partial.have(),
            }),
            Trouble::BrokeOff(_) | Trouble::TooSlow { .. } => Ok(Ended::Broke {
                trouble,
                asked: None,
            }),
            // Who was there a moment ago may come back.
            Trouble::NothingListens(_) | Trouble::Unreachable(_) if begun => Ok(Ended::Broke {
                trouble,
                asked: None,
            }),
            trouble => Err(Impossible::Offline {
                trouble,
                id: self.wanted.id.clone(),
            }),
        }
    }

    fn refused(&self, status: u16, answer: &Response) -> Result<Ended, Impossible> {
        let (host, name) = (self.host(), name_of(&self.wanted.origin));
        let has_token = self.puller.hub.token.is_some();
        Err(match status {
            401 if has_token => Impossible::WrongToken(host),
            401 => Impossible::Token(host),
            403 => Impossible::Gated(host, name),
            404 | 410 => Impossible::NoFile(host, name),
            408 | 429 | 500.. => {
                let asked = number(answer, "retry-after").map(Duration::from_secs);
                if let Some(asked) = asked.filter(|it| *it > super::LONGEST) {
                    let seconds = asked.as_secs();
                    return Err(Impossible::Later { host, seconds });
                }
                return Ok(Ended::Broke {
                    trouble: Trouble::Other(host, format!("it answers with status {status}")),
                    asked,
                });
            }
            _ => Impossible::Status { host, status },
        })
    }

    fn compare_hash(&self, announced: &Announced) -> Result<(), Impossible> {
        match (&self.wanted.sha256, &announced.sha256) {
            (Some(wanted), Some(there)) if wanted != there => Err(Impossible::Replaced {
                host: self.host(),
                there: there.clone(),
                wanted: wanted.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The size that all agree on who name one.
    fn compare_size(
        &self,
        there: Option<u64>,
        announced: Option<u64>,
    ) -> Result<Option<u64>, Impossible> {
        let known = [self.wanted.size, announced].into_iter().flatten().next();
        for found in [announced, there].into_iter().flatten() {
            if let Some(wanted) = known.filter(|it| *it != found) {
                return Err(Impossible::Size {
                    host: self.host(),
                    there: found,
                    wanted,
                });
            }
        }
        Ok(known.or(there))
    }

    fn host(&self) -> String {
        self.puller.hub.host().to_owned()
    }
}

/// Whether an answer goes on where the beginning ends, and is of the same file.
fn continues(
    answer: &Response,
    range: Option<(u64, u64)>,
    tag: &Option<String>,
    announced: &Announced,
    partial: &Partial,
) -> bool {
    let note = partial.note();
    let same = |old: &Option<String>, new: &Option<String>| match (old, new) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    };
    // One of the two must tell that it is the same; that nothing contradicts is not enough.
    let told = (note.sha256.is_some() && announced.sha256.is_some())
        || (note.tag.is_some() && tag.is_some());
    answer.status == 206
        && range.is_some_and(|it| it.0 == partial.have())
        && told
        && same(&note.sha256, &announced.sha256)
        && (note.sha256.is_some() && announced.sha256.is_some() || same(&note.tag, tag))
}

/// `bytes 5-9/10`: where a part begins, and how long the whole is.
fn range(text: &str) -> Option<(u64, u64)> {
    let (part, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = part.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let total = total.parse().ok()?;
    (from <= to && to < total).then_some((from, total))
}

fn number(answer: &Response, name: &str) -> Option<u64> {
    answer.header(name)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_begins_and_how_long_the_whole_is() {
        assert_eq!(range("bytes 5-9/10"), Some((5, 10)));
        for none in [
            "",
            "bytes */10",
            "bytes 5-9/*",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "5-9/10",
        ] {
            assert_eq!(range(none), None, "{none}");
        }
    }
}
