//! What is wrong with settings, where, and what to do.
//!
//! The one idea: a problem is data; its `Display` is what a terminal shows. It holds no key: the excerpt was masked
//! when it was cut out.
//!
//! Deliberately absent: colours.

use std::fmt;

use crate::{Place, excerpt::Excerpt};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named; `None` for the environment or a flag.
    pub file: Option<String>,
    pub place: Option<Place>,
    /// What is wrong and what to do, in one line.
    pub message: String,
    /// What would be allowed.
    pub allowed: Vec<String>,
    pub(crate) excerpt: Option<Excerpt>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(Place { line, column }) = self.place {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        let line = self.place.map_or(0, |it| it.line).to_string();
        let margin = " ".repeat(line.len());
        if let Some(excerpt) = &self.excerpt {
            write!(f, "\n  {line} │ {}", excerpt.line)?;
            write!(f, "\n  {margin} │ {}", excerpt.carets())?;
        }
        if !self.allowed.is_empty() {
            let words: Vec<String> = self.allowed.iter().map(|it| format!("`{it}`")).collect();
            write!(f, "\n  {margin} = allowed: {}", words.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
