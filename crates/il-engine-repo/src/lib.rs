//! The repo model: an embedded engine learnt from the working tree.
