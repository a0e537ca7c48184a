//! The secret that is in the printed address: whoever has it may read the repository through the page.

use std::fmt;

use anyhow::Context as _;
use subtle::ConstantTimeEq as _;

/// 192 random bits; as many hexadecimal digits as fit an address that people still copy.
const BYTES: usize = 24;

/// A token that can be compared and, at one place, shown; `Debug` never prints it.
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut bytes = [0u8; BYTES];
        getrandom::fill(&mut bytes)
            .context("cannot make the playground's token: the system gives no random bytes")?;
        Ok(Self(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// Takes as long for a wrong token as for the right one. (Its length is no secret.)
    pub(crate) fn matches(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }

    /// For the address that is printed, and nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_itself_only() {
        let token = Token::new().unwrap();
        let other = Token::new().unwrap();
        assert_eq!(token.reveal().len(), 2 * BYTES);
        assert!(token.matches(token.reveal()));
        assert!(!token.matches(other.reveal()));
        assert!(!token.matches(""));
        assert!(!token.matches(&token.reveal()[1..]));
        assert!(!token.matches(&format!("{}0", token.reveal())));
        assert!(!token.matches(&token.reveal().to_uppercase().replace(char::is_numeric, "x")));
    }

    #[test]
    fn debug_does_not_print_it() {
        assert_eq!(format!("{:?}", Token::new().unwrap()), "Token(…)");
    }
}
