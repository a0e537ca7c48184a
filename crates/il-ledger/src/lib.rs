//! The books: what answers of metered models cost, and the caps on it.
//!
//! The one idea: the file of the day is the truth. Whoever asks a metered model first appends what the request may
//! cost at most, then reads what stands before it, and goes on only if that leaves room; the answer is appended with
//! what it did cost. Appending gives all processes of a machine one order, so no lock is needed and no number of
//! requests at the same time can get past a cap.
//!
//! Days are UTC days, and caps open again at 00:00 UTC. A model whose price is not known is counted in tokens, its
//! cost is unknown, and nothing ever takes that for 0.
//!
//! Records go to the operating system at once, so they survive a crash of the process; they are forced to the disk
//! every 30 seconds and at the end, so a power cut may cost the last half minute. They hold names, times and numbers,
//! no text that anybody wrote.
//!
//! Deliberately absent: settings files, exchange rates, and anything of a prompt.

mod account;
mod file;
mod ledger;
mod line;
mod price;
mod totals;

pub use account::Account;
pub use file::forget;
pub use il_calendar::Day;
pub use il_engine::usage::{Amount, Meter, Usage};
pub use ledger::{Budget, Clock, Ledger, LedgerError};
pub use line::Record;
pub use price::{Price, Prices};
pub use totals::{By, Sum, Total, Totals};
