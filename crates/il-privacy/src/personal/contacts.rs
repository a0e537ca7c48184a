//! Mail addresses and telephone numbers.
//!
//! Deliberately absent: whether anybody answers there.

use super::digits;

/// Domains and ends of domains that nobody's mail goes to: RFC 2606 and 6761, and what tools write.
const NOBODYS: [&str; 14] = [
    "example.com",
    "example.org",
    "example.net",
    "example.edu",
    ".example",
    ".test",
    ".invalid",
    ".localhost",
    ".local",
    ".internal",
    "users.noreply.github.com",
    "domain.com",
    "email.com",
    "sentry.io",
];
/// Who is no person.
const NOBODY: [&str; 20] = [
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "git",
    "hg",
    "svn",
    "root",
    "user",
    "username",
    "me",
    "you",
    "your",
    "name",
    "email",
    "test",
    "foo",
    "someone",
    "mailer-daemon",
];
/// Ends of names of files and packages that look like addresses: `icon@2x.png`, `pkg@1.2.js`.
const FILES: [&str; 22] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "scss", "json", "html", "py",
    "rs", "go", "rb", "java", "md", "lock", "so", "toml", "yaml",
];

pub(super) fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let (local, domain) = (local.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let nobodys = |end: &&str| {
        let under = domain.strip_suffix(*end);
        under.is_some_and(|it| it.is_empty() || it.ends_with('.') || end.starts_with('.'))
    };
    let Some((host, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let user = local.split('+').next().unwrap_or_default();
    !NOBODY.contains(&user)
        && !NOBODYS.iter().any(nobodys)
        && !FILES.contains(&last)
        && host.len() > 1
        && host.bytes().any(|it| it.is_ascii_alphabetic())
}

/// A number that a telephone may have: E.164's 15 digits at most, and not one that was typed in a row.
pub(super) fn phone(text: &str) -> bool {
    let number = digits(text);
    let distinct = number
        .iter()
        .fold(0u32, |seen, it| seen | 1 << it)
        .count_ones();
    // 555-01xx is for films.
    let fictional = number.windows(5).any(|it| it == [5, 5, 5, 0, 1]);
    let most = if text.starts_with('+') {
        8..=15
    } else {
        7..=13
    };
    most.contains(&number.len())
        && distinct >= 4
        && !fictional
        && is_grouped(text)
        && !is_date(text)
}

/// `+9999-12-31`: no country's code has four digits.
fn is_date(text: &str) -> bool {
    let year = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    text.starts_with('+') && year >= 4 && text[year + 1..].starts_with('-')
}

/// No version, address or date: dots stand between groups of two digits or more.
fn is_grouped(text: &str) -> bool {
    let mut groups = text
        .split('.')
        .map(|it| it.bytes().filter(u8::is_ascii_digit).count());
    !text.contains('.')
        || groups.all(|it| it >= 2) && text.split('.').count() != 4
        || text.starts_with('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_somebodys() {
        for it in [
            ["ada.lovelace", "posteo.de"],
            ["b+tag", "sub.company.co.uk"],
        ] {
            assert!(email(&it.join("@")), "{it:?}");
        }
        for it in [
            "ada@example.com",
            "ada@mail.example.org",
            "noreply@company.com",
            "git@github.com",
            "icon@2x.png",
            "1+ada@users.noreply.github.com",
            "a@b.test",
            "root@machine.local",
            "pkg@1.2",
            "a@b.com",
        ] {
            assert!(!email(it), "{it}");
        }
    }

    #[test]
    fn a_telephone_number_is_no_version_and_no_address() {
        for it in [
            "+49 30 901820",
            "+1 (415) 273-9164",
            "030 / 90 18 27",
            "+44.20.79460018",
        ] {
            assert!(phone(it), "{it}");
        }
        for it in [
            "192.168.10.27",
            "1.2.3",
            "+1 555 0123",
            "0000000000",
            "+9999-12-31 23",
            "+1234567890123456",
        ] {
            assert!(!phone(it), "{it}");
        }
    }
}
