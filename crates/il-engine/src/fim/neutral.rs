//! Markers in user code, for those who send a prompt as one string.
//!
//! The one idea: a marker is broken by a middle dot behind its first character, `<·|fim_prefix|>`. The model still
//! sees what stands there and can write it again, no vocabulary has a special token with a dot in it, it is neither a bracket nor a
//! quote nor the end of a line, and nobody writes it by hand, so that the answer can be turned back.
//!
//! Deliberately absent: who needs it. Whoever tokenises text with special tokens switched off does not.

use std::{borrow::Cow, sync::Arc, sync::OnceLock};

use super::{Template, registry};

/// What breaks a marker.
const DOT: char = '·';

/// `text` without any family's markers: each is broken. `template` may be one that the table does not have.
pub fn neutralise<'a>(text: &'a str, template: &Template) -> Cow<'a, str> {
    let mut broken = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices(|it| opens(it, template)) {
        if !starts_marker(&text[at..], template) {
            continue;
        }
        // Only the first character is passed over: another marker may begin inside this one.
        let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
        broken.push_str(&text[copied..end]);
        broken.push(DOT);
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    broken.push_str(&text[copied..]);
    Cow::Owned(broken)
}

/// What was broken, as it was.
pub fn restore<'a>(text: &'a str, template: &Template) -> Cow<'a, str> {
    let dots: Vec<usize> = text.match_indices(DOT).map(|it| it.0).collect();
    if dots.is_empty() {
        return Cow::Borrowed(text);
    }
    // From the back: what is behind a dot must be as it was before one can tell whether the dot broke a marker.
    let mut whole = text.to_owned();
    for at in dots.into_iter().rev() {
        let Some(first) = text[..at]
            .chars()
            .next_back()
            .filter(|it| opens(*it, template))
        else {
            continue;
        };
        let start = at - first.len_utf8();
        let mut candidate = String::with_capacity(whole.len() - start);
        candidate.push(first);
        candidate.push_str(&whole[at + DOT.len_utf8()..]);
        if starts_marker(&candidate, template) {
            whole.truncate(start);
            whole.push_str(&candidate);
        }
    }
    if whole.len() == text.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(whole)
}

/// Every family's markers, and how else they are spelt.
fn markers() -> &'static [Arc<str>] {
    static MARKERS: OnceLock<Vec<Arc<str>>> = OnceLock::new();
    MARKERS.get_or_init(|| {
        let mut all: Vec<Arc<str>> = Vec::new();
        for template in registry().all() {
            let spelt = template.spellings.iter().flat_map(|it| &it.1);
            let markers = template.markers.iter().chain(spelt);
            all.extend(markers.map(|it| it.trim_start().into()));
        }
        all.sort();
        all.dedup();
        all
    })
}

fn starts_marker(text: &str, template: &Template) -> bool {
    // The space in front of a marker is not what makes it one.
    let own = template.markers.iter().map(|it| it.trim_start());
    let all = markers().iter().map(AsRef::as_ref);
    own.chain(all).any(|it| text.starts_with(it))
}

/// Whether a marker can begin with it; those of the table begin with one of three, which a test holds.
fn opens(char: char, template: &Template) -> bool {
    matches!(char, '<' | '[' | '▁')
        || template
            .markers
            .iter()
            .any(|it| it.trim_start().starts_with(char))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain() -> Arc<Template> {
        registry().by_id("plain").expect("it is in the table")
    }

    #[test]
    fn a_marker_in_code_is_broken_visibly_and_comes_back() {
        let code = "stop = [\"<|endoftext|>\", '<fim_prefix>']  # [PREFIX]";
        let broken = neutralise(code, &plain());
        assert_eq!(
            broken,
            "stop = [\"<·|endoftext|>\", '<·fim_prefix>']  # [·PREFIX]"
        );
        assert_eq!(restore(&broken, &plain()), code);
    }

    #[test]
    fn what_holds_no_marker_is_borrowed() {
        for code in ["if a < b && c[0] > d {}", "a·b <·x"] {
            assert!(matches!(neutralise(code, &plain()), Cow::Borrowed(it) if it == code));
            assert!(matches!(restore(code, &plain()), Cow::Borrowed(it) if it == code));
        }
    }

    #[test]
    fn a_template_of_its_own_has_its_markers_broken_too() {
        let mut template = (*plain()).clone();
        template.markers = vec!["@@HOLE@@".into()];
        assert_eq!(neutralise("x @@HOLE@@", &template), "x @·@HOLE@@");
    }

    #[test]
    fn every_marker_begins_with_what_is_looked_for() {
        for marker in markers() {
            assert!(
                marker.starts_with(['<', '[', '▁']),
                "{marker} begins with something else"
            );
        }
    }

    /// Texts full of markers, halves of markers and dots.
    fn code() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            (0..markers().len()).prop_map(|it| markers()[it].to_string()),
            (0..markers().len(), 1_usize..4)
                .prop_map(|(it, cut)| markers()[it].chars().skip(cut).collect()),
            Just("<".to_owned()),
            Just("[".to_owned()),
            Just("▁".to_owned()),
            Just("\n".to_owned()),
            "[a-z ·<|>]{0,6}",
        ];
        proptest::collection::vec(pieces, 0..12).prop_map(|it| it.concat())
    }

    fn holds_marker(text: &str) -> bool {
        markers().iter().any(|it| text.contains(it.as_ref()))
    }

    /// A marker with a dot in it that was there before.
    fn holds_broken(text: &str) -> bool {
        restore(text, &plain()) != text
    }

    proptest! {
        #[test]
        fn no_marker_is_left_and_no_line_is_lost(code in code()) {
            let broken = neutralise(&code, &plain());
            prop_assert!(!holds_marker(&broken));
            prop_assert_eq!(broken.lines().count(), code.lines().count());
        }

        #[test]
        fn what_was_broken_comes_back(code in code().prop_filter("broken before", |it| !holds_broken(it))) {
            let broken = neutralise(&code, &plain());
            let whole = restore(&broken, &plain());
            prop_assert_eq!(whole, code.as_str());
        }
    }
}
