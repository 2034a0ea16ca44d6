use super::*;

fn read(items: &Value, more: &Value) -> Collection {
    let mut collection = json!({"info": {"name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": items,
            "variable": [{"key": "baseUrl", "value": "https://api.example.com/v1"}, {"key": "page", "value": "2"}, {"key": "apiToken", "value": "t0p-secret"}]});
    collection
        .as_object_mut()
        .expect("an object")
        .extend(more.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    postman_collection(&collection.to_string(), &|name| name.to_lowercase().contains("token")).expect("a collection")
}

fn one(request: &Value) -> (Request, Wanted) {
    let mut all = read(&json!([{"name": "n", "request": request}]), &Value::Null).requests;
    let wanted = all.remove(0);
    (wanted.request.clone().expect("a request"), wanted)
}

/// Marks as the expressions that stand for them.
fn shown(text: &str, wanted: &Wanted) -> String {
    wanted.holes.iter().fold(text.to_owned(), |text, hole| text.replace(&hole.mark, &format!("<{}>", hole.expression)))
}

#[test]
fn variables_become_expressions_and_addresses_are_known() {
    let (request, wanted) = one(
        &json!({"method": "POST", "url": {"raw": "{{baseUrl}}/users/:userId/x?page={{page}}&off=1",
            "query": [{"key": "page", "value": "{{page}}"}, {"key": "off", "value": "1", "disabled": true}, {"key": "q", "value": "a b&c"}],
            "variable": [{"key": "userId", "value": ""}]},
            "header": [{"key": "X-A", "value": "{{$guid}}"}, {"key": "X-B", "value": "b", "disabled": true}],
            "body": {"mode": "raw", "raw": "{\"n\": \"{{name of it}}\"}", "options": {"raw": {"language": "json"}}}}),
    );
    assert_eq!(
        shown(&request.url, &wanted),
        "https://api.example.com/v1/users/<env.USER_ID>/x?page=<env.PAGE | default('2')>&q=a%20b%26c"
    );
    let fields: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_owned(), shown(&value, &wanted))).collect();
    assert_eq!(
        fields,
        [("X-A".to_owned(), "<uuid()>".to_owned()), ("Content-Type".to_owned(), "application/json".to_owned())]
    );
    assert_eq!(shown(&String::from_utf8_lossy(&request.body), &wanted), "{\"n\": \"<env.NAME_OF_IT>\"}");
    let (request, _) = one(&json!("{{otherHost}}/a"));
    assert_eq!(request.url, format!("http://{NO_HOST}/a"));
    let (request, _) =
        one(&json!({"url": {"protocol": "https", "host": ["h", "example"], "port": "8443", "path": ["a", "b"]}}));
    assert_eq!((request.method.as_str(), request.url.as_str()), ("GET", "https://h.example:8443/a/b"));
}

#[test]
fn credentials_are_sent_as_each_kind_says() {
    let auth = |auth: Value| {
        let (request, wanted) = one(&json!({"url": "http://h/a?b=1", "auth": auth}));
        let field = request
            .headers
            .get("authorization")
            .or_else(|| request.headers.get("x-key"))
            .map(|value| shown(&value, &wanted));
        (field.unwrap_or_default(), shown(&request.url, &wanted), wanted.notes)
    };
    assert_eq!(
        auth(json!({"type": "bearer", "bearer": [{"key": "token", "value": "{{apiToken}}"}]})).0,
        "Bearer <env.API_TOKEN>"
    );
    assert_eq!(auth(json!({"type": "bearer", "bearer": {"token": "t"}})).0, "Bearer t");
    assert_eq!(
        auth(json!({"type": "basic", "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": "p"}]}))
            .0,
        "Basic dTpw"
    );
    assert_eq!(auth(json!({"type": "basic", "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": "{{pw}}"}]})).0, "Basic <('u:' ~ env.PW) | base64>");
    assert_eq!(
        auth(json!({"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"}, {"key": "value", "value": "k"}]})).0,
        "k"
    );
    let query = json!({"type": "apikey", "apikey": [{"key": "key", "value": "k"}, {"key": "value", "value": "a b"}, {"key": "in", "value": "query"}]});
    assert_eq!(auth(query).1, "http://h/a?b=1&k=a%20b");
    assert_eq!(auth(json!({"type": "awsv4", "awsv4": []})).2, ["its `awsv4` authorization is not taken over"]);
}

