//! `request-route`

use super::report::{Report, either};
use super::{Asked, Check, Judge, Judgement};
use crate::contract::RawRoute;
use crate::source::Pointer;
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("request-route"),
    side: Side::Request,
    says: "The path and method lead to an operation.",
    judge: Judge::Route(judge),
};

fn judge(check: &Check, asked: &Asked<'_>, route: &RawRoute<'_>, judgement: &mut Judgement) {
    let mut report = Report { contract: asked.contract, check, judgement };
    let method = &asked.request.method;
    match route {
        RawRoute::Operation { .. } => {}
        RawRoute::OtherMethods { allow } => {
            let allowed = either(allow);
            let message = format!("`{}` does not take `{method}`, only {allowed}", asked.path);
            let pointer = allow.first().and_then(|known| match asked.contract.route_raw(known, asked.path) {
                RawRoute::Operation { operation, .. } => operation.pointer().parent(),
                _ => None,
            });
            report.broken(message, allowed, method.clone(), 0, &pointer.unwrap_or_default());
        }
        RawRoute::Unknown => {
            let message = format!("no operation has the path `{}`", asked.path);
            report.broken(message, "a documented path", asked.path, 0, &Pointer::root().join("paths"));
        }
    }
}
