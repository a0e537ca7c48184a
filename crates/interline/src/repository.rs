//! Repositories on disk: the façade's port that scans, loads or learns, saves and keeps up to date.
//!
//! The one idea: a saved model plus the stamps of what it was learnt from make every start the same. Load what
//! is there, look at what differs, learn only that. A first start and a damaged cache differ from any other
//! in how much differs.
//!
//! Nothing about the cache can fail a command: what cannot be read is learnt again, what cannot be written
//! is said once and left.

pub(crate) mod cache;
mod facts;
pub(crate) mod index;
pub(crate) mod model;
pub(crate) mod policy;
pub(crate) mod retriever;
pub(crate) mod root;
pub(crate) mod tree;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use il_assist::{CancelToken, Engine, OpenError, Progress, Repositories, Screen, Stage};
use il_privacy::Level;
use il_watch::{Event, File, Reason, Scan, Stamp, Timing, Watcher};

pub(crate) use self::facts::{Facts, How};
use self::{
    cache::{Saved, Unusable},
    index::keeper::Keeper,
    model::Model,
    policy::Protection,
    retriever::IndexRetriever,
};
use crate::{
    engines::{Engines, Guarded, Patience, Subject, Wanted},
    screening::Screening,
    terminal,
};

/// From this many changed files on it is quicker to learn everything again than one after another: in a
/// repository of a million tokens a changed file costs about a twentieth of learning all.
const MANY: usize = 16;
/// After this many changes what was learnt is saved while we run; otherwise at the end.
const SAVE_AFTER: usize = 500;

/// Whether repositories are kept up to date while they are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Asked once: what changes afterwards does not matter.
    Once,
    /// Open for long: changes on disk are learnt.
    Watching,
}

/// What an engine knows beside the file that it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learn {
    /// The files of its repository.
    Repository,
    /// Nothing.
    Nothing,
}

/// The repositories that are open, by root.
pub(crate) struct WorkingTrees {
    mode: Mode,
    learn: Learn,
    engines: Engines,
    screening: Screening,
    open: Mutex<HashMap<PathBuf, Slot>>,
    blank: Mutex<Option<Arc<Model>>>,
}

/// Empty until it is open.
type SharedIndex = Arc<OnceLock<Arc<il_index::Index>>>;

/// Locked while its repository is being opened, so that two who ask for one root share the work.
type Slot = Arc<Mutex<Option<WorkingTree>>>;

/// One open repository. Dropping the watcher stops it, and so does dropping the keeper.
struct WorkingTree {
    learnt: Arc<Learnt>,
    /// Who answers: what was learnt, and the models above it.
    engine: Arc<dyn Engine>,
    facts: Facts,
    watcher: Option<Watcher>,
    keeper: Option<Arc<Keeper>>,
}

impl WorkingTrees {
    pub(crate) fn new(mode: Mode, learn: Learn, wanted: Wanted) -> Self {
        let patience = match mode {
            Mode::Once => Patience::Wait,
            Mode::Watching => Patience::GoOn,
        };
        Self {
            mode,
            screening: Screening::new(mode),
            learn,
            engines: Engines::new(wanted, patience),
            open: Mutex::default(),
            blank: Mutex::default(),
        }
    }

    /// What the engine of an open repository knows.
    pub(crate) fn facts(&self, root: &Path) -> Option<Facts> {
        let slot = Arc::clone(lock(&self.open).get(root)?);
        let tree = lock(&slot);
        let tree = tree.as_ref()?;
        Some(tree.facts.now(&tree.learnt))
    }

    /// Saves what was learnt and indexed and not yet saved. For the end of a long run: the indexes are not kept any longer.
    pub(crate) fn save(&self) {
        let slots: Vec<Slot> = lock(&self.open).values().cloned().collect();
        for slot in slots {
            if let Some(tree) = &*lock(&slot) {
                tree.learnt.save_if(1);
                if let Some(keeper) = &tree.keeper {
                    keeper.stop();
                }
            }
        }
        self.engines.stop();
    }

    fn blank(&self) -> Arc<Model> {
        Arc::clone(lock(&self.blank).get_or_insert_with(|| Arc::new(model::blank())))
    }

