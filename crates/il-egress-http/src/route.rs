//! The way to a host: straight, or through a proxy.
//!
//! The one idea: the choice is made here and not in the client, so that loopback is never asked through a proxy (a proxy is
//! another machine) and a message can say that it was the proxy that did not answer.
//!
//! Deliberately absent: PAC files.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;

use crate::{Proxy, Unusable, target::Target};

/// Which proxy is for whom.
pub(crate) enum Routes {
    Straight,
    Through(Box<Matcher>),
}

/// The way to one host.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Straight,
    Through {
        /// Without user and password.
        proxy: String,
        name: String,
        auth: Option<HeaderValue>,
        user: Option<(String, String)>,
    },
}

impl Routes {
    pub(crate) fn new(proxy: &Proxy) -> Result<Self, Unusable> {
        Ok(match proxy {
            Proxy::None => Self::Straight,
            Proxy::System => Self::Through(Box::new(Matcher::from_system())),
            Proxy::Named(url) => {
                let url = url.on_the_wire().ok_or(Unusable::Proxy)?;
                let matcher = Matcher::builder().all(url).build();
                let somewhere = hyper::Uri::from_static("https://host.example");
                if !url.contains("://") || matcher.intercept(&somewhere).is_none() {
                    return Err(Unusable::Proxy);
                }
                Self::Through(Box::new(matcher))
            }
        })
    }

    pub(crate) fn to(&self, target: &Target) -> Route {
        let Self::Through(matcher) = self else {
            return Route::Straight;
        };
        if target.is_loopback() {
            return Route::Straight;
        }
        let uri: Option<hyper::Uri> = target.url().as_str().parse().ok();
        let Some(found) = uri.and_then(|uri| matcher.intercept(&uri)) else {
            return Route::Straight;
        };
        let name = found.uri().authority().map(ToString::to_string);
        Route::Through {
            proxy: found.uri().to_string(),
            name: name.unwrap_or_default(),
            auth: found.basic_auth().cloned(),
            user: found
                .raw_auth()
                .map(|(user, password)| (user.to_owned(), password.to_owned())),
        }
    }
}

impl Route {
    /// Host and port of the proxy, if there is one.
    pub(crate) fn proxy(&self) -> Option<&str> {
        match self {
            Self::Straight => None,
            Self::Through { name, .. } => Some(name),
        }
    }

    /// For the client: the proxy for everything, which it is asked for by name only.
    pub(crate) fn for_client(&self) -> reqwest::Result<Option<reqwest::Proxy>> {
        let Self::Through {
            proxy, auth, user, ..
        } = self
        else {
            return Ok(None);
        };
        let mut found = reqwest::Proxy::all(proxy.as_str())?;
        if let Some(auth) = auth {
            found = found.custom_http_auth(auth.clone());
        }
        if let Some((user, password)) = user {
            found = found.basic_auth(user, password);
        }
        Ok(Some(found))
    }

    pub(crate) fn is_secure(&self) -> bool {
        matches!(self, Self::Through { proxy, .. } if proxy.starts_with("https:"))
    }
}

#[cfg(test)]
mod tests {
    use il_egress::Secret;

    use super::*;

    fn named(url: &str) -> Result<Routes, Unusable> {
        Routes::new(&Proxy::Named(Secret::new(url)))
    }

    fn way(routes: &Routes, url: &str) -> Option<String> {
        let target = Target::read(url).expect("a URL");
        routes.to(&target).proxy().map(str::to_owned)
    }

    #[test]
    fn loopback_is_never_asked_through_a_proxy() {
        let routes = named("http://proxy.example:3128").expect("a proxy");
        for url in ["http://127.0.0.1:1", "https://localhost", "http://[::1]"] {
            assert_eq!(way(&routes, url), None, "{url}");
        }
        for url in ["http://h", "https://h", "http://10.0.0.1"] {
            assert_eq!(way(&routes, url).as_deref(), Some("proxy.example:3128"));
        }
    }

    #[test]
    fn a_proxys_password_is_no_part_of_its_name() {
        let routes = named("http://me:hidden@proxy.example:3128").expect("a proxy"); // interline:allow
        let route = routes.to(&Target::read("http://h").unwrap());
        let Route::Through {
            proxy, name, auth, ..
        } = &route
        else {
            panic!("straight");
        };
        assert!(!proxy.contains("hidden") && !name.contains("hidden"));
        assert!(auth.is_some() && route.for_client().is_ok());
    }

    #[test]
    fn a_proxy_that_is_none_is_refused_by_its_looks() {
        for url in ["", "proxy.example:3128", "http://", "ftp://h", "a b"] {
            let error = named(url).err();
            assert!(matches!(error, Some(Unusable::Proxy)), "{url}");
        }
    }
}
