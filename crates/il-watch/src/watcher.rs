//! The watcher: tells which admitted files changed or went, in batches, until it is dropped.
//!
//! It keeps the stamps of everything admitted. Whatever the system reports (a save, a directory moved in,
//! an overflowed queue, a changed `.gitignore`) only says *where to look*; what changed is always found by
//! walking there and comparing stamps. So a lost or doubled event costs a look, never a wrong answer.
//!
//! On Linux one watch is set per admitted directory (never inside `target/` or `node_modules/`); elsewhere
//! one recursive watch does. When the system has no watches left, the tree is looked at from time to time
//! instead, and an event says so.
//!
//! Deliberately absent: contents, and any promise that two saves within a batch are both seen.

mod backend;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use self::backend::{Backend, Refusal};
use crate::{
    debounce::Debounce,
    scan::{self, File, OWN_IGNORE_FILE, Options, Scan, Stamp},
};

/// From this many places on, one full look is cheaper than many narrow ones.
const MANY: usize = 512;

/// What the watcher has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Every change from now on will be seen. `Changed` may come before it: what happened between the
    /// caller's scan and this moment.
    Ready { directories: usize },
    /// Admitted files that are new or different, and paths that are gone or no longer admitted.
    Changed {
        changed: Vec<File>,
        removed: Vec<String>,
    },
    /// Changes will be found later than usual; the text says why and what helps.
    Degraded { why: String },
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// A few files that were saved are told after this long.
    pub quick: Duration,
    /// A batch is told after this much quiet…
    pub quiet: Duration,
    /// …or when its first change is this old.
    pub longest: Duration,
    /// How often to look when the system cannot tell.
    pub poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            quick: Duration::from_millis(30),
            quiet: Duration::from_millis(200),
            longest: Duration::from_secs(2),
            poll: Duration::from_secs(30),
        }
    }
}

/// A running watcher. Dropping it stops it; a batch that is already on its way may still arrive.
pub struct Watcher {
    messages: Sender<Message>,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

enum Message {
    System(notify::Result<notify::Event>),
    LookAt(Vec<PathBuf>),
    Rescan,
    Stop,
}

impl Watcher {
    /// Watches `root`, of which `known` was admitted by a scan with the same `options`. `on_event` is
    /// called on the watcher's own thread.
    pub fn start(
        root: PathBuf,
        options: Options,
        known: &[File],
        timing: Timing,
        on_event: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        let (messages, inbox) = mpsc::channel();
        let known = known
            .iter()
            .map(|file| (file.path.clone(), file.stamp))
            .collect();
        let from_system = messages.clone();
        thread::Builder::new().name("watch".into()).spawn(move || {
            let backend = backend::system(move |event| {
                // The receiver is gone only when the watcher was dropped: nobody wants this event.
                let _ = from_system.send(Message::System(event));
            });
            Observer::new(root, options, known, timing, Box::new(on_event)).run(backend, &inbox);
        })?;
        Ok(Self { messages })
    }

    /// Looks at these paths soon: for editors that say what they saved. Paths outside the root are ignored.
    pub fn look_at(&self, paths: &[PathBuf]) {
        let _ = self.messages.send(Message::LookAt(paths.to_vec()));
    }

    /// Looks at the whole tree soon: for editors that say when their window gets the focus.
    pub fn rescan(&self) {
        let _ = self.messages.send(Message::Rescan);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
    }
}

/// What is known of the tree, and what is to be looked at next. Runs on the watcher's thread.
struct Observer {
    root: PathBuf,
    options: Options,
    known: BTreeMap<String, Stamp>,
    directories: BTreeSet<String>,
    debounce: Debounce,
    poll_every: Duration,
    /// Set while the system cannot tell us everything.
    next_poll: Option<Instant>,
    on_event: Box<dyn FnMut(Event) + Send>,
}

impl Observer {
    fn new(
        root: PathBuf,
        options: Options,
        known: BTreeMap<String, Stamp>,
        timing: Timing,
        on_event: Box<dyn FnMut(Event) + Send>,
    ) -> Self {
        Self {
            root,
            options,
            known,
            directories: BTreeSet::new(),
            debounce: Debounce::new(timing.quick, timing.quiet, timing.longest),
            poll_every: timing.poll,
            next_poll: None,
            on_event,
        }
    }

