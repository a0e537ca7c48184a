//! Fetching a model from a hub, to its end.
//!
//! The one idea: a download is a file that grows. Whatever breaks, what has arrived stays, the next request asks for the rest
//! of the same file, and only a file that is whole and has the right hash gets its name.
//!
//! Deliberately absent: several connections for one file, and asking about a licence, which whoever calls has done.

mod attempt;
mod partial;

use std::{path::PathBuf, time::Duration};

use il_egress::{CancelToken, Patience, Transport, Trouble};

use crate::{
    gguf::{Strange, inspect},
    hash::Checked,
    hub::Hub,
    manifest::{Manifest, Origin},
    store::{Installed, Store, Unusable},
    table::Model,
    waiter::Waiter,
};
use attempt::{Attempt, Ended};
use partial::Partial;

/// What is to be fetched.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is called here.
    pub id: String,
    pub origin: Origin,
    /// Bytes, if they are known exactly.
    pub size: Option<u64>,
    pub sha256: Option<String>,
    pub licence: Option<String>,
}

impl From<&Model> for Wanted {
    fn from(model: &Model) -> Self {
        Self {
            id: model.id.clone(),
            origin: model.origin.clone(),
            size: model.is_exact.then_some(model.size),
            sha256: model.sha256.clone(),
            licence: Some(model.licence.name.clone()),
        }
    }
}

/// How a model is fetched.
#[derive(Clone, Copy)]
pub struct Puller<'a> {
    pub transport: &'a dyn Transport,
    pub hub: &'a Hub,
    pub store: &'a Store,
    pub waiter: &'a dyn Waiter,
    pub patience: Patience,
    /// How often it is tried without getting further.
    pub tries: u32,
    /// Today's date, for the manifest.
    pub today: &'a str,
    /// Bytes that are free on the disk, if it is known.
    pub free: Option<u64>,
}

impl std::fmt::Debug for Puller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Puller")
            .field("hub", &self.hub)
            .field("store", &self.store)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: Option<u64>,
    /// Nothing comes at the moment; it is tried again after this.
    pub waits: Option<Duration>,
}

/// A model that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    pub installed: Installed,
    /// Bytes that came over the wire this time.
    pub fetched: u64,
    /// Nothing had to be fetched.
    pub was_here: bool,
}

/// Why a model does not come.
#[derive(Debug, thiserror::Error)]
pub enum Impossible {
    #[error(transparent)]
    Store(#[from] Unusable),
    #[error("`{0}` is no file of a hub: it is written `OWNER/REPOSITORY/FILE.gguf`")]
    Origin(String),
    #[error(
        "{trouble}; name a mirror with `INTERLINE_HUB`, or bring the file here another way and take it in with \
         `interline models add FILE --as {id}`"
    )]
    Offline { trouble: Trouble, id: String },
    #[error(
        "`{0}` gives this model only to those it knows: accept its terms there, and set `HF_TOKEN`"
    )]
    Token(String),
    #[error("`{0}` does not accept the token in `HF_TOKEN`: make another one there")]
    WrongToken(String),
    #[error("`{0}` does not give out `{1}`: its terms have to be accepted there first")]
    Gated(String, String),
    #[error("`{0}` has no file `{1}`: look at what is there, or pull another model")]
    NoFile(String, String),
    #[error(
        "`{host}` answers with status {status}: try again later, or name a mirror with `INTERLINE_HUB`"
    )]
    Status { host: String, status: u16 },
    #[error("`{host}` asks to wait for {seconds} s: try again then")]
    Later { host: String, seconds: u64 },
    #[error("`{host}` sends us on to where we do not go: {why}")]
    Elsewhere { host: String, why: &'static str },
    #[error(
        "`{host}` has another file under this name: its hash is `{there}`, and it should be `{wanted}`"
    )]
    Replaced {
        host: String,
        there: String,
        wanted: String,
    },
    #[error("`{host}` says that the file has {there} bytes, and it should have {wanted}")]
    Size {
        host: String,
        there: u64,
        wanted: u64,
    },
    #[error(
        "what came from `{host}` is damaged: its hash is `{found}`, and it should be `{wanted}`; it was thrown away"
    )]
    Damaged {
        host: String,
        found: String,
        wanted: String,
    },
    #[error("what came from `{host}` is no model: {why}; it was thrown away")]
    NoModel { host: String, why: Strange },
    #[error(
        "`{folder}` has {free} bytes free, and {needed} are needed: make room, or set `INTERLINE_MODELS_DIR`"
    )]
    NoSpace {
        folder: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error(
        "the download broke off after {done} bytes ({trouble}): the same command goes on from there"
    )]
    BrokeOff { done: u64, trouble: Trouble },
    #[error("cancelled after {done} bytes: the same command goes on from there")]
    Cancelled { done: u64 },
}