    fn open_tree(
        &self,
        root: &Path,
        progress: &dyn Fn(Progress),
        cancel: &CancelToken,
    ) -> Result<WorkingTree, OpenError> {
        // Made here, where nobody types: rules are compiled and references read.
        self.screening.of(Some(root));
        let is_everything = root::is_everything(root);
        if is_everything && self.learn == Learn::Repository {
            let shown = root.display();
            tracing::warn!(
                "`{shown}` is no repository but all there is: nothing is learnt from it"
            );
        }
        let protection = policy::of(root);
        if let Some(why) = protection.policy.trouble() {
            let shown = root.display();
            tracing::warn!("everything in `{shown}` is blocked: {why}");
        }
        if is_everything || self.learn == Learn::Nothing {
            let blank = self.blank();
            let learnt = Learnt::new(root, blank, BTreeMap::new(), None, protection);
            let learnt = Arc::new(learnt);
            return Ok(WorkingTree {
                engine: self.engine(root, &learnt, None),
                learnt,
                facts: Facts::nothing(),
                watcher: None,
                keeper: None,
            });
        }
        let (learnt, facts, files) = open(root, protection, progress, cancel)?;
        let mut index = None;
        let (keeper, watcher) = match self.mode {
            Mode::Once => {
                if self.engines.has_models(root) {
                    index = once(root, &files, cancel);
                }
                (None, None)
            }
            Mode::Watching => {
                let keeper = Keeper::start(root, &files).map(Arc::new);
                let watcher = watch(&learnt, keeper.clone(), &files);
                index = keeper.as_ref().map(|it| it.index());
                (keeper, watcher)
            }
        };
        Ok(WorkingTree {
            engine: self.engine(root, &learnt, index),
            learnt,
            facts,
            watcher,
            keeper,
        })
    }
}

/// The index of a tree, as it is now.
fn once(root: &Path, files: &[File], cancel: &CancelToken) -> Option<SharedIndex> {
    match index::open_fresh(root, files, &|_| {}, cancel) {
        Ok(opened) => Some(Arc::new(OnceLock::from(opened.index))),
        Err(why) => {
            tracing::warn!("nothing of the repository is shown to models: {why:#}");
            None
        }
    }
}

impl WorkingTrees {
    /// The models above what was learnt.
    fn engine(&self, root: &Path, learnt: &Learnt, index: Option<SharedIndex>) -> Arc<dyn Engine> {
        let retriever = index.map(|it| {
            Arc::new(match (self.mode, it.get()) {
                (Mode::Once, Some(open)) => IndexRetriever::new(root, &learnt.protection, open),
                _ => IndexRetriever::when_open(root, &learnt.protection, it),
            }) as _
        });
        self.engines.ladder(Subject {
            root,
            repo: Arc::clone(&learnt.model) as _,
            retriever,
            policy: Arc::clone(&learnt.protection.policy),
        })
    }
}

impl Repositories for WorkingTrees {
    fn open(
        &self,
        root: &Path,
        progress: &dyn Fn(Progress),
        cancel: &CancelToken,
    ) -> Result<Arc<dyn Engine>, OpenError> {
        let slot = Arc::clone(lock(&self.open).entry(root.to_path_buf()).or_default());
        let mut tree = lock(&slot);
        let tree = match &mut *tree {
            Some(tree) => tree,
            empty => empty.insert(self.open_tree(root, progress, cancel)?),
        };
        Ok(Arc::clone(&tree.engine))
    }

    fn fallback(&self) -> Option<Arc<dyn Engine>> {
        let policy = Arc::new(policy::of_nothing());
        Some(Arc::new(Guarded::new(self.blank() as _, policy)))
    }

    fn root_of(&self, file: &Path) -> Option<PathBuf> {
        let root = root::find(file.parent()?);
        (!root::is_everything(&root)).then_some(root)
    }

    fn screen(&self, root: Option<&Path>) -> Arc<dyn Screen> {
        self.screening.of(root)
    }

    fn changed_on_disk(&self, root: &Path, paths: &[PathBuf]) {
        let Some(slot) = lock(&self.open).get(root).cloned() else {
            return;
        };
        if let Some(watcher) = lock(&slot).as_ref().and_then(|tree| tree.watcher.as_ref()) {
            watcher.look_at(paths);
        }
    }
}

/// A model with the stamps of what it was learnt from, and where both are saved.
pub(crate) struct Learnt {
    root: PathBuf,
    protection: Protection,
    model: Arc<Model>,
    files: Mutex<BTreeMap<String, Stamp>>,
    cache: Option<PathBuf>,
    unsaved: AtomicUsize,
    /// Held while it is being saved: the watcher and the end of the program may want to at once.
    saving: Mutex<()>,
    warned: AtomicBool,
}

impl Learnt {
    fn new(
        root: &Path,
        model: Arc<Model>,
        files: BTreeMap<String, Stamp>,
        cache: Option<PathBuf>,
        protection: Protection,
    ) -> Self {
        Self {
            root: root.to_path_buf(),
            protection,
            model,
            files: Mutex::new(files),
            cache,
            unsaved: AtomicUsize::new(0),
            saving: Mutex::new(()),
            warned: AtomicBool::new(false),
        }
    }