    fn run(mut self, backend: Result<Box<dyn Backend>, Refusal>, inbox: &Receiver<Message>) {
        let mut backend = self.begin(backend);
        loop {
            let message = match self.next_turn() {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::System(event)) => self.note(Instant::now(), event),
                Ok(Message::LookAt(paths)) => {
                    let now = Instant::now();
                    paths.iter().for_each(|path| self.look_at_soon(now, path));
                }
                Ok(Message::Rescan) => self.look_everywhere_soon(Instant::now()),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.turn(Instant::now(), &mut *backend);
        }
    }

    /// Sets the watches, then looks once more: what changed in between is not lost.
    fn begin(&mut self, backend: Result<Box<dyn Backend>, Refusal>) -> Box<dyn Backend> {
        let mut backend = backend.unwrap_or_else(|refusal| {
            self.degrade(&refusal.to_string());
            Box::new(backend::Blind)
        });
        let seen = scan::scan(&self.root, &self.options);
        self.watch(&seen.directories, &mut *backend);
        self.directories.extend(seen.directories);
        self.look_everywhere(Instant::now(), &mut *backend);
        (self.on_event)(Event::Ready {
            directories: self.directories.len(),
        });
        backend
    }

    fn next_turn(&self) -> Option<Instant> {
        self.debounce.due().into_iter().chain(self.next_poll).min()
    }

    /// Does what is due at `now`.
    fn turn(&mut self, now: Instant, backend: &mut dyn Backend) {
        if self.next_poll.is_some_and(|at| at <= now) {
            self.debounce.clear();
            self.look_everywhere(now, backend);
            // On a huge tree looking takes long; then look less often, never more than 2 % of the time.
            let took = now.elapsed();
            self.next_poll = Some(Instant::now() + self.poll_every.max(took * 50));
        }
        if let Some(paths) = self.debounce.take(now) {
            let paths = if paths.len() > MANY || paths.iter().any(|path| changes_rules(path)) {
                BTreeSet::from([self.root.clone()])
            } else {
                paths
            };
            self.look(now, &paths, backend);
        }
    }

    fn look_everywhere(&mut self, now: Instant, backend: &mut dyn Backend) {
        let everywhere = BTreeSet::from([self.root.clone()]);
        self.look(now, &everywhere, backend);
    }

    fn look_everywhere_soon(&mut self, now: Instant) {
        self.debounce.push(now, self.root.clone());
    }

