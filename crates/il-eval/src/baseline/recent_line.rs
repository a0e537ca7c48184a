//! The most recent line with the same beginning: the trivial baseline.

use il_engine::{CancelToken, Capabilities, Engine, EngineError, Outcome, Request, Sink};

use super::push;
use crate::tree::SourceFile;

/// Files of the same folder that stand in for open tabs.
const MAX_TABS: usize = 10;

pub(super) struct RecentLine {
    files: Vec<SourceFile>,
}

impl RecentLine {
    pub(super) fn new(files: Vec<SourceFile>) -> Self {
        Self { files }
    }

    fn answer(&self, request: &Request) -> Option<String> {
        let (before, current) = match request.prefix().rsplit_once('\n') {
            Some((before, current)) => (before, current),
            None => ("", request.prefix()),
        };
        let beginning = current.trim_start();
        if beginning.trim_end().is_empty() {
            return None;
        }
        let rest = |line: &str| -> Option<String> {
            let rest = line.trim().strip_prefix(beginning)?;
            (!rest.is_empty()).then(|| rest.to_owned())
        };
        let after = request.suffix().split_once('\n').map_or("", |it| it.1);
        before
            .lines()
            .rev()
            .find_map(rest)
            .or_else(|| after.lines().find_map(rest))
            .or_else(|| {
                self.tabs(&request.path)
                    .find_map(|it| it.text.lines().find_map(rest))
            })
    }

    fn tabs<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files
            .iter()
            .filter(move |it| it.path != path && folder(&it.path) == folder(path))
            .take(MAX_TABS)
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |it| it.0)
}

impl Engine for RecentLine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "recent line",
            remote: false,
            metered: false,
            calibrated: false,
            instant: true,
        }
    }

    fn complete(
        &self,
        request: &Request,
        _: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        Ok(push(sink, self.answer(request).map(|it| (it, 1.0))))
    }
}

#[cfg(test)]
mod tests {
    use crate::baseline::{recent_line, tests::complete};

    fn check(text: &str, expected: &str) {
        let files = [
            ("a/x.py", "raise Elsewhere\n"),
            ("a/y.py", "raise Own\n"),
            ("b/z.py", "import far\n"),
        ];
        assert_eq!(
            complete(recent_line, &files, "a/y.py", text),
            expected,
            "{text}"
        );
    }

    #[test]
    fn the_nearest_line_above_wins_then_below_then_the_folder() {
        check("foo(1)\n  foo(2)\nfoo($0\nfoo(3)\n", "2)");
        check("x\nfoo($0)\nfoo(3)\n", "3)");
        check("x\nraise $0\n", "Elsewhere");
        check("x\nimport $0\n", "");
        check("foo(1)\n  $0\n", "");
    }
}
