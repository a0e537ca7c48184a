//! An answer on its way: news as they come, until its end or until nobody wants them any more.
//!
//! Dropped before its end it closes the stream, so that the server stops working on it.
//!
//! Deliberately absent: what the news mean.

use std::{mem, sync::Arc};

use il_egress::Body;
use il_engine::CancelToken;

use crate::{
    breaker::Pass,
    dialect::News,
    endpoint::{Endpoint, Opened},
    failure::{self, Failure, Kind},
    permits::Permit,
    stream::{Garbled, Reader},
};

/// After the last news so many more pieces are read, for the connection to be free again.
const TAIL: usize = 8;

pub(crate) struct Live {
    endpoint: Arc<Endpoint>,
    body: Box<dyn Body>,
    /// Read to see that an answer has begun.
    first: Vec<u8>,
    reader: Reader,
    /// Until it is known what became of it.
    pass: Option<Pass>,
    _permit: Permit,
    /// How often the question was sent.
    tries: u32,
    /// Some alternative has come to its end, so what breaks off now breaks nothing.
    ended: bool,
    over: bool,
    /// Comes after the news that came before it.
    failure: Option<Failure>,
}

impl Live {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        opened: Opened,
        reader: Reader,
        pass: Pass,
        permit: Permit,
        tries: u32,
    ) -> Self {
        Self {
            endpoint,
            body: opened.body,
            first: opened.first,
            reader,
            pass: Some(pass),
            _permit: permit,
            tries,
            ended: false,
            over: false,
            failure: None,
        }
    }

    /// The next news, perhaps none yet; `None` at the end. What came before a failure comes before it.
    pub(crate) fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<News>>, Failure> {
        if let Some(failure) = self.failure.take() {
            return self.fail(failure);
        }
        if self.over {
            return Ok(None);
        }
        let mut news = Vec::new();
        let failure = self.read(cancel, &mut news).err();
        let fault = news.iter().position(|it| matches!(it, News::Fault(_)));
        let fault = fault.and_then(|at| news.drain(at..).next());
        let failure = match fault {
            Some(News::Fault(fault)) => Some(failure::of_fault(&self.endpoint.settings, &fault)),
            _ => failure,
        };
        self.ended |= news.iter().any(|it| matches!(it, News::End { .. }));
        match failure {
            Some(failure) if news.is_empty() => return self.fail(failure),
            failure => self.failure = failure,
        }
        if news.contains(&News::Over) {
            (self.over, self.failure) = (true, None);
        }
        if self.over && self.failure.is_none() {
            self.succeed();
        }
        Ok(Some(news))
    }

    fn read(&mut self, cancel: &CancelToken, news: &mut Vec<News>) -> Result<(), Failure> {
        let settings = &self.endpoint.settings;
        let piece = match mem::take(&mut self.first) {
            first if !first.is_empty() => Some(first),
            _ => {
                let piece = self.body.next(cancel);
                piece.map_err(|it| failure::of_trouble(settings, it))?
            }
        };
        let read = match &piece {
            Some(bytes) => self.reader.push(bytes, news),
            None => self.reader.finish(news),
        };
        let settings = &self.endpoint.settings;
        read.map_err(|it| match it {
            Garbled::Cut => failure::broke_off(settings),
            Garbled::Nonsense => failure::garbled(settings),
        })?;
        if piece.is_none() {
            self.over = true;
            let ends = |it: &News| matches!(it, News::End { .. } | News::Over);
            if !self.ended && !news.iter().any(ends) {
                return Err(failure::broke_off(settings));
            }
        }
        Ok(())
    }

    /// Who answers, for whoever asks why.
    pub(crate) fn note(&self) -> String {
        let it = self.endpoint.settings.choice.model_at_host();
        match self.tries {
            1 => format!("{it} answers"),
            tries => format!("{it} answers, asked {tries} times"),
        }
    }

    /// Nothing more is wanted, and what came was good.
    pub(crate) fn succeed(&mut self) {
        if let Some(pass) = self.pass.take() {
            pass.succeeded();
        }
    }

    /// Reads what is behind the last news, so that the connection can be used again.
    pub(crate) fn drain(mut self, cancel: &CancelToken) {
        for _ in 0..TAIL {
            if !matches!(self.body.next(cancel), Ok(Some(_))) {
                return;
            }
        }
    }

    fn fail(&mut self, failure: Failure) -> Result<Option<Vec<News>>, Failure> {
        self.over = true;
        if self.ended && failure.kind != Kind::Cancelled {
            // All that was wanted is there; only the tokens are not counted.
            self.succeed();
            return Ok(None);
        }
        if let Some(pass) = self.pass.take() {
            match failure.kind {
                // It was answering well enough.
                Kind::Cancelled => pass.succeeded(),
                _ if failure.counts() => pass.failed(self.endpoint.clock.now(), &failure.why),
                _ => drop(pass),
            }
        }
        Err(failure)
    }
}
