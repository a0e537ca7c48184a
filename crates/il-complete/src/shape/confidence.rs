//! The gate, as a filter: shows what one is sure of, never less than what is on the screen already.

use super::{Draft, Reason, Scene, Verdict};
use crate::gate;

pub(super) const NAME: &str = "confidence";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let offered = draft.shown().len();
    if !scene.calibrated || gate::keystrokes(draft.shown()) < scene.gate.min_chars {
        return Verdict::Kept;
    }
    let pieces = draft.pieces(offered);
    let len = match gate::cut(&pieces, scene.gate) {
        Some(cut) => cut.len.max(scene.floor),
        None if scene.floor > 0 => scene.floor,
        None => {
            return Verdict::Dropped(Reason::BelowConfidence {
                best: gate::best_probability(&pieces, scene.gate),
                threshold: scene.gate.threshold,
            });
        }
    };
    drop(pieces);
    draft.show(len);
    let p = draft.probability();
    Verdict::Changed(format!("{len} of {offered} bytes are shown, p = {p:.2}").into())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check_pieces;

    #[test]
    fn shows_what_one_is_sure_of() {
        check_pieces(
            "rust",
            "    $0\n",
            &[("self.rows", 0.9), (".push(", 0.7), ("row", 0.3)],
            expect![[r#"
                rust
                    ⟦self.rows.push(⟧
            "#]],
        );
        check_pieces(
            "rust",
            "    $0\n",
            &[("self", 0.4), (".rows", 0.3)],
            expect![[r#"
                rust
                    $0
                nothing: below confidence (best 0.40 < 0.50)
            "#]],
        );
    }
}
