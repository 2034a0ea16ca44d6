use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::peer::{Peer, Reply, response};
use super::*;
use crate::exchange::{Exchange, Headers, Request};

fn request(method: &str, url: String) -> Request {
    Request { method: method.into(), url, headers: Headers::new(), body: Bytes::new() }
}

fn client(change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = Settings::default();
    change(&mut settings);
    Client::new(settings).expect("usable settings")
}

async fn get(client: &Client, url: String) -> Result<Exchange, TransportError> {
    client.send(&request("GET", url)).await
}

#[tokio::test]
async fn what_is_sent_and_what_comes_is_kept_byte_for_byte() {
    let peer =
        Peer::sending(&b"HTTP/1.1 418 T\r\nX-A: 1\r\nx-a: \xff\r\ncontent-length: 4\r\n\r\n\xff\xfe{}"[..]).await;
    let mut sent = request("PATCH", format!("{}/a%2Fb?x=1&y=%20", peer.url));
    sent.headers.append("X-Mine", "v");
    sent.headers.append("x-mine", "w");
    sent.body = Bytes::from_static(b"{\"a\" : 1}");
    let exchange = client(|_| ()).send(&sent).await.expect("a response");
    assert_eq!(exchange.response.status, 418);
    assert_eq!(exchange.response.body, &b"\xff\xfe{}"[..]);
    assert_eq!(exchange.response.headers.raw().nth(1), Some(("x-a", &b"\xff"[..])));
    let text = peer.requests().remove(0);
    assert!(text.starts_with("PATCH /a%2Fb?x=1&y=%20 HTTP/1.1\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n{\"a\" : 1}"), "{text}");
    for field in ["x-mine: v\r\n", "x-mine: w\r\n", "content-length: 9\r\n", "accept: */*\r\n"] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert!(text.contains(&format!("user-agent: countersign/{}", env!("CARGO_PKG_VERSION"))), "{text}");
    assert_eq!(exchange.request.headers.len(), 4, "the added fields are shown");
}

#[tokio::test]
async fn the_cases_own_user_agent_wins() {
    let peer = Peer::sending(response(204, "", "")).await;
    let mut sent = request("GET", peer.url.clone());
    sent.headers.append("User-Agent", "mine");
    client(|_| ()).send(&sent).await.expect("a response");
    let text = peer.requests().remove(0);
    assert!(text.contains("user-agent: mine\r\n") && !text.contains("countersign/"), "{text}");
}

#[tokio::test]
async fn odd_paths_go_out_as_written() {
    for (path, expected) in [
        ("/a/../b?x={y}|z", "GET /a/../b?x={y}|z HTTP/1.1"),
        ("/a/./b", "GET /a/./b HTTP/1.1"),
        ("/{id}", "GET /{id} HTTP/1.1"),
        ("//a", "GET //a HTTP/1.1"),
        ("/a b", "GET /a%20b HTTP/1.1"),
        ("/%2e%2e/a", "GET /%2e%2e/a HTTP/1.1"),
        ("", "GET / HTTP/1.1"),
    ] {
        let peer = Peer::sending(response(200, "", "ok")).await;
        let exchange = get(&client(|_| ()), format!("{}{path}", peer.url)).await.expect("a response");
        let text = peer.requests().remove(0);
        assert!(text.starts_with(expected), "{path}: {text}");
        let host = peer.url.trim_start_matches("http://");
        assert!(text.contains(&format!("host: {host}\r\n")), "{path}: {text}");
        assert_eq!(exchange.response.body, "ok");
        let shown = exchange.request.path().split('?').next().expect("a path").to_owned();
        assert!(expected.contains(&shown), "{path} is shown as {shown}");
    }
}

#[tokio::test]
async fn a_target_that_is_down_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    for path in ["/a", "/a/../b"] {
        let error = get(&client(|_| ()), format!("{url}{path}?key=hidden")).await.expect_err("nothing listens");
        assert!(error.is_unreachable(), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("{url} could not be reached: ")) && text.contains("refused"), "{text}");
        assert!(!text.contains("hidden"), "{text}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn silence_is_a_time_out_that_names_its_phase() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec();
    for (sent, phase) in [(Vec::new(), Phase::Response), (head, Phase::Body)] {
        let peer = Peer::start(move |_, _| Reply::Hang(sent.clone())).await;
        let client = client(|settings| settings.timeouts.total = Duration::from_millis(60));
        match get(&client, format!("{}/a", peer.url)).await {
            Err(TransportError::TimedOut { phase: found, after, .. }) => {
                assert_eq!((found, after), (phase, Duration::from_millis(60)));
            }
            other => panic!("{other:?}"),
        }
    }
    let peer = Peer::start(|_, _| Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_vec())).await;
    let client = client(|settings| settings.timeouts.read = Duration::from_millis(50));
    let error = get(&client, peer.url.clone()).await.expect_err("it hangs");
    let text = error.to_string();
    assert!(text.contains("began but did not end") && text.contains("within 50 ms"), "{text}");
}

