//! TLS to clients.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::mock::{Tls, TlsError};
use crate::project::Folder;
use crate::source::Diagnostic;

/// Whether TLS is spoken, and with which certificate.
#[derive(Debug, Args)]
pub struct TlsArguments {
    /// Speak TLS, with a certificate made for this run.
    #[arg(long, conflicts_with = "tls_cert")]
    pub tls: bool,
    /// Speak TLS, with the certificate (and those that vouch for it) of this PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// TLS as the arguments say it, and the file with the certificate where one was made.
pub(super) type Secured = (Tls, Option<tempfile::NamedTempFile>);

/// What TLS is spoken with, if any.
pub(super) fn tls(arguments: &TlsArguments, host: IpAddr, folder: &Folder) -> Result<Option<Secured>, Diagnostic> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let read = |flag: &str, path: &Path| {
            folder.read_bytes(path).map_err(|reason| {
                Diagnostic::error("no-tls", format!("`{flag} {}` cannot be read: {reason}", folder.name(path)))
            })
        };
        let tls = Tls::from_pem(&read("--tls-cert", certificate)?, &read("--tls-key", key)?).map_err(|error| {
            let whose = if matches!(error, TlsError::NoCertificate) { certificate } else { key };
            Diagnostic::error("no-tls", format!("{}: {error}", folder.name(whose)))
                .help("give PEM files: `--tls-cert` the certificate, `--tls-key` its unencrypted key")
        })?;
        return Ok(Some((tls, None)));
    }
    if !arguments.tls {
        return Ok(None);
    }
    let (tls, pem) = Tls::self_signed(host).map_err(|error| Diagnostic::error("no-tls", error.to_string()))?;
    let file = written(&pem).map_err(|error| {
        Diagnostic::error("no-tls", format!("the certificate cannot be written for clients to trust: {error}"))
            .help("give one of your own: `--tls-cert FILE --tls-key FILE`")
    })?;
    Ok(Some((tls, Some(file))))
}

/// The certificate in a file that is gone when the server is. Its key is in no file.
fn written(pem: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("countersign-").suffix(".pem").tempfile()?;
    std::io::Write::write_all(&mut file, pem.as_bytes())?;
    Ok(file)
}

/// The line that tells where a certificate lies that was made for the run.
pub(super) fn certificate(secured: Option<&Secured>) -> Option<String> {
    let (_, made) = secured?;
    Some(format!("  certificate: {} (for `curl --cacert`)", made.as_ref()?.path().display()))
}
