//! TLS and HTTP/2: whom the door trusts, and how a stream among others is closed.

use std::{
    io::Write as _,
    sync::{Arc, mpsc},
    thread,
};

use il_egress::{CancelToken, Trouble};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::server::{LONG, Server, asks, door, door_with, get, outcome, post};

/// An authority that nobody knows, and a server with a certificate from it.
struct Secure {
    authority: tempfile::NamedTempFile,
    port: u16,
    heard: mpsc::Receiver<String>,
}

fn certificates() -> (String, rustls::ServerConfig) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("an authority");
    let issuer = Issuer::new(params, key);
    let own_key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = CertificateParams::new(names).expect("parameters");
    let own = own.signed_by(&own_key, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![own.der().clone()],
            own_key.serialize_der().try_into().expect("a key"),
        )
        .expect("a configuration");
    (authority.pem(), config)
}

impl Secure {
    /// Speaks HTTP/2: one piece of a body without end for each request; tells how each stream ends.
    fn start() -> Self {
        let (authority, mut config) = certificates();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let (sender, heard) = mpsc::channel();
        let (port_sender, port) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.expect("a port");
                let port = listener.local_addr().expect("an address").port();
                port_sender.send(port).expect("the test waits");
                let acceptor = TlsAcceptor::from(Arc::new(config));
                for number in 0.. {
                    let (stream, _) = listener.accept().await.expect("a connection");
                    let (acceptor, sender) = (acceptor.clone(), sender.clone());
                    tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, number, sender).await;
                        }
                    });
                }
            });
        });
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(authority.as_bytes()).expect("written");
        Self {
            authority: file,
            port: port.recv_timeout(LONG).expect("a port"),
            heard,
        }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/x", self.port)
    }

    fn hears(&self) -> String {
        self.heard.recv_timeout(LONG).expect("it hears something")
    }
}

async fn serve(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    number: usize,
    sender: mpsc::Sender<String>,
) {
    let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        drop(sender.send(format!("{} on {number}", request.method())));
        let answer = hyper::Response::new(());
        let mut body = respond.send_response(answer, false).expect("an answer");
        body.send_data("a".into(), false).expect("a piece");
        let sender = sender.clone();
        tokio::spawn(async move {
            let reset = std::future::poll_fn(|context| body.poll_reset(context)).await;
            drop(sender.send(match reset {
                Ok(reason) => reason.to_string(),
                Err(error) => format!("connection: {error}"),
            }));
        });
    }
}

#[test]
fn an_unknown_authority_is_not_trusted_until_its_file_is_named() {
    let server = Secure::start();
    let found = outcome(&door(), get(&server.url())).expect_err("no trust");
    assert!(matches!(found, Trouble::Tls { .. }), "{found:?}");
    let said = found.to_string();
    assert!(
        said.contains("nobody that this machine trusts")
            || said.contains("no certificates to trust"),
        "{said}"
    );

    let path = server.authority.path().to_owned();
    let trusting = door_with(|it| it.ca_file = Some(path));
    assert_eq!(
        asks(&trusting, get(&server.url())).expect("trust").status,
        200
    );
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let server = Secure::start();
    let path = server.authority.path().to_owned();
    let trusting = door_with(|it| it.ca_file = Some(path));
    let url = format!("https://other.localhost:{}/x", server.port);
    let found = outcome(&trusting, get(&url)).err();
    assert!(
        matches!(found, Some(Trouble::Tls { .. } | Trouble::Unreachable(_))),
        "{found:?}"
    );
}

#[test]
fn streams_share_a_connection_and_each_is_closed_by_itself() {
    let server = Secure::start();
    let path = server.authority.path().to_owned();
    let door = door_with(|it| it.ca_file = Some(path));
    let cancel = CancelToken::new();
    let mut dropped = asks(&door, post(&server.url(), "{}")).expect("an answer");
    let mut kept = asks(&door, get(&server.url())).expect("an answer");
    assert_eq!(
        (server.hears(), server.hears()),
        ("POST on 0".into(), "GET on 0".into())
    );
    assert_eq!(dropped.body.next(&cancel), Ok(Some(b"a".to_vec())));
    drop(dropped);
    let reason = server.hears();
    assert!(reason.contains("no longer needed"), "{reason}");
    // The other one, and its connection, go on.
    assert_eq!(kept.body.next(&cancel), Ok(Some(b"a".to_vec())));
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert_eq!(kept.body.next(&cancelled), Err(Trouble::Cancelled));
    assert!(server.hears().contains("no longer needed"));
    drop(asks(&door, get(&server.url())));
    assert_eq!(server.hears(), "GET on 0");
}

#[test]
fn a_tunnel_through_a_proxy_is_secure_to_its_other_end() {
    let server = Secure::start();
    let port = server.port;
    let proxy = Server::start(move |line| {
        line.tells_request();
        line.says("HTTP/1.1 200 Connected\r\n\r\n");
        line.joins(port);
    });
    let path = server.authority.path().to_owned();
    let door = door_with(|it| {
        it.ca_file = Some(path);
        let url = format!("http://127.0.0.1:{}", proxy.port);
        it.proxy = il_egress_http::Proxy::Named(il_egress::Secret::new(url));
    });
    // The certificate is for another name than the far one: the tunnel is there, the trust is not.
    let found = outcome(&door, get("https://far.invalid/x")).expect_err("another name");
    assert!(proxy.hears().starts_with("connect far.invalid:443"));
    assert!(
        matches!(&found, Trouble::Tls { host, .. } if host == "far.invalid"),
        "{found:?}"
    );
}

#[test]
fn plain_text_where_tls_is_expected_is_said() {
    let server = Server::start(|line| {
        line.says("HTTP/1.1 400 Bad Request\r\n\r\n");
        line.stays();
    });
    let path = Secure::start().authority;
    let door = door_with(|it| it.ca_file = Some(path.path().to_owned()));
    let url = format!("https://127.0.0.1:{}/", server.port);
    let said = outcome(&door, get(&url)).expect_err("no TLS").to_string();
    assert!(said.ends_with("it does not speak TLS there"), "{said}");
}

#[test]
fn a_file_without_certificates_is_refused_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for path in [file.path().to_owned(), "/nowhere/ca.pem".into()] {
        let settings = il_egress_http::Settings {
            ca_file: Some(path.clone()),
            ..Default::default()
        };
        let said = il_egress_http::Egress::new(settings)
            .expect_err("refused")
            .to_string();
        assert!(
            said.starts_with(&format!(
                "cannot read certificates from `{}`",
                path.display()
            )),
            "{said}"
        );
    }
}
