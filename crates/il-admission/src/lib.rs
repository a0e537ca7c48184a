//! What is never learnt, decided by name, size and shape.
//!
//! Secrets are refused by file name before anything is read; large, binary, minified and generated files
//! because they teach nothing a person would type. Everything else is welcome.
//!
//! Deliberately absent: secrets inside ordinary files, ignore files, and symlinks; who walks the tree
//! asks about the real name of a file as well as the one it is reached by.

use std::fmt;

/// Files larger than this teach nothing: they are data or generated.
pub const MAX_BYTES: u64 = 1 << 20;
/// Lines longer than this on average are not written by people.
const MAX_MEAN_LINE: usize = 200;
/// How much of a file is looked at for its shape.
const HEAD: usize = 4096;

/// Why a file is not learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Its name says that it holds secrets.
    Secret,
    /// It is larger than [`MAX_BYTES`].
    TooLarge,
    /// It holds bytes that text does not.
    Binary,
    /// Its lines are too long to be written by people.
    Minified,
    /// It says that a program wrote it.
    Generated,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "holds secrets by its name",
            Self::TooLarge => "is too large",
            Self::Binary => "is binary",
            Self::Minified => "is minified",
            Self::Generated => "is generated",
        })
    }
}

/// Names that are secrets whole.
const SECRET_NAMES: &[&str] = &[
    ".env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".vault-token",
    ".boto",
    ".s3cfg",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "kubeconfig",
    "shadow",
    "master.key",
    "secring.gpg",
    "wp-config.php",
    ".yarnrc.yml",
    "auth.json",
    ".terraformrc",
];

/// Endings that make a name a secret.
const SECRET_ENDINGS: &[&str] = &[
    ".pem",
    ".key",
    ".p8",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".truststore",
    ".kdb",
    ".kdbx",
    ".ppk",
    ".asc",
    ".gpg",
    ".der",
    ".ovpn",
    ".agekey",
    ".tfstate",
    ".tfstate.backup",
    ".tfvars",
    ".tfvars.json",
    ".env",
    ".mobileprovision",
];

/// Stems (the name up to its first dot) that make a configuration file a secret.
const SECRET_STEMS: &[&str] = &[
    "credentials",
    "credential",
    "secrets",
    "secret",
    "service-account",
    "service_account",
];

/// Endings of programs: a module called `secrets.rs` is code, `secrets.yaml` is not.
const CODE_ENDINGS: &[&str] = &[
    "py", "pyi", "rs", "ts", "tsx", "js", "jsx", "mjs", "go", "java", "kt", "c", "h", "cc", "cpp",
    "hpp", "cs", "rb", "php", "swift", "scala", "lua", "md", "rst", "txt", "html", "css",
];

/// Words that mark a copy to be filled in.
const HARMLESS: &[&str] = &["example", "sample", "template", "dist", "defaults"];

/// Whether a file may be learnt from, by its path (`/`-separated) and size.
pub fn admit_name(path: &str, bytes: u64) -> Result<(), Refusal> {
    if is_secret(path) {
        return Err(Refusal::Secret);
    }
    if bytes > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

/// Whether a file may be learnt from, by its path and text.
pub fn admit(path: &str, text: &str) -> Result<(), Refusal> {
    admit_name(path, text.len() as u64)?;
    if memchr_nul(text) {
        return Err(Refusal::Binary);
    }
    let lines = text.bytes().filter(|&b| b == b'\n').count() + 1;
    if text.len() > 2000 && text.len() / lines > MAX_MEAN_LINE {
        return Err(Refusal::Minified);
    }
    if is_generated(text) {
        return Err(Refusal::Generated);
    }
    Ok(())
}

/// Whether the name of a file says that it holds secrets.
pub fn is_secret(path: &str) -> bool {
    let name = path
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(path)
        .to_ascii_lowercase();
    let name = name.as_str();
    if name.starts_with(".env.") || name.ends_with(".env") {
        return !name.split('.').any(|part| HARMLESS.contains(&part));
    }
    if SECRET_NAMES.contains(&name) || SECRET_ENDINGS.iter().any(|e| name.ends_with(e)) {
        return !name.split('.').any(|part| HARMLESS.contains(&part));
    }
    let (stem, endings) = name
        .trim_start_matches('.')
        .split_once('.')
        .unwrap_or((name.trim_start_matches('.'), ""));
    let last = endings.rsplit('.').next().unwrap_or("");
    if endings.split('.').any(|part| HARMLESS.contains(&part)) {
        return false;
    }
    let stem = stem.trim_start_matches("client_").trim_end_matches(".enc");
    SECRET_STEMS.contains(&stem) && !CODE_ENDINGS.contains(&last)
        || stem.starts_with("credentials") && !CODE_ENDINGS.contains(&last)
        || path
            .split(['/', '\\'])
            .rev()
            .skip(1)
            .any(|d| matches!(d, ".ssh" | ".gnupg" | ".aws"))
}

fn memchr_nul(text: &str) -> bool {
    text.as_bytes().iter().take(HEAD).any(|&b| b == 0)
}

fn is_generated(text: &str) -> bool {
    let mut end = text.len().min(600);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text[..end].to_ascii_lowercase();
    let says_so = head.contains("@generated")
        || head.contains("code generated by")
        || head.contains("automatically generated by");
    says_so || (head.contains("do not edit") && head.contains("generated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, secret: bool) {
        assert_eq!(is_secret(path), secret, "{path}");
    }

    #[test]
    fn secrets_are_known_by_name() {
        for path in [
            ".env",
            "app/.env",
            ".ENV",
            ".env.production",
            "prod.env",
            "server.PEM",
            "keys/server.key",
            "id_rsa",
            "home/.ssh/config",
            "a.p12",
            "a.pfx",
            "a.jks",
            ".netrc",
            ".npmrc",
            ".pypirc",
            "credentials",
            "credentials.json",
            "Credentials.xml",
            ".aws/credentials",
            "secrets.yaml",
            "secrets.toml",
            "vault.kdbx",
            "infra/terraform.tfstate",
            "terraform.tfstate.backup",
            "prod.tfvars",
            "service-account.json",
            "win\\id_ed25519",
        ] {
            check(path, true);
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_learnt() {
        for path in [
            ".env.example",
            ".env.sample",
            "config/.env.template",
            "src/secrets.rs",
            "django/core/secrets.py",
            "credentials.go",
            "environment.ts",
            "keyboard.rs",
            "src/key.rs",
            "monkey.py",
            "docs/secrets.md",
            "secrets.example.yaml",
        ] {
            check(path, false);
        }
    }

    #[test]
    fn shape_is_judged_from_the_text() {
        let long = "x".repeat(MAX_BYTES as usize + 1);
        assert_eq!(admit("a.rs", &long), Err(Refusal::TooLarge));
        assert_eq!(
            admit("a.js", &"var a=1;".repeat(500)),
            Err(Refusal::Minified)
        );
        assert_eq!(admit("a.rs", "fn\0"), Err(Refusal::Binary));
        assert_eq!(
            admit(
                "a.go",
                "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n"
            ),
            Err(Refusal::Generated)
        );
        assert_eq!(admit("a.rs", "fn main() {}\n"), Ok(()));
        assert_eq!(admit("a.rs", ""), Ok(()));
    }
}
