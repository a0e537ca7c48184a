//! The way out of this machine, made once.
//!
//! The one idea: whoever in this program sends anything gets the same door, set up from the environment: a proxy if one is
//! named, certificates besides those of the machine if a file is. Where settings say that nothing may leave it is a door that
//! leads to this machine alone, and whatever goes through it is on record.
//!
//! Deliberately absent: what is sent, and by whom.

use std::{
    env,
    sync::{Arc, Mutex, PoisonError},
};

use il_audit::Audited;
use il_config::Privacy;
use il_egress::{Secret, Transport};
use il_egress_http::{Egress, Proxy, Settings, Unusable};

use crate::{failure::usage, records};

/// The proxy to use: a URL, or `none`. Without it, what `HTTPS_PROXY` and its kin say.
const PROXY: &str = "INTERLINE_PROXY";
/// A PEM file of certificates to trust besides those of the machine.
const CA_FILE: &str = "INTERLINE_CA_FILE";

/// Why nothing may leave this machine; `None` where it may. What cannot be read might say so, and counts as if it did.
pub(crate) fn closed(privacy: &Privacy) -> Option<String> {
    match &privacy.unreadable {
        Some(why) => Some(format!("the privacy settings cannot be read: {why}")),
        None if *privacy.air_gap => Some(format!("`air_gap` is on ({})", privacy.air_gap.origin)),
        None => None,
    }
}

/// The door; nothing is opened before something is sent. Whatever goes through it is written down first.
pub(crate) fn door(privacy: &Privacy) -> anyhow::Result<Arc<dyn Transport>> {
    Ok(Arc::new(recorded(shared(privacy)?)?))
}

/// The way to an endpoint, whose settings may name another proxy or other authorities.
pub(crate) fn door_to(
    endpoint: &str,
    privacy: &Privacy,
    proxy: Option<&str>,
    authorities: Option<&str>,
) -> anyhow::Result<Arc<dyn Transport>> {
    let door = match (proxy, authorities) {
        (None, None) => shared(privacy)?,
        _ => own(privacy, proxy, authorities)?,
    };
    Ok(Arc::new(recorded(door)?.for_endpoint(endpoint)))
}

/// One door for everybody to whom the same applies, since it keeps connections.
fn shared(privacy: &Privacy) -> anyhow::Result<Arc<Egress>> {
    static DOORS: Mutex<Vec<(Option<String>, Arc<Egress>)>> = Mutex::new(Vec::new());
    let mut doors = DOORS.lock().unwrap_or_else(PoisonError::into_inner);
    let forbidden = closed(privacy);
    if let Some((_, door)) = doors.iter().find(|it| it.0 == forbidden) {
        return Ok(Arc::clone(door));
    }
    let mut settings = settings(|name| env::var(name).ok());
    settings.forbidden.clone_from(&forbidden);
    let made = Arc::new(Egress::new(settings).map_err(|error| {
        let variable = match error {
            Unusable::CaFile { .. } => CA_FILE,
            Unusable::Proxy => PROXY,
        };
        usage(format!("`{variable}`: {error}"))
    })?);
    doors.push((forbidden, Arc::clone(&made)));
    Ok(made)
}

fn own(
    privacy: &Privacy,
    proxy: Option<&str>,
    authorities: Option<&str>,
) -> anyhow::Result<Arc<Egress>> {
    let mut own = settings(|name| env::var(name).ok());
    own.forbidden = closed(privacy);
    match proxy {
        None => {}
        Some("none") => own.proxy = Proxy::None,
        Some(url) => own.proxy = Proxy::Named(Secret::new(url)),
    }
    if let Some(file) = authorities {
        own.ca_file = Some(file.into());
    }
    Ok(Arc::new(Egress::new(own).map_err(usage)?))
}

/// A door with the record before it.
fn recorded(door: Arc<Egress>) -> anyhow::Result<Audited> {
    let log = records::audit().map_err(|why| {
        usage(format!(
            "what is sent must be recorded, and there is no place for the record: {why}"
        ))
    })?;
    Ok(Audited::new(door, log))
}

fn settings(variable: impl Fn(&str) -> Option<String>) -> Settings {
    let said = |name: &str| variable(name).filter(|it| !it.trim().is_empty());
    Settings {
        proxy: match said(PROXY) {
            None => Proxy::System,
            Some(word) if word.trim() == "none" => Proxy::None,
            Some(url) => Proxy::Named(Secret::new(url)),
        },
        ca_file: said(CA_FILE).map(Into::into),
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_a_proxy_none_or_leaves_it_to_the_machine() {
        let proxy = |value: &str| {
            let settings = settings(|name| (name == PROXY).then(|| value.to_owned()));
            format!("{:?}", settings.proxy)
        };
        assert_eq!(proxy(""), "System");
        assert_eq!(proxy("none"), "None");
        assert_eq!(proxy("http://me:hidden@h:1"), "Named(Secret(…))"); // interline:allow
    }
}
