//! Names that are nearly what was typed: letters left out, or one or two mistyped.

/// Shorter words are like too many others.
const SHORTEST: usize = 3;

/// How alike a typed word and a name are, below one; nothing when they are not.
pub(super) fn likeness(typed: &str, name: &str) -> Option<f32> {
    if !may_be_alike(typed, name) {
        return None;
    }
    let typed: Vec<char> = typed.chars().flat_map(char::to_lowercase).collect();
    if typed.len() < SHORTEST {
        return None;
    }
    let lower: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    subsequence(&typed, &lower, name).or_else(|| mistyped(&typed, &lower))
}

/// A quick look that sends most names away: a hundred thousand are looked at for one word.
fn may_be_alike(typed: &str, name: &str) -> bool {
    if !typed.is_ascii() || !name.is_ascii() {
        return true;
    }
    let mut rest = name.bytes();
    let is_inside = typed
        .bytes()
        .all(|c| rest.any(|it| it.eq_ignore_ascii_case(&c)));
    let shared = || {
        let letters = |text: &str| {
            let letters = text.bytes().map(|c| 1u64 << (c.to_ascii_lowercase() & 63));
            letters.fold(0, |all, letter| all | letter)
        };
        (letters(typed) & !letters(name)).count_ones() <= 2
    };
    is_inside || (typed.len().abs_diff(name.len()) <= 2 && shared())
}

/// All letters are there, in order: the more of them begin a part of the name or stand together, the better.
fn subsequence(typed: &[char], lower: &[char], name: &str) -> Option<f32> {
    let begins = beginnings(name, lower.len());
    let (mut at, mut good) = (0, 0.0f32);
    let mut last = None;
    for &c in typed {
        let rest = &lower[at..];
        // A letter that begins a part is meant before one in the middle.
        let begin = rest
            .iter()
            .enumerate()
            .position(|(n, &it)| it == c && begins[at + n]);
        let next = rest.iter().position(|&it| it == c)?;
        let follows = last == at.checked_sub(1) && next == 0;
        let step = if follows { 0 } else { begin.unwrap_or(next) };
        let found = at + step;
        good += if follows || begins[found] { 1.0 } else { 0.3 };
        last = Some(found);
        at = found + 1;
    }
    let share = good / typed.len() as f32;
    let length = typed.len() as f32 / lower.len().max(1) as f32;
    (share > 0.6).then_some(0.9 * share * (0.5 + 0.5 * length))
}

/// For each letter whether it begins a part of the name.
fn beginnings(name: &str, len: usize) -> Vec<bool> {
    let mut before: Option<char> = None;
    let mut begins: Vec<bool> = name
        .chars()
        .map(|c| {
            let begins = before.is_none_or(|before| {
                !before.is_alphanumeric() || (c.is_uppercase() && !before.is_uppercase())
            });
            before = Some(c);
            begins && c.is_alphanumeric()
        })
        .collect();
    begins.resize(len, false);
    begins
}

/// One letter of five may be wrong, missing, doubled, or in its neighbour's place.
fn mistyped(typed: &[char], lower: &[char]) -> Option<f32> {
    let most = (typed.len() / 5 + 1).min(2);
    if typed.len().abs_diff(lower.len()) > most || typed.len() < 4 {
        return None;
    }
    let distance = distance(typed, lower);
    (distance <= most).then_some(0.8 - 0.2 * distance as f32)
}

/// Damerau and Levenshtein's, with neighbours swapped once.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::likeness;

    #[track_caller]
    fn better(typed: &str, good: &str, bad: &str) {
        let (good, bad) = (likeness(typed, good), likeness(typed, bad));
        assert!(good > bad, "{good:?} is not above {bad:?}");
    }

    #[test]
    fn beginnings_of_parts_are_meant() {
        better("hcb", "HttpClientBuilder", "hatchback");
        better("clibui", "ClientBuilder", "cliffs_burn_unit_inside");
    }

    #[test]
    fn a_slip_of_the_finger_is_forgiven() {
        better("recieve", "receive", "relive");
        better("conection", "connection", "collection");
    }

    #[test]
    fn what_is_not_alike_is_nothing() {
        assert_eq!(likeness("parser", "lexer"), None);
        assert_eq!(likeness("ab", "ab"), None);
    }
}
