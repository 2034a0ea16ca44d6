//! `response-headers`

use super::report::Report;
use super::{Check, Judge, Judgement, ResponseCase};
use crate::contract::{Direction, HeaderSpec, Location, Parameter, Raw, Shape};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("response-headers"),
    side: Side::Response,
    says: "Required headers are there, and the documented ones keep their schemas.",
    judge: Judge::Response(judge),
};

fn judge(check: &Check, case: &ResponseCase<'_>, judgement: &mut Judgement) {
    let Some(described) = case.described else { return };
    let mut report = Report { contract: case.contract, check, judgement };
    // `Content-Type` is described by `content` (OpenAPI, Response Object).
    for header in described.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("content-type")) {
        match case.response.headers.combined(&header.name) {
            Some(text) => value(&mut report, header, &text),
            None if header.required => {
                let message = format!("the response has no header `{}`, which is required", header.name);
                report.broken(message, format!("`{}`", header.name), "missing", header.document, &header.pointer);
            }
            None => {}
        }
    }
}

fn value(report: &mut Report<'_>, header: &HeaderSpec, text: &str) {
    let parameter = Parameter {
        explode: header.explode,
        content: header.content.clone(),
        ..Parameter::plain(&header.name, Location::Header)
    };
    let schema = header.schema.as_ref().or_else(|| header.content.as_ref()?.schema.as_ref());
    let Some(schema) = schema else { return };
    let shape = if header.schema.is_some() { (*report.contract.shape(schema)).clone() } else { Shape::anything() };
    let what = format!("the response header `{}`", header.name);
    match parameter.deserialise(&Raw::Text(Some(text)), &shape) {
        None => {}
        Some(Err(reason)) => {
            let message = format!("{what} cannot be read: {reason}");
            report.broken(message, "a value in its style", reason, header.document, &header.pointer);
        }
        Some(Ok(value)) => match report.contract.schema(schema, Direction::Response) {
            Ok(compiled) => {
                for violation in compiled.violations(&value) {
                    report.violation(&what, violation);
                }
            }
            Err(error) => report.undecided(format!("{what} cannot be judged: {error}")),
        },
    }
}
