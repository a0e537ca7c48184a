//! [`Text`] against the most naive model there is: a `String`, read from its start each time.
//!
//! The alphabet is what breaks editors: astral characters, combining marks, joiners, every line break
//! and what other tools take for one, a byte order mark. Long texts are made of the same, so that
//! their edits fall on the seams between leaves of the rope.

use std::ops::Range;

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{Bias, Edit, Encoding, LineCol, LinePastEnd, Text, map_position, map_range};

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// What to replace, in thousandths of the text, and by what. (Its `Debug` shows the text: it is ours.)
type Wish = (u32, u32, String);

fn piece() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a",
        "b ",
        "\t",
        "é",
        "e\u{301}",
        "日本",
        "𝒳",
        "👩\u{200D}💻",
        "\n",
        "\r",
        "\r\n",
        "\n\r",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\u{B}",
        "\u{C}",
        "\u{FEFF}",
        "",
    ])
}

fn text(pieces: Range<usize>) -> impl Strategy<Value = String> {
    vec(piece(), pieces).prop_map(|pieces| pieces.concat())
}

fn wishes(insert: Range<usize>) -> impl Strategy<Value = Vec<Wish>> {
    vec((0..=1000u32, 0..=1000u32, text(insert)), 0..12)
}

fn boundary(text: &str, thousandths: u32) -> usize {
    text.floor_char_boundary(text.len() * thousandths as usize / 1000)
}

fn edit_of(text: &str, wish: &Wish, longest: usize) -> Edit {
    let (a, b) = (boundary(text, wish.0), boundary(text, wish.1));
    let (start, end) = (a.min(b), a.max(b));
    let end = text.floor_char_boundary(end.min(start.saturating_add(longest)));
    Edit::replace(start..end, wish.2.as_str())
}

/// Lines with their breaks; the last has none.
fn naive_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let is_break = c == '\n' || (c == '\r' && !text[at + 1..].starts_with('\n'));
        if is_break {
            lines.push(start..at + 1);
            start = at + 1;
        }
    }
    lines.push(start..text.len());
    lines
}

fn naive_content(text: &str, line: &Range<usize>) -> Range<usize> {
    let with_break = &text[line.clone()];
    let without = with_break
        .strip_suffix("\r\n")
        .or_else(|| with_break.strip_suffix(['\r', '\n']))
        .unwrap_or(with_break);
    line.start..line.start + without.len()
}

fn width(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => text.len(),
        Encoding::Utf16 => text.encode_utf16().count(),
        Encoding::Utf32 => text.chars().count(),
    }
}

fn naive_line_col(text: &str, offset: usize, encoding: Encoding) -> LineCol {
    let lines = naive_lines(text);
    let line = lines
        .iter()
        .rposition(|line| line.start <= offset)
        .unwrap_or(0);
    let content = naive_content(text, &lines[line]);
    LineCol {
        line,
        col: width(&text[content.start..offset.min(content.end)], encoding),
    }
}

/// The last boundary within the line that is not behind the column.
fn naive_offset(text: &str, at: LineCol, encoding: Encoding) -> Result<usize, LinePastEnd> {
    let lines = naive_lines(text);
    let Some(line) = lines.get(at.line) else {
        return Err(LinePastEnd {
            line: at.line,
            lines: lines.len(),
        });
    };
    let content = naive_content(text, line);
    let fits = |&offset: &usize| {
        text.is_char_boundary(offset) && width(&text[content.start..offset], encoding) <= at.col
    };
    let found = (content.start..=content.end).rev().find(fits);
    Ok(found.unwrap_or(content.start))
}

fn assert_same(text: &Text, model: &str) {
    assert_eq!(text.contents(), model);
    assert_eq!(text.len(), model.len());
    let lines = naive_lines(model);
    assert_eq!(text.line_count(), lines.len());
    for (number, line) in lines.iter().enumerate() {
        let content = naive_content(model, line);
        assert_eq!(text.line_range_with_break(number), Some(line.clone()));
        assert_eq!(text.line(number).as_deref(), Some(&model[content.clone()]));
        assert_eq!(text.line_range(number), Some(content));
    }
    assert_eq!(text.line_range(lines.len()), None);
}

