//! The models that are known, those that are here, and how one gets here.
//!
//! The one idea: a model is a file with a name, a hash and a licence, and nothing else is trusted about it. The table says what
//! there is, a manifest beside each file says where it came from and what its hash was, and a file gets its name only when
//! all of it is there and its hash is right.
//!
//! Deliberately absent: connections (the door is given), the clock, the folder (the binary chooses it), and running a model.

mod gguf;
mod hash;
mod hub;
mod manifest;
mod pull;
mod store;
mod table;
mod waiter;

pub use gguf::{Facts, Fim, Strange, inspect};
pub use hash::Checked;
pub use hub::{HUB, Hub};
pub use il_engine::task::Task;
pub use manifest::{Manifest, Origin, VERSION};
pub use pull::{Impossible, Progress, Pulled, Puller, Wanted};
pub use store::{Installed, Store, Unusable, Verdict};
pub use table::{Commercial, Licence, Model, find, nearest, table};
pub use waiter::{Sleep, Waiter};
