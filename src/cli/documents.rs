//! From where documents may come besides files: what all commands share.

use std::path::Path;

use clap::Args;

use super::Environment;
use crate::project::{AllowedHosts, Folder, Network};
use crate::source::Diagnostic;
use crate::transport::{Proxy, Tls};

/// Where documents may be fetched from.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Documents")]
pub struct DocumentArguments {
    /// Follow references of documents to this host, and fetch documents from it that case files name:
    /// `example.com`, `example.com:8443`, `*.example.com`. A URL named on the command line is fetched
    /// without it. May be repeated.
    #[arg(long = "allow-host", global = true, value_name = "HOST")]
    pub hosts: Vec<String>,
}

/// How documents are fetched: through the proxy of the environment, by the system's authorities and
/// those of `COUNTERSIGN_CA_CERT`.
pub(super) fn network(arguments: &DocumentArguments, environment: &Environment) -> Result<Network, Diagnostic> {
    for host in &arguments.hosts {
        if host.contains('/') || host.trim().is_empty() {
            let fault = Diagnostic::error("bad-host", format!("`--allow-host {host}` is no host"));
            return Err(fault.help("give the host alone: `example.com`, `example.com:8443`, `*.example.com`"));
        }
    }
    let mut tls = Tls::default();
    if let Some(path) = environment.variables.get("COUNTERSIGN_CA_CERT").filter(|path| !path.is_empty()) {
        let folder = Folder::new(&environment.directory);
        let bytes = folder.read_bytes(Path::new(path)).map_err(|reason| {
            let message = format!("{path}: {reason}");
            Diagnostic::error("not-readable", message).help("`COUNTERSIGN_CA_CERT` names a PEM file")
        })?;
        tls.authorities.push(bytes);
    }
    let proxy = Proxy::Environment(environment.variables.clone());
    Ok(Network { hosts: AllowedHosts::new(arguments.hosts.iter().cloned()), proxy, tls })
}