#[tokio::test]
async fn more_than_the_bound_is_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n".to_vec();
    let to_the_end = b"HTTP/1.1 200 OK\r\n\r\n01234567890".to_vec();
    for sent in [announced, chunked, to_the_end] {
        let peer = Peer::start(move |_, _| Reply::Hang(sent.clone())).await;
        let client = client(|settings| settings.connections.max_body = 10);
        let error = get(&client, peer.url.clone()).await.expect_err("too much");
        assert!(matches!(error, TransportError::TooLarge { limit: 10 }), "{error:?}");
    }
}

#[tokio::test]
async fn broken_answers_are_told_apart() {
    for (sent, expected) in [
        (&b""[..], "the server closed the connection before the response was complete"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "before the response was complete"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "half-way through the body"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "half-way through the body"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "no valid HTTP"),
        (b"HTTP/1.1 99 X\r\n\r\n", "no valid HTTP"),
    ] {
        let peer = Peer::sending(sent).await;
        let error = get(&client(|_| ()), format!("{}/a", peer.url)).await.expect_err("a broken answer");
        assert!(matches!(error, TransportError::Broken { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.is_unreachable());
    }
}

#[tokio::test]
async fn a_server_that_claims_gzip_and_lies_is_told_so() {
    let peer = Peer::sending(response(200, "content-encoding: gzip\r\n", "{\"a\":1}")).await;
    let error = get(&client(|_| ()), peer.url.clone()).await.expect_err("a lie");
    assert!(error.to_string().contains("claims `content-encoding: gzip`, but"), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_only_where_told() {
    let target = Peer::sending(response(200, "", "there")).await;
    let location = format!("location: {}/there\r\n", target.url);
    let peer = Peer::sending(response(302, &location, "")).await;
    let exchange = get(&client(|_| ()), peer.url.clone()).await.expect("a response");
    assert_eq!(exchange.response.status, 302);
    assert!(target.requests().is_empty());
    let follows = client(|settings| settings.connections.redirects = 3);
    assert_eq!(get(&follows, peer.url.clone()).await.expect("a response").response.body, "there");
    let looping = Peer::sending(response(302, "location: /again\r\n", "")).await;
    let error = get(&follows, looping.url.clone()).await.expect_err("a loop");
    assert!(error.to_string().contains("redirects more often"), "{error}");
    assert_eq!(looping.requests().len(), 4);
}

#[tokio::test]
async fn a_proxy_is_used_where_told_and_never_for_this_machine() {
    let proxy = Peer::sending(response(200, "", "by proxy")).await;
    let origin = Peer::sending(response(200, "", "direct")).await;
    let variables = |no_proxy: &str| {
        let set = [("http_proxy", proxy.url.as_str()), ("NO_PROXY", no_proxy)];
        BTreeMap::from_iter(set.map(|(name, value)| (name.to_owned(), value.to_owned())))
    };
    for (setting, url, expected) in [
        (Proxy::Environment(variables("")), "http://api.test/a", "by proxy"),
        (Proxy::Environment(variables("")), origin.url.as_str(), "direct"),
        (Proxy::Url(proxy.url.clone()), "http://api.test/a/../b", "by proxy"),
        (Proxy::Url(proxy.url.clone()), origin.url.as_str(), "direct"),
        (Proxy::None, origin.url.as_str(), "direct"),
    ] {
        let client = client(|settings| settings.proxy = setting.clone());
        let exchange = get(&client, url.to_owned()).await.expect("a response");
        assert_eq!(exchange.response.body, expected, "{setting:?} {url}");
    }
    let error = Client::new(Settings { proxy: Proxy::Url("http://".into()), ..Settings::default() });
    assert!(error.expect_err("no URL").to_string().contains("proxy"), "the setting is named");
}

#[tokio::test]
async fn a_server_without_tls_is_told_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 512]).await.ok();
    });
    let error = get(&client(|_| ()), format!("https://{address}/")).await.expect_err("no TLS");
    assert!(matches!(error, TransportError::Tls { .. }), "{error:?}");
    assert!(error.to_string().contains("should the address begin with `http://`"), "{error}");
}

#[tokio::test]
async fn requests_that_are_no_http_are_refused_with_the_reason() {
    let with = |name: &str, value: &str| {
        let mut request = request("GET", "http://127.0.0.1:9/".into());
        request.headers.append(name, value);
        request
    };
    for (request, expected) in [
        (request("GET", "/relative".into()), "its URL cannot be read"),
        (request("GET", "ftp://h/".into()), "begins with `ftp:`"),
        (request("GET", "http://me:hidden@127.0.0.1:9/".into()), "holds a user name or password"),
        (request("G T", "http://127.0.0.1:9/".into()), "`G T` is no HTTP method"),
        (with("x y", "1"), "`x y` is no name of a header field"),
        (with("x", "a\r\nb: c"), "the value of header `x` holds a line break"),
    ] {
        let error = client(|_| ()).send(&request).await.expect_err(expected);
        assert!(matches!(error, TransportError::InvalidRequest { .. }), "{error:?}");
        assert!(error.to_string().contains(expected) && !error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn certificates_that_are_none_are_refused() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let tls = Tls { authorities: vec![pem.into()] };
        let error = Client::new(Settings { tls, ..Settings::default() }).expect_err("no certificate");
        assert!(matches!(error, TransportError::Settings { .. }), "{error:?}");
    }
}