    /// Learns what is now in `changed`, forgets `removed`.
    fn update(&self, changed: &[File], removed: &[String]) {
        {
            let mut files = lock(&self.files);
            files.extend(changed.iter().map(|file| (file.path.clone(), file.stamp)));
            files.retain(|path, _| !removed.contains(path));
        }
        // Of a file that went its words stay for a while. One that may not be known any more is to leave nothing.
        let policy = &self.protection.policy;
        let is_private = |path: &String| policy.level(path) == Level::Blocked;
        let is_small = changed.len() + removed.len() < MANY && !removed.iter().any(is_private);
        if is_small {
            for file in changed {
                let text = tree::read(&self.root, &file.path);
                self.model.file_changed(&file.path, text.as_deref());
            }
            for path in removed {
                self.model.file_changed(path, None);
            }
        } else if let Err(error) = self.learn_again() {
            tracing::warn!(%error, "cannot learn what changed");
        }
        self.unsaved
            .fetch_add(changed.len() + removed.len(), Ordering::Relaxed);
    }

    /// Learns everything anew; questions are answered from what was known until it is done.
    fn learn_again(&self) -> Result<(), OpenError> {
        let files: Vec<File> = lock(&self.files)
            .iter()
            .map(|(path, stamp)| File {
                path: path.clone(),
                stamp: *stamp,
            })
            .collect();
        model::learn(
            &self.model,
            &self.root,
            &files,
            &|_| {},
            &CancelToken::new(),
        )?;
        Ok(())
    }

    /// Saves if there are at least this many unsaved changes.
    fn save_if(&self, at_least: usize) {
        if self.unsaved.load(Ordering::Relaxed) >= at_least {
            self.unsaved.store(0, Ordering::Relaxed);
            self.save();
        }
    }

    fn save(&self) {
        let Some(cache) = &self.cache else { return };
        let _saving = lock(&self.saving);
        // The stamps first: a file that is learnt in between is learnt once more, not missed.
        let files = lock(&self.files).clone();
        let saved = Saved {
            mask: self.protection.mask.key(),
            files,
            model: model::to_bytes(&self.model),
        };
        let started = Instant::now();
        let identity = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        match cache::write(cache, &identity, &saved) {
            Ok(bytes) => {
                tracing::debug!(bytes, took = ?started.elapsed(), "saved what was learnt");
            }
            Err(error) => self.warn_once(&format!(
                "cannot save what was learnt to `{}`: {error}; it will be learnt again next time",
                cache.display()
            )),
        }
    }

    fn warn_once(&self, line: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            terminal::warning(line);
        }
    }
}

