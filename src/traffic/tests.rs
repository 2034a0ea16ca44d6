use serde_json::{Value, json};

use super::*;

fn items(bytes: &[u8]) -> (Vec<Item>, Option<TrafficError>) {
    let reader = match read(bytes) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut all, mut fault) = (Vec::new(), None);
    for item in reader {
        match item {
            Ok(item) => all.push(item),
            Err(error) => fault = Some(error),
        }
    }
    (all, fault)
}

fn entries(text: impl AsRef<[u8]>) -> Vec<Entry> {
    let (items, fault) = items(text.as_ref());
    assert!(fault.is_none(), "{fault:?}");
    let entry = |item: Item| match item.what {
        What::Entry(entry) => *entry,
        other => panic!("{other:?}"),
    };
    items.into_iter().map(entry).collect()
}

fn har(entries: &Value) -> String {
    json!({"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "pages": [{"id": "entries"}], "entries": entries}})
        .to_string()
}

fn get(url: &str, content: &Value) -> Value {
    json!({
        "startedDateTime": "2026-03-01T10:00:00.000+01:00", "time": 12.5, "_initiator": {"type": "script"},
        "request": {"method": "GET", "url": url, "httpVersion": "h2", "headers": [
            {"name": ":authority", "value": "api.example.com"}, {"name": "accept", "value": "*/*"}], "bodySize": -1},
        "response": {"status": 200, "statusText": "", "headers": [{"name": "content-type", "value": "application/json"}],
            "content": content, "bodySize": -1},
    })
}

#[test]
fn an_entry_becomes_an_exchange() {
    let content = json!({"size": 8, "mimeType": "application/json", "text": "{\"a\":1}\n"});
    let all = entries(har(&json!([get("https://api.example.com/a?b=c", &content)])));
    let entry = &all[0];
    assert_eq!(entry.request.url, "https://api.example.com/a?b=c");
    assert_eq!(entry.request.headers.len(), 1, "no pseudo fields");
    assert_eq!(entry.started.map(|time| time.to_string()).as_deref(), Some("2026-03-01T09:00:00Z"));
    assert_eq!(entry.elapsed, Duration::from_micros(12_500));
    let response = entry.response.as_ref().expect("a response");
    assert_eq!((response.status, &response.body[..]), (200, &b"{\"a\":1}\n"[..]));
    assert_eq!(entry.missing, Missing::default());
}

#[test]
fn bodies_are_taken_in_every_form_or_known_to_be_lost() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(b"{\"a\":1}").expect("written");
    let gzip = gzip.finish().expect("compressed");
    let as_text: String = gzip.iter().map(|byte| char::from(*byte)).collect();
    let base64 = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let taken = [
        json!({"text": "{\"a\":1}"}),
        json!({"text": base64(b"{\"a\":1}"), "encoding": "base64"}),
        json!({"text": base64(b"{\"a\":1}").trim_end_matches('='), "encoding": "BASE64"}),
        json!({"text": {"a": 1}}),
        json!({"text": as_text}),
        json!({"text": base64(&gzip), "encoding": "base64"}),
    ];
    for content in &taken {
        let mut entry = get("http://h/", content);
        entry["response"]["headers"] = json!([{"name": "content-encoding", "value": "gzip"}]);
        let all = entries(har(&json!([entry])));
        let body = &all[0].response.as_ref().expect("a response").body;
        assert_eq!(&body[..], b"{\"a\":1}", "{content}");
    }
    let lost = [
        (json!({"size": 10}), "does not hold it"),
        (json!({"text": String::from_utf8_lossy(&gzip)}), "its bytes are lost"),
        (json!({"text": "!!", "encoding": "base64"}), "base64"),
        (json!({"size": 99, "mimeType": "application/json", "text": "{\"a\":"}), "only its first 5 bytes"),
        (json!({"size": 9, "_file": "b.json"}), "another file"),
    ];
    for (content, why) in &lost {
        let all = entries(har(&json!([get("http://h/", content)])));
        let missing = all[0].missing.response_body.as_deref().unwrap_or_default();
        assert!(missing.contains(why), "{content}: {missing}");
    }
}

#[test]
fn what_is_no_exchange_is_told_apart() {
    let mut socket = get("wss://h/s", &Value::Null);
    socket["_resourceType"] = json!("websocket");
    let mut aborted = get("http://h/a", &Value::Null);
    aborted["response"] = json!({"status": 0, "_error": "net::ERR_ABORTED", "headers": [], "content": {}});
    let mut without = get("http://h/b", &Value::Null);
    without.as_object_mut().expect("an object").remove("response");
    let (found, fault) = items(
        har(&json!([get("data:text/plain,x", &Value::Null), socket, aborted, without, {"request": 7}, {"x": 1}, get("", &Value::Null)]))
            .as_bytes(),
    );
    assert!(fault.is_none());
    let said: Vec<String> = found
        .iter()
        .map(|item| match &item.what {
            What::Entry(entry) => entry.response.as_ref().expect_err("no response").clone(),
            What::Aside(what) | What::Unreadable(what) => what.clone(),
        })
        .collect();
    for (said, expected) in said.iter().zip([
        "a `data:` URL",
        "a web socket",
        "no response was recorded: net::ERR_ABORTED",
        "no response was recorded",
        "it is no HAR entry: invalid type: integer, expected",
        "it has no `request`",
        "its request has no `url`",
    ]) {
        assert!(said.starts_with(expected), "{said} / {expected}");
    }
}

#[test]
fn request_bodies_come_as_text_fields_and_with_a_browsers_head() {
    let form = |post: Value| {
        let mut entry = get("http://h/", &Value::Null);
        entry["request"]["method"] = json!("POST");
        entry["request"]["postData"] = post;
        let entry = entries(har(&json!([entry]))).remove(0);
        (
            String::from_utf8_lossy(&entry.request.body).into_owned(),
            entry.request.headers.get("content-type").map(String::from),
        )
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let params = json!([{"name": "a", "value": "1 2"}, {"name": "b", "value": "é"}]);
    let (body, media) = form(json!({"mimeType": urlencoded, "params": params}));
    assert_eq!((body.as_str(), media.as_deref()), ("a=1+2&b=%C3%A9", Some(urlencoded)));
    let headed = format!("Content-Type: {urlencoded}\r\nContent-Length: 3\r\n\r\na=1");
    assert_eq!(form(json!({"mimeType": urlencoded, "text": headed})).0, "a=1");
    let (body, _) = form(json!({"mimeType": "multipart/form-data; boundary=xx", "params": params}));
    assert!(
        body.starts_with("--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 2\r\n--xx")
            && body.ends_with("--xx--\r\n")
    );
    assert_eq!(form(json!({"mimeType": "application/json", "text": "{}"})).0, "{}");
    let (body, media) =
        form(json!({"mimeType": "multipart/form-data", "params": [{"name": "a", "value": "countersign"}]}));
    assert_eq!(media.as_deref(), Some("multipart/form-data; boundary=countersign-"));
    assert!(body.starts_with("--countersign-\r\n"), "{body}");
    let mut entry = get("http://h/", &Value::Null);
    entry["request"]["postData"] =
        json!({"mimeType": "multipart/form-data", "params": [{"name": "a", "fileName": "f"}]});
    let missing = &entries(har(&json!([entry])))[0].missing.request_body;
    assert_eq!(missing.as_deref(), Some("the request's body: the file does not hold the content of `a`"));
}

#[test]
fn a_browser_that_leaves_credentials_out_is_known_until_some_are_seen() {
    let with = |name: &str, cookie: bool| {
        let mut second = get("http://h/", &Value::Null);
        if cookie {
            second["request"]["headers"] = json!([{"name": "cookie", "value": "a=b"}]);
        }
        let entry = get("http://h/", &Value::Null);
        let text = json!({"log": {"creator": {"name": name}, "entries": [entry, second, entry]}}).to_string();
        entries(text).iter().map(|entry| entry.missing.credentials).collect::<Vec<_>>()
    };
    assert_eq!(with("WebInspector", false), [true, true, true]);
    assert_eq!(with("WebInspector", true), [true, false, false]);
    assert_eq!(with("Firefox", false), [false, false, false]);
}

#[test]
fn every_encoding_of_a_file_is_read() {
    let mut entry = get("http://h/é", &json!({"text": "\"é𝄞\""}));
    entry["comment"] = json!("é");
    let text = har(&json!([entry]));
    let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| {
        let mark = mark.then_some(0xfeff).into_iter();
        mark.chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let mut gzip = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
    let mut zipped = Vec::new();
    std::io::Read::read_to_end(&mut gzip, &mut zipped).expect("compressed");
    for bytes in [
        text.clone().into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes, true),
        utf16(u16::to_be_bytes, true),
        utf16(u16::to_le_bytes, false),
        zipped,
    ] {
        let all = entries(bytes);
        assert_eq!(all[0].request.url, "http://h/é");
        assert_eq!(all[0].response.as_ref().expect("a response").body, "\"é𝄞\"");
    }
    let latin: Vec<u8> = har(&json!([get("http://h/x", &json!({"text": "\"caf\u{e9}\""}))]))
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    let all = entries(latin);
    assert_eq!(all[0].response.as_ref().expect("a response").body, "\"caf\u{e9}\"");
    assert!(all[0].notes[0].contains("Latin-1"), "{:?}", all[0].notes);
}

#[test]
fn a_file_that_breaks_off_gives_what_is_whole_and_says_where() {
    let content = json!({"text": "1"});
    let text = serde_json::to_string_pretty(
        &serde_json::from_str::<Value>(&har(&json!([get("http://h/1", &content), get("http://h/2", &content)])))
            .expect("JSON"),
    )
    .expect("JSON");
    let second = text.find("http://h/2").expect("it is there");
    let (found, fault) = items(&text.as_bytes()[..second]);
    let fault = fault.expect("truncated").to_string();
    assert_eq!(found.len(), 1);
    assert!(
        fault.starts_with("truncated: it ends at line ") && fault.contains("within entry 2 that starts at line "),
        "{fault}"
    );
    assert!(fault.contains(&format!("(byte {second})")), "{fault}");
    for end in 0..text.len() {
        let (found, fault) = items(&text.as_bytes()[..end]);
        assert!(found.len() <= 2 && (fault.is_some() || found.len() == 2), "{end}");
    }
}

#[test]
fn what_is_no_traffic_is_refused_with_a_place() {
    for (text, expected) in [
        ("", "it is empty"),
        ("<html>", "it is no traffic file: a HAR or an NDJSON log starts with `{`, and this with `<html>`"),
        ("{\"log\": {\"version\": \"1.2\"}}", "it is no HAR: it has no list `log.entries` (line 1, column 26)"),
        ("{\n\"log\": 1\n}", "no list `log.entries` (line 3, column 1)"),
        ("{\"log\":{\"entries\":[{}}", "expected `,` or `]` after entry 1"),
    ] {
        let (_, fault) = items(text.as_bytes());
        let fault = fault.expect("refused").to_string();
        assert!(fault.contains(expected), "{text}: {fault}");
    }
}

#[test]
fn logs_are_read_by_the_names_of_common_servers() {
    let lines = [
        json!({"request": {"method": "GET", "url": "https://h/a", "headers": {"Accept": ["a", "b"]}}, "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"x": 1}}, "elapsed_ms": 3}),
        json!({"request": "GET /a?q=1 HTTP/1.1", "host": "h", "scheme": "https", "status": "200", "response_body": "{\"x\":1}", "request_time": "0.003", "time_iso8601": "2026-03-01T10:00:00+01:00"}),
        json!({"request_method": "GET", "request_uri": "/a", "args": "q=1", "http_host": "h", "scheme": "https", "status": 200, "response_body": "{\"x\":1}", "msec": 1_772_355_600.123}),
        json!({"ts": 1_772_355_600.5, "request": {"method": "GET", "host": "h", "uri": "/a", "headers": {}}, "status": 200, "duration": 0.003, "scheme": "https", "response_body": "{\"x\":1}"}),
        json!({"http.request.method": "get", "url.full": "https://h/a", "http": {"response": {"status_code": 200, "body": {"content": "{\"x\":1}"}}}}),
    ];
    let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n\n");
    let all = entries(&text);
    assert_eq!(all.len(), lines.len());
    for entry in &all {
        assert!(entry.request.url.starts_with("https://h/a"), "{}", entry.request.url);
        let response = entry.response.as_ref().expect("a response");
        assert_eq!((response.status, &response.body[..]), (200, &b"{\"x\":1}"[..]));
        assert_eq!(response.media_type().map(|media| media.is_json()), Some(true));
    }
    assert_eq!(all[0].request.headers.all("accept").count(), 2);
    assert_eq!(all[1].elapsed, Duration::from_millis(3));
    assert!(all[1].missing.request_headers && all[1].started.is_some() && all[2].started.is_some());
    let (found, fault) = items(format!("{text}not JSON\n{{\"cut\": ").as_bytes());
    assert!(matches!(&found[5], Item { number: 6, what: What::Unreadable(_), .. }));
    assert!(matches!(fault, Some(TrafficError::Truncated { entries: 6, .. })), "{fault:?}");
}

#[test]
fn entries_come_before_the_file_is_read_whole() {
    /// A HAR that is made as it is read.
    struct Made<'c> {
        left: &'c std::cell::Cell<usize>,
        ready: std::io::Cursor<Vec<u8>>,
    }
    impl std::io::Read for Made<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = self.ready.read(buffer)?;
            if read > 0 || self.left.get() == 0 {
                return Ok(read);
            }
            self.left.set(self.left.get() - 1);
            let entry = get("http://h/", &json!({"text": "x".repeat(10_000)})).to_string();
            let end = if self.left.get() == 0 { "]}}" } else { "," };
            self.ready = std::io::Cursor::new(format!("{entry}{end}").into_bytes());
            self.ready.read(buffer)
        }
    }
    let (left, start) = (std::cell::Cell::new(500), std::io::Cursor::new(b"{\"log\":{\"entries\":[".to_vec()));
    let mut reader = read(Made { left: &left, ready: start }).expect("a HAR");
    assert!(reader.next().is_some_and(|first| first.is_ok()));
    assert!(left.get() > 450, "{}", left.get());
    assert_eq!(reader.flatten().count(), 499);
}
