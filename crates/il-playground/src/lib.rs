//! The playground: one page on loopback, an editor that speaks LSP over a WebSocket.
//!
//! The one idea: the page is an editor client like any other. It talks to the very language server that
//! real editors talk to, so what works here works there; this crate only carries bytes. It serves the page,
//! lists and reads the repository's files, and bridges WebSocket frames to the server's channels.
//!
//! It must not be a hole: it listens on 127.0.0.1 and nowhere else, everything but the page's own scripts
//! and styles needs the token that is in the printed address, `Host` and `Origin` are checked, and no file
//! is read that the [`Files`] port does not list. It never writes to the repository: edits live in the page.
//!
//! Deliberately absent: completion, languages, ignore rules, secrets. Those come through the ports.

mod api;
mod assets;
mod bridge;
mod first_file;
mod guard;
mod listener;
mod ports;
mod repository;
mod token;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context as _;
use tokio::sync::watch;

pub use ports::{Fact, Files, LanguageServer, Listing};

/// How long open connections may take to end after [`Running::stop`].
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What the playground shows, and who answers in it.
#[derive(Clone)]
pub struct Playground {
    /// The repository; every path in the page is relative to it.
    pub root: PathBuf,
    /// Which files there are.
    pub files: Arc<dyn Files>,
    /// Who answers the editor; one call for each page that connects.
    pub language_server: Arc<dyn LanguageServer>,
}

impl fmt::Debug for Playground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playground")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// What a caller may choose. There is no address: it is always the loopback one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The file that the page opens first; `None` lets the playground choose a telling one.
    pub open: Option<String>,
}

/// Starts the playground on threads of its own and returns once it listens.
pub fn start(playground: Playground, options: Options) -> anyhow::Result<Running> {
    let root = playground
        .root
        .canonicalize()
        .with_context(|| format!("cannot open the repository `{}`", playground.root.display()))?;
    anyhow::ensure!(
        root.is_dir(),
        "`{}` is not a directory: give the root of a repository",
        root.display()
    );

    let (listener, address) = bind(options.port)?;
    let token = token::Token::new()?;
    let url = format!("http://{address}/?token={}", token.reveal());

    let (stop, stopped) = watch::channel(false);
    let state = api::State::new(
        repository::Repository::new(root, playground.files),
        playground.language_server,
        options.open,
        token,
        address.port(),
        stopped.clone(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("playground")
        .enable_io()
        .enable_time()
        .build()
        .context("cannot start the playground's runtime")?;
    let thread = thread::Builder::new()
        .name("playground".to_owned())
        .spawn(move || {
            let served = runtime.block_on(serve(listener, state, stopped));
            runtime.shutdown_timeout(STOP_GRACE);
            served
        })
        .context("cannot start the playground's thread")?;

    Ok(Running {
        url,
        address,
        stop,
        thread: Some(thread),
    })
}

/// Loopback only: there is no parameter by which a caller could ask for anything else.
fn bind(port: u16) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!("cannot listen on 127.0.0.1:{port}: choose another port, or 0 for any free one")
    })?;
    listener
        .set_nonblocking(true)
        .context("cannot make the playground's socket non-blocking")?;
    let address = listener
        .local_addr()
        .context("cannot read the playground's address")?;
    Ok((listener, address))
}

async fn serve(
    listener: TcpListener,
    state: api::State,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)
        .context("cannot hand the playground's socket to its runtime")?;
    let shutdown = async move {
        // An error means that `Running` is gone without a `stop`: the process is ending.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let serving = axum::serve(listener::Capped::new(listener), api::router(state.clone()))
        .with_graceful_shutdown(shutdown);
    let served = serving.await.context("the playground stopped serving");
    // Who has upgraded to a socket is no longer served, and is still to be told.
    let _ = tokio::time::timeout(STOP_GRACE, state.all_gone()).await;
    served
}

/// A playground that listens. Dropping it stops it.
pub struct Running {
    url: String,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: it carries the token.
        f.debug_struct("Running")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// The address to open, with the token in it. Whoever has it can read the repository: print it to the
    /// user, never to a log.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens: 127.0.0.1 and the port it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends, which without [`Running::stop`] is when serving fails.
    pub fn join(mut self) -> anyhow::Result<()> {
        self.wait()
    }

    /// Closes every connection and waits until the threads are gone.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.wait()
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        match self.thread.take() {
            None => Ok(()),
            Some(thread) => thread
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("the playground's thread panicked"))),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
