//! The machine: version, cache directory, watches.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use serde_json::json;

use super::Finding;
use crate::{
    repository::{cache, index, tree},
    terminal::{bytes, count},
};

/// With less room than this a model may not fit.
const TIGHT: u64 = 500 << 20;

pub(super) fn check(root: &Path) -> Vec<Finding> {
    vec![version(), cache(), watches(root)]
}

fn version() -> Finding {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = env!("INTERLINE_VERSION");
    let debug = if cfg!(debug_assertions) {
        ", debug build"
    } else {
        ""
    };
    let found = format!("interline {version} on {os} {arch}{debug}");
    let figures = json!({"version": version, "os": os, "arch": arch});
    let finding = if cfg!(debug_assertions) {
        Finding::note("version", found).next("for speed build with `cargo build --release`")
    } else {
        Finding::good("version", found)
    };
    finding.figures(figures)
}

fn cache() -> Finding {
    const WHAT: &str = "cache";
    let next = format!(
        "set `{}` to a directory that can be written",
        cache::DIRECTORY
    );
    let directory = match cache::directory() {
        Ok(directory) => directory,
        Err(why) => return Finding::note(WHAT, why).next(next),
    };
    let shown = directory.display().to_string();
    if let Err(error) = try_to_write(&directory) {
        return Finding::note(
            WHAT,
            format!("cannot write to `{shown}`: {error}; every start learns from scratch"),
        )
        .next(next)
        .figures(json!({"directory": shown, "writable": false}));
    }
    let (models, indexes, size) = saved(&directory);
    let free = free_space(&directory);
    let figures = json!({"directory": shown, "writable": true, "models": models, "indexes": indexes, "bytes": size, "free_bytes": free});
    let room = free.map_or_else(String::new, |free| format!(", {} free", bytes(free)));
    let found = format!(
        "{shown}: {}, {}, {}{room}",
        count(models, "saved model"),
        count(indexes, "index").replace("indexs", "indexes"),
        bytes(size)
    );
    match free {
        Some(free) if free < TIGHT => Finding::note(WHAT, found)
            .next(format!("make room, or {next}"))
            .figures(figures),
        _ => Finding::good(WHAT, found).figures(figures),
    }
}

fn try_to_write(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let path = directory.join(format!(".doctor.{}.tmp", process::id()));
    let written = fs::write(&path, b"can this be written?");
    let _ = fs::remove_file(&path);
    written
}

/// How many models and indexes are saved, and the size of all.
fn saved(directory: &Path) -> (u64, u64, u64) {
    let (mut models, mut indexes, mut size) = (0, 0, 0);
    for path in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = path.path();
        let ending = path.extension().and_then(|it| it.to_str());
        match ending {
            Some("model") => {
                models += 1;
                size += fs::metadata(&path).map_or(0, |metadata| metadata.len());
            }
            Some("index") => {
                indexes += 1;
                size += index::disk_bytes(&path);
            }
            _ => {}
        }
    }
    (models, indexes, size)
}

#[cfg(unix)]
fn free_space(directory: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(directory).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}

/// Whether changes of all directories can be seen at once.
fn watches(root: &Path) -> Finding {
    const WHAT: &str = "watching";
    let directories = tree::scan(root).directories.len() as u64;
    let found = count(directories, "directory").replace("directorys", "directories");
    let limit = PathBuf::from("/proc/sys/fs/inotify/max_user_watches");
    let limit: Option<u64> = fs::read_to_string(limit)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let figures = json!({"directories": directories, "limit": limit});
    let Some(limit) = limit else {
        return Finding::good(WHAT, format!("{found} to watch")).figures(figures);
    };
    let found = format!(
        "{found} to watch, the system allows {}",
        indicatif::HumanCount(limit)
    );
    // Other programs (an editor, for one) take from the same limit.
    if directories > limit / 2 {
        let next = format!(
            "raise it: `sudo sysctl fs.inotify.max_user_watches={}`; until then changes may show late",
            (directories * 4).max(524_288)
        );
        return Finding::note(WHAT, found).next(next).figures(figures);
    }
    Finding::good(WHAT, found).figures(figures)
}
