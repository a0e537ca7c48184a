//! Document store: open buffers over the disk state, versions, recent edits, tabs.
