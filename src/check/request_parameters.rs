//! `request-parameters`

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::report::Report;
use super::{Check, Judge, Judgement, RequestCase};
use crate::contract::{
    Contract, Direction, Location, Parameter, ParameterStyle, QueryString, Raw, SecurityKind, Shape, cookie_pairs,
    query_pairs,
};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("request-parameters"),
    side: Side::Request,
    says: "Required parameters are there, and the values of all declared ones keep their schemas.",
    judge: Judge::Request(judge),
};

fn judge(check: &Check, case: &RequestCase<'_>, judgement: &mut Judgement) {
    let parameters = case.operation.parameters();
    if let Some(described) = case.operation.query_string() {
        query_string(&mut Report { contract: case.contract, check, judgement }, described, case.request.query());
    }
    if parameters.is_empty() {
        return;
    }
    let query = query_pairs(case.request.query().unwrap_or_default());
    let cookies = cookie_pairs(&case.request.headers.combined("cookie").unwrap_or_default());
    let mut report = Report { contract: case.contract, check, judgement };
    for parameter in parameters {
        let (header, rest);
        let raw = match parameter.location {
            Location::Path => {
                let value = case.path_values.iter().find(|(name, _)| *name == parameter.name);
                Raw::Text(value.map(|(_, value)| value.as_str()))
            }
            Location::Query if is_open(case.contract, parameter) => {
                rest = others(case, parameter, &query);
                Raw::Rest(&rest)
            }
            Location::Query => Raw::Pairs(&query),
            Location::Cookie => Raw::Pairs(&cookies),
            // These three are described elsewhere (OpenAPI, Parameter Object, `name`).
            Location::Header if is_reserved(&parameter.name) => continue,
            Location::Header => {
                header = case.request.headers.combined(&parameter.name);
                Raw::Text(header.as_deref())
            }
        };
        match left_to(case.contract, parameter, parameters, &raw) {
            Some(left) => one(&mut report, parameter, &Raw::Pairs(&left)),
            None => one(&mut report, parameter, &raw),
        }
    }
}

/// Whether the properties of an object stand in the query by themselves, also those that it does
/// not name (OpenAPI, Style Values, `form` with `explode`).
fn is_open(contract: &Contract, parameter: &Parameter) -> bool {
    let each = parameter.explode && parameter.style == ParameterStyle::Form && parameter.content.is_none();
    let shape = parameter.schema.as_ref().filter(|_| each).map(|schema| contract.shape(schema));
    shape.is_some_and(|shape| !shape.is_anything() && shape.takes_object() && !shape.takes_array() && shape.is_open())
}

/// What of the query neither another parameter takes nor a credential.
fn others(case: &RequestCase<'_>, own: &Parameter, query: &[(String, String)]) -> Vec<(String, String)> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut deep = Vec::new();
    for other in case.operation.parameters() {
        if other.location != Location::Query || other.name == own.name {
            continue;
        }
        taken.insert(other.name.clone());
        match (&other.schema, other.style) {
            (_, ParameterStyle::DeepObject) => deep.push(format!("{}[", other.name)),
            (Some(schema), ParameterStyle::Form) if other.explode => {
                taken.extend(case.contract.shape(schema).property_names().map(str::to_owned));
            }
            _ => {}
        }
    }
    for (name, _) in case.operation.security().iter().flat_map(|alternative| &alternative.0) {
        if let Some(SecurityKind::ApiKey { location: Location::Query, name }) =
            case.contract.security_scheme(name).map(|scheme| &scheme.kind)
        {
            taken.insert(name.clone());
        }
    }
    let free = |name: &String| !taken.contains(name) && !deep.iter().any(|start| name.starts_with(start));
    query.iter().filter(|(name, _)| free(name)).cloned().collect()
}

/// The pairs without those that have another parameter's name, where there are such: an exploded object takes
/// its members' names from a query at large, and what has a name of its own there is not meant by them.
/// Unless it is required, and nothing would be left of it.
fn left_to(
    contract: &Contract,
    parameter: &Parameter,
    all: &[Parameter],
    raw: &Raw<'_>,
) -> Option<Vec<(String, String)>> {
    let Raw::Pairs(pairs) = raw else { return None };
    let is_object = |schema| contract.shape(schema).takes_object();
    if parameter.style != ParameterStyle::Form
        || !parameter.explode
        || parameter.required
        || !parameter.schema.as_ref().is_some_and(is_object)
    {
        return None;
    }
    let of_another = |name: &str| {
        all.iter()
            .any(|other| other.location == parameter.location && other.name == name && !std::ptr::eq(other, parameter))
    };
    let left: Vec<_> = pairs.iter().filter(|(name, _)| !of_another(name)).cloned().collect();
    (left.len() < pairs.len()).then_some(left)
}