/// Loads what is saved and learns what differs, or learns everything. Gives the files that may be indexed, too.
fn open(
    root: &Path,
    protection: Protection,
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> Result<(Arc<Learnt>, Facts, Vec<File>), OpenError> {
    let started = Instant::now();
    progress(Progress {
        stage: Stage::Scan,
        done: 0,
        total: 0,
    });
    let scan = tree::scan_within(root, &protection.policy);
    check_root(root, &scan)?;
    let indexed = scan.files.clone();
    let scan = tree::learnable(scan);
    say_what_is_over(root, &scan);
    stop_if(cancel)?;

    let identity = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let cache = match cache::directory() {
        Ok(directory) => Some(cache::file_of(&directory, &identity)),
        Err(why) => {
            terminal::warning(&format!("what is learnt is not kept: {why}"));
            None
        }
    };
    let loaded = cache
        .as_deref()
        .and_then(|cache| load(cache, &identity, &protection, progress));
    let differences = loaded
        .as_ref()
        .map(|(_, files)| Differences::between(files, &scan));
    let (learnt, how) = match (loaded, differences) {
        (Some((model, files)), Some(differences)) if differences.count() < MANY => {
            let learnt = Learnt::new(root, model, files, cache, protection);
            let how = bring_up_to_date(&learnt, &differences, progress, cancel)?;
            (learnt, how)
        }
        _ => {
            let learnt = learn(root, &scan, cache, protection, progress, cancel)?;
            (learnt, How::Learnt)
        }
    };
    stop_if(cancel)?;
    progress(Progress {
        stage: Stage::Save,
        done: 0,
        total: 0,
    });
    learnt.save_if(1);
    let facts = Facts::new(&scan, how, started.elapsed(), learnt.cache.clone());
    Ok((Arc::new(learnt), facts, indexed))
}

fn check_root(root: &Path, scan: &Scan) -> Result<(), OpenError> {
    if scan.directories.is_empty() {
        let what = scan
            .problems
            .first()
            .map_or("it is not a directory", |problem| &problem.what);
        return Err(OpenError::Failed(format!(
            "cannot open the repository `{}`: {what}",
            root.display()
        )));
    }
    Ok(())
}

fn say_what_is_over(root: &Path, scan: &Scan) {
    let over = scan
        .skipped
        .iter()
        .filter(|it| it.reason == Reason::OverBudget)
        .count();
    if over > 0 {
        tracing::info!(
            "`{}` is large: {over} files that were not touched lately are not learnt",
            root.display()
        );
    }
}

fn stop_if(cancel: &CancelToken) -> Result<(), OpenError> {
    if cancel.is_cancelled() {
        Err(OpenError::Cancelled)
    } else {
        Ok(())
    }
}

/// The saved model and what it was learnt from; `None`, with a word where it is news, when there is none.
fn load(
    cache: &Path,
    root: &Path,
    protection: &Protection,
    progress: &dyn Fn(Progress),
) -> Option<(Arc<Model>, BTreeMap<String, Stamp>)> {
    progress(Progress {
        stage: Stage::Load,
        done: 0,
        total: 0,
    });
    let loaded = cache::read(cache, root).and_then(|saved| {
        let model = model::from_bytes(&saved.model, protection)?;
        if saved.mask != protection.mask.key() || model.holds_private() {
            return Err(Unusable::Foreign);
        }
        Ok((Arc::new(model), saved.files))
    });
    match loaded {
        Ok(loaded) => Some(loaded),
        Err(Unusable::Absent) => None,
        Err(why @ Unusable::Foreign) => {
            tracing::info!(%why, "learning again");
            None
        }
        Err(why) => {
            let cache = cache.display();
            terminal::warning(&format!(
                "cannot use what was saved in `{cache}`: {why}; learning again"
            ));
            None
        }
    }
}

/// What is different from when the model was saved.
struct Differences {
    changed: Vec<File>,
    removed: Vec<String>,
}

impl Differences {
    fn between(known: &BTreeMap<String, Stamp>, scan: &Scan) -> Self {
        let there: HashSet<&str> = scan.files.iter().map(|file| file.path.as_str()).collect();
        let is_new = |file: &&File| known.get(&file.path) != Some(&file.stamp);
        Self {
            changed: scan.files.iter().filter(is_new).cloned().collect(),
            removed: known
                .keys()
                .filter(|path| !there.contains(path.as_str()))
                .cloned()
                .collect(),
        }
    }

    fn count(&self) -> usize {
        self.changed.len() + self.removed.len()
    }
}

/// Learns what changed since the model was saved.
fn bring_up_to_date(
    learnt: &Learnt,
    differences: &Differences,
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> Result<How, OpenError> {
    let Differences { changed, removed } = differences;
    let total = changed.len() as u64;
    for (n, file) in changed.iter().enumerate() {
        stop_if(cancel)?;
        progress(Progress {
            stage: Stage::Train,
            done: n as u64,
            total,
        });
        learnt.update(std::slice::from_ref(file), &[]);
    }
    learnt.update(&[], removed);
    Ok(How::Loaded {
        changed: changed.len(),
        removed: removed.len(),
    })
}

/// Learns everything.
fn learn(
    root: &Path,
    scan: &Scan,
    cache: Option<PathBuf>,
    protection: Protection,
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> Result<Learnt, OpenError> {
    let model = model::guarded_by(&protection);
    let report = model::learn(&model, root, &scan.files, progress, cancel)?;
    for (path, refusal) in &report.skipped {
        tracing::debug!(%path, %refusal, "not learnt");
    }
    let files = scan
        .files
        .iter()
        .map(|file| (file.path.clone(), file.stamp))
        .collect();
    let learnt = Learnt::new(root, Arc::new(model), files, cache, protection);
    // With nothing to learn there is nothing to save, but what was saved before is not to stay.
    let is_saved = learnt.cache.as_ref().is_some_and(|it| it.exists());
    let unsaved = scan.files.len().max(usize::from(is_saved));
    learnt.unsaved.store(unsaved, Ordering::Relaxed);
    Ok(learnt)
}

/// Keeps a model and an index up to date until the watcher is dropped.
fn watch(learnt: &Arc<Learnt>, keeper: Option<Arc<Keeper>>, files: &[File]) -> Option<Watcher> {
    let root = learnt.root.clone();
    let told = Arc::clone(learnt);
    let on_event = move |event| match event {
        Event::Changed { changed, removed } => {
            tracing::debug!(
                changed = changed.len(),
                removed = removed.len(),
                "files changed"
            );
            if let Some(keeper) = &keeper {
                keeper.changed(&changed, &removed);
            }
            told.update(&changed, &removed);
            told.save_if(SAVE_AFTER);
        }
        Event::Ready { directories } => tracing::debug!(directories, "watching"),
        Event::Degraded { why } => tracing::warn!("{why}"),
    };
    let options = tree::options(&learnt.protection.policy);
    match Watcher::start(root, options, files, Timing::default(), on_event) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "cannot watch for changes: they are seen when an editor tells");
            None
        }
    }
}

/// What a panic elsewhere left in a lock is still good: every update is complete in itself.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
