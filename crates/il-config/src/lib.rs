//! Settings: which model serves which task, over which endpoints, within which caps.
//!
//! The one idea: settings are text in, values out, and every value knows where it came from. Layers lie on one
//! another: what is built in, the user's file, the repository's file, the environment, flags. A repository comes
//! from strangers, so its file may only choose among what the user's defines, and only narrow it: no key, no URL,
//! no higher cap. A file with a problem counts as a whole as absent, so a cap with a slip in it is no licence; but what it
//! says about privacy holds all the same, and where that cannot be read everything is blocked.
//!
//! Deliberately absent: files, the environment, the clock, keys (only where one is kept), and what a dialect or a
//! model is; the binary knows these and hands over the words that it knows.

mod excerpt;
mod layers;
mod nearest;
mod origin;
mod privacy;
mod problem;
mod reading;
mod rung;
mod settings;
mod show;

pub use il_engine::{task::Task, usage::Amount};
pub use layers::{Change, File, Known, Layers, Override};
pub use nearest::nearest;
pub use origin::{Origin, Place, Sourced};
pub use privacy::{Keep, Matches, Privacy};
pub use problem::Problem;
pub use rung::Rung;
pub use settings::{Adapter, Budget, Endpoint, KeySource, Local, Price, Scope, Serving, Settings};
pub use show::Row;
