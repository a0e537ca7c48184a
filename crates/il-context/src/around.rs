//! The text around the hole: where it is cut.
//!
//! The one idea: cuts are made between lines, and a cut that still serves stays where it was.
//!
//! Deliberately absent: how much room there is ([`crate::shares`]).

/// Bytes of a token at most, on the average of a long text: what is farther away than the window at this rate is
/// not even counted.
pub(crate) const BYTES: usize = 6;

/// The lines before the hole that may be shown, with what they cost.
pub(crate) struct Before<'a> {
    text: &'a str,
    /// Where lines begin, rising; the last one may be empty.
    pub(crate) starts: Vec<usize>,
    /// Tokens from each of these on to the hole.
    from: Vec<usize>,
}

impl<'a> Before<'a> {
    /// Lines of `text` that can fit into `tokens`.
    pub(crate) fn new(text: &'a str, tokens: usize) -> Self {
        let far = text.len().saturating_sub(tokens.saturating_mul(BYTES));
        let mut starts = Vec::new();
        let mut end = text.len();
        loop {
            let start = text[..end].rfind('\n').map_or(0, |it| it + 1);
            if start < far {
                // Of a line longer than that, only the end is looked at.
                if starts.is_empty() {
                    starts.push(text.ceil_char_boundary(far));
                }
                break;
            }
            starts.push(start);
            if start == 0 {
                break;
            }
            end = start - 1;
        }
        starts.reverse();
        Self {
            text,
            starts,
            from: Vec::new(),
        }
    }

    /// The lines, each with its end.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a str> {
        let ends = self.starts.iter().skip(1).copied().chain([self.text.len()]);
        let text = self.text;
        self.starts.iter().zip(ends).map(move |(a, b)| &text[*a..b])
    }

    /// Takes what each line costs, and what is shown behind the last one.
    pub(crate) fn weigh(&mut self, counts: &[usize], behind: usize) {
        let mut sum = behind;
        self.from = counts
            .iter()
            .rev()
            .map(|it| {
                sum += it;
                sum
            })
            .collect();
        self.from.reverse();
    }

    /// Tokens that all lines need.
    pub(crate) fn need(&self) -> usize {
        self.from.first().copied().unwrap_or_default()
    }

    /// Tokens from the line on that begins at `start`.
    pub(crate) fn cost(&self, start: usize) -> Option<usize> {
        let idx = self.starts.binary_search(&start).ok()?;
        self.from.get(idx).copied()
    }

    /// Where to begin, given room for `room` tokens and where it began last. `None`: not even the last line fits.
    ///
    /// The old start stays until what is behind it outgrows the room or takes less than half of it; then the new one leaves a
    /// quarter of the room to grow into.
    pub(crate) fn start(&self, room: usize, last: Option<usize>) -> Option<usize> {
        if let (Some(0), Some(cost)) = (self.starts.first(), self.from.first())
            && *cost <= room
        {
            return Some(0);
        }
        if let Some(last) = last
            && self
                .cost(last)
                .is_some_and(|it| it <= room && it >= room / 2)
        {
            return Some(last);
        }
        let fits = |most: usize| {
            let idx = self.from.partition_point(|it| *it > most);
            self.starts.get(idx).copied()
        };
        fits(room - room / 4).or_else(|| fits(room))
    }
}

/// The lines behind the cursor that may be shown, with what they cost.
pub(crate) struct After<'a> {
    text: &'a str,
    /// Where lines end, rising.
    ends: Vec<usize>,
    /// Tokens up to each of these.
    to: Vec<usize>,
}

impl<'a> After<'a> {
    pub(crate) fn new(text: &'a str, tokens: usize) -> Self {
        let far = tokens.saturating_mul(BYTES);
        let mut ends: Vec<usize> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |it| start + it + 1);
            if end > far {
                if ends.is_empty() {
                    ends.push(text.floor_char_boundary(far));
                }
                break;
            }
            ends.push(end);
            start = end;
        }
        Self {
            text,
            ends,
            to: Vec::new(),
        }
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a str> {
        let text = self.text;
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(move |(a, b)| &text[a..*b])
    }

    pub(crate) fn weigh(&mut self, counts: &[usize]) {
        let mut sum = 0;
        let add = |it: &usize| {
            sum += it;
            sum
        };
        self.to = counts.iter().map(add).collect();
    }

    pub(crate) fn need(&self) -> usize {
        self.to.last().copied().unwrap_or_default()
    }

    /// Where to end, given room for `room` tokens, and what it costs.
    pub(crate) fn end(&self, room: usize) -> (usize, usize) {
        match self.to.partition_point(|it| *it <= room) {
            0 => (0, 0),
            lines => (self.ends[lines - 1], self.to[lines - 1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten lines of ten tokens and the beginning of an eleventh.
    fn before(text: &str) -> Before<'_> {
        let mut before = Before::new(text, 1000);
        let counts: Vec<usize> = before.lines().map(|it| it.trim_end().len()).collect();
        before.weigh(&counts, 0);
        before
    }

    #[test]
    fn the_start_stays_until_its_share_is_full_and_leaves_room_then() {
        let text = format!("{}abc", "123456789 \n".repeat(10).replace(' ', "0"));
        let before = before(&text);
        assert_eq!(before.need(), 103);
        assert_eq!(before.start(103, None), Some(0));
        // Three quarters of 80: five whole lines and the last one.
        assert_eq!(before.start(80, None), Some(55));
        assert_eq!(before.start(80, Some(33)), Some(33));
        assert_eq!(before.start(72, Some(33)), Some(55));
        // Less than half is used: there is more to show.
        assert_eq!(before.start(80, Some(99)), Some(55));
        assert_eq!(before.start(3, None), Some(110));
        assert_eq!(before.start(2, None), None);
    }

    #[test]
    fn the_end_is_between_lines() {
        let text = "ab\nabcd\nabcdef\n";
        let mut after = After::new(text, 1000);
        let counts: Vec<usize> = after.lines().map(str::len).collect();
        assert_eq!(counts, [3, 5, 7]);
        after.weigh(&counts);
        assert_eq!(after.need(), 15);
        assert_eq!(after.end(100), (15, 15));
        assert_eq!(after.end(14), (8, 8));
        assert_eq!(after.end(2), (0, 0));
    }

    #[test]
    fn what_is_too_far_away_is_not_counted() {
        let text = "1234567\n".repeat(100);
        assert_eq!(Before::new(&text, 10).lines().count(), 8);
        assert_eq!(After::new(&text, 10).lines().count(), 7);
        let line = "1".repeat(1000);
        assert!(Before::new(&line, 10).lines().eq([&line[940..]]));
        assert!(After::new(&line, 10).lines().eq([&line[..60]]));
        assert_eq!(Before::new("", 10).lines().count(), 1);
        assert_eq!(After::new("", 10).lines().count(), 0);
    }
}
