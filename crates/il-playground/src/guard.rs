//! Who may ask: the checks that every request passes before anything looks at it, and the headers that
//! every answer carries.
//!
//! A page on the web can make a browser send requests to 127.0.0.1. It cannot know the token, it cannot
//! forge `Origin`, and after a DNS rebinding its requests carry a foreign `Host`: each alone is enough to
//! refuse it.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::api::{self, Refusal};

/// The WebSocket protocol the page asks for, beside `token.<token>`.
pub(crate) const PROTOCOL: &str = "interline.lsp";

/// Refuses foreign hosts, foreign origins and anything but reading; marks every answer.
pub(crate) async fn check(
    State(state): State<api::State>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match refusal(
        request.method(),
        request.uri().authority(),
        request.headers(),
        state.port(),
    ) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    harden(response.headers_mut());
    response
}

fn refusal(
    method: &Method,
    authority: Option<&axum::http::uri::Authority>,
    headers: &HeaderMap,
    port: u16,
) -> Option<Refusal> {
    if method != Method::GET && method != Method::HEAD {
        return Some(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method",
            "the playground only reads: use `GET`",
        ));
    }
    // An absolute request line names the host a second time; both must be ours.
    let foreign_authority =
        authority.is_some_and(|authority| !is_own_host(authority.as_str(), port));
    let host = single(headers, &header::HOST);
    if foreign_authority || !host.is_some_and(|host| is_own_host(host, port)) {
        return Some(Refusal::new(
            StatusCode::FORBIDDEN,
            "host",
            format!(
                "the `Host` of a request must be 127.0.0.1:{port}, localhost:{port} or [::1]:{port}"
            ),
        ));
    }
    let own_origin = |origin: &str| {
        origin
            .strip_prefix("http://")
            .is_some_and(|host| is_own_host(host, port))
    };
    if headers.contains_key(header::ORIGIN)
        && !single(headers, &header::ORIGIN).is_some_and(own_origin)
    {
        return Some(Refusal::new(
            StatusCode::FORBIDDEN,
            "origin",
            "requests from other pages are refused: open the playground at the address it printed",
        ));
    }
    None
}

/// The value of a header that is there exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_own_host(host: &str, port: u16) -> bool {
    let Some((name, host_port)) = host.rsplit_once(':') else {
        return false;
    };
    let own_name = name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost");
    own_name && host_port == port.to_string()
}

/// The token of a plain request: `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    single(headers, &header::AUTHORIZATION)?.strip_prefix("Bearer ")
}

/// The token of a WebSocket, which cannot carry an `Authorization`: one of its protocols is `token.…`.
pub(crate) fn protocol_token(headers: &HeaderMap) -> Option<&str> {
    single(headers, &header::SEC_WEBSOCKET_PROTOCOL)?
        .split(',')
        .find_map(|protocol| protocol.trim().strip_prefix("token."))
}

/// Headers for every answer. A page brings its own policy, with its nonce; all others allow nothing.
fn harden(headers: &mut HeaderMap) {
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
}

/// What the page may load: its own scripts, and styles that carry this answer's nonce (the editor makes its
/// style sheets at run time).
pub(crate) fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, expected: &str) {
        let mut lines = request.split(" | ");
        let method: Method = lines.next().unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let got = refusal(&method, None, &headers, 4000).map_or("ok", |refusal| refusal.code());
        assert_eq!(got, expected, "{request}");
    }

    #[test]
    fn hosts_and_origins() {
        check("GET | host: 127.0.0.1:4000", "ok");
        check("GET | host: LOCALHOST:4000", "ok");
        check("GET | host: [::1]:4000", "ok");
        check("GET", "host");
        check("GET | host: 127.0.0.1", "host");
        check("GET | host: 127.0.0.1:4001", "host");
        check("GET | host: 127.0.0.1:4000 | host: evil.example", "host");
        check("GET | host: 127.0.0.1.evil.example:4000", "host");
        check("GET | host: evil.example:4000", "host");
        check("GET | host: 0.0.0.0:4000", "host");
        check("GET | host: user@127.0.0.1:4000", "host");
        check(
            "GET | host: 127.0.0.1:4000 | origin: http://127.0.0.1:4000",
            "ok",
        );
        check(
            "GET | host: 127.0.0.1:4000 | origin: http://localhost:4000",
            "ok",
        );
        check(
            "GET | host: 127.0.0.1:4000 | origin: https://127.0.0.1:4000",
            "origin",
        );
        check(
            "GET | host: 127.0.0.1:4000 | origin: http://127.0.0.1:4001",
            "origin",
        );
        check(
            "GET | host: 127.0.0.1:4000 | origin: http://evil.example",
            "origin",
        );
        check("GET | host: 127.0.0.1:4000 | origin: null", "origin");
        check("POST | host: 127.0.0.1:4000", "method");
    }
}
