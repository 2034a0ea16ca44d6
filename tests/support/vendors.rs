//! The three vendors' APIs once more, written from their documents alone and on nothing but
//! sockets: neither the mock nor any other room of the program has a part in it, so that the
//! shipped cases are judged by something that they cannot agree with by accident.
//!
//! A [`Twist`] changes the behaviour in one small way: before the right implementation sees
//! the request, or after it has answered.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::{io, thread};

use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};

use super::twist::Twist;

pub const MIJNKLANTPORTAAL_TOKEN: &str = "mkp-demo-token";
pub const SALLA_TOKEN: &str = "full-access";
pub const SALLA_TOKEN_WITHOUT_SCOPE: &str = "no-scope";
pub const BIZKITHUB_API_KEY: &str = "DEV_0123456789abcdefghijABCDEFGH";
pub const BIZKITHUB_EMAIL: &str = "jan@barasek.com";
pub const BIZKITHUB_CUREFNO: &str = "1cGIHvFoQDGLAbcA";

pub const CREATE_GROUP: &str = "/customer-groups";
pub const ADD_CUSTOMERS: &str = "/customers/groups/add_customers";
pub const ADD_GROUPS: &str = "/api/v1/customer/add-groups";

/// What a client sent.
#[derive(Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub api_key: Option<String>,
    pub authorization: Option<String>,
    pub text: String,
    /// The body, where it is JSON.
    pub json: Option<Value>,
}

impl Request {
    pub fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ").map(str::trim)
    }

    /// A property of the body; `None` where the body is no object or does not have it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.json.as_ref()?.get(name)
    }

    /// Puts a property into the body, where that is an object.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Some(Value::Object(body)) = &mut self.json {
            body.insert(name.to_owned(), value);
        }
    }

    /// Takes a property out of the body.
    pub fn remove(&mut self, name: &str) {
        if let Some(Value::Object(body)) = &mut self.json {
            body.shift_remove(name);
        }
    }

    /// The items of a property that is a list.
    pub fn items(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// What goes back.
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub json: Value,
    /// Sent instead of the JSON.
    pub raw: Option<Vec<u8>>,
}

impl Answer {
    pub fn new(status: u16, json: Value) -> Self {
        Self { status, content_type: "application/json", json, raw: None }
    }
}

/// What a server remembers from one request to the next.
#[derive(Default)]
pub struct Memory {
    pub created: u64,
    pub seen: HashSet<String>,
}

/// Serves all three APIs from one loopback port of the system's choice until the test process
/// ends; gives the base URL.
pub fn serve(twist: &'static Twist) -> io::Result<String> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let base = format!("http://{}", listener.local_addr()?);
    let memory = Arc::new(Mutex::new(Memory::default()));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let memory = Arc::clone(&memory);
            thread::spawn(move || converse(&stream, twist, &memory));
        }
    });
    Ok(base)
}

/// Answers the requests of one connection, until the client closes it or stops making sense.
fn converse(stream: &TcpStream, twist: &Twist, memory: &Mutex<Memory>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = read(&mut reader)?;
        let original = request.clone();
        let mut memory = memory.lock().ok()?;
        (twist.before)(&mut request);
        let mut answer = answer(&request, &mut memory);
        (twist.after)(&original, &mut answer, &mut memory);
        drop(memory);
        write(stream, &answer).ok()?;
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let method = words.next()?.to_owned();
    let target = words.next()?.to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let api_key = url::form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| (name == "apiKey").then(|| value.into_owned()));
    Some(Request {
        method,
        path: path.to_owned(),
        api_key,
        authorization,
        text: String::from_utf8_lossy(&body).into_owned(),
        json: serde_json::from_slice(&body).ok(),
    })
}

fn write(mut stream: &TcpStream, answer: &Answer) -> io::Result<()> {
    let body = answer.raw.clone().unwrap_or_else(|| answer.json.to_string().into_bytes());
    let mut bytes = format!(
        "HTTP/1.1 {} Whatever\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    stream.write_all(&bytes)
}

fn answer(request: &Request, memory: &mut Memory) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", CREATE_GROUP) => create_group(request, memory),
        ("POST", ADD_CUSTOMERS) => add_customers(request),
        ("POST", ADD_GROUPS) => add_groups(request),
        _ => Answer::new(404, json!({"message": "there is nothing here"})),
    }
}

