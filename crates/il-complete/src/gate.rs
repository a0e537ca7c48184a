//! The gate: how much of an answer is sure enough to be shown.
//!
//! The one idea: show the part of the line one is sure of, not the whole line or nothing. Of all cuts
//! between two words whose probability reaches the threshold, the one with the largest expected gain in
//! keystrokes wins: `p·(n−1) − (1−p)` for `n` characters, one key to accept, one glance lost when wrong.
//! Later lines are added only while one stays surer than that.
//!
//! A pure function over pieces, used by the pipeline and by the evaluation alike.

/// More text, and the probability of everything up to and including it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Cumulative: that everything so far is what will be written.
    pub probability: f32,
}

/// How sure one has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateConfig {
    /// Least probability of what is shown.
    pub threshold: f32,
    /// Least probability of everything up to the end of a second or later line.
    pub block_threshold: f32,
    /// Least number of characters that are worth showing.
    pub min_chars: usize,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            block_threshold: 0.6,
            min_chars: 2,
        }
    }
}

impl GateConfig {
    /// For a user who asked: more is shown, and less sure.
    pub fn invoked() -> Self {
        Self {
            threshold: 0.15,
            block_threshold: 0.3,
            min_chars: 1,
        }
    }
}

/// Where to cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// Bytes of the concatenated pieces to show.
    pub len: usize,
    /// That all of it is right.
    pub probability: f32,
    /// Keystrokes saved, on average.
    pub expected_gain: f32,
}

