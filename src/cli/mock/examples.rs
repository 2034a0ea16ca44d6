//! Examples that break their own schema are not served; here they are told, beside serving.

use std::sync::Arc;

use crate::cli::output::{self, Look};
use crate::contract::Contract;
use crate::source::Diagnostics;

/// The most examples of a document that are told.
const MOST: usize = 20;

/// Judges every example of the contracts on a thread of its own: a large document takes a while, and
/// nobody has to wait for it. The thread ends with the program.
pub(super) fn tell(contracts: Vec<Arc<Contract>>, look: Look) {
    if look.is_quiet() {
        return;
    }
    let judge = move || {
        for contract in &contracts {
            told(contract, &look);
        }
    };
    // Without a thread nothing is told, and nothing else is lost.
    let _ = std::thread::Builder::new().name("countersign-examples".to_owned()).spawn(judge);
}

fn told(contract: &Contract, look: &Look) {
    let found = contract.check_examples();
    let count = found.len();
    let mut first = Diagnostics::new();
    found.into_iter().take(MOST).for_each(|warning| first.push(warning));
    output::warnings(&first, look);
    if count > MOST {
        let more = count - MOST;
        let document = contract.document().name();
        output::tell(&format!("{more} more faults of examples: `countersign lint {document}` tells them all"));
    }
}
