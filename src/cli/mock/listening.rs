//! Where the mock listens.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use super::arguments::ListenArguments;
use crate::mock::Listen;
use crate::project::Folder;
use crate::source::Diagnostic;

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

/// The address that a certificate is made for.
pub(super) fn host(at: &Listen) -> IpAddr {
    match at {
        Listen::Tcp(address) => address.ip(),
        #[cfg(unix)]
        Listen::Unix(_) => std::net::Ipv4Addr::LOCALHOST.into(),
    }
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
