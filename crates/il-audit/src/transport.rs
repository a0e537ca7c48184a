//! A door whose every request is written down first.
//!
//! The one idea: the record comes before the request and the request only after the record. Where it cannot be written
//! nothing leaves this machine; what only goes to this machine goes on, and that is said once.
//!
//! Deliberately absent: what is sent.

use std::{fmt, sync::Arc};

use il_egress::{CancelToken, Method, Request, Response, Transport, Trouble};

use crate::{AuditLog, Event, Sending, Target, Unsent};

/// A door and the log before it.
#[derive(Clone)]
pub struct Audited {
    inner: Arc<dyn Transport>,
    log: Arc<AuditLog>,
    endpoint: Option<Arc<str>>,
}

impl fmt::Debug for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audited")
            .field("log", &self.log)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Audited {
    pub fn new(inner: Arc<dyn Transport>, log: Arc<AuditLog>) -> Self {
        Self {
            inner,
            log,
            endpoint: None,
        }
    }

    /// The name that the settings give whom it is for. Of a model and its address in one word, `ollama:MODEL@URL`, only the
    /// model: of an address no more than host and port is recorded.
    #[must_use]
    pub fn for_endpoint(mut self, name: &str) -> Self {
        let model = name.split_once('@').filter(|it| it.1.contains("://"));
        self.endpoint = Some(model.map_or(name, |it| it.0).into());
        self
    }

    fn sending(&self, request: &Request, to: Option<&Target>) -> Sending {
        let manifest = request.body.manifest();
        let owned = |it: &Option<Arc<str>>| it.as_deref().map(str::to_owned);
        let mut sending = Sending {
            to: to.map_or_else(|| "no URL".to_owned(), ToString::to_string),
            endpoint: owned(&self.endpoint),
            method: method(request.method).to_owned(),
            purpose: manifest.purpose.word().to_owned(),
            bytes: request.body.bytes().len() as u64,
            repository: owned(&manifest.repository),
            files: manifest.files.iter().map(|it| it.to_string()).collect(),
            ..Sending::default()
        };
        for (rule, times) in &manifest.redacted {
            *sending.redacted.entry(rule.to_string()).or_default() += *times as u64;
        }
        sending
    }
}

impl Transport for Audited {
    fn send(&self, request: Request, cancel: &CancelToken) -> Result<Response, Trouble> {
        let target = Target::of(&request.url);
        let event = Event::Request(self.sending(&request, target.as_ref()));
        let recorded = self.log.record(&event);
        if let Err(why) = &recorded {
            if !target.is_some_and(|it| it.is_this_machine()) {
                return Err(Trouble::Forbidden(format!(
                    "what leaves must be recorded, and {why}; make room there, or set `INTERLINE_DATA_DIR` to a folder \
                     that can be written"
                )));
            }
            self.log.warn_once(&format!(
                "{why}; requests to this machine are sent unrecorded, others are not sent"
            ));
        }
        let answer = self.inner.send(request, cancel);
        if let (Ok(of), Err(trouble)) = (recorded, &answer)
            && let Some(why) = kept_here(trouble)
        {
            let why = why.to_owned();
            // Without it the record says that it may have left, which is the careful way to be wrong.
            if let Err(why) = self.log.record(&Event::Unsent(Unsent { of, why })) {
                self.log.warn_once(&why.to_string());
            }
        }
        answer
    }
}

fn method(it: Method) -> &'static str {
    match it {
        Method::Get => "get",
        Method::Head => "head",
        Method::Post => "post",
    }
}

/// Why nothing left, of troubles after which that is certain.
fn kept_here(trouble: &Trouble) -> Option<&'static str> {
    match trouble {
        Trouble::Forbidden(_) => Some("forbidden"),
        Trouble::NothingListens(_) => Some("nothing-listens"),
        Trouble::Unreachable(_) => Some("unreachable"),
        Trouble::Tls { .. } => Some("tls"),
        Trouble::Cancelled
        | Trouble::TooSlow { .. }
        | Trouble::BrokeOff(_)
        | Trouble::Endless { .. }
        | Trouble::Other(..) => None,
    }
}

#[cfg(test)]
mod tests;
