//! Merging: few segments, the same files.

use super::*;

/// One update a file, as when files are saved one after another.
fn one_by_one(index: &Index, tree: &Tree, files: usize) {
    for n in 0..files {
        tree.write(&format!("{n}.rs"), &format!("fn f{n}() {{}}"));
        update(index, tree);
    }
}

#[test]
fn many_small_segments_become_one_that_is_what_a_fresh_one_would_be() {
    let tree = Tree::default();
    let index = in_memory();
    one_by_one(&index, &tree, 20);
    assert_eq!(index.stats().segments, 20);
    let before = texts(&index.view());
    assert_eq!(index.maintain(&CancelToken::new()), 1);
    assert_eq!(texts(&index.view()), before);
    let fresh = in_memory();
    update(&fresh, &tree);
    let bytes = |index: &Index| index.view().parts[0].segment.to_bytes();
    assert_eq!(bytes(&index), bytes(&fresh));
    assert_eq!(index.maintain(&CancelToken::new()), 0);
}

#[test]
fn eight_segments_of_a_size_are_left_alone() {
    let tree = Tree::default();
    let index = in_memory();
    one_by_one(&index, &tree, 8);
    assert_eq!(index.maintain(&CancelToken::new()), 0);
    one_by_one(&index, &tree, 9);
    assert_eq!(index.maintain(&CancelToken::new()), 1);
}

#[test]
fn the_number_of_segments_grows_with_the_logarithm_and_so_does_the_work() {
    let tree = Tree::default();
    let index = in_memory();
    for n in 0..600 {
        tree.write(&format!("{n}.rs"), &format!("fn f{n}() {{}}"));
        let scan = [(format!("{n}.rs"), tree.stamp(&format!("{n}.rs")).unwrap())];
        index.update(&scan, &[], &tree, &|_| {}, &CancelToken::new());
        index.maintain(&CancelToken::new());
        assert!(index.stats().segments <= 8 * 3);
    }
    assert_eq!(texts(&index.view()).len(), 600);
}

#[test]
fn a_segment_that_is_mostly_dead_is_written_again() {
    let tree = Tree::default();
    for n in 0..10 {
        tree.write(&format!("{n}.rs"), "fn f() {}");
    }
    let index = in_memory();
    update(&index, &tree);
    for n in 0..3 {
        tree.remove(&format!("{n}.rs"));
    }
    update(&index, &tree);
    assert_eq!(index.maintain(&CancelToken::new()), 0, "30 % may be dead");
    tree.remove("3.rs");
    update(&index, &tree);
    assert_eq!(index.maintain(&CancelToken::new()), 1);
    let view = index.view();
    assert_eq!(
        (view.parts[0].segment.file_count(), view.paths().len()),
        (6, 6)
    );
}

#[test]
fn nothing_is_merged_beyond_a_slice() {
    let tree = Tree::default();
    let options = Options {
        slice_bytes: 16 << 10,
        ..Options::default()
    };
    let index = Index::open(None, Path::new(ROOT), None, options).0;
    one_by_one(&index, &tree, 12);
    index.maintain(&CancelToken::new());
    let files = |it: &Part| it.segment.file_count();
    use crate::view::Part;
    assert!(index.view().parts.iter().all(|it| files(it) <= 8));
    assert_eq!(texts(&index.view()).len(), 12);
}

#[test]
fn what_changes_during_a_merge_is_not_undone_by_it() {
    let tree = Tree::default();
    let index = in_memory();
    for group in 0..3 {
        for n in 0..4 {
            tree.write(&format!("{group}{n}.rs"), "fn f() {}");
        }
        update(&index, &tree);
    }
    let sources = index.state().entries.clone();
    let merged = index.merge(&sources);
    tree.write("01.rs", "fn newer() {}");
    tree.remove("12.rs");
    tree.write("99.rs", "fn g() {}");
    // One of the sources is there no more.
    for n in 0..4 {
        tree.remove(&format!("2{n}.rs"));
    }
    update(&index, &tree);
    let after = texts(&index.view());
    assert!(index.publish(|state| state.merged(&sources, &merged)));
    assert_eq!(texts(&index.view()), after);
    assert_eq!(index.stats().segments, 2);
    let again = index.publish(|state| state.merged(&sources, &merged));
    assert!(!again, "what it was made of is gone");
}
