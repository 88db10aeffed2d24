//! TLS as `sslmode` asks for it, by rustls.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Socket;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{SslMode, SslSettings, TlsVersion};
use crate::error::{Error, Kind};

/// Makes TLS of a socket.
pub(crate) type Tls = MakeRustlsConnect;

/// A socket with TLS.
pub(crate) type TlsStream = <Tls as MakeTlsConnect<Socket>>::Stream;

/// Reads the certificates, and decides what is verified.
///
/// # Errors
/// A file cannot be read, or does not hold what it should.
pub(crate) fn make(ssl: &SslSettings) -> Result<Tls, Error> {
    let provider = Arc::new(ring::default_provider());
    let versions: Vec<_> =
        [(TlsVersion::V1_2, &rustls::version::TLS12), (TlsVersion::V1_3, &rustls::version::TLS13)]
            .into_iter()
            .filter(|(version, _)| ssl.min_version.is_none_or(|least| *version >= least))
            .filter(|(version, _)| ssl.max_version.is_none_or(|most| *version <= most))
            .map(|(_, version)| version)
            .collect();
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .map_err(|error| refused(format!("no version of TLS is left: {error}")))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier(ssl, &provider)?);
    let mut config = match (&ssl.cert, &ssl.key) {
        _ if ssl.mode == SslMode::Disable => builder.with_no_client_auth(),
        (Some(cert), Some(key)) => {
            let config = builder.with_client_auth_cert(certificates(cert)?, key_in(key)?);
            config
                .map_err(|error| refused(format!("the client's certificate and key do not fit: {error}")))?
        }
        (Some(_), None) => return Err(refused("`sslcert` needs `sslkey`")),
        (None, _) => builder.with_no_client_auth(),
    };
    config.enable_sni = ssl.sni;
    // Servers that take TLS from the first byte want to know what it is for.
    if ssl.is_direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(ssl: &SslSettings, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let roots = match &ssl.root_cert {
        Some(root_cert) if ssl.mode >= SslMode::Require => Some(roots(root_cert)?),
        Some(_) | None => None,
    };
    let Some(roots) = roots else { return Ok(Arc::new(Lenient { roots: None, provider: provider.clone() })) };
    let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let strict = strict.map_err(|error| refused(format!("`sslrootcert` cannot be used: {error}")))?;
    Ok(match ssl.mode {
        SslMode::VerifyFull => strict,
        _ => Arc::new(Lenient { roots: Some(strict), provider: provider.clone() }),
    })
}

fn roots(root_cert: &str) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if root_cert == "system" {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(refused(
                "the system has no root certificates: install them, or give a file with `sslrootcert`",
            ));
        }
        return Ok(roots);
    }
    for certificate in certificates(Path::new(root_cert))? {
        roots.add(certificate).map_err(|error| refused(format!("`{root_cert}` holds no root: {error}")))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(refused(format!("{} holds no certificate in PEM form", path.display()))),
        Err(error) => Err(refused(format!("{} cannot be read: {error}", path.display()))),
    }
}

fn key_in(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let key = PrivateKeyDer::from_pem_slice(&read(path)?);
    key.map_err(|error| {
        refused(format!("{} holds no key in PEM form without a pass phrase: {error}", path.display()))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| refused(format!("cannot read {}: {error}", path.display())))
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(Kind::Config(message.into()))
}

/// What asks for less than `verify-full`: that nobody listens, or also that the server has a certificate of these roots.
#[derive(Debug)]
struct Lenient {
    roots: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        cert: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        match roots.verify_server_cert(cert, between, name, ocsp, now) {
            // The chain is verified before the name.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