#[test]
fn bodies_come_in_every_mode() {
    let body = |body: Value| {
        let (request, wanted) = one(&json!({"method": "POST", "url": "http://h/", "body": body}));
        let text = shown(&String::from_utf8_lossy(&request.body), &wanted);
        (text, request.headers.get("content-type").map(String::from).unwrap_or_default(), wanted.notes.join("; "))
    };
    let form = body(
        json!({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "1 2"}, {"key": "b", "value": "x", "disabled": true}]}),
    );
    assert_eq!((form.0.as_str(), form.1.as_str()), ("a=1+2", "application/x-www-form-urlencoded"));
    let form = body(
        json!({"mode": "formdata", "formdata": [{"key": "a", "value": "1", "type": "text"}, {"key": "f", "type": "file", "src": "/x/a.png"}]}),
    );
    assert!(form.0.contains("name=\"f\"; filename=\"a.png\"") && form.1.contains("boundary="), "{form:?}");
    assert!(form.2.contains("does not hold the content of `f`"), "{form:?}");
    let graphql = body(json!({"mode": "graphql", "graphql": {"query": "{ a }", "variables": "{\"n\": 1}"}}));
    assert_eq!(graphql.0, r#"{"query":"{ a }","variables":{"n":1}}"#);
    assert!(body(json!({"mode": "file", "file": {"src": "a.bin"}})).2.contains("the file `a.bin`"));
    assert_eq!(
        body(json!({"mode": "raw", "raw": "<a/>", "options": {"raw": {"language": "xml"}}})).1,
        "application/xml"
    );
    assert_eq!(body(json!({"mode": "raw", "raw": "x", "disabled": true})).0, "");
}

#[test]
fn folders_examples_and_scripts_are_told() {
    let script = json!([{"listen": "test", "script": {"exec": ["pm.test()"]}}]);
    let collection = read(
        &json!([{"name": "users", "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "of-the-folder"}]}, "event": script, "item": [
                {"name": "get", "event": script, "request": {"method": "GET", "url": "{{baseUrl}}/users/1"}, "response": [
                    {"name": "ok", "code": 200, "header": [{"key": "Content-Type", "value": "application/json"}], "body": "{\"id\":1}"},
                    {"name": "none", "originalRequest": {"method": "GET", "url": "{{baseUrl}}/users/2"}, "code": 404, "body": ""},
                    {"name": "odd"}]},
                {"name": "nothing"}]}]),
        &json!({"event": script}),
    );
    assert_eq!(
        collection.notes,
        ["the collection's scripts are not taken over", "the scripts of the folder `users` are not taken over"]
    );
    let all = collection.requests;
    assert_eq!(all.len(), 3);
    assert_eq!(
        (all[0].name.as_deref(), all[0].responses[0].0.as_str(), all[0].responses[0].1.status),
        (Some("users / get"), "ok", 200)
    );
    assert_eq!(
        all[0].notes,
        ["its scripts (pre-request, tests) are not taken over", "an example without a status is left out"]
    );
    let other = all[1].request.as_ref().expect("a request");
    assert_eq!((other.url.as_str(), all[1].responses[0].1.status), ("https://api.example.com/v1/users/2", 404));
    assert_eq!(other.headers.get("authorization").as_deref(), Some("Bearer of-the-folder"));
    assert_eq!(all[2].request, Err("it is neither a folder nor a request".to_owned()));
    for (text, said) in [
        ("{", "it is no JSON: line 1, column 1"),
        (r#"{"id": "x", "requests": []}"#, "format 1"),
        (r#"{"name": "x", "values": []}"#, "environment"),
        (r#"{"a": 1}"#, "no list `item`"),
    ] {
        let error = postman_collection(text, &|_| false).expect_err("refused").to_string();
        assert!(error.contains(said), "{error}");
    }
}
