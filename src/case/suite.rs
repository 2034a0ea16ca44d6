//! The first phase: which cases a file holds, under which names, for which contract.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::common::Common;
use super::context::{base, env_var};
use super::parts::side_by_side;
use super::ready::Only;
use super::rows::{Row, Rows};
use super::spot::{Placed, Spot};
use super::{decode, step};
use crate::expression::{Context, Session, Template, Var};
use crate::source::{Diagnostic, Diagnostics, Fields, Limits, Node, Place, Pointer, Source, read, read_with_places};
use crate::verdict::CaseId;

/// Brings the bytes of files that a case names: data rows and bodies.
pub trait Files: Sync {
    /// The bytes of the file at `path`; a plain-words reason where it cannot or may not be had.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

impl<F: Fn(&str) -> Result<Vec<u8>, String> + Sync> Files for F {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self(path)
    }
}

/// How a suite names its contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractName {
    /// A name in the folder of contracts.
    Name(String),
    /// A document's path, relative to the file that names it.
    Path {
        /// The path as written.
        path: String,
        /// The file that names it.
        from: String,
    },
}

/// What selects a case (and row), before its contract is known.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which case.
    pub id: CaseId,
    /// Where it stands.
    pub place: Place,
    /// Its tags, those of its file and folders too.
    pub tags: Arc<[String]>,
    /// The promises it proves.
    pub proves: Arc<[String]>,
    /// The operations that its steps name, as written.
    pub operations: Arc<[String]>,
    /// The only kind of target it is for.
    pub only: Option<Only>,
    /// Why it is not to be run.
    pub skip: Option<String>,
    pub(super) case: usize,
    pub(super) row: Option<Row>,
}

/// A case file, read but not yet resolved against its contract.
#[derive(Clone, Debug)]
pub struct RawSuite {
    pub(super) source: Source,
    pub(super) value: Arc<Value>,
    pub(super) contract: Placed<ContractName>,
    pub(super) secrets: Arc<[String]>,
    pub(super) cases: Vec<RawCase>,
    pub(super) listed: Vec<Listed>,
    still: Still,
}

/// The variables that stay the same from run to run, for names and paths: chance and time stand still.
#[derive(Clone, Debug)]
struct Still {
    env: Var,
    contract: String,
}

/// What all rows of a case share.
#[derive(Clone, Debug)]
pub(super) struct RawCase {
    /// Which of the file's list it is.
    pub(super) index: usize,
    pub(super) at: Pointer,
    pub(super) common: Common,
    pub(super) proves: Vec<Placed<String>>,
    pub(super) rows: Option<Rows>,
    pub(super) name: Placed<Template>,
}

impl RawSuite {
    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The contract that the file is about.
    pub fn contract(&self) -> &ContractName {
        &self.contract.value
    }

    /// That the contract cannot be had, as a diagnostic at the place that names it.
    pub fn contract_fault(&self, message: impl Into<String>) -> Diagnostic {
        self.contract.spot.error("unknown-contract", message)
    }

    /// The environment variables whose values are secrets.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Its cases, one for each row, in their order.
    pub fn cases(&self) -> &[Listed] {
        &self.listed
    }

    /// The row and variables, where chance and time stand still.
    pub(super) fn still_context(&self, row: Option<&Row>, vars: &[(String, Placed<Template>)]) -> Context {
        self.still.context(row, vars)
    }
}

impl Still {
    fn new(environment: &BTreeMap<String, String>, contract: &str) -> Self {
        Self { env: env_var(environment), contract: contract.to_owned() }
    }

