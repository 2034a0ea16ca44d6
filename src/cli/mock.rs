//! `countersign mock`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::{MockArguments, OutputArguments};
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::mock::{Mount, Server, Settings, Validation};
use crate::project::{Folder, Loaded, Specs, mock as mock_of, system_clock};
use crate::source::{Diagnostic, Diagnostics};

/// Serves the contract mock until interrupted.
pub(super) fn mock(arguments: &MockArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match serve(arguments, &look, environment) {
        Ok(()) => Exit::Kept,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn serve(arguments: &MockArguments, look: &Look, environment: &Environment) -> Result<(), Diagnostics> {
    let folder = Folder::new(&environment.directory);
    let specs = Specs { folder: arguments.contracts.specs.clone(), overlays: !arguments.contracts.no_overlay };
    let loaded = load(&folder, &specs, &arguments.documents)?;
    let alone = loaded.len() == 1;
    let mut mounts = Vec::new();
    let mut shown = Vec::new();
    for loaded in &loaded {
        output::warnings(&loaded.warnings, look);
        let mut odd = Diagnostics::new();
        let settings = Settings {
            clock: system_clock(),
            dynamic: arguments.dynamic,
            cors: !arguments.no_cors,
            validation: validation(arguments),
            ..Settings::repeatable(arguments.seed).with_environment(&environment.variables)
        };
        let mock = mock_of(loaded, settings, &mut odd)?.listened_to(Arc::new(|trouble| {
            output::tell(&format!("warning: {trouble}"));
        }));
        output::warnings(&odd, look);
        let prefix = if alone { String::new() } else { format!("/{}", loaded.contract.name()) };
        shown.push(prefix.clone());
        mounts.push(Mount { prefix, mock: Arc::new(mock) });
    }
    let runtime = output::runtime()?;
    runtime.block_on(async {
        let address = SocketAddr::new(arguments.host, arguments.port);
        let server = Server::start(mounts, address).await.map_err(|error| {
            Diagnostic::error("cannot-listen", format!("cannot listen on {address}: {error}"))
                .help("give another `--port`; 0 lets the system choose")
        })?;
        output::print(&format!("listening on {}", server.url()));
        for (loaded, prefix) in loaded.iter().zip(&shown) {
            let contract = &loaded.contract;
            output::print(&format!("  {}: {}{prefix} ({})", contract.name(), server.url(), contract.document().name()));
        }
        output::interrupted().await;
        server.stop().await;
        Ok(())
    })
}

/// What becomes of invalid requests.
fn validation(arguments: &MockArguments) -> Validation {
    match (arguments.no_validate_request, arguments.report_only) {
        (true, _) => Validation::Off,
        (false, true) => Validation::Report,
        (false, false) => Validation::Refuse,
    }
}

/// The documents named, else all of the specs folder.
fn load(folder: &Folder, specs: &Specs, documents: &[PathBuf]) -> Result<Vec<Loaded>, Diagnostics> {
    let names = specs.names(folder);
    let paths: Vec<PathBuf> = if documents.is_empty() {
        names.iter().map(|name| specs.find(folder, name, &PathBuf::new())).collect::<Result<_, _>>()?
    } else {
        documents.to_vec()
    };
    if paths.is_empty() {
        let message = format!("there is no contract in `{}`", folder.name(&specs.folder));
        return Err(Diagnostic::error("no-contract", message)
            .help("name an OpenAPI document, or give `--specs DIR`")
            .into());
    }
    let (mut loaded, mut faults) = (Vec::new(), Diagnostics::new());
    for path in paths {
        match specs.load(folder, &path) {
            Ok(contract) => loaded.push(contract),
            Err(found) => faults.extend(found),
        }
    }
    if faults.has_errors() { Err(faults) } else { Ok(loaded) }
}
