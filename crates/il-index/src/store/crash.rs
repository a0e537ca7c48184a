//! Where a process may die: between any two things that it does to the disk, and in the middle of a write.
//!
//! The one idea: tests count these points and die at each of them in turn, which no signal can do on purpose.
//! Dying is a panic that nothing handles, so nothing is tidied up, as after `kill -9`.
//!
//! Deliberately absent: anything in what is shipped; there it is nothing at all.

#[cfg(not(test))]
pub(super) fn point() {}

#[cfg(test)]
pub(super) fn point() {
    LEFT.with(|left| match left.get() {
        Some(0) => {
            left.set(None);
            std::panic::resume_unwind(Box::new("killed"));
        }
        Some(more) => left.set(Some(more - 1)),
        None => {}
    });
}

#[cfg(test)]
std::thread_local! {
    static LEFT: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
}

/// Does `work` and dies at a point, counted from zero. Whether it came to an end before.
#[cfg(test)]
pub(crate) fn dies_at(point: usize, work: impl FnOnce()) -> bool {
    LEFT.set(Some(point));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
    LEFT.set(None);
    done
}