/// The best cut, or `None` when nothing is sure enough.
pub fn cut(pieces: &[Piece<'_>], config: &GateConfig) -> Option<Cut> {
    let sure = |place: &Place| {
        place.chars >= config.min_chars
            && place.cut.probability >= config.threshold
            && (!place.later_line
                || place.ends_line && place.cut.probability >= config.block_threshold)
    };
    let mut best: Option<Cut> = None;
    for place in places(pieces).filter(sure) {
        // Of two equal cuts the longer one: it takes no more keys to accept.
        if best.is_none_or(|best| place.cut.expected_gain >= best.expected_gain) {
            best = Some(place.cut);
        }
    }
    best
}

/// How sure one can be at best of anything long enough to be shown; 0 when there is nothing.
pub fn best_probability(pieces: &[Piece<'_>], config: &GateConfig) -> f32 {
    places(pieces)
        .filter(|place| place.chars >= config.min_chars)
        .fold(0.0, |best, place| best.max(place.cut.probability))
}

/// Keystrokes that showing `chars` characters saves on average: one key to accept them, one glance lost
/// when they are wrong.
pub fn expected_gain(chars: usize, probability: f32) -> f32 {
    probability * (chars as f32 - 1.0) - (1.0 - probability)
}

/// Keys that a text stands for: its characters, less indentation and white space at its end, which an
/// editor takes care of.
pub fn keystrokes(text: &str) -> usize {
    let mut walk = Walk::default();
    walk.take(&Piece {
        text,
        probability: 1.0,
    });
    walk.chars
}

/// A place where one could cut.
#[derive(Clone, Copy, Debug)]
struct Place {
    cut: Cut,
    /// Keystrokes that the text up to here stands for.
    chars: usize,
    /// A line has ended before this place, and another one begun.
    later_line: bool,
    ends_line: bool,
}

/// Every place between two words, in order.
fn places<'a>(pieces: &'a [Piece<'a>]) -> impl Iterator<Item = Place> + 'a {
    let mut walk = Walk::default();
    pieces.iter().enumerate().filter_map(move |(i, piece)| {
        let before = walk.trimmed;
        walk.take(piece);
        let next = pieces[i + 1..]
            .iter()
            .map(|piece| piece.text)
            .find(|text| !text.is_empty());
        let splits_word =
            piece.text.ends_with(is_word) && next.is_some_and(|text| text.starts_with(is_word));
        (walk.trimmed > before && !splits_word).then(|| walk.place(next))
    })
}

/// What has been said so far.
#[derive(Debug)]
struct Walk {
    len: usize,
    /// The same without white space at the end.
    trimmed: usize,
    chars: usize,
    /// White space that counts once something follows it.
    pending: usize,
    /// Line breaks that count once something follows them.
    pending_breaks: usize,
    indenting: bool,
    begun: bool,
    later_line: bool,
    probability: f32,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            len: 0,
            trimmed: 0,
            chars: 0,
            pending: 0,
            pending_breaks: 0,
            indenting: false,
            begun: false,
            later_line: false,
            probability: 1.0,
        }
    }
}

impl Walk {
    fn take(&mut self, piece: &Piece<'_>) {
        let p = if piece.probability.is_finite() {
            piece.probability.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.probability = self.probability.min(p);
        for c in piece.text.chars() {
            self.len += c.len_utf8();
            match c {
                '\n' => {
                    self.pending += 1;
                    self.pending_breaks += 1;
                    self.indenting = true;
                }
                // The editor indents by itself, and breaks a line with one key.
                _ if c == '\r' || c.is_whitespace() && self.indenting => {}
                _ if c.is_whitespace() => self.pending += 1,
                _ => self.visible(),
            }
        }
    }

    fn visible(&mut self) {
        self.later_line |= self.begun && self.pending_breaks > 0;
        self.chars += self.pending + 1;
        self.trimmed = self.len;
        self.pending = 0;
        self.pending_breaks = 0;
        self.indenting = false;
        self.begun = true;
    }

    fn place(&self, next: Option<&str>) -> Place {
        let p = self.probability;
        let ends_line = self.pending_breaks > 0
            || next.is_none_or(|text| text.trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
        Place {
            cut: Cut {
                len: self.trimmed,
                probability: p,
                expected_gain: expected_gain(self.chars, p),
            },
            chars: self.chars,
            later_line: self.later_line,
            ends_line,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    /// `foo:.9 (:.8` is two pieces; `·` is a space, `⏎` a line break.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(pieces: &str, expected: Expect) {
        check_with(&GateConfig::default(), pieces, &expected);
    }

    fn check_with(config: &GateConfig, pieces: &str, expected: &Expect) {
        let owned: Vec<(String, f32)> = pieces
            .split_whitespace()
            .map(|piece| {
                let (text, p) = piece.rsplit_once(':').expect("TEXT:PROBABILITY");
                let text = text.replace('·', " ").replace('⏎', "\n");
                (text, p.parse().expect("a number"))
            })
            .collect();
        let pieces: Vec<Piece<'_>> = owned
            .iter()
            .map(|(text, probability)| Piece {
                text,
                probability: *probability,
            })
            .collect();
        let whole: String = owned.iter().map(|(text, _)| text.as_str()).collect();
        let said = match cut(&pieces, config) {
            Some(cut) => format!(
                "{:?} p={:.2} gain={:.2}",
                &whole[..cut.len],
                cut.probability,
                cut.expected_gain
            ),
            None => format!("nothing, best {:.2}", best_probability(&pieces, config)),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn shows_the_part_of_the_line_one_is_sure_of() {
        check(
            "foo:.95 (:.9 bar:.6 ,·:.45 baz:.2 ):.2",
            expect![[r#""foo(bar" p=0.60 gain=3.20"#]],
        );
        check(
            "foo:.95 (:.9 bar:.5 ):.5",
            expect![[r#""foo(bar)" p=0.50 gain=3.00"#]],
        );
        check("foo:.4 (:.3", expect!["nothing, best 0.40"]);
    }

    #[test]
    fn a_long_guess_does_not_outweigh_a_sure_short_one() {
        check(
            "self.rows.push:.99 (row_of_the_table):.55",
            expect![[r#""self.rows.push(row_of_the_table)" p=0.55 gain=16.60"#]],
        );
        check(
            "self.rows.push:.99 (r):.55",
            expect![[r#""self.rows.push" p=0.99 gain=12.86"#]],
        );
    }

    #[test]
    fn never_cuts_inside_a_word_and_never_ends_in_white_space() {
        check("prin:.9 tln:.4 !:.3", expect!["nothing, best 0.40"]);
        check(
            "prin:.9 tln:.7 !:.3",
            expect![[r#""println" p=0.70 gain=3.90"#]],
        );
        check("x:.9 ·=·:.8 1:.1", expect![[r#""x =" p=0.80 gain=1.40"#]]);
    }

    #[test]
    fn one_character_is_not_worth_a_glance() {
        check("):.99", expect!["nothing, best 0.00"]);
        check(
            "⏎:.99 ····:.98 ):.97",
            expect![[r#""\n    )" p=0.97 gain=0.94"#]],
        );
    }

    #[test]
    fn later_lines_come_whole_and_only_while_one_stays_sure() {
        check(
            "a.b();:.95 ⏎····c.d:.9 ();:.88 ⏎}:.5",
            expect![[r#""a.b();\n    c.d();" p=0.88 gain=10.44"#]],
        );
        check(
            "a.b();:.95 ⏎····c.d:.9 ();:.55",
            expect![[r#""a.b();" p=0.95 gain=4.70"#]],
        );
    }

    #[test]
    fn an_engine_that_cannot_tell_passes_whole() {
        check(
            "foo:1 (:1 ⏎bar:1 ⏎):1",
            expect![[r#""foo(\nbar\n)" p=1.00 gain=9.00"#]],
        );
    }

    #[test]
    fn whoever_asks_is_shown_more() {
        check_with(
            &GateConfig::invoked(),
            "foo:.4 (:.3",
            &expect![[r#""foo(" p=0.30 gain=0.20"#]],
        );
    }

    proptest! {
        #[test]
        fn any_pieces_are_cut_between_characters(
            raw in proptest::collection::vec(("[a-z ()\n\té😀]{0,4}", prop_oneof![any::<f32>(), 0.0f32..1.0]), 0..12)
        ) {
            let pieces: Vec<Piece<'_>> = raw.iter().map(|(text, p)| Piece { text, probability: *p }).collect();
            let whole: String = raw.iter().map(|(text, _)| text.as_str()).collect();
            if let Some(cut) = cut(&pieces, &GateConfig::default()) {
                prop_assert!(whole.is_char_boundary(cut.len));
                prop_assert!(cut.probability >= 0.5 && cut.probability <= 1.0);
                prop_assert_eq!(whole[..cut.len].trim_end().len(), cut.len);
            }
        }
    }
}
