//! The page itself: what `web/` builds, compressed at build time and kept in the binary.

use std::io::{self, Read as _};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;

/// One embedded file.
struct Asset {
    name: &'static str,
    gzip: &'static [u8],
}

static EMBEDDED: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Stands in `index.html` where the policy's nonce goes.
const NONCE_MARK: &str = "__NONCE__";

/// The page, with the nonce that its policy names; `None` when the binary was built without it.
pub(crate) fn page(nonce: &str) -> Option<String> {
    let index = EMBEDDED.iter().find(|asset| asset.name == "index.html")?;
    let html = String::from_utf8(gunzip(index.gzip).ok()?).ok()?;
    Some(html.replace(NONCE_MARK, nonce))
}

/// A script, style or picture of the page, as the client can read it.
pub(crate) fn asset(name: &str, request: &HeaderMap) -> Response {
    let found = EMBEDDED
        .iter()
        .find(|asset| asset.name == name && name != "index.html");
    let Some(asset) = found else {
        return (StatusCode::NOT_FOUND, "the page has no such file\n").into_response();
    };
    let kind = [(header::CONTENT_TYPE, content_type(name))];
    if takes_gzip(request) {
        let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        return (kind, encoding, Body::from(asset.gzip)).into_response();
    }
    match gunzip(asset.gzip) {
        Ok(bytes) => (kind, bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn takes_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip") && quality.trim() != "q=0"
        })
}

fn gunzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept_encoding: Option<&'static str>, expected: bool) {
        let mut headers = HeaderMap::new();
        if let Some(value) = accept_encoding {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        assert_eq!(takes_gzip(&headers), expected, "{accept_encoding:?}");
    }

    #[test]
    fn gzip_is_sent_only_to_those_who_take_it() {
        check(None, false);
        check(Some("gzip, deflate, br"), true);
        check(Some("br;q=1.0, GZIP;q=0.5"), true);
        check(Some("gzip;q=0"), false);
        check(Some("identity"), false);
        check(Some("gzipped"), false);
    }
}
