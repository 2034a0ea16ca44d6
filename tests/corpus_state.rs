//! State from the contracts of real documents, where a corpus of them lies beside the checkout: in
//! every collection that is recognised something is made, read, listed, deleted and gone.

#![expect(clippy::disallowed_methods, reason = "the corpus is read from the file system")]
#![expect(clippy::print_stdout, reason = "what is skipped and what goes wrong is for the reader of a run")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use countersign::contract::{Contract, Direction, Location, Operation, Parts, Retrieve, SecurityKind};
use countersign::exchange::{Headers, Request};
use countersign::generate::Generator;
use countersign::mock::{Answer, Mock, Origin, Rules, Settings, Stateful};
use countersign::source::Source;
use serde_json::Value;

/// Reads any file below the corpus.
struct Files(PathBuf);

impl Retrieve for Files {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        let path = Path::new(name);
        if !path.starts_with(&self.0) {
            return Err("it is outside the corpus".to_owned());
        }
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn corpus() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().skip(1).map(|above| above.join("shared/corpus")).find(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: there is no `shared/corpus` beside the checkout");
    }
    found
}

/// A request that the operation takes, its path's parameters as given.
fn request(contract: &Contract, operation: &Operation, values: &[String], seed: u64) -> Option<(Request, String)> {
    let mut path = String::new();
    let mut values = values.iter();
    let mut rest = operation.path();
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push_str(values.next()?);
        rest = after.split_once('}')?.1;
    }
    path.push_str(rest);
    let mut headers = Headers::new();
    let mut query = Vec::new();
    let mut generator = Generator::new(contract, Direction::Request, seed).with_examples();
    for parameter in operation.parameters().iter().filter(|parameter| parameter.required) {
        let Some(schema) = parameter.value_schema() else { continue };
        let value = match parameter.examples.first() {
            Some(example) => example.value.clone(),
            None => generator.named_value(schema, &parameter.name).ok()?,
        };
        match parameter.location {
            Location::Query => query.push(parameter.serialise(&value)),
            Location::Header => headers.append(parameter.name.as_str(), parameter.serialise(&value)),
            _ => {}
        }
    }
    for name in operation.security().first().map(|all| all.0.clone()).unwrap_or_default() {
        match contract.security_scheme(&name.0).map(|scheme| &scheme.kind) {
            Some(SecurityKind::ApiKey { location: Location::Header, name }) => headers.append(name.as_str(), "key"),
            Some(SecurityKind::ApiKey { location: Location::Query, name }) => query.push(format!("{name}=key")),
            Some(SecurityKind::Basic) => headers.append("authorization", "Basic YTpi"),
            _ => headers.append("authorization", "Bearer token"),
        }
    }
    let mut body = Bytes::new();
    if let Some(media) = operation
        .request_body()
        .and_then(|body| body.content.iter().find(|media| media.range.is_json() || media.range.is_form()))
    {
        let value = generator.value(media.schema.as_ref()?).ok()?;
        headers.append("content-type", media.range.to_string());
        body = if media.range.is_json() {
            value.to_string().into()
        } else {
            let pairs = value.as_object()?.iter().map(|(name, value)| {
                let mut plain = countersign::contract::Parameter::plain(name, Location::Query);
                if let Some((_, encoding)) = media.encoding.iter().find(|(known, _)| known == name) {
                    (plain.style, plain.explode) = (encoding.style, encoding.explode);
                }
                plain.serialise(value)
            });
            pairs.collect::<Vec<_>>().join("&").into()
        };
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let request =
        Request { method: operation.method().to_owned(), url: format!("http://h{path}{query}"), headers, body };
    Some((request, path))
}

fn value(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.response.body).unwrap_or(Value::Null)
}

/// The values of `line`'s collection: `/a/{b}` with 1 for what is not a collection of our own making.
fn operations<'c>(contract: &'c Contract, path: &str) -> impl Iterator<Item = &'c Operation> {
    contract.operations().iter().filter(move |operation| operation.path() == path)
}

struct Cycle<'a> {
    mock: &'a Mock,
    collection: &'a str,
    item: &'a str,
    /// Whether an item says its own name.
    named: bool,
}

