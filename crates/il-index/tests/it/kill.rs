//! Processes that are killed, and processes that share: what is on the disk is always an index.

use std::{collections::BTreeSet, thread, time::Duration};

use il_index::{Problem, Saved};
use test_support::random::Random;

use crate::{
    child::Worker,
    world::{World, dump, say, update},
};

const KILLS: usize = 50;

/// Kills a process at its work, looks at what it left, and does so again on what was left.
#[track_caller]
fn killed_at_its_work(work: &str, most_steps: usize) {
    let world = World::with(60);
    let mut random = Random::new(0x11_5e_ed);
    let mut found = BTreeSet::new();
    for round in 0..KILLS {
        if work == "index" {
            let _ = std::fs::remove_dir_all(&world.store);
        }
        let mut worker = Worker::start(work, &world.tree, &world.store, round * 100);
        worker.wait_for(1 + random.below(most_steps));
        thread::sleep(Duration::from_micros(random.below(4000) as u64));
        worker.kill();
        let (index, problems) = world.open();
        assert_eq!(problems, [], "a kill damages nothing, and leaves no lock");
        assert!(index.is_writer());
        dump(&index);
        found.insert(index.view().paths().len());
        world.check(index);
    }
    say(&format!(
        "{work}: {KILLS} kills left {} different numbers of files, {found:?}",
        found.len()
    ));
    if work == "index" {
        assert!(
            found.len() > 5,
            "the kills hit different moments: {found:?}"
        );
    }
}

#[test]
fn killed_while_it_indexes() {
    killed_at_its_work("index", 40);
}

#[test]
fn killed_while_it_updates() {
    killed_at_its_work("update", 12);
}

#[test]
fn two_processes_work_on_one_index_at_once() {
    let world = World::with(60);
    for round in 0..4 {
        let workers = [1, 2].map(|n| Worker::start("share", &world.tree, &world.store, n + round));
        for worker in workers {
            worker.end();
        }
        let (index, problems) = world.open();
        assert_eq!(problems, []);
        world.check(index);
    }
}

#[test]
fn when_the_one_that_writes_is_killed_another_takes_over() {
    let world = World::with(60);
    let mut writer = Worker::start("update", &world.tree, &world.store, 0);
    writer.wait_for(4);
    let (index, problems) = world.open();
    assert!(
        matches!(problems[..], [Problem::InUse { .. }]),
        "{problems:?}"
    );
    update(&index, &world.tree);
    assert_eq!(index.save(), Ok(Saved::InMemory));
    writer.wait_for(3);
    writer.kill();
    update(&index, &world.tree);
    assert!(matches!(index.save(), Ok(Saved::Written { .. })));
    world.check(index);
}
