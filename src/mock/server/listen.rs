//! Where a server listens.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};

/// Where a server is to listen.
#[derive(Clone, Debug)]
pub enum Listen {
    /// At an address; port 0 lets the system choose.
    Tcp(SocketAddr),
    /// At a socket of the file system, which is made, and taken away in the end.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// Where it does listen.
#[derive(Debug)]
pub(super) enum Address {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(Socket),
}

/// A socket of the file system; dropped, it is taken away.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Socket(PathBuf);

#[cfg(unix)]
impl Socket {
    pub(super) fn display(&self) -> std::path::Display<'_> {
        self.0.display()
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Open, and not yet of a runtime.
pub(super) enum Opened {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// Where connections come from.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listen {
    pub(super) fn open(self) -> io::Result<(Opened, Address)> {
        match self {
            Self::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                Ok((Opened::Tcp(listener), Address::Tcp(address)))
            }
            #[cfg(unix)]
            Self::Unix(path) => {
                let listener = bind(&path)?;
                listener.set_nonblocking(true)?;
                Ok((Opened::Unix(listener), Address::Unix(Socket(path))))
            }
        }
    }
}

/// A socket that is left over from a server that was killed is taken away.
#[cfg(unix)]
fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::{UnixListener, UnixStream};

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        std::fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}

impl Opened {
    pub(super) fn listen(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => tokio::net::TcpListener::from_std(listener).map(Listener::Tcp),
            #[cfg(unix)]
            Self::Unix(listener) => tokio::net::UnixListener::from_std(listener).map(Listener::Unix),
        }
    }
}

impl Listener {
    pub(super) async fn accept(&self) -> io::Result<Connection> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok(Connection::Tcp(stream))
            }
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Connection::Unix(listener.accept().await?.0)),
        }
    }
}

/// A connection that was accepted.
pub(super) enum Connection {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}
