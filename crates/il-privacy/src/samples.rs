//! Made-up secrets: a template and a seed make one, so that no file of this repository looks like a leaked key.
//!
//! `{hex:32}` and the like stand for random signs: `hex` `HEX` `alnum` `lower` `upper` `digits` `base64` `base64url`
//! `base32`, each with a length or `least-most`; `{uuid}`, `{jwt}`, `{pem:RSA PRIVATE KEY}`, `{luhn:4:16}` (first digits,
//! length), `{iban:DE}`, `{word}`, `{name}`; `{{` is a brace.

/// One secret of a template. The same seed gives the same one.
pub fn expand(template: &str, seed: u64) -> String {
    let _ = (template, seed);
    todo!()
}