impl Cycle<'_> {
    fn ask(&self, path: &str, method: &str, values: &[String]) -> Result<Option<Answer>, String> {
        let contract = self.mock.contract();
        let Some(operation) = operations(contract, path).find(|operation| operation.method() == method) else {
            return Ok(None);
        };
        let values: Vec<String> = values.iter().map(|value| encoded(value)).collect();
        let Some((request, below)) = request(contract, operation, &values, 7) else {
            return Err(format!("skipped: no request to {method} {path} was found"));
        };
        let queried = request.query().is_some();
        let answer = self.mock.answer(request, &below);
        if let Some(finding) = answer.findings.first() {
            return Err(format!("skipped: {method} {path}: {}", finding.message));
        }
        if let Some(trouble) = answer.troubles.first() {
            return Err(format!("{method} {path}: {}", trouble.message));
        }
        // What a query asks for need not be what was made.
        if method == "GET" && path == self.collection && queried { Ok(None) } else { Ok(Some(answer)) }
    }

    fn run(&self) -> Result<(), String> {
        let parameters = |path: &str| path.matches('{').count();
        let contract = self.mock.contract();
        let parameter = |operation: &Operation, name: &str| {
            let known =
                operation.parameters().iter().find(|known| known.location == Location::Path && known.name == name)?;
            let made = Generator::new(contract, Direction::Request, 3)
                .with_examples()
                .named_value(known.value_schema()?, name);
            made.ok().map(|value| known.serialise(&value))
        };
        let above: Vec<String> = operations(contract, self.collection)
            .next()
            .map(|operation| {
                let names =
                    self.collection.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
                names.map(|name| parameter(operation, name).unwrap_or_else(|| "1".to_owned())).collect()
            })
            .unwrap_or_default();
        assert_eq!(above.len(), parameters(self.collection));
        let before = self.mock.stateful().expect("remembers").snapshot(None);
        match self.ask(self.collection, "POST", &above)? {
            Some(made) if made.response.status == 404 => return Err("skipped: its parent is not there".to_owned()),
            Some(made) if made.origin == Origin::Document => return Err("skipped: it searches".to_owned()),
            Some(made) if made.origin != Origin::State => {
                return Err(format!(
                    "POST {}: {:?} {}",
                    self.collection,
                    made.origin,
                    String::from_utf8_lossy(&made.response.body)
                ));
            }
            _ => {}
        }
        let after = self.mock.stateful().expect("remembers").snapshot(None);
        let after = after.as_object().expect("collections");
        let Some((path, items)) = after.iter().find(|(path, items)| before.get(path.as_str()) != Some(*items)) else {
            return self.run_put(above);
        };
        assert!(path.starts_with('/') && !items.as_array().expect("a list").is_empty());
        let key = self.mock.stateful().expect("remembers").keys(None, path).pop().expect("a key");
        let mut named = above.clone();
        named.push(key.clone());
        if let Some(read) = self.ask(self.item, "GET", &named)?
            && (read.response.status != 200 || read.origin != Origin::State)
        {
            return Err(format!("GET {} `{key}`: {} {:?}", self.item, read.response.status, read.origin));
        }
        if let Some(list) = self.ask(self.collection, "GET", &above)?
            && list.origin == Origin::State
            && self.named
            && !value(&list).to_string().contains(&key)
        {
            return Err(format!("GET {}: `{key}` is not in {:.300}", self.collection, value(&list).to_string()));
        }
        if let Some(gone) = self.ask(self.item, "DELETE", &named)? {
            if !(200..300).contains(&gone.response.status) {
                return Err(format!("DELETE {}: {}", self.item, gone.response.status));
            }
            if let Some(read) = self.ask(self.item, "GET", &named)?
                && read.response.status != 404
            {
                return Err(format!("GET {} after DELETE: {}", self.item, read.response.status));
            }
        }
        Ok(())
    }
}

impl Cycle<'_> {
    /// The same where only `PUT` makes an item.
    fn run_put(&self, mut values: Vec<String>) -> Result<(), String> {
        values.push("item1".to_owned());
        for value in ["item1", "1", "6f1c1a0e-7e0b-4c43-9d3b-0f2f3d1a2b3c"] {
            value.clone_into(values.last_mut().expect("one was pushed"));
            let Some(made) = self.ask(self.item, "PUT", &values)? else { return Err("skipped: no PUT".to_owned()) };
            if made.origin != Origin::State || !(200..300).contains(&made.response.status) {
                continue;
            }
            return match self.ask(self.item, "GET", &values)? {
                Some(read) if read.response.status == 200 && read.origin == Origin::State => Ok(()),
                Some(read) => Err(format!("GET {}: {} {:?}", self.item, read.response.status, read.origin)),
                None => Ok(()),
            };
        }
        Err(format!("skipped: PUT {} makes nothing", self.item))
    }
}

/// A path segment as it is sent.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[test]
fn what_real_documents_describe_can_be_made_read_and_deleted() {
    let Some(corpus) = corpus() else { return };
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).expect("a manifest");
    let files = manifest.lines().skip(1).filter_map(|line| line.split('\t').next()).map(|file| corpus.join(file));
    let (mut recognised, mut tried, mut whole) = (0, 0, 0);
    let most = if std::env::var_os("ALL").is_some() { usize::MAX } else { 8 };
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let document = Source::new(file.to_string_lossy(), text);
        let parts = Parts { name: "corpus".to_owned(), document, overlay: None, promises: None };
        let Ok((contract, _)) = Contract::load(parts, &Files(corpus.clone())) else { continue };
        let contract = Arc::new(contract);
        let settings = Settings::repeatable(1);
        let state = Stateful::of(&contract, &settings);
        let lines = state.collections();
        let mock = Mock::new(Arc::clone(&contract), Rules::default(), settings).remembering(state);
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        if !lines.is_empty() {
            println!("{name}: {} collections", lines.len());
        }
        recognised += lines.len();
        for line in lines.iter().take(most) {
            tried += 1;
            let (collection, rest) = line.split_once(", ").expect("two paths");
            let (item, told) = rest.split_once(" (").expect("what it does");
            match (Cycle { mock: &mock, collection, item, named: !told.contains("by the path alone") }).run() {
                Ok(()) => whole += 1,
                Err(reason) => wrong.entry(name.clone()).or_default().push(format!("{collection} ({told}: {reason}")),
            }
            if std::env::var_os("SHOW").is_some() {
                println!("   {line}");
            }
        }
    }
    println!("{recognised} collections recognised; {tried} tried (all with ALL=1), {whole} gone through");
    for (name, all) in &wrong {
        println!("{name}:");
        for reason in all {
            println!("  {reason:.400}");
        }
    }
    let failed: Vec<&String> = wrong.values().flatten().filter(|reason| !reason.contains(": skipped: ")).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
