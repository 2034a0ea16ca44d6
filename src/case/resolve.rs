//! The second phase: cases against their contract.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::common::{RESERVED, Retry};
use super::parts::side_by_side;
use super::ready::Case;
use super::rows::{Row, read_file};
use super::spot::{Placed, Spot};
use super::step::{Body, Step};
use super::suite::{Files, Listed, RawCase, RawSuite, needed_vars};
use crate::contract::Contract;
use crate::expression::{Name, Template};
use crate::source::{Diagnostic, Diagnostics, Node, Pointer, did_you_mean};

/// Prepares the cases of a suite that are `wanted`, in their order.
///
/// Only these are compiled. Cases with errors are left out; with any error at all, nothing
/// should be run.
pub fn resolve(
    suite: &RawSuite,
    contract: &Contract,
    files: &dyn Files,
    wanted: &dyn Fn(&Listed) -> bool,
) -> (Vec<Case>, Diagnostics) {
    let wanted: Vec<&Listed> = suite.listed.iter().filter(|listed| wanted(listed)).collect();
    let rows: Vec<&[&Listed]> = wanted.chunk_by(|one, next| one.case == next.case).collect();
    let prepare = |part: &[&[&Listed]]| {
        let mut found = Diagnostics::new();
        let mut cases = Vec::with_capacity(part.len());
        for rows in part {
            let prepared = Prepared::new(suite, &suite.cases[rows[0].case], contract, files, &mut found);
            cases.extend(prepared.iter().flat_map(|case| rows.iter().map(|row| case.case(suite, contract, row))));
        }
        (cases, found)
    };
    let (mut cases, mut faults) = (Vec::with_capacity(wanted.len()), Diagnostics::new());
    for (prepared, found) in side_by_side(&rows, prepare) {
        cases.extend(prepared);
        faults.extend(found);
    }
    (cases, faults)
}

/// What all rows of a case share, compiled.
struct Prepared {
    steps: Arc<[Step]>,
    vars: Arc<[(String, Placed<Template>)]>,
    operations: Arc<[String]>,
    retry: Option<Retry>,
}

impl Prepared {
    fn new(
        suite: &RawSuite,
        raw: &RawCase,
        contract: &Contract,
        files: &dyn Files,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let mut found = Diagnostics::new();
        let value = suite.value.get("cases")?.get(raw.index)?;
        let node = Node { value, at: raw.at.clone(), source: &suite.source };
        let mut steps = decode_steps(&node, raw, contract, &mut found);
        check_promises(raw, contract, &mut found);
        let names = check_names(suite, raw, &steps, &mut found);
        let vars = needed_vars(&raw.common.vars, names.iter().map(String::as_str));
        let bodies = Bodies { suite, raw, vars: &vars, files };
        for step in &mut steps {
            bodies.read(step, &mut found);
        }
        let failed = found.has_errors();
        faults.extend(found);
        let mut operations: Vec<String> = Vec::new();
        for id in steps.iter().filter_map(|step| step.operation.as_ref()) {
            if !operations.contains(id) {
                operations.push(id.clone());
            }
        }
        let (operations, retry) = (operations.into(), raw.common.retry);
        (!failed).then_some(Self { steps: steps.into(), vars: vars.into(), operations, retry })
    }

    fn case(&self, suite: &RawSuite, contract: &Contract, listed: &Listed) -> Case {
        Case {
            id: listed.id.clone(),
            place: listed.place.clone(),
            contract: contract.name().to_owned(),
            tags: listed.tags.clone(),
            proves: listed.proves.clone(),
            operations: self.operations.clone(),
            only: listed.only,
            skip: listed.skip.clone(),
            retry: self.retry,
            steps: self.steps.clone(),
            vars: self.vars.clone(),
            row: listed.row.clone().unwrap_or_default(),
            secrets: suite.secrets.clone(),
        }
    }
}

fn decode_steps(node: &Node, raw: &RawCase, contract: &Contract, faults: &mut Diagnostics) -> Vec<Step> {
    let Some(mut fields) = node.fields(faults) else { return Vec::new() };
    match fields.get("steps") {
        Some(steps) => {
            let items = steps.items(faults);
            items.iter().filter_map(|step| Step::decode_listed(step, &raw.common, contract, faults)).collect()
        }
        None => vec![Step::decode(&mut fields, &raw.common, contract, faults)],
    }
}

fn check_promises(raw: &RawCase, contract: &Contract, faults: &mut Diagnostics) {
    let known: Vec<&str> = contract.promises().iter().map(|promise| promise.id.as_str()).collect();
    for promise in raw.proves.iter().filter(|promise| !known.contains(&promise.value.as_str())) {
        let message = format!("the contract `{}` has no promise `{}`", contract.name(), promise.value);
        let fault = promise.spot.error("unknown-promise", message);
        let help = match did_you_mean(&promise.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "the contract has no list of promises".to_owned(),
            None => format!("known here: {}", known.join(", ")),
        };
        faults.push(fault.help(help));
    }
}

/// Which names are known where, and the faults of those that are not.
struct Known<'a> {
    suite: &'a RawSuite,
    raw: &'a RawCase,
    names: HashSet<&'a str>,
    used: HashSet<String>,
}