    fn context(&self, row: Option<&Row>, vars: &[(String, Placed<Template>)]) -> Context {
        let session = Session::new(0, "", Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
        let mut context = base(session, self.env.clone(), &self.contract);
        for (name, value) in row.into_iter().flat_map(|row| row.iter()) {
            context.set(name.clone(), value.clone());
        }
        for (name, value) in vars {
            // A variable that has no value here shows as undefined where it is used.
            if let Ok(value) = value.value.var(&context) {
                context.set(name.clone(), value);
            }
        }
        context
    }
}

/// What stands at the top of a file of cases or defaults.
struct Top {
    common: Common,
    contract: Option<Placed<ContractName>>,
    secrets: Vec<String>,
}

/// Reads a case file with the defaults of the folders above it, the farthest first.
///
/// Everything wrong with what is read here is told; what needs the contract is left to
/// [`resolve`](super::resolve). `environment` fills variables in names of cases.
pub fn read_suite(
    source: &Source,
    defaults: &[Source],
    files: &dyn Files,
    environment: &BTreeMap<String, String>,
) -> (Option<RawSuite>, Diagnostics) {
    let mut faults = Diagnostics::new();
    let mut top = Top { common: Common::default(), contract: None, secrets: Vec::new() };
    for source in defaults {
        let (value, found) = read(source, &Limits::default());
        faults.extend(found);
        // A folder's defaults may be empty.
        let Some(value) = value.filter(|value| !value.is_null()) else { continue };
        if let Some(mut fields) = Node::root(&value, source).fields(&mut faults) {
            top = decode_top(&mut fields, top, &mut faults);
            fields.finish(&mut faults);
        }
    }
    let (value, found) = read_with_places(source, &Limits::default());
    faults.extend(found);
    let suite = value.and_then(|value| decode_suite(source, value, top, files, environment, &mut faults));
    (suite.filter(|_| !faults.has_errors()), faults)
}

fn decode_top(fields: &mut Fields, farther: Top, faults: &mut Diagnostics) -> Top {
    let contract = fields.get("contract").and_then(|node| contract_name(&node, faults));
    fields.string("description", faults);
    let more = fields.get("secrets").map(|node| node.strings(faults)).unwrap_or_default();
    let mut secrets = farther.secrets;
    secrets.extend(more.into_iter().map(str::to_owned));
    Top {
        common: Common::decode(fields, faults).over(&farther.common),
        contract: contract.or(farther.contract),
        secrets,
    }
}

fn contract_name(node: &Node, faults: &mut Diagnostics) -> Option<Placed<ContractName>> {
    let text = node.string(faults)?;
    let is_path = text.contains('/') || [".yaml", ".yml", ".json"].iter().any(|ending| text.ends_with(ending));
    let value = if is_path {
        ContractName::Path { path: text.to_owned(), from: node.source.name().to_owned() }
    } else {
        ContractName::Name(text.to_owned())
    };
    Some(Placed { value, spot: Spot::of(node) })
}

fn decode_suite(
    source: &Source,
    value: Value,
    defaults: Top,
    files: &dyn Files,
    environment: &BTreeMap<String, String>,
    faults: &mut Diagnostics,
) -> Option<RawSuite> {
    let root = Node::root(&value, source);
    let mut fields = root.fields(faults)?;
    let top = decode_top(&mut fields, defaults, faults);
    let list = fields.require("cases", faults);
    fields.finish(faults);
    let contract = top.contract.as_ref().map(|contract| contract_text(&contract.value)).unwrap_or_default();
    let still = Still::new(environment, contract);
    let nodes: Vec<(usize, Node)> = list.iter().flat_map(|list| list.items(faults)).enumerate().collect();
    let (mut cases, mut listed) = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
    let decode = |nodes: &[(usize, Node)]| {
        let mut found = Diagnostics::new();
        let decode = |(index, node): &(usize, Node)| {
            let (case, operations) = decode_case(*index, node, &top.common, files, &mut found)?;
            let listed = still.list(&case, operations, source, &mut found);
            Some((case, listed))
        };
        (nodes.iter().filter_map(decode).collect::<Vec<_>>(), found)
    };
    for (decoded, found) in side_by_side(&nodes, decode) {
        faults.extend(found);
        for (case, rows) in decoded {
            listed.extend(rows.into_iter().map(|row| Listed { case: cases.len(), ..row }));
            cases.push(case);
        }
    }
    check_unique(&listed, &cases, source, faults);
    let Some(contract) = top.contract else {
        let fault = Diagnostic::error("missing-key", "no contract is named");
        let help = "add `contract: …` here, or in a `_defaults.yaml` of this folder or one above";
        faults.push(fault.at_value(source, &Pointer::root(), "needs `contract`").help(help));
        return None;
    };
    drop((nodes, root));
    let secrets = top.secrets.into();
    Some(RawSuite { source: source.clone(), value: Arc::new(value), contract, secrets, cases, listed, still })
}

fn contract_text(name: &ContractName) -> &str {
    match name {
        ContractName::Name(name) => name,
        ContractName::Path { path, .. } => path,
    }
}

fn decode_case(
    index: usize,
    node: &Node,
    farther: &Common,
    files: &dyn Files,
    faults: &mut Diagnostics,
) -> Option<(RawCase, Vec<String>)> {
    let mut fields = node.fields(faults)?;
    let name = fields.require("name", faults).and_then(|node| decode::text_template(&node, faults));
    fields.string("description", faults);
    let proves = fields.get("proves").map(|node| proves(&node, faults)).unwrap_or_default();
    let common = Common::decode(&mut fields, faults).over(farther);
    let each = fields.get("each");
    let written = each.is_some();
    let rows = each.and_then(|node| Rows::decode(&node, files, faults));
    let steps = fields.get("steps");
    let own: Vec<Node> = step::CASE_STEP_KEYS.iter().filter_map(|key| fields.get(key)).collect();
    let operations = operations(node.value);
    fields.finish(faults);
    match (&steps, own.first()) {
        (Some(steps), Some(own)) => {
            let key = own.at.last().unwrap_or_default();
            let message = format!("`{key}` and `steps` cannot stand side by side");
            let fault =
                Diagnostic::error("step-and-steps", message).at_key(own.source, &own.at, "this is a step's own");
            faults.push(fault.at_key(steps.source, &steps.at, "the steps").help("move it into a step"));
        }
        (Some(steps), None) if steps.value.as_array().is_some_and(Vec::is_empty) => {
            faults.push(steps.error("no-steps", "a case without steps does nothing"));
        }
        _ => {}
    }
    if written && rows.is_none() {
        return None;
    }
    Some((RawCase { index, at: node.at.clone(), common, proves, rows, name: name? }, operations))
}

fn proves(node: &Node, faults: &mut Diagnostics) -> Vec<Placed<String>> {
    let items = if node.value.is_array() { node.items(faults) } else { vec![node.clone()] };
    let text = |item: &Node, faults: &mut Diagnostics| {
        let value = item.string(faults)?.to_owned();
        Some(Placed { value, spot: Spot::of(item) })
    };
    items.iter().filter_map(|item| text(item, faults)).collect()
}

/// The operations that a case names, as written.
fn operations(case: &Value) -> Vec<String> {
    let own = std::iter::once(case);
    let steps = case.get("steps").and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<String> = Vec::new();
    for name in own.chain(steps).filter_map(|step| step.get("operation")?.as_str()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Still {
    /// The case, once for each of its rows.
    fn list(&self, case: &RawCase, operations: Vec<String>, source: &Source, faults: &mut Diagnostics) -> Vec<Listed> {
        let rows: Vec<Option<Row>> = match &case.rows {
            Some(rows) => rows.rows.iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        let shared = Listed {
            id: CaseId { file: source.name().to_owned(), name: String::new(), row: None },
            place: source.place(&case.at),
            tags: case.common.tags.clone().into(),
            proves: case.proves.iter().map(|promise| promise.value.clone()).collect(),
            operations: operations.into(),
            only: case.common.only,
            skip: case.common.skip.clone(),
            case: case.index,
            row: None,
        };
        let mut all = Vec::new();
        for (at, row) in rows.into_iter().enumerate() {
            match self.name(case, row.as_ref()) {
                Ok(name) => {
                    let id = CaseId { name, row: row.as_ref().map(|_| at + 1), ..shared.id.clone() };
                    all.push(Listed { id, row, ..shared.clone() });
                }
                Err(fault) => {
                    faults.push(missing_column(case, fault));
                    break;
                }
            }
        }
        all
    }

    fn name(&self, case: &RawCase, row: Option<&Row>) -> Result<String, Diagnostic> {
        let template = &case.name;
        if let Some(constant) = template.value.constant() {
            return Ok(decode::show(constant));
        }
        let names = template.value.names();
        let vars = needed_vars(&case.common.vars, names.iter().map(|(_, name)| name.root.as_str()));
        let context = self.context(row, &vars);
        let name = template.value.render_text(&context);
        name.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
            .map_err(|error| error.diagnostic(&template.spot.source, &template.spot.at))
    }
}

/// The variables that the names in `roots` need, those that they need in turn included, in their order.
pub(super) fn needed_vars<'a>(
    vars: &[(String, Placed<Template>)],
    roots: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, Placed<Template>)> {
    let mut kept = Vec::new();
    if vars.is_empty() {
        return kept;
    }
    let mut needed: std::collections::HashSet<String> = roots.into_iter().map(str::to_owned).collect();
    // A variable sees only those before it, so one pass from the back finds all.
    for (name, template) in vars.iter().rev() {
        if needed.contains(name) {
            needed.extend(template.value.names().into_iter().map(|(_, name)| name.root));
            kept.push((name.clone(), template.clone()));
        }
    }
    kept.reverse();
    kept
}

/// Where rows come from a data file, an undefined name is a column that is not there.
fn missing_column(case: &RawCase, mut fault: Diagnostic) -> Diagnostic {
    let names = case.name.value.names();
    let missing =
        names.iter().map(|(_, name)| &name.root).find(|root| fault.message == format!("`{root}` is undefined"));
    if let Some((rows, file, root)) =
        case.rows.as_ref().zip(missing).and_then(|(rows, root)| Some((rows, rows.file.as_ref()?, root)))
    {
        fault.code = "missing-column";
        fault.message = format!("`{}` has no column `{root}`, which this name uses", file.name());
        fault.help = Some(rows.help_for(root));
    }
    fault
}

fn check_unique(listed: &[Listed], cases: &[RawCase], source: &Source, faults: &mut Diagnostics) {
    let mut first: HashMap<&str, &Listed> = HashMap::new();
    let mut told: Vec<usize> = Vec::new();
    for case in listed {
        let Some(known) = first.insert(&case.id.name, case) else { continue };
        if told.contains(&case.case) {
            continue;
        }
        told.push(case.case);
        let message = format!("two cases are named `{}`", case.id.name);
        let at = |case: &Listed| cases[case.case].at.join("name");
        let mut fault = Diagnostic::error("duplicate-name", message).at_value(source, &at(case), "again here");
        if known.case == case.case {
            let rows = format!("rows {} and {}", known.id.row.unwrap_or(1), case.id.row.unwrap_or(1));
            fault = fault.help(format!("{rows} have the same name; use a row's values in it: `{{{{ … }}}}`"));
        } else {
            fault = fault.at_value(source, &at(known), "first here");
        }
        faults.push(fault);
    }
}
