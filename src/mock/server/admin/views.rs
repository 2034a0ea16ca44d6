//! What the admin API says, as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::journal::{Exchanged, Past};
use super::super::shown::Presenter;
use super::near::NearMiss;
use crate::contract::Contract;
use crate::mock::Mock;
use crate::show;
use crate::verdict::Target;

/// An exchange with all that is known of it.
pub(super) fn whole(exchanged: &Exchanged, presenter: &mut Presenter, near: &[NearMiss]) -> Value {
    let mut value = presenter.summary(exchanged);
    let mut case = presenter.case(exchanged);
    let step = case.steps.pop();
    if let (Some(all), Some(step)) = (value.as_object_mut(), step) {
        all.insert("place".to_owned(), json!(case.place));
        all.insert("findings".to_owned(), json!(step.findings));
        all.insert("undecided".to_owned(), json!(step.undecided));
        all.insert("error".to_owned(), json!(step.error));
        if let Some(sent) = step.sent {
            all.insert("request".to_owned(), json!(sent.request));
            all.insert("response".to_owned(), json!(sent.response));
            all.insert("curl".to_owned(), json!(sent.curl));
        }
        let troubles = exchanged.troubles.iter().map(|trouble| presenter.text(&trouble.to_string()));
        all.insert("troubles".to_owned(), troubles.collect());
        all.insert("near-misses".to_owned(), near.iter().map(|miss| near_miss(miss, presenter)).collect());
    }
    value
}

/// A near miss; its reasons may quote the request.
pub(super) fn near_miss(miss: &NearMiss, presenter: &Presenter) -> Value {
    let mut value = json!(miss);
    value["reasons"] = miss.reasons.iter().map(|reason| presenter.text(reason)).collect();
    value
}

/// What was found in all exchanges that are kept, what is alike put together.
pub(super) fn findings(kept: &[std::sync::Arc<Exchanged>], presenter: &mut Presenter) -> Value {
    let mut alike: BTreeMap<(String, String, String), (Value, u64, u64)> = BTreeMap::new();
    for exchanged in kept {
        presenter.learn(exchanged);
        let contract = exchanged.contract.as_ref().map_or("", |contract| contract.name());
        let operation = exchanged.operation.as_deref().unwrap_or_default();
        for finding in presenter.findings(&exchanged.findings) {
            let key = (contract.to_owned(), operation.to_owned(), format!("{} {}", finding.check, finding.message));
            let entry = alike.entry(key).or_insert_with(|| (json!(finding), 0, 0));
            entry.1 += 1;
            entry.2 = exchanged.number;
        }
    }
    let mut all: Vec<_> = alike.into_iter().collect();
    all.sort_by_key(|(_, (_, count, _))| std::cmp::Reverse(*count));
    let told = all.into_iter().map(|((contract, operation, _), (finding, count, last))| {
        json!({ "contract": contract, "operation": operation, "exchanges": count, "last": last, "finding": finding })
    });
    told.collect()
}

/// Every operation, and how often it was asked for.
pub(super) fn operations(mocks: &[&Mock], past: &Past) -> Value {
    let told = mocks.iter().flat_map(|mock| {
        let contract = mock.contract();
        let shown = show::summary(contract, Target::Mock);
        let counts = past.counts.get(contract.name());
        shown.operations.into_iter().map(move |operation| {
            let counts = counts.and_then(|counts| counts.operations.get(&operation.id)).map_or(&[][..], Vec::as_slice);
            let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
            let mut verdicts: BTreeMap<&str, u64> = BTreeMap::new();
            for count in counts {
                *statuses.entry(count.status.to_string()).or_default() += count.exchanges;
                *verdicts.entry(count.verdict).or_default() += count.exchanges;
            }
            json!({
                "contract": contract.name(),
                "operation": operation.id,
                "method": operation.method,
                "path": operation.path,
                "documented": operation.statuses,
                "exchanges": counts.iter().map(|count| count.exchanges).sum::<u64>(),
                "statuses": statuses,
                "verdicts": verdicts,
            })
        })
    });
    told.collect()
}

/// The contracts that are served.
pub(super) fn contract(contract: &Contract) -> Value {
    json!({
        "name": contract.name(),
        "title": contract.title(),
        "document": contract.document().name(),
        "overlay": contract.overlay().map(crate::source::Source::name),
        "operations": contract.operations().len(),
    })
}