/// A query that is one value as a whole (OpenAPI 3.2, Parameter Object, `in: querystring`).
fn query_string(report: &mut Report<'_>, described: &QueryString, query: Option<&str>) {
    let what = format!("the query string `{}`", described.name);
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        if described.required {
            let message = format!("{what} is missing, and it is required");
            report.broken(message, "a query", "missing", described.document, &described.pointer);
        }
        return;
    };
    let media = &described.content.range;
    // A form is percent-encoded by nature; anything else is encoded as a whole.
    let text = if media.is_form() {
        Cow::Borrowed(query.as_bytes())
    } else {
        percent_encoding::percent_decode_str(query).into()
    };
    super::body::judge(report, &what, &text, media, &described.content, Direction::Request);
}

fn is_reserved(name: &str) -> bool {
    ["accept", "content-type", "authorization"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

fn one(report: &mut Report<'_>, parameter: &Parameter, raw: &Raw<'_>) {
    let what = format!("the {} parameter `{}`", parameter.location.as_str(), parameter.name);
    let shape = parameter.schema.as_ref().map(|schema| report.contract.shape(schema));
    let anything = Shape::anything();
    let shape = shape.as_deref().unwrap_or(&anything);
    let read = match parameter.deserialise(raw, shape) {
        None if parameter.required => {
            let message = format!("{what} is missing, and it is required");
            report.broken(message, format!("`{}`", parameter.name), "missing", parameter.document, &parameter.pointer);
            return;
        }
        None => return,
        Some(read) => read,
    };
    if parameter.allow_empty_value && is_empty(parameter, raw) {
        return;
    }
    let compiled = parameter.value_schema().map(|schema| report.contract.schema(schema, Direction::Request));
    let keeps = |value: &Value| match &compiled {
        Some(compiled) => compiled.as_ref().is_ok_and(|compiled| compiled.is_valid(value)),
        None => true,
    };
    if !read.as_ref().is_ok_and(keeps) && spread(parameter, raw, shape).is_some_and(|value| keeps(&value)) {
        return;
    }
    match (read, compiled) {
        (Err(reason), _) => {
            let message = format!("{what} cannot be read: {reason}");
            report.broken(message, "a value in its style", reason, parameter.document, &parameter.pointer);
        }
        (Ok(value), Some(Ok(compiled))) => {
            for violation in compiled.violations(&value) {
                report.violation(&what, violation);
            }
        }
        (Ok(_), Some(Err(error))) => report.undecided(format!("{what} cannot be judged: {error}")),
        (Ok(_), None) => {}
    }
}

/// The value with the commas between its items percent-encoded, as what encodes forms writes them.
/// By its style such a comma belongs to an item, so this is for where that reading fails.
fn spread(parameter: &Parameter, raw: &Raw<'_>, shape: &Shape) -> Option<Value> {
    let commas = matches!(parameter.style, ParameterStyle::Form | ParameterStyle::Simple);
    let listed = !parameter.explode || parameter.location == Location::Path;
    if !commas || !listed || parameter.content.is_some() || !(shape.takes_array() || shape.takes_object()) {
        return None;
    }
    let plain = |text: &str| text.replace("%2C", ",").replace("%2c", ",");
    let read = match raw {
        Raw::Text(text) => parameter.deserialise(&Raw::Text(Some(&plain((*text)?))), shape),
        Raw::Pairs(pairs) | Raw::Rest(pairs) => {
            let own = pairs.iter().filter(|(name, _)| *name == parameter.name);
            let own: Vec<_> = own.map(|(name, value)| (name.clone(), plain(value))).collect();
            parameter.deserialise(&Raw::Pairs(&own), shape)
        }
    };
    read?.ok()
}

fn is_empty(parameter: &Parameter, raw: &Raw<'_>) -> bool {
    match raw {
        Raw::Text(text) => text.is_some_and(str::is_empty),
        Raw::Pairs(pairs) | Raw::Rest(pairs) => {
            pairs.iter().any(|(name, value)| *name == parameter.name && value.is_empty())
        }
    }
}