    /// Takes in one report of the system: where to look.
    fn note(&mut self, now: Instant, event: notify::Result<notify::Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
                    self.degrade(&Refusal::Limit.to_string());
                }
                return self.look_everywhere_soon(now);
            }
        };
        if event.need_rescan() {
            return self.look_everywhere_soon(now);
        }
        if event.kind.is_access() {
            return;
        }
        for path in event.paths {
            self.look_at_soon(now, &path);
        }
    }

    fn look_at_soon(&mut self, now: Instant, path: &Path) {
        if let Some(place) = self.place_of(path) {
            self.debounce.push(now, place);
        }
    }

    /// Where to look for `path`: itself, or the highest directory above it that is not admitted (yet), so
    /// that a build that writes ten thousand files into an ignored directory is one place, not ten thousand.
    fn place_of(&self, path: &Path) -> Option<PathBuf> {
        let inside = path.strip_prefix(&self.root).ok()?;
        let mut place = String::new();
        for part in inside {
            let part = part.to_str()?;
            if part.starts_with('.') && !changes_rules(path) {
                return None;
            }
            if !place.is_empty() {
                place.push('/');
            }
            place.push_str(part);
            if !self.directories.contains(&place) {
                break;
            }
        }
        Some(self.root.join(place))
    }

    /// Compares what is at `places` with what is known, and tells the difference.
    fn look(&mut self, now: Instant, places: &BTreeSet<PathBuf>, backend: &mut dyn Backend) {
        let seen = if places.contains(&self.root) {
            scan::scan(&self.root, &self.options)
        } else {
            scan::look_at(&self.root, &self.options, places.clone())
        };
        let removed = self.gone(&seen, places);
        let changed = seen
            .files
            .iter()
            .filter(|file| self.known.get(&file.path) != Some(&file.stamp))
            .cloned()
            .collect();
        for new in self.take_directories(seen.directories, places, backend) {
            // Files may have come between our look and the watch: look once more.
            self.debounce.push(now, self.root.join(new));
        }
        self.tell(changed, removed);
    }

    /// Known files within the places looked at that were not there. What lies below something that could
    /// not be read is kept: a network drive that hiccups must not empty the model.
    fn gone(&self, seen: &Scan, places: &BTreeSet<PathBuf>) -> Vec<String> {
        let there: BTreeSet<&str> = seen.files.iter().map(|file| file.path.as_str()).collect();
        let root = self.root.to_string_lossy();
        let unreadable = |path: &str| {
            seen.problems
                .iter()
                .any(|problem| problem.path == root || Path::new(path).starts_with(&problem.path))
        };
        self.known
            .keys()
            .filter(|path| !there.contains(path.as_str()))
            .filter(|path| self.covers(places, path) && !unreadable(path))
            .cloned()
            .collect()
    }

    /// Replaces what is known of the directories within `places`, and watches those that are there: also
    /// known ones, since a directory that was moved away and made anew lost its watch. Gives the new ones.
    fn take_directories(
        &mut self,
        seen: Vec<String>,
        places: &BTreeSet<PathBuf>,
        backend: &mut dyn Backend,
    ) -> Vec<String> {
        let mut directories = std::mem::take(&mut self.directories);
        let within: Vec<String> = seen
            .iter()
            .filter(|directory| self.covers(places, directory))
            .cloned()
            .collect();
        let new = seen
            .iter()
            .filter(|directory| !directories.contains(*directory))
            .cloned()
            .collect();
        directories.retain(|directory| !self.covers(places, directory));
        directories.extend(seen);
        self.directories = directories;
        self.watch(&within, backend);
        new
    }

    /// Whether `path` is one of `places` or lies below one.
    fn covers(&self, places: &BTreeSet<PathBuf>, path: &str) -> bool {
        self.root
            .join(path)
            .ancestors()
            .any(|above| places.contains(above))
    }

    fn tell(&mut self, changed: Vec<File>, removed: Vec<String>) {
        if changed.is_empty() && removed.is_empty() {
            return;
        }
        for file in &changed {
            self.known.insert(file.path.clone(), file.stamp);
        }
        for path in &removed {
            self.known.remove(path);
        }
        (self.on_event)(Event::Changed { changed, removed });
    }

    /// Asks for the directories to be watched; setting a watch twice is harmless.
    fn watch(&mut self, directories: &[String], backend: &mut dyn Backend) {
        let directories = if backend.recursive() {
            directories
                .iter()
                .filter(|dir| dir.is_empty())
                .collect::<Vec<_>>()
        } else {
            directories.iter().collect()
        };
        for (n, directory) in directories.iter().enumerate() {
            match backend.watch(&self.root.join(directory)) {
                Ok(()) | Err(Refusal::Gone) => {}
                Err(refusal) => {
                    let all = directories.len();
                    let why = format!("{refusal}; {n} of {all} directories are watched");
                    return self.degrade(&why);
                }
            }
        }
    }

    /// From now on the tree is looked at from time to time as well. Said once.
    fn degrade(&mut self, why: &str) {
        if self.next_poll.is_none() {
            self.next_poll = Some(Instant::now() + self.poll_every);
            let every = self.poll_every.as_secs_f32();
            let why = format!("{why}; the tree is looked at every {every} s instead");
            (self.on_event)(Event::Degraded { why });
        }
    }
}

/// Whether a change of this file may change which files are admitted.
fn changes_rules(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == ".gitignore" || name == ".ignore" || name == OWN_IGNORE_FILE)
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`expect![…]` reads best as a plain argument"
)]
mod tests;
