use super::*;

fn all(text: &str) -> Vec<Wanted> {
    let files = |path: &str| match path {
        "body.json" => Ok(b"{\"a\":\n1}".to_vec()),
        _ => Err("no such file".to_owned()),
    };
    curl_commands(text, &files)
}

fn one(text: &str) -> Request {
    let mut all = all(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0).request.unwrap_or_else(|reason| panic!("{text}: {reason}"))
}

fn shown(request: &Request) -> String {
    let fields: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{} {} [{}] {}", request.method, request.url, fields.join("; "), String::from_utf8_lossy(&request.body))
}

#[test]
fn options_say_what_they_say_to_curl() {
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (text, expected) in [
        ("curl h.example/a", "GET http://h.example/a [] ".to_owned()),
        (
            "curl -X PUT 'https://h/a?b=c' -H 'A: b' -H 'Empty;' -H 'Gone:' -sSLk --compressed",
            "PUT https://h/a?b=c [A: b; Empty: ] ".to_owned(),
        ),
        ("curl -XDELETE -HA:b https://h", "DELETE https://h [A: b] ".to_owned()),
        ("curl https://h -d a=1 -d b=2", format!("POST https://h [{form}] a=1&b=2")),
        ("curl https://h --data-raw '@x' --request=PATCH", format!("PATCH https://h [{form}] @x")),
        ("curl https://h -d @body.json", format!("POST https://h [{form}] {{\"a\":1}}")),
        (
            "curl https://h --data-binary @body.json -H 'content-type: application/json'",
            "POST https://h [content-type: application/json] {\"a\":\n1}".to_owned(),
        ),
        (
            "curl https://h --data-urlencode 'a=b c&d' --data-urlencode '=x y' --data-urlencode 'z w'",
            format!("POST https://h [{form}] a=b%20c%26d&x%20y&z%20w"),
        ),
        ("curl -G https://h?x=1#f -d a=1 --data-urlencode 'b=c d'", "GET https://h?x=1&a=1&b=c%20d#f [] ".to_owned()),
        ("curl -I https://h", "HEAD https://h [] ".to_owned()),
        (
            "curl https://h --json '{\"a\":1}'",
            "POST https://h [Content-Type: application/json; Accept: application/json] {\"a\":1}".to_owned(),
        ),
        (
            "curl https://h -u me:pw -b 'a=1; b=2' -A agent -e http://r",
            "GET https://h [Cookie: a=1; b=2; User-Agent: agent; Referer: http://r; Authorization: Basic bWU6cHc=] "
                .to_owned(),
        ),
        (
            "curl https://h --oauth2-bearer t --url-query 'a=b c'",
            "GET https://h?a=b%20c [Authorization: Bearer t] ".to_owned(),
        ),
        ("$ A=1 /usr/bin/curl -- https://h", "GET https://h [] ".to_owned()),
    ] {
        assert_eq!(shown(&one(text)), expected, "{text}");
    }
    let form =
        one("curl https://h -F a=1 -F 'f=@body.json;type=application/json' -F 'g=<body.json' --form-string 'h=@x'");
    let body = String::from_utf8_lossy(&form.body).into_owned();
    for part in [
        "name=\"a\"\r\n\r\n1\r\n",
        "name=\"f\"; filename=\"body.json\"\r\nContent-Type: application/json\r\n\r\n{\"a\":\n1}\r\n",
        "name=\"g\"\r\n\r\n{\"a\"",
        "name=\"h\"\r\n\r\n@x\r\n",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(form.headers.get("content-type").is_some_and(|media| media.contains("boundary=")) && form.method == "POST");
}

#[test]
fn what_a_browser_copies_is_read() {
    let text = "curl 'https://api.example.com/v1/notes?x=%20' \\\n  -X 'POST' \\\n  -H 'accept: */*' \\\n  -H 'content-type: application/json' \\\n  \
                    -b 'sid=abc' \\\n  --data-raw $'{\"title\":\"it\\'s \\u0021\"}' ;\ncurl 'https://api.example.com/v1/notes/7' --insecure";
    let all = all(text);
    assert_eq!(all.len(), 2);
    let first = all[0].request.as_ref().expect("a request");
    assert_eq!(
        shown(first),
        "POST https://api.example.com/v1/notes?x=%20 [accept: */*; content-type: application/json; Cookie: sid=abc] {\"title\":\"it's !\"}"
    );
    assert_eq!(all[1].line, 7);
}

#[test]
fn variables_are_holes() {
    let wanted = all("curl \"$HOST/a\" -H \"Authorization: Bearer ${TOKEN}\" -u \"me:$PW\"").remove(0);
    let request = wanted.request.as_ref().expect("a request");
    let expressions: Vec<&str> = wanted.holes.iter().map(|hole| hole.expression.as_str()).collect();
    assert_eq!(expressions, ["env.HOST", "env.TOKEN"]);
    assert_eq!(request.headers.get("authorization").as_deref(), Some(&*format!("Bearer {}", wanted.holes[1].mark)));
    let wanted = all("curl h/a -u \"me:$PW\"").remove(0);
    assert_eq!(wanted.holes[0].expression, "('me:' ~ env.PW) | base64");
}

#[test]
fn what_is_not_taken_over_is_told() {
    for (text, note) in [
        ("curl h --digest -u a:b", "`--digest` is not taken over"),
        ("curl h --cert x.pem", "`--cert` is not taken over"),
        ("curl h -b cookies.txt", "the cookies in the file `cookies.txt`"),
        ("curl h -H @fields", "the header fields in the file `fields`"),
        ("curl h i?token=x", "several URLs; `i` is left out"),
    ] {
        let notes = all(text).remove(0).notes;
        assert!(notes.iter().any(|said| said.contains(note)), "{text}: {notes:?}");
    }
    for (text, reason) in [
        ("curl", "names no URL"),
        ("curl --datta x h", "`--datta` is no option"),
        ("curl h -H", "`-H` has no value"),
        ("curl h -d @none", "its file `none` cannot be read: no such file"),
        ("curl h -d @-", "standard input"),
        ("wget h", "no `curl` command but `wget`"),
        ("TOKEN=tk_secret", "no `curl` command but gives `TOKEN` a value"),
        ("curl h -d \"$(date)\"", "`$(…)`"),
    ] {
        let said = all(text).remove(0).request.expect_err("refused");
        assert!(said.contains(reason), "{text}: {said}");
    }
}
