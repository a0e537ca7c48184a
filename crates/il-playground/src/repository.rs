//! The repository's files as the page may see them: the ones that are listed, as text, never beyond the root.
//!
//! A path is refused unless it is plain, listed, and leads, after every symbolic link is followed, to a
//! listed file again. So a link cannot lead out of the repository, nor to a file that is kept private in it.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{first_file, ports::Files};

/// Larger files are not for reading in a browser.
pub(crate) const MAX_FILE_BYTES: u64 = 2 << 20;

/// More paths than this would stall the page's tree.
const MAX_LISTED: usize = 50_000;

/// A listing this old is good enough for the tree, and to say that a file is not there.
const FRESH: Duration = Duration::from_secs(2);

/// A listing this old is good enough to read a file that is in it: a walk of a large repository takes long.
const USABLE: Duration = Duration::from_secs(60);

pub(crate) struct Repository {
    root: PathBuf,
    files: Arc<dyn Files>,
    listed: Mutex<Option<(Instant, Arc<Listed>)>>,
}

/// The listing in the form that is asked about.
pub(crate) struct Listed {
    pub(crate) paths: BTreeSet<String>,
    pub(crate) truncated: bool,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) text: String,
    pub(crate) language: String,
}

/// Why a file was not read. `Display` is for people.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// Not a plain relative path.
    Path(&'static str),
    /// Nothing of that name is listed.
    NotListed,
    /// A symbolic link leads to where nothing is listed.
    LeadsAway,
    NotAFile,
    TooLarge(u64),
    NotText,
    Io(io::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(why) => write!(f, "the path {why}: give one relative to the repository, as `/api/files` lists it"),
            Self::NotListed => f.write_str(
                "no such file in the list: it is missing, ignored by `.gitignore`, or kept private by its name",
            ),
            Self::LeadsAway => f.write_str("the file is a link that leads out of the repository's listed files"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::TooLarge(bytes) => write!(
                f,
                "the file has {bytes} bytes and the playground opens up to {MAX_FILE_BYTES}"
            ),
            Self::NotText => f.write_str("the file is not UTF-8 text"),
            Self::Io(error) => write!(f, "the file cannot be read: {error}"),
        }
    }
}

impl Repository {
    /// `root` is canonical.
    pub(crate) fn new(root: PathBuf, files: Arc<dyn Files>) -> Self {
        Self {
            root,
            files,
            listed: Mutex::new(None),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The listing as it is now.
    pub(crate) fn listed(&self) -> anyhow::Result<Arc<Listed>> {
        self.listed_since(FRESH)
    }

    /// A listing of at most this age. Walks the disk under its lock, so that many askers cause one walk.
    fn listed_since(&self, age: Duration) -> anyhow::Result<Arc<Listed>> {
        let mut slot = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, listed)) = &*slot
            && at.elapsed() < age
        {
            return Ok(Arc::clone(listed));
        }
        let listing = self.files.list()?;
        let truncated = listing.truncated || listing.paths.len() > MAX_LISTED;
        let mut paths: BTreeSet<String> = listing.paths.into_iter().collect();
        if let Some(beyond) = paths.iter().nth(MAX_LISTED).cloned() {
            paths.split_off(&beyond);
        }
        let listed = Arc::new(Listed { paths, truncated });
        *slot = Some((Instant::now(), Arc::clone(&listed)));
        Ok(listed)
    }

    /// The file that the page opens by itself.
    pub(crate) fn first_file(&self) -> anyhow::Result<Option<String>> {
        let listed = self.listed_since(USABLE)?;
        let size = |path: &str| {
            fs::metadata(self.root.join(path))
                .ok()
                .map(|metadata| metadata.len())
        };
        Ok(first_file::choose(
            &listed.paths,
            |path| self.files.language(path),
            size,
        ))
    }

    pub(crate) fn read(&self, path: &str) -> Result<SourceFile, ReadError> {
        check_path(path).map_err(ReadError::Path)?;
        let listed = self
            .listing_with(path)
            .map_err(|error| ReadError::Io(io::Error::other(format!("{error:#}"))))?;
        if !listed.paths.contains(path) {
            return Err(ReadError::NotListed);
        }
        let real = self
            .root
            .join(path)
            .canonicalize()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => ReadError::NotListed,
                _ => ReadError::Io(error),
            })?;
        let real_name = self.name_of(&real).ok_or(ReadError::LeadsAway)?;
        if !listed.paths.contains(&real_name) {
            return Err(ReadError::LeadsAway);
        }
        Ok(SourceFile {
            text: read_text(&real)?,
            language: self.files.language(path),
        })
    }

    /// A listing that has the path, or else one that is fresh.
    fn listing_with(&self, path: &str) -> anyhow::Result<Arc<Listed>> {
        let usable = self.listed_since(USABLE)?;
        if usable.paths.contains(path) {
            Ok(usable)
        } else {
            self.listed()
        }
    }

    /// The repository's name for a canonical path; `None` outside of it.
    fn name_of(&self, real: &Path) -> Option<String> {
        let parts = real.strip_prefix(&self.root).ok()?.components();
        let names: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        names.map(|names| names.join("/"))
    }
}

/// Whether `path` is what a listing could hold; the words say what is wrong with it.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("is empty");
    }
    if path.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    if path.starts_with('/') || path.contains('\\') || path.as_bytes().get(1) == Some(&b':') {
        return Err("is absolute or not `/`-separated");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("holds empty, `.` or `..` parts");
    }
    Ok(())
}