fn create_group(request: &Request, memory: &mut Memory) -> Answer {
    if request.bearer() != Some(MIJNKLANTPORTAAL_TOKEN) {
        return Answer::new(401, json!({"message": "Unauthenticated."}));
    }
    let refused = |message: &str| Answer::new(422, json!({ "message": message }));
    let Some(Value::String(name)) = request.get("name") else {
        return refused("The name field is required and must be a string.");
    };
    let strings = |list: &Vec<Value>| list.iter().all(Value::is_string);
    if request.get("customers").is_some_and(|list| !list.as_array().is_some_and(strings)) {
        return refused("The customers field must be a list of strings.");
    }
    memory.created += 1;
    let amsterdam = TimeZone::fixed(Offset::constant(2));
    let now = jiff::Timestamp::now().to_zoned(amsterdam);
    let group = json!({
        "id": format!("cug_{:016x}", memory.created),
        "name": name,
        "createdAt": now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    });
    Answer::new(201, group)
}

pub fn salla_refusal(status: u16, error: &Value) -> Answer {
    Answer::new(status, json!({"status": status, "success": false, "error": error}))
}

fn add_customers(request: &Request) -> Answer {
    let unauthorized = |message: &str| salla_refusal(401, &json!({"code": "Unauthorized", "message": message}));
    match request.bearer() {
        Some(SALLA_TOKEN) => {}
        Some(SALLA_TOKEN_WITHOUT_SCOPE) => {
            return unauthorized("The access token should have access to one of those scopes: customers.read_write");
        }
        _ => return unauthorized("The access token is invalid"),
    }
    let fields = wrong_fields(request);
    if !fields.is_empty() {
        let message = "alert.invalid_fields";
        return salla_refusal(422, &json!({"code": "error", "message": message, "fields": fields}));
    }
    let message = "The customers has been added to group successfully";
    Answer::new(200, json!({"status": 200, "success": true, "data": [message]}))
}

fn wrong_fields(request: &Request) -> Map<String, Value> {
    let mut fields = Map::new();
    match request.get("group_id") {
        None | Some(Value::Null) => {
            fields.insert("group_id".to_owned(), json!(["حقل group id مطلوب."]));
        }
        Some(Value::Number(number)) if !number.is_f64() => {}
        Some(_) => {
            let message = "يجب أن يكون حقل group id عددًا صحيحًا";
            fields.insert("group_id".to_owned(), json!([message]));
        }
    }
    match request.get("customers") {
        None | Some(Value::Null) => {
            fields.insert("customers".to_owned(), json!(["حقل customers مطلوب."]));
        }
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                if !item.is_number() || item.is_f64() {
                    let message = format!("حقل customers.{index} غير صالح");
                    fields.insert(format!("customers.{index}"), json!([message]));
                }
            }
        }
        Some(_) => {
            fields.insert("customers".to_owned(), json!(["يجب أن يكون حقل customers مصفوفة"]));
        }
    }
    fields
}

fn add_groups(request: &Request) -> Answer {
    let refused = |status: u16, code: &str| {
        Answer::new(status, json!({"error": {"code": code, "message": "No.", "description": null}}))
    };
    match request.api_key.as_deref() {
        Some(BIZKITHUB_API_KEY) => {}
        None | Some("") => return refused(404, "PUBLIC_API_KEY_IS_EMPTY"),
        Some(_) => return refused(404, "PUBLIC_API_KEY_DOES_NOT_EXIST"),
    }
    let groups = request.get("groups").and_then(Value::as_array);
    if !groups.is_some_and(|groups| groups.iter().all(Value::is_string)) {
        return refused(400, "INTERNAL_VALIDATION_FAILED");
    }
    let email = match request.get("email") {
        None => None,
        Some(Value::String(text)) if is_address(text) => Some(text.to_lowercase()),
        Some(_) => return refused(400, "INTERNAL_VALIDATION_FAILED"),
    };
    let known = match (request.get("cuRefNo"), email) {
        (Some(Value::String(number)), _) if number.chars().count() == 16 => number == BIZKITHUB_CUREFNO,
        (None, Some(email)) => email == BIZKITHUB_EMAIL,
        _ => return refused(400, "INTERNAL_VALIDATION_FAILED"),
    };
    if !known {
        return refused(404, "INTERNAL_RESOURCE_NOT_FOUND");
    }
    Answer::new(200, json!({"success": true}))
}

fn is_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    matches!(parts[..], [name, domain] if !name.is_empty() && domain.contains('.'))
        && !text.contains(char::is_whitespace)
}
