//! A contract as `RunStarted` shows it.

use crate::contract::{CarriedBy, Contract, StatusPattern};
use crate::verdict::{ContractSummary, Operation, PromiseSummary, Target};

/// The part of a contract that reports show.
pub(crate) fn summary(contract: &Contract, target: Target) -> ContractSummary {
    ContractSummary {
        name: contract.name().to_owned(),
        title: contract.title().to_owned(),
        document: contract.document().name().to_owned(),
        overlay: contract.overlay().map(|source| source.name().to_owned()),
        target,
        operations: contract
            .operations()
            .iter()
            .map(|operation| Operation {
                id: operation.id().to_owned(),
                method: operation.method().to_owned(),
                path: operation.path().to_owned(),
                statuses: operation.responses().iter().map(|response| status(response.status)).collect(),
            })
            .collect(),
        promises: contract
            .promises()
            .iter()
            .map(|promise| PromiseSummary {
                id: promise.id.clone(),
                says: promise.says.clone(),
                carried_by: match promise.carried_by {
                    CarriedBy::Schema => "schema".to_owned(),
                    CarriedBy::Prose => "prose".to_owned(),
                },
                place: promise.place.clone(),
            })
            .collect(),
    }
}

fn status(pattern: StatusPattern) -> String {
    match pattern {
        StatusPattern::Exact(code) => code.to_string(),
        StatusPattern::Range(class) => format!("{class}XX"),
        StatusPattern::Default => "default".to_owned(),
    }
}