fn read_text(real: &Path) -> Result<String, ReadError> {
    // Before opening: opening a pipe would wait for its writer.
    let metadata = fs::metadata(real).map_err(ReadError::Io)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may have grown since: never read more than one byte past the limit.
    fs::File::open(real)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(ReadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge(bytes.len() as u64));
    }
    if bytes.contains(&0) {
        return Err(ReadError::NotText);
    }
    let text = String::from_utf8(bytes).map_err(|_| ReadError::NotText)?;
    // Editors keep a byte order mark out of the buffer.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Listing;

    /// Lists what it is told, whether it is there or not.
    struct Fixed(Vec<&'static str>);

    impl Files for Fixed {
        fn list(&self) -> anyhow::Result<Listing> {
            Ok(Listing {
                paths: self.0.iter().map(|path| (*path).to_owned()).collect(),
                truncated: false,
            })
        }

        fn language(&self, _: &str) -> String {
            "plaintext".to_owned()
        }
    }

    fn fixture() -> tempfile::TempDir {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("repo");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(outer.path().join("outside.txt"), "outside").unwrap();
        fs::write(root.join(".env"), "KEY=1").unwrap();
        fs::write(root.join("src/a.txt"), "hello\n").unwrap();
        fs::write(root.join("bom.txt"), "\u{feff}x").unwrap();
        fs::write(root.join("latin1.txt"), [b'a', 0xe9]).unwrap();
        fs::write(root.join("binary.txt"), [b'a', 0, b'b']).unwrap();
        fs::write(root.join("100%41.txt"), "percent").unwrap();
        fs::File::create(root.join("big.txt"))
            .unwrap()
            .set_len(MAX_FILE_BYTES + 1)
            .unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("../outside.txt", root.join("out.txt")).unwrap();
            symlink("..", root.join("up")).unwrap();
            symlink(".env", root.join("alias.txt")).unwrap();
            symlink("src/a.txt", root.join("inside.txt")).unwrap();
            symlink("loop.txt", root.join("loop.txt")).unwrap();
        }
        outer
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let outer = fixture();
        let root = outer.path().join("repo").canonicalize().unwrap();
        let files = Fixed(vec![
            "src/a.txt",
            "src",
            "bom.txt",
            "latin1.txt",
            "binary.txt",
            "100%41.txt",
            "big.txt",
            "gone.txt",
            "out.txt",
            "up/outside.txt",
            "alias.txt",
            "inside.txt",
            "loop.txt",
        ]);
        let got = match Repository::new(root, Arc::new(files)).read(path) {
            Ok(file) => format!("ok {:?}", file.text),
            Err(ReadError::Io(_)) => "io".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(got, expected, "{path:?}");
    }

    #[test]
    fn listed_text_is_read() {
        check("src/a.txt", r#"ok "hello\n""#);
        check("bom.txt", r#"ok "x""#);
        check("100%41.txt", r#"ok "percent""#);
    }

    #[test]
    fn what_is_not_listed_is_not_read() {
        check(".env", "NotListed");
        check("src/b.txt", "NotListed");
        check("gone.txt", "NotListed");
        check("SRC/A.TXT", "NotListed");
    }

    #[test]
    fn what_is_not_small_text_is_refused() {
        check("latin1.txt", "NotText");
        check("binary.txt", "NotText");
        check("big.txt", "TooLarge(2097153)");
        check("src", "NotAFile");
    }

    #[test]
    fn crooked_paths_are_refused() {
        for path in [
            "../outside.txt",
            "src/../../outside.txt",
            "./src/a.txt",
            "src//a.txt",
            "src/",
            "src/..",
        ] {
            check(path, r#"Path("holds empty, `.` or `..` parts")"#);
        }
        for path in [
            "/etc/passwd",
            r"..\outside.txt",
            r"C:\x",
            "C:/x",
            "//host/share",
        ] {
            check(path, r#"Path("is absolute or not `/`-separated")"#);
        }
        check("src/a.txt\0.png", r#"Path("holds control characters")"#);
        check("", r#"Path("is empty")"#);
        check("%2e%2e/outside.txt", "NotListed");
    }

    /// Lists `bom.txt` from the second walk on, and counts the walks.
    struct Growing(std::sync::atomic::AtomicUsize);

    impl Files for Growing {
        fn list(&self) -> anyhow::Result<Listing> {
            let walks = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut paths = vec!["src/a.txt".to_owned()];
            paths.extend((walks > 0).then(|| "bom.txt".to_owned()));
            Ok(Listing {
                paths,
                truncated: false,
            })
        }

        fn language(&self, _: &str) -> String {
            "plaintext".to_owned()
        }
    }

    #[test]
    fn a_listing_serves_many_reads_until_a_file_is_missing_from_it() {
        let outer = fixture();
        let root = outer.path().join("repo").canonicalize().unwrap();
        let files = Arc::new(Growing(Default::default()));
        let walks = || files.0.load(std::sync::atomic::Ordering::Relaxed);
        let repository = Repository::new(root, files.clone());
        let age = |by: Duration| {
            let mut slot = repository.listed.lock().unwrap();
            let (at, _) = slot.as_mut().unwrap();
            *at = at.checked_sub(by).unwrap();
        };
        assert!(repository.read("src/a.txt").is_ok());
        assert!(repository.read("bom.txt").is_err());
        assert_eq!(walks(), 1);
        age(FRESH);
        assert!(repository.read("src/a.txt").is_ok());
        assert_eq!(walks(), 1);
        assert!(repository.read("bom.txt").is_ok());
        assert_eq!(walks(), 2);
        age(USABLE);
        assert!(repository.read("src/a.txt").is_ok());
        assert_eq!(walks(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_to_listed_files() {
        check("inside.txt", r#"ok "hello\n""#);
        check("out.txt", "LeadsAway");
        check("up/outside.txt", "LeadsAway");
        check("alias.txt", "LeadsAway");
        check("loop.txt", "io");
    }
}
