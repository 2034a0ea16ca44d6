//! `response-status`

use super::report::{Report, either};
use super::{Check, Judge, Judgement, ResponseCase};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("response-status"),
    side: Side::Response,
    says: "The status is one that the operation documents.",
    judge: Judge::Response(judge),
};

fn judge(check: &Check, case: &ResponseCase<'_>, judgement: &mut Judgement) {
    let responses = case.operation.responses();
    if case.described.is_some() || case.options.undocumented {
        return;
    }
    if responses.is_empty() {
        let reason = format!("`{}` documents no responses, so this one cannot be judged", case.operation.id());
        Report { contract: case.contract, check, judgement }.undecided(reason);
        return;
    }
    let known: Vec<String> = responses.iter().map(|response| response.status.to_string()).collect();
    let status = case.response.status;
    let known = either(&known);
    let message = format!("`{}` does not document the status {status}, only {known}", case.operation.id());
    let pointer = case.operation.pointer().join("responses");
    Report { contract: case.contract, check, judgement }.broken(message, known, status.to_string(), 0, &pointer);
}
