//! The rows of a case: its own, or those of a data file.

use std::sync::Arc;

use serde_json::Value;

use super::common::check_name;
use super::suite::Files;
use crate::expression::Var;
use crate::source::{Diagnostic, Diagnostics, Limits, Node, Source, Span, did_you_mean, read};

/// The most rows of one case.
const MOST: usize = 100_000;

/// One row: names with values.
pub(super) type Row = Arc<[(String, Var)]>;

/// The rows of a case, and the data file they are from.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) file: Option<Source>,
}

impl Rows {
    pub(super) fn decode(node: &Node, files: &dyn Files, faults: &mut Diagnostics) -> Option<Self> {
        if let Value::Array(_) = node.value {
            return listed(node, faults).map(|rows| Self { rows, file: None });
        }
        let help = "write a list of rows, `{csv: rows.csv}` or `{json: rows.json}`";
        let not_rows = || node.error("rows", "not rows").help(help);
        if !node.value.is_object() {
            faults.push(not_rows());
            return None;
        }
        let mut fields = node.fields(faults)?;
        let csv = fields.get("csv");
        let json = fields.get("json");
        fields.finish(faults);
        match (csv, json) {
            (Some(path), None) => {
                let source = text_file(&path, files, faults)?;
                Some(Self { rows: read_csv(&source, &path, faults)?, file: Some(source) })
            }
            (None, Some(path)) => {
                let source = text_file(&path, files, faults)?;
                Some(Self { rows: read_json(&source, faults)?, file: Some(source) })
            }
            _ => {
                faults.push(not_rows());
                None
            }
        }
    }
}

impl Rows {
    /// What to do about a column that the data file has not: a name that is near, or all that it has.
    pub(super) fn help_for(&self, missing: &str) -> String {
        let columns: Vec<&str> = self.rows.iter().take(1).flat_map(|row| row.iter()).map(|(name, _)| &**name).collect();
        match did_you_mean(missing, columns.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its columns: {}", columns.join(", ")),
        }
    }
}

fn listed(node: &Node, faults: &mut Diagnostics) -> Option<Vec<Row>> {
    let items = node.items(faults);
    if items.is_empty() {
        faults.push(node.error("no-rows", "a case without rows is never run"));
        return None;
    }
    if items.len() > MOST {
        faults.push(too_many(node.source, Span::default()));
        return None;
    }
    let before = faults.len();
    let rows: Vec<Row> = items.iter().map(|item| row(item, faults)).collect();
    (faults.len() == before).then_some(rows)
}

fn row(node: &Node, faults: &mut Diagnostics) -> Row {
    let entries = node.entries(faults);
    entries
        .iter()
        .map(|(name, value)| {
            check_name(name, value, faults);
            ((*name).to_owned(), Var::from(value.value))
        })
        .collect()
}

/// The text of a file beside the case file.
fn text_file(node: &Node, files: &dyn Files, faults: &mut Diagnostics) -> Option<Source> {
    let bytes = read_file(node, node.string(faults)?, files, faults)?;
    let path = beside(node.source.name(), node.value.as_str().unwrap_or_default());
    match String::from_utf8(bytes) {
        Ok(text) => Some(Source::new(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            faults.push(node.error("not-utf-8", format!("`{path}` is not UTF-8: byte {at}")));
            None
        }
    }
}

/// The bytes of the file `path`, relative to the case file that `node` stands in.
pub(super) fn read_file(node: &Node, path: &str, files: &dyn Files, faults: &mut Diagnostics) -> Option<Vec<u8>> {
    let path = beside(node.source.name(), path);
    match files.read(&path) {
        Ok(bytes) => Some(bytes),
        Err(reason) => {
            faults.push(node.error("file", format!("`{path}` cannot be read: {reason}")));
            None
        }
    }
}

fn beside(file: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    match file.rfind(['/', '\\']) {
        Some(slash) => format!("{}/{}", &file[..slash], path.strip_prefix("./").unwrap_or(path)),
        None => path.to_owned(),
    }
}

fn too_many(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error("too-many-rows", format!("more than {MOST} rows")).at(source, span, "")
}

fn read_json(source: &Source, faults: &mut Diagnostics) -> Option<Vec<Row>> {
    let (value, found) = read(source, &Limits::default());
    faults.extend(found);
    listed(&Node::root(&value?, source), faults)
}

fn read_csv(source: &Source, node: &Node, faults: &mut Diagnostics) -> Option<Vec<Row>> {
    let text = source.text();
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            faults.push(csv_error(source, &error, offset));
            return None;
        }
    };
    check_header(source, &header, faults)?;
    let mut rows: Vec<Row> = Vec::new();
    let before = faults.len();
    for record in reader.records() {
        match record {
            Err(error) => faults.push(csv_error(source, &error, offset)),
            Ok(record) if record.len() != header.len() => {
                let message = format!("{} fields, where the first line names {}", record.len(), header.len());
                let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0)) + offset;
                let start = start + text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
                let end = text[start..].find(['\r', '\n']).map_or(text.len(), |length| start + length);
                let fault = Diagnostic::error("csv", message).at(source, Span { start, end }, "");
                faults.push(fault.help("put a value that holds a comma or a quote in double quotes"));
            }
            Ok(_) if rows.len() >= MOST => {
                faults.push(too_many(source, Span::default()));
                return None;
            }
            Ok(record) => {
                let values = header.iter().zip(record.iter());
                rows.push(values.map(|(name, value)| (name.trim().to_owned(), Var::from(value))).collect());
            }
        }
        if faults.len() > before + 20 {
            return None;
        }
    }
    if rows.is_empty() && faults.len() == before {
        faults.push(node.error("no-rows", format!("`{}` has no rows, so the case is never run", source.name())));
    }
    (faults.len() == before).then_some(rows)
}

fn check_header(source: &Source, header: &csv::StringRecord, faults: &mut Diagnostics) -> Option<()> {
    let before = faults.len();
    let line = Span { start: 0, end: source.text().find(['\r', '\n']).unwrap_or(source.text().len()) };
    let mut seen: Vec<&str> = Vec::new();
    for name in header.iter().map(str::trim) {
        let mut fault = |message: String| {
            faults.push(
                Diagnostic::error("csv", message).at(source, line, "").help("name every column once in the first line"),
            );
        };
        if name.is_empty() {
            fault("a column without a name".to_owned());
        } else if seen.contains(&name) {
            fault(format!("two columns are named `{name}`"));
        }
        seen.push(name);
    }
    (faults.len() == before).then_some(())
}

fn csv_error(source: &Source, error: &csv::Error, offset: usize) -> Diagnostic {
    let start = error.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0)) + offset;
    Diagnostic::error("csv", format!("not CSV: {error}")).at(source, Span { start, end: start + 1 }, "")
}
