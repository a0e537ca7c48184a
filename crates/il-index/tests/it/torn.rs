//! Torn files: every file of the store cut short and with wrong bits. Never a panic, never a wrong text, and
//! a message that names the file.

use std::{collections::BTreeSet, fs, path::PathBuf};

use il_text::CancelToken;

use crate::world::{World, dump, say, update, write};

/// At how many places of each file.
const PLACES: usize = 50;

/// A world whose store has several segments with dead files, and refused files.
fn world() -> World {
    let world = World::with(9);
    fs::write(world.tree.join("made.rs"), "// @generated\n").unwrap();
    let (index, _) = world.open();
    update(&index, &world.tree);
    for generation in 1..4 {
        write(&world.tree, generation, generation);
        update(&index, &world.tree);
    }
    index.save().unwrap();
    world
}

fn files(world: &World) -> Vec<PathBuf> {
    let entries = fs::read_dir(&world.store).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.file_name().is_some_and(|it| it != "lock"));
    files.sort();
    files
}

/// Spoils each file at each place in turn; gives all that was said.
#[track_caller]
fn spoilt(spoil: fn(&mut Vec<u8>, usize)) -> BTreeSet<String> {
    let world = world();
    let fresh = world.fresh();
    let saved: Vec<(PathBuf, Vec<u8>)> = files(&world)
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    assert!(
        saved.len() >= 7,
        "segments, vectors, manifest: {}",
        saved.len()
    );
    let mut said = BTreeSet::new();
    for (path, bytes) in &saved {
        for place in 0..PLACES.min(bytes.len()) {
            let at = place * bytes.len() / PLACES.min(bytes.len());
            let mut spoilt = bytes.clone();
            spoil(&mut spoilt, at);
            fs::write(path, spoilt).unwrap();
            let (index, problems) = world.open();
            let name = path.file_name().unwrap().to_str().unwrap();
            let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let is_version = name == "manifest" && (8..12).contains(&at);
            assert_eq!(
                messages.len(),
                usize::from(!is_version),
                "{name} at {at}: {messages:?}"
            );
            for message in messages {
                assert!(message.contains(&format!("{name}`")), "{message}");
                let store = world.store.display().to_string();
                said.insert(message.replace(&store, "[STORE]").replace(name, "[FILE]"));
            }
            for path in index.view().paths() {
                let text = fs::read_to_string(world.tree.join(&path)).unwrap();
                assert_eq!(
                    index.view().text(&path),
                    Some(text),
                    "a wrong text is never given"
                );
            }
            update(&index, &world.tree);
            index.embed_pending(&|_| {}, &CancelToken::new()).unwrap();
            assert!(dump(&index) == fresh, "{name} at {at}");
            index.save().unwrap();
            drop(index);
            let (index, problems) = world.open();
            assert_eq!((problems.len(), index.pending()), (0, 0), "it is mended");
            drop(index);
            fs::remove_dir_all(&world.store).unwrap();
            fs::create_dir(&world.store).unwrap();
            for (path, bytes) in &saved {
                fs::write(path, bytes).unwrap();
            }
        }
    }
    say(&format!(
        "{} files spoilt at {PLACES} places each: {said:#?}",
        saved.len()
    ));
    said
}

#[test]
fn files_that_are_cut_short() {
    assert_eq!(spoilt(|bytes, at| bytes.truncate(at)).len(), 1);
}

#[test]
fn files_with_a_wrong_bit() {
    let said = spoilt(|bytes, at| bytes[at] ^= 1 << (at % 8));
    assert!(
        said.iter().any(|it| it.contains("its check sum is wrong")),
        "{said:?}"
    );
}

#[test]
fn a_directory_of_something_else() {
    let world = World::with(5);
    fs::create_dir_all(world.store.join("manifest")).unwrap();
    fs::create_dir_all(world.store.join("1.seg/inside")).unwrap();
    let (index, problems) = world.open();
    assert_eq!(problems.len(), 1, "{problems:?}");
    update(&index, &world.tree);
    assert!(dump(&index) == world.fresh());
    index.save().unwrap_err();
}
