//! An amount of money, in millionths of a currency's unit.
//!
//! The one idea: money is a whole number. A price, a cap and a sum are read, compared and added without rounding.
//!
//! Deliberately absent: currencies, negative amounts, exchange rates.

use std::{fmt, str::FromStr};

/// Millionths of a currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub u64);

/// One unit.
const UNIT: u64 = 1_000_000;
/// Digits after the point.
const DIGITS: usize = 6;

impl Amount {
    /// Both together; stops at the largest amount there is.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it; nothing where more is taken than there is.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is written `5` or `5.00`, with at most {DIGITS} digits after the point")]
pub struct NoAmount;

impl FromStr for Amount {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(whole) || !are_digits(part) || part.len() > DIGITS {
            return Err(NoAmount);
        }
        let whole: u64 = whole.parse().map_err(|_| NoAmount)?;
        let part: u64 = format!("{part:0<DIGITS$}").parse().map_err(|_| NoAmount)?;
        let whole = whole.checked_mul(UNIT).ok_or(NoAmount)?;
        whole.checked_add(part).map(Self).ok_or(NoAmount)
    }
}

impl fmt::Display for Amount {
    /// Exact, with two digits after the point at least: `5.00`, `0.0003`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:0DIGITS$}", self.0 % UNIT);
        let part = part.trim_end_matches('0');
        let text = format!("{}.{part:0<2}", self.0 / UNIT);
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_written() {
        for (text, micros, written) in [
            ("5", 5_000_000, "5.00"),
            ("5.00", 5_000_000, "5.00"),
            ("0.3", 300_000, "0.30"),
            ("0.000001", 1, "0.000001"),
            ("0.0028", 2_800, "0.0028"),
            ("0", 0, "0.00"),
            ("1234567.5", 1_234_567_500_000, "1234567.50"),
        ] {
            let amount: Amount = text.parse().expect(text);
            assert_eq!((amount.0, amount.to_string().as_str()), (micros, written));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "5.",
            ".5",
            "-1",
            "+1",
            "1,00",
            "1e3",
            "0.0000001",
            "$5",
            " 5",
            "٣",
            "99999999999999999999",
            "18446744073709.551616",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(NoAmount), "{text}");
        }
    }

    #[test]
    fn the_largest_amount_is_the_end() {
        assert_eq!(Amount(u64::MAX).plus(Amount(1)), Amount(u64::MAX));
        assert_eq!(Amount(1).less(Amount(2)), Amount(0));
    }
}
