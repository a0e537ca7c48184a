//! Work-done progress while repositories are opened.
//!
//! One token a repository. The protocol wants it created by a request and used only once the client has
//! agreed; until then only the latest state is kept. Reports are thinned out, because a trainer counts
//! files by the thousand and an editor redraws for each report.
//!
//! Pure: messages out, nothing sent here.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use il_assist::Progress;
use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

/// At most one report in this long.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The reports of one session.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    running: HashMap<PathBuf, Report>,
    created: u64,
}

#[derive(Debug)]
struct Report {
    token: String,
    state: State,
    last: Option<(Duration, Progress)>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// The client has been asked whether it shows progress.
    Asked,
    /// It does, and has been told that the work has begun.
    Begun,
    /// It does not.
    Declined,
}

impl Reports {
    /// The repository got this far.
    pub(crate) fn advance(
        &mut self,
        root: &Path,
        progress: Progress,
        now: Duration,
    ) -> Vec<Message> {
        let Some(report) = self.running.get_mut(root) else {
            return vec![self.create(root, progress, now)];
        };
        let due = report.last.is_none_or(|(at, last)| {
            last.stage != progress.stage || now.saturating_sub(at) >= REPORT_EVERY
        });
        match report.state {
            State::Begun if due => {
                report.last = Some((now, progress));
                vec![report.message(&report_value(progress))]
            }
            State::Begun | State::Declined => Vec::new(),
            State::Asked => {
                report.last = Some((now, progress));
                Vec::new()
            }
        }
    }

    fn create(&mut self, root: &Path, progress: Progress, now: Duration) -> Message {
        self.created += 1;
        let token = format!("interline/open/{}", self.created);
        let request = Request::new(
            RequestId::from(token.clone()),
            "window/workDoneProgress/create".to_owned(),
            json!({ "token": token }),
        );
        let report = Report {
            token,
            state: State::Asked,
            last: Some((now, progress)),
        };
        self.running.insert(root.to_owned(), report);
        request.into()
    }

    /// The client has answered the request to create a token.
    pub(crate) fn created(&mut self, id: &RequestId, agreed: bool) -> Vec<Message> {
        let found = self
            .running
            .iter_mut()
            .find(|(_, report)| *id == report.id());
        let Some((root, report)) = found.filter(|(_, report)| report.state == State::Asked) else {
            return Vec::new();
        };
        if !agreed {
            report.state = State::Declined;
            return Vec::new();
        }
        report.state = State::Begun;
        vec![report.message(&begin_value(
            root,
            report.last.map(|(_, progress)| progress),
        ))]
    }

    /// The repository is open, or will not be; `message` says which.
    pub(crate) fn end(&mut self, root: &Path, message: &str) -> Vec<Message> {
        match self.running.remove(root) {
            Some(report) if report.state == State::Begun => {
                vec![report.message(&json!({ "kind": "end", "message": message }))]
            }
            _ => Vec::new(),
        }
    }
}

impl Report {
    fn id(&self) -> RequestId {
        RequestId::from(self.token.clone())
    }

    fn message(&self, value: &Value) -> Message {
        let params = json!({ "token": self.token, "value": value });
        Notification::new("$/progress".to_owned(), params).into()
    }
}

fn begin_value(root: &Path, progress: Option<Progress>) -> Value {
    let name = root
        .file_name()
        .unwrap_or(root.as_os_str())
        .to_string_lossy();
    let mut value = json!({
        "kind": "begin",
        "title": format!("Interline: {name}"),
        "cancellable": false,
        "percentage": 0,
    });
    if let Some(progress) = progress {
        value["message"] = json!(sentence(progress));
        value["percentage"] = json!(percentage(progress).unwrap_or(0));
    }
    value
}

fn report_value(progress: Progress) -> Value {
    let mut value = json!({ "kind": "report", "message": sentence(progress) });
    if let Some(percentage) = percentage(progress) {
        value["percentage"] = json!(percentage);
    }
    value
}

fn percentage(progress: Progress) -> Option<u64> {
    (progress.done.min(progress.total) * 100).checked_div(progress.total)
}

/// For people: `learning 120/400`.
pub(crate) fn sentence(progress: Progress) -> String {
    let Progress { stage, done, total } = progress;
    match (done, total) {
        (0, 0) => stage.label().to_owned(),
        (_, 0) => format!("{} {done}", stage.label()),
        _ => format!("{} {done}/{total}", stage.label()),
    }
}

#[cfg(test)]
mod tests {
    use il_assist::Stage;

    use super::*;

    fn train(done: u64) -> Progress {
        Progress {
            stage: Stage::Train,
            done,
            total: 10,
        }
    }

    fn ms(it: u64) -> Duration {
        Duration::from_millis(it)
    }

    fn kinds(messages: &[Message]) -> Vec<String> {
        messages
            .iter()
            .map(|message| match message {
                Message::Request(it) => it.method.clone(),
                Message::Notification(it) => {
                    let value = &it.params["value"];
                    format!(
                        "{} {}",
                        value["kind"].as_str().unwrap(),
                        value["percentage"]
                    )
                }
                Message::Response(_) => unreachable!("reports never respond"),
            })
            .collect()
    }

    const ROOT: &str = "/home/me/repo";

    #[test]
    fn begins_when_the_client_agrees_and_thins_out_reports() {
        let mut reports = Reports::default();
        let root = Path::new(ROOT);
        let create = reports.advance(root, train(0), ms(0));
        assert_eq!(kinds(&create), ["window/workDoneProgress/create"]);
        assert!(reports.advance(root, train(1), ms(1)).is_empty());
        let id = RequestId::from("interline/open/1".to_owned());
        assert_eq!(kinds(&reports.created(&id, true)), ["begin 10"]);
        assert!(reports.created(&id, true).is_empty());
        assert!(reports.advance(root, train(2), ms(2)).is_empty());
        assert_eq!(
            kinds(&reports.advance(root, train(5), ms(102))),
            ["report 50"]
        );
        let saving = Progress {
            stage: Stage::Save,
            done: 7,
            total: 0,
        };
        assert_eq!(
            kinds(&reports.advance(root, saving, ms(103))),
            ["report null"]
        );
        assert_eq!(kinds(&reports.end(root, "ready")), ["end null"]);
        assert!(reports.end(root, "ready").is_empty());
    }

    #[test]
    fn says_nothing_to_a_client_that_declines() {
        let mut reports = Reports::default();
        let root = Path::new(ROOT);
        reports.advance(root, train(0), ms(0));
        assert!(
            reports
                .created(&RequestId::from("interline/open/1".to_owned()), false)
                .is_empty()
        );
        assert!(reports.advance(root, train(5), ms(500)).is_empty());
        assert!(reports.end(root, "ready").is_empty());
    }

    #[test]
    fn a_late_agreement_begins_nothing() {
        let mut reports = Reports::default();
        let root = Path::new(ROOT);
        reports.advance(root, train(0), ms(0));
        assert!(reports.end(root, "ready").is_empty());
        assert!(
            reports
                .created(&RequestId::from("interline/open/1".to_owned()), true)
                .is_empty()
        );
    }

    #[test]
    fn figures_that_make_no_sense_are_clamped() {
        let progress = Progress {
            stage: Stage::Scan,
            done: 12,
            total: 10,
        };
        assert_eq!(percentage(progress), Some(100));
    }
}
