//! Where and how the mock listens.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;

use super::arguments::ListenArguments;
use crate::mock::{Listen, Tls, TlsError};
use crate::project::Folder;
use crate::source::Diagnostic;

/// TLS as the arguments say it, and the file with the certificate where one was made.
pub(super) type Secured = (Tls, Option<tempfile::NamedTempFile>);

/// Where to listen.
pub(super) fn at(arguments: &ListenArguments, folder: &Folder) -> Result<Listen, Diagnostic> {
    #[cfg(unix)]
    if let Some(path) = &arguments.unix {
        return Ok(Listen::Unix(folder.path(path)));
    }
    let _ = folder;
    address(arguments).map(Listen::Tcp)
}

pub(super) fn address(arguments: &ListenArguments) -> Result<SocketAddr, Diagnostic> {
    let host = arguments.host.trim_start_matches('[').trim_end_matches(']');
    let found = (host, arguments.port).to_socket_addrs().map(|mut all| all.next());
    found.ok().flatten().ok_or_else(|| {
        Diagnostic::error("cannot-listen", format!("`--host {host}` is no address of this machine"))
            .help("give an address, such as 127.0.0.1 or 0.0.0.0, or `localhost`")
    })
}

/// What TLS is spoken with, if any.
pub(super) fn tls(arguments: &ListenArguments, at: &Listen, folder: &Folder) -> Result<Option<Secured>, Diagnostic> {
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
    let host = match at {
        Listen::Tcp(address) => address.ip(),
        #[cfg(unix)]
        Listen::Unix(_) => std::net::Ipv4Addr::LOCALHOST.into(),
    };
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

/// Why it cannot listen there, and what to do.
pub(super) fn refused(at: &Listen, error: &std::io::Error) -> Diagnostic {
    use std::io::ErrorKind;
    let place = match at {
        Listen::Tcp(address) => address.to_string(),
        #[cfg(unix)]
        Listen::Unix(path) => path.display().to_string(),
    };
    let help = match (at, error.kind()) {
        (Listen::Tcp(_), ErrorKind::AddrInUse) => {
            "another program has this port: give another `--port`, or none and the system chooses"
        }
        (Listen::Tcp(_), ErrorKind::PermissionDenied) => "ports below 1024 are for the system: give a higher `--port`",
        (Listen::Tcp(_), ErrorKind::AddrNotAvailable) => {
            "this machine does not have the address: give another `--host`"
        }
        (Listen::Tcp(_), _) => "give another `--host` or `--port`; 0 lets the system choose",
        #[cfg(unix)]
        (Listen::Unix(_), ErrorKind::AddrInUse) => {
            "something is there already, or another program listens: give another path"
        }
        #[cfg(unix)]
        (Listen::Unix(_), _) => "give a path of at most 100 bytes in a folder that is there and may be written to",
    };
    Diagnostic::error("cannot-listen", format!("cannot listen on {place}: {error}")).help(help)
}
