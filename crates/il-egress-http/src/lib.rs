//! The door: the one implementation of [`il_egress::Transport`].
//!
//! The one idea: **this is the only crate that can open a connection**, so what leaves the machine is counted here, and
//! refused here when it may not. Blocking on the outside; inside, one thread of its own keeps the connections alive,
//! whoever waits for an answer.
//!
//! A request goes straight to loopback and through the machine's proxy to anywhere else; what the machine trusts is
//! trusted, and one more file of certificates if somebody names one. Dropping a body, or cancelling, closes the stream.
//!
//! Deliberately absent: redirects (an answer does not decide where else a request goes), cookies, decompression, trying
//! again, what a status means, and the environment, which the binary reads.

mod body;
mod clients;
mod counts;
mod reactor;
mod route;
mod settings;
mod target;
mod trouble;
mod trust;

use std::{fmt, sync::Arc};

use il_egress::{CancelToken, Header, Method, Request, Response, Transport, Trouble};
use reqwest::header::{HeaderName, HeaderValue};

pub use counts::Count;
pub use settings::{Proxy, Settings, Unusable};

use crate::{
    body::Arriving,
    clients::Clients,
    counts::{Ledger, Line},
    reactor::{Reactor, Waited},
    target::Target,
    trouble::Step,
};

/// Opens connections, keeps them, and counts what goes over them.
pub struct Egress {
    forbidden: Option<String>,
    clients: Clients,
    reactor: Arc<Reactor>,
    ledger: Ledger,
}

impl Egress {
    /// Opens nothing yet, and starts no thread.
    pub fn new(settings: Settings) -> Result<Self, Unusable> {
        Ok(Self {
            forbidden: settings.forbidden.clone(),
            clients: Clients::new(settings)?,
            reactor: Arc::new(Reactor::new()),
            ledger: Ledger::default(),
        })
    }

    /// What was sent, received and refused so far, by host.
    pub fn counts(&self) -> Vec<Count> {
        self.ledger.counts()
    }

    /// The one place where something is kept from leaving. What goes to this machine itself does not leave it.
    fn may_leave(&self, target: &Target, line: &Line) -> Result<(), Trouble> {
        match &self.forbidden {
            Some(why) if !target.is_loopback() => {
                line.refuse();
                Err(Trouble::Forbidden(why.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Transport for Egress {
    /// Must not be called from within an asynchronous task: it blocks.
    fn send(&self, request: Request, cancel: &CancelToken) -> Result<Response, Trouble> {
        let target = Target::read(&request.url)?;
        let line = self.ledger.line(target.name());
        self.may_leave(&target, &line)?;
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let patience = request.patience;
        let (client, route) = self.clients.client(&target, patience.connect)?;
        let step = Step {
            target: &target,
            proxy: route.proxy(),
            patience,
        };
        let asked = prepare(&client, &request, &target, &line)?;
        // Connecting has a limit of its own, which the client keeps.
        let limit = patience.connect + patience.first_byte;
        let waited = self
            .reactor
            .wait(client.execute(asked), limit, cancel)
            .map_err(|error| step.no_runtime(&error))?;
        let answer = match waited {
            Waited::Cancelled => return Err(Trouble::Cancelled),
            Waited::TooLong => return Err(step.silent()),
            Waited::Done(answer) => answer.map_err(|error| step.failed(&error))?,
        };
        Ok(Response {
            status: answer.status().as_u16(),
            headers: headers(&answer),
            body: Box::new(Arriving::new(
                answer,
                Arc::clone(&self.reactor),
                line,
                target,
                patience,
            )),
        })
    }
}

fn prepare(
    client: &reqwest::Client,
    request: &Request,
    target: &Target,
    line: &Line,
) -> Result<reqwest::Request, Trouble> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
    };
    let mut asked = client.request(method, target.url().clone());
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| target.other(format!("`{name}` is no name of a header")))?;
        let value = header_value(value)
            .ok_or_else(|| target.other(format!("the value of `{name}` fits in no header")))?;
        asked = asked.header(name, value);
    }
    let body = request.body.bytes();
    line.send(body.len());
    if !body.is_empty() || request.method == Method::Post {
        asked = asked.body(body.to_vec());
    }
    asked
        .build()
        .map_err(|_| target.other("no request can be made of it".to_owned()))
}

fn header_value(value: &Header) -> Option<HeaderValue> {
    match value {
        Header::Plain(text) => HeaderValue::from_str(text).ok(),
        Header::Secret(secret) => {
            let mut value = HeaderValue::from_str(secret.on_the_wire()?).ok()?;
            value.set_sensitive(true);
            Some(value)
        }
    }
}

/// Values that are no text are left out: nobody here reads them.
fn headers(answer: &reqwest::Response) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)))
        .collect()
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("forbidden", &self.forbidden)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
