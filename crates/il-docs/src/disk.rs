//! The port to what is saved, for what is not open.

use il_text::Text;

/// The saved state of the repository. Whoever has files implements it; the store only lays open
/// buffers over it.
pub trait Disk {
    /// What is saved at `path`; `None` when there is nothing, or nothing that is text.
    fn read(&self, path: &str) -> Option<Text>;
}