impl Known<'_> {
    fn check<'n>(
        &mut self,
        spot: &Spot,
        names: impl IntoIterator<Item = (&'n Pointer, &'n Name)>,
        before: bool,
        faults: &mut Diagnostics,
    ) {
        for (at, name) in names {
            self.used.insert(name.root.clone());
            let early = before && matches!(name.root.as_str(), "request" | "response");
            if name.guarded || (self.names.contains(name.root.as_str()) && !early) {
                continue;
            }
            let known: Vec<&str> = self.names.iter().copied().collect();
            faults.push(self.fault(&spot.below(at), name, early, &known));
        }
    }

    fn fault(&self, spot: &Spot, name: &Name, early: bool, known: &[&str]) -> Diagnostic {
        let root = &name.root;
        if early {
            let fault = spot.error("unknown-variable", format!("`{root}` is not there before the request is sent"));
            return fault.help(format!("an earlier step's is `previous[-1].{root}`"));
        }
        if let Some(help) = did_you_mean(root, known.iter().copied()) {
            return spot
                .error("unknown-variable", format!("nothing is named `{root}`"))
                .help(format!("did you mean `{help}`?"));
        }
        match self.raw.rows.as_ref().and_then(|rows| Some((rows, rows.file.as_ref()?))) {
            Some((rows, file)) => {
                let case = self.suite.source.place(&self.raw.at);
                let name = self.raw.name.value.constant().map(super::decode::show);
                let case = name.map_or_else(|| format!("the case at {case}"), |name| format!("the case `{name}`"));
                let message = format!("`{}` has no column `{root}`, which {case} uses", file.name());
                spot.error("missing-column", message).help(rows.help_for(root))
            }
            None => {
                let mut names = known.to_vec();
                names.sort_unstable();
                let fault = spot.error("unknown-variable", format!("nothing is named `{root}`"));
                fault.help(format!("known here: {}", names.join(", ")))
            }
        }
    }
}

/// Checks every name that the steps use; gives back all that are used.
fn check_names(suite: &RawSuite, raw: &RawCase, steps: &[Step], faults: &mut Diagnostics) -> HashSet<String> {
    let mut known = Known { suite, raw, names: row_names(raw), used: HashSet::new() };
    known.names.extend(RESERVED);
    known.names.extend(raw.common.vars.iter().map(|(name, _)| name.as_str()));
    for step in steps {
        for template in step.request_templates() {
            let names = template.value.names();
            known.check(&template.spot, names.iter().map(|(at, name)| (at, name)), true, faults);
        }
        for (template, spot) in step.response_templates() {
            let names = template.names();
            known.check(spot, names.iter().map(|(at, name)| (at, name)), false, faults);
        }
        let root = Pointer::root();
        for (expression, spot) in step.response_expressions() {
            known.check(spot, expression.names().iter().map(|name| (&root, name)), false, faults);
        }
        known.names.extend(step.captures.iter().map(|capture| capture.name.as_str()));
    }
    let used = known.used.clone();
    check_vars(raw, known, &used, faults);
    used
}

/// The variables that are used, each by what comes before it.
fn check_vars(raw: &RawCase, known: Known, used: &HashSet<String>, faults: &mut Diagnostics) {
    let needed = needed_vars(&raw.common.vars, used.iter().map(String::as_str));
    let mut known = Known { names: row_names(raw), ..known };
    known.names.extend(["env", "contract", "target"]);
    for (name, template) in &needed {
        let names = template.value.names();
        known.check(&template.spot, names.iter().map(|(at, name)| (at, name)), false, faults);
        known.names.insert(name);
    }
}

/// The names that every row has.
fn row_names(raw: &RawCase) -> HashSet<&str> {
    let mut rows = raw.rows.iter().flat_map(|rows| rows.rows.iter());
    let Some(first) = rows.next() else { return HashSet::new() };
    let mut names: HashSet<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    for row in rows {
        names.retain(|name| row.iter().any(|(known, _)| known == name));
    }
    names
}

/// What the paths of body files may use: everything that does not change from run to run.
struct Bodies<'a> {
    suite: &'a RawSuite,
    raw: &'a RawCase,
    vars: &'a [(String, Placed<Template>)],
    files: &'a dyn Files,
}

impl Bodies<'_> {
    /// Reads the files that the step's body may be, for every row.
    fn read(&self, step: &mut Step, faults: &mut Diagnostics) {
        let Body::File { path, contents } = &mut step.body else { return };
        let none = [Row::default()];
        let rows = self.raw.rows.as_ref().map_or(none.as_slice(), |rows| &rows.rows);
        for row in rows {
            let context = self.suite.still_context(Some(row), self.vars);
            let spot = &path.spot;
            match path.value.render_text(&context) {
                Ok(name) if contents.contains_key(&name) => {}
                Ok(name) => {
                    let node = Node { value: &serde_json::Value::Null, at: spot.at.clone(), source: &spot.source };
                    if let Some(bytes) = read_file(&node, &name, self.files, faults) {
                        contents.insert(name, Bytes::from(bytes));
                    }
                }
                Err(error) => {
                    let fault = error.diagnostic(&spot.source, &spot.at);
                    faults.push(fault.help("the path of a file may use the row, `env` and `vars`"));
                    return;
                }
            }
        }
    }
}
