//! Whom to trust: the certificates of the machine, and of one more file.
//!
//! The one idea: asked of the machine itself, so that a company's own authority in its store is trusted without a setting.
//! Its store is read when the first secure connection is opened and not before: it takes milliseconds.
//!
//! Deliberately absent: a switch that turns checking off.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

use crate::{Settings, Unusable};

pub(crate) struct Trust {
    besides: Vec<CertificateDer<'static>>,
    ready: OnceLock<Result<ClientConfig, String>>,
}

impl Trust {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Unusable> {
        let Some(path) = &settings.ca_file else {
            return Ok(Self::with(Vec::new()));
        };
        let unusable = |why: String| Unusable::CaFile {
            path: path.clone(),
            why,
        };
        let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let besides: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|error| unusable(error.to_string()))?;
        if besides.is_empty() {
            return Err(unusable("there is no certificate in it".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for one in &besides {
            store
                .add(one.clone())
                .map_err(|error| unusable(error.to_string()))?;
        }
        Ok(Self::with(besides))
    }

    fn with(besides: Vec<CertificateDer<'static>>) -> Self {
        Self {
            besides,
            ready: OnceLock::new(),
        }
    }

    /// For secure connections.
    pub(crate) fn config(&self) -> Result<ClientConfig, String> {
        let made = self.ready.get_or_init(|| {
            let provider = provider();
            let verifier =
                Verifier::new_with_extra_roots(self.besides.iter().cloned(), provider.clone())
                    .map_err(|_| {
                        "this machine has no certificates to trust: install its package of \
                         certificates, or name a file of them"
                            .to_owned()
                    })?;
            let builder = builder(provider)?;
            let mut config = builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth();
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Ok(config)
        });
        made.clone()
    }

    /// For a client that opens no secure connection; it would trust nobody.
    pub(crate) fn nobody() -> Result<ClientConfig, String> {
        Ok(builder(provider())?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth())
    }
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

/// Named here and installed nowhere, so that another crate's choice cannot change it.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
