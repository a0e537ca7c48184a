//! What answers cost: tokens as the provider counted them, and who keeps the books.
//!
//! Deliberately absent: prices and days; whoever implements [`Meter`] knows them.

mod amount;

pub use amount::{Amount, NoAmount};

use crate::EngineError;

/// Tokens of one request, as the provider said or, where it says nothing, as they were estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt, cached ones included.
    pub prompt: u64,
    /// Of these, read from the provider's cache.
    pub cached: u64,
    /// Of the answer.
    pub answer: u64,
    /// The provider's own figures, not an estimate.
    pub exact: bool,
}

/// Keeps the books of metered models.
pub trait Meter: Send + Sync {
    /// Whether one more request may be sent; the error says which cap is reached and when it opens again.
    fn allow(&self) -> Result<(), EngineError>;

    /// A request was answered, or broken off after it had cost this much.
    fn used(&self, usage: Usage);

    /// An allowed request came to nothing that is charged: refused, never sent, never answered. Each
    /// [`allow`](Self::allow) that went well is followed by one `used` or one `unused`.
    fn unused(&self) {}
}
