//! The clients behind the door, one for each way and each patience.
//!
//! The one idea: a client keeps its connections, so it is kept. There are as many as there are ways to leave, which is few.
//!
//! Deliberately absent: a limit on requests to one host; whoever sends knows how many a server takes.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use il_egress::Trouble;
use reqwest::{Client, redirect};

use crate::{
    Settings, Unusable,
    route::{Route, Routes},
    target::Target,
    trust::Trust,
};

/// A connection that nobody uses is closed after this.
const IDLE: Duration = Duration::from_secs(90);
/// A secure HTTP/2 connection is asked this often whether it is still there: a laptop that slept must not wait for a
/// connection that died meanwhile.
const PING: Duration = Duration::from_secs(20);
const PING_ANSWER: Duration = Duration::from_secs(10);
/// More clients than this are not kept.
const MOST: usize = 16;

#[derive(Clone, PartialEq, Eq)]
struct Key {
    route: Route,
    connect: Duration,
    secure: bool,
}

pub(crate) struct Clients {
    user_agent: String,
    routes: Routes,
    trust: Trust,
    kept: Mutex<Vec<(Key, Client)>>,
}

impl Clients {
    pub(crate) fn new(settings: Settings) -> Result<Self, Unusable> {
        Ok(Self {
            routes: Routes::new(&settings.proxy)?,
            trust: Trust::new(&settings)?,
            user_agent: settings.user_agent,
            kept: Mutex::default(),
        })
    }

    /// The client for a target, and the way it goes.
    pub(crate) fn client(
        &self,
        target: &Target,
        connect: Duration,
    ) -> Result<(Client, Route), Trouble> {
        let route = self.routes.to(target);
        let key = Key {
            secure: target.is_secure() || route.is_secure(),
            route,
            connect,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, client)) = kept.iter().find(|it| it.0 == key) {
            return Ok((client.clone(), key.route.clone()));
        }
        let client = self.open(&key, target)?;
        if kept.len() == MOST {
            kept.remove(0);
        }
        kept.push((key.clone(), client.clone()));
        Ok((client, key.route))
    }

    fn open(&self, key: &Key, target: &Target) -> Result<Client, Trouble> {
        let tls = if key.secure {
            self.trust.config()
        } else {
            Trust::nobody()
        };
        let tls = tls.map_err(|why| Trouble::Tls {
            host: target.name().to_owned(),
            why,
        })?;
        let strange = |_| target.other("no client can be made for it".to_owned());
        let mut builder = Client::builder()
            .user_agent(&self.user_agent)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(key.connect)
            .pool_idle_timeout(IDLE)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING_ANSWER)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = key.route.for_client().map_err(strange)? {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(strange)
    }
}