/// Free space that a download leaves alone.
const SPARE: u64 = 64 << 20;
/// The longest that a hub may ask for.
const LONGEST: Duration = Duration::from_secs(60);
/// A download that gets on may be interrupted this often.
const MOST: u32 = 100;

impl Puller<'_> {
    /// Fetches a model, or what is missing of it. `tell` hears of every piece.
    pub fn pull(
        &self,
        wanted: &Wanted,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Pulled, Impossible> {
        if let Ok(installed) = self.store.find(&wanted.id) {
            return already_here(installed, wanted);
        }
        let url = self.hub.url(&wanted.origin);
        let url = url.ok_or_else(|| Impossible::Origin(name_of(&wanted.origin)))?;
        let _held = self.store.hold(&wanted.id)?;
        let mut partial = Partial::open(self.store, wanted, cancel)?;
        let pulled = self.fetch(wanted, &url, &mut partial, cancel, tell);
        if pulled.is_err() && partial.have() == 0 {
            partial.remove();
        }
        pulled
    }

    fn fetch(
        &self,
        wanted: &Wanted,
        url: &str,
        partial: &mut Partial,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Pulled, Impossible> {
        let mut fetched = 0;
        loop {
            let resumed = partial.have();
            fetched += self.fetch_all(wanted, url, partial, cancel, tell)?;
            match self.finish(partial, wanted)? {
                Some(installed) => {
                    return Ok(Pulled {
                        installed,
                        fetched,
                        was_here: false,
                    });
                }
                // What was on the disk may be what is damaged: once more, from the beginning.
                None if resumed > 0 => partial.discard()?,
                None => return Err(self.damaged(partial, wanted)),
            }
        }
    }

    /// Asks until all bytes are there; tells how many came.
    fn fetch_all(
        &self,
        wanted: &Wanted,
        url: &str,
        partial: &mut Partial,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, Impossible> {
        let attempt = Attempt {
            puller: self,
            wanted,
            url,
            cancel,
        };
        let (mut fetched, mut idle) = (0, 0);
        let mut furthest = partial.have();
        for _ in 0..MOST {
            if partial.is_whole() {
                return Ok(fetched);
            }
            let before = partial.received();
            let ended = attempt.run(partial, tell)?;
            fetched += partial.received() - before;
            // What is only fetched again is no progress.
            idle = if partial.have() > furthest {
                0
            } else {
                idle + 1
            };
            furthest = furthest.max(partial.have());
            let (trouble, asked) = match ended {
                Ended::Whole => return Ok(fetched),
                Ended::Anew => continue,
                Ended::Broke { trouble, asked } => (trouble, asked),
            };
            if idle >= self.tries || cancel.is_cancelled() {
                return Err(self.gives_up(trouble, partial, wanted));
            }
            let pause = self.pause(idle, asked)?;
            tell(Progress {
                done: partial.have(),
                total: partial.total(),
                waits: Some(pause),
            });
            self.waiter.wait(pause, cancel);
            if cancel.is_cancelled() {
                return Err(Impossible::Cancelled {
                    done: partial.have(),
                });
            }
        }
        let host = self.hub.host().to_owned();
        Err(self.gives_up(Trouble::BrokeOff(host), partial, wanted))
    }

    fn gives_up(&self, trouble: Trouble, partial: &Partial, wanted: &Wanted) -> Impossible {
        let done = partial.have();
        match trouble {
            Trouble::Cancelled => Impossible::Cancelled { done },
            trouble if done == 0 => Impossible::Offline {
                trouble,
                id: wanted.id.clone(),
            },
            trouble => Impossible::BrokeOff { done, trouble },
        }
    }

    /// Twice as long each time, and by chance up to half of it less, so that not everybody comes back at once.
    fn pause(&self, idle: u32, asked: Option<Duration>) -> Result<Duration, Impossible> {
        match asked {
            Some(asked) if asked > LONGEST => Err(Impossible::Later {
                host: self.hub.host().to_owned(),
                seconds: asked.as_secs(),
            }),
            Some(asked) => Ok(asked),
            None => {
                let doubled = Duration::from_millis(500 << idle.min(6));
                Ok(doubled
                    .min(LONGEST)
                    .mul_f64(1.0 - self.waiter.chance() / 2.0))
            }
        }
    }

    /// Compares what came with what should have; nothing if it is another thing.
    fn finish(&self, partial: &Partial, wanted: &Wanted) -> Result<Option<Installed>, Impossible> {
        let found = partial.hash();
        let (right, checked) = match (&wanted.sha256, partial.announced()) {
            (Some(known), _) => (known, Checked::Table),
            (None, Some(announced)) => (announced, Checked::Hub),
            (None, None) => (&found, Checked::Nothing),
        };
        if *right != found {
            return Ok(None);
        }
        if let Err(why) = inspect(partial.path()) {
            let host = self.hub.host().to_owned();
            partial.remove();
            return Err(Impossible::NoModel { host, why });
        }
        let manifest = Manifest {
            id: wanted.id.clone(),
            file: format!("{}.gguf", wanted.id),
            origin: wanted.origin.clone(),
            size: partial.have(),
            sha256: found,
            checked,
            since: self.today.to_owned(),
            licence: wanted.licence.clone(),
        };
        let installed = self.store.settle(partial.path(), manifest)?;
        partial.remove();
        Ok(Some(installed))
    }

    fn damaged(&self, partial: &Partial, wanted: &Wanted) -> Impossible {
        let announced = partial.announced().cloned();
        let right = wanted.sha256.clone().or(announced);
        let found = partial.hash();
        partial.remove();
        Impossible::Damaged {
            host: self.hub.host().to_owned(),
            found,
            wanted: right.unwrap_or_default(),
        }
    }

    /// Whether the disk has room for `more` bytes.
    fn room(&self, more: u64) -> Result<(), Impossible> {
        let needed = more.saturating_add(SPARE);
        match self.free {
            Some(free) if free < needed => Err(Impossible::NoSpace {
                folder: self.store.folder().to_owned(),
                needed,
                free,
            }),
            _ => Ok(()),
        }
    }
}

/// What is here under the name is what is wanted, or in its way.
fn already_here(installed: Installed, wanted: &Wanted) -> Result<Pulled, Impossible> {
    let manifest = &installed.manifest;
    let same = match &wanted.sha256 {
        Some(hash) => *hash == manifest.sha256,
        None => wanted.origin == manifest.origin,
    };
    if !same {
        return Err(Unusable::Taken(wanted.id.clone()).into());
    }
    Ok(Pulled {
        installed,
        fetched: 0,
        was_here: true,
    })
}

fn name_of(origin: &Origin) -> String {
    match origin {
        Origin::Hub { repo, file, .. } => format!("{repo}/{file}"),
        Origin::Path(path) => path.clone(),
    }
}

#[cfg(test)]
mod tests;
