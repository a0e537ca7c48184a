//! Who pays for what.

/// What a meter stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who asks.
    pub user: String,
    /// `inline`, `chat`, …
    pub task: String,
    /// The name that the settings give it.
    pub endpoint: String,
    /// The host that is asked, which has its own prices.
    pub host: String,
    pub model: String,
    /// It runs on own hardware and costs nothing.
    pub free: bool,
}