fn assert_same_at(text: &Text, model: &str, offset: usize) {
    let floor = model.floor_char_boundary(offset);
    assert_eq!(text.floor(offset), floor);
    assert_eq!(text.is_boundary(offset), model.is_char_boundary(offset));
    assert_eq!(text.char_at(offset), model[floor..].chars().next());
    assert_eq!(text.char_before(offset), model[..floor].chars().next_back());
    for encoding in ENCODINGS {
        let at = text.line_col(offset, encoding);
        assert_eq!(at, naive_line_col(model, floor, encoding), "at {offset}");
        let back = text.offset(at, encoding);
        let between_cr_and_lf = model[..floor].ends_with('\r') && model[floor..].starts_with('\n');
        assert_eq!(back, Ok(floor - usize::from(between_cr_and_lf)));
    }
}

proptest! {
    #[test]
    fn edits_lines_and_positions_are_the_models(start in text(0..30), wishes in wishes(0..6)) {
        let mut model = start;
        let mut text = Text::from(model.as_str());
        for wish in &wishes {
            let edit = edit_of(&model, wish, usize::MAX);
            let before = text.clone();
            text = text.apply(&edit).unwrap();
            model.replace_range(edit.range.clone(), &edit.insert);
            assert_same(&text, &model);

            let undone = text.apply(&before.inverse(&edit).unwrap()).unwrap();
            prop_assert!(undone == before);
        }
        for offset in 0..=model.len() + 2 {
            assert_same_at(&text, &model, offset);
        }
    }

    #[test]
    fn columns_clamp_as_the_models(model in text(0..30), line in 0..12usize, col in 0..40usize) {
        let text = Text::from(model.as_str());
        let at = LineCol { line, col };
        for encoding in ENCODINGS {
            prop_assert_eq!(text.offset(at, encoding), naive_offset(&model, at, encoding));
        }
        let far = LineCol { line, col: usize::MAX };
        for encoding in ENCODINGS {
            prop_assert_eq!(text.offset(far, encoding), naive_offset(&model, far, encoding));
        }
    }

    #[test]
    fn people_and_editors_mean_the_same_place(model in text(0..30), line in 1..12usize, col in 1..20usize) {
        let text = Text::from(model.as_str());
        let lenient = text.offset(LineCol { line: line - 1, col: col - 1 }, Encoding::Utf32);
        match text.strict_offset(line, col) {
            Ok(offset) => {
                prop_assert_eq!(lenient, Ok(offset));
                prop_assert_eq!(text.line_col(offset, Encoding::Utf32).col, col - 1);
            }
            Err(crate::PlaceError::Column { chars, .. }) => {
                prop_assert!(chars < col - 1);
                prop_assert_eq!(lenient, Ok(text.line_range(line - 1).unwrap().end));
            }
            Err(_) => prop_assert!(lenient.is_err()),
        }
    }

    #[test]
    fn slices_are_the_models(model in text(0..200), a in 0..=1000u32, b in 0..=1000u32) {
        let text = Text::from(model.as_str());
        let (a, b) = (model.len() * a as usize / 1000, model.len() * b as usize / 1000);
        let end = model.floor_char_boundary(b);
        let start = model.floor_char_boundary(a).min(end);
        prop_assert_eq!(text.slice(a..b), &model[start..end]);
        prop_assert!(text.chars_from(start).eq(model[start..].chars()));
        prop_assert!(text.chars_before(end).eq(model[..end].chars().rev()));
        prop_assert_eq!(text.chunks().collect::<String>(), model.as_str());
        let mut backwards: Vec<_> = text.chunks_reversed().collect();
        backwards.reverse();
        prop_assert_eq!(backwards.concat(), model.as_str());
    }

    #[test]
    fn mapped_positions_stay_at_their_characters(start in text(0..30), wishes in wishes(0..4), at in 0..=1000u32) {
        let mut model: Vec<(char, usize)> = start.chars().zip(0..).collect();
        let plain = |model: &[(char, usize)]| model.iter().map(|(c, _)| *c).collect::<String>();
        let mut edits = Vec::new();
        let mut fresh = 1_000_000..;
        for wish in &wishes {
            let now = plain(&model);
            let edit = edit_of(&now, wish, 6);
            let chars = now[..edit.range.start].chars().count()..now[..edit.range.end].chars().count();
            model.splice(chars, edit.insert.chars().zip(fresh.by_ref()));
            edits.push(edit);
        }
        let offset = boundary(&start, at);
        let index = start[..offset].chars().count();
        let now = plain(&model);
        let offset_of = |id: usize| {
            let found = model.iter().position(|(_, other)| *other == id)?;
            Some(now.char_indices().nth(found).unwrap().0)
        };
        let before = map_position(offset, &edits, Bias::Before);
        let after = map_position(offset, &edits, Bias::After);
        prop_assert!(before <= after && now.is_char_boundary(before) && now.is_char_boundary(after));
        if let Some(next) = offset_of(index) {
            prop_assert_eq!(after, next, "what followed still follows at once");
        }
        if let Some(previous) = index.checked_sub(1).and_then(offset_of) {
            let end = previous + start[..offset].chars().next_back().unwrap().len_utf8();
            prop_assert_eq!(before, end, "what went before still goes before at once");
        }
        let mapped = map_range(0..offset, &edits);
        prop_assert!(mapped.start <= mapped.end && mapped.end <= now.len());
    }

    #[test]
    fn windows_hold_the_cursor_and_keep_their_bounds(
        model in text(0..60), at in 0..=1000u32, before in 0..60usize, after in 0..60usize,
    ) {
        let text = Text::from(model.as_str());
        let around = boundary(&model, at);
        let window = text.window(around, before, after);
        let end = window.start + window.text.len();
        prop_assert_eq!(&*window.text, &model[window.start..end]);
        prop_assert_eq!(window.start + window.cursor, around);
        prop_assert!(window.cursor <= before && end - around <= after);

        let starts: Vec<usize> = naive_lines(&model).iter().map(|line| line.start).collect();
        let first_that_fits = starts.iter().copied().find(|&start| start <= around && around - start <= before);
        let cut = (around.saturating_sub(before)..).find(|&at| model.is_char_boundary(at)).unwrap();
        prop_assert_eq!(window.start, first_that_fits.unwrap_or(cut), "starts in a line, or wastes room");
        let next_line_fits = starts.iter().any(|&s| around < s && s - around <= after);
        if end < model.len() && next_line_fits {
            let latest = starts.iter().rfind(|&&start| start <= around + after);
            prop_assert_eq!(Some(&end), latest, "ends in a line, or wastes room");
        } else {
            prop_assert_eq!(end, model.floor_char_boundary(around + after), "wastes room");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn long_texts_are_the_models_on_the_seams_of_the_rope(
        start in text(1500..4000), wishes in wishes(0..900), at in vec(0..=1000u32, 12),
    ) {
        let mut model = start;
        let mut text = Text::from(model.as_str());
        for wish in &wishes {
            let edit = edit_of(&model, wish, 700);
            text = text.apply(&edit).unwrap();
            model.replace_range(edit.range.clone(), &edit.insert);
        }
        assert_same(&text, &model);
        for at in at {
            assert_same_at(&text, &model, model.len() * at as usize / 1000);
        }
    }

    /// Bursts of single keys at one place, as people type: halves of a CRLF come and go one at a time.
    #[test]
    fn keys_typed_on_a_seam_are_the_models(
        start in text(600..1200), at in 0..=1000u32, keys in vec((piece(), any::<bool>()), 0..120),
    ) {
        let mut model = start;
        let mut text = Text::from(model.as_str());
        let mut at = boundary(&model, at);
        for (key, takes_out) in keys {
            let previous = model[..at].chars().next_back().map_or(0, char::len_utf8);
            let edit = match takes_out {
                true => Edit::delete(at - previous..at),
                false => Edit::insert(at, key),
            };
            text = text.apply(&edit).unwrap();
            model.replace_range(edit.range.clone(), &edit.insert);
            at = edit.inserted().end;
        }
        assert_same(&text, &model);
    }
}
