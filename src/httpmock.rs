//! A contract's answers on an [`::httpmock::MockServer`], for tests that use one already.
//!
//! Every operation becomes a mock of its own, so that it can be asserted on; what the contract does
//! not have is answered as the [mock](crate::mock) answers it (404, 405).
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign::contract::{Alone, Contract, Parts};
//! use countersign::source::Source;
//! use httpmock::MockServer;
//!
//! let document = Source::new("shop.yaml", r#"
//! openapi: 3.1.0
//! info: { title: Shop, version: "1" }
//! paths:
//!   /items/{id}:
//!     get:
//!       operationId: get-item
//!       parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
//!       responses:
//!         "200":
//!           description: found
//!           content:
//!             application/json: { schema: { type: object }, example: { id: 7, name: lamp } }
//! "#);
//! let parts = Parts { name: "shop".into(), document, overlay: None, promises: None };
//! let (contract, _) = Contract::load(parts, &Alone)?;
//!
//! let server = MockServer::start();
//! // Mocks of one's own come first where they stand before the contract's.
//! let special = server.mock(|when, then| {
//!     when.path("/items/13");
//!     then.status(503);
//! });
//! let shop = countersign::httpmock::mount(&server, &Arc::new(contract));
//! # fn get(server: &MockServer, path: &str) -> String {
//! #     use std::io::{Read, Write};
//! #     let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
//! #     write!(stream, "GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
//! #     let mut answer = String::new();
//! #     stream.read_to_string(&mut answer).unwrap();
//! #     answer
//! # }
//!
//! assert!(get(&server, "/items/7").contains("lamp"));
//! assert!(get(&server, "/items/13").contains("503"));
//! assert!(get(&server, "/items/x").contains("422"));
//!
//! special.assert();
//! shop.operation("get-item").unwrap().assert_calls(2);
//! assert_eq!(shop.findings().len(), 1); // `x` is no integer
//! # Ok::<(), countersign::source::Diagnostics>(())
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use ::httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

use crate::contract::Contract;
use crate::exchange::{Headers, Request};
use crate::mock::{Mock, Rules, Settings};
use crate::verdict::Finding;

/// The most findings that are kept.
const MOST_FINDINGS: usize = 1_000;

/// A contract on a server: a mock for each operation.
pub struct Mounted<'a> {
    operations: Vec<(String, ::httpmock::Mock<'a>)>,
    rest: ::httpmock::Mock<'a>,
    findings: Arc<Mutex<Vec<Finding>>>,
}

impl<'a> Mounted<'a> {
    /// The mock of the operation with this id (`METHOD /path` where it has none): how often it was
    /// called, say.
    pub fn operation(&self, id: &str) -> Option<&::httpmock::Mock<'a>> {
        self.operations.iter().find(|(known, _)| known == id).map(|(_, mock)| mock)
    }

    /// The mock that answers what no operation does.
    pub fn rest(&self) -> &::httpmock::Mock<'a> {
        &self.rest
    }

    /// What was wrong with the requests so far; the first thousand findings are kept.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Puts a contract's answers onto a server, behind the mocks that are there already.
pub fn mount<'a>(server: &'a MockServer, contract: &Arc<Contract>) -> Mounted<'a> {
    mount_mock(server, Mock::new(Arc::clone(contract), Rules::default(), Settings::repeatable(0)))
}

/// The same for a mock with rules, a state, or settings of its own.
pub fn mount_mock(server: &MockServer, mock: impl Into<Arc<Mock>>) -> Mounted<'_> {
    let (mock, findings) = (mock.into(), Arc::default());
    let operations = (0..mock.contract().operations().len()).map(|at| {
        let id = mock.contract().operations()[at].id().to_owned();
        (id, one(server, &mock, &findings, Some(at)))
    });
    let operations = operations.collect();
    let rest = one(server, &mock, &findings, None);
    Mounted { operations, rest, findings }
}

/// The mock of an operation, of what leads to none without one.
fn one<'a>(
    server: &'a MockServer,
    mock: &Arc<Mock>,
    findings: &Arc<Mutex<Vec<Finding>>>,
    operation: Option<usize>,
) -> ::httpmock::Mock<'a> {
    server.mock(|when, then| {
        let asked = Arc::clone(mock);
        when.is_true(move |request| {
            let Some(at) = operation else { return true };
            let found = asked.leads_to(request.method_str(), request.uri().path());
            found.is_some_and(|found| std::ptr::eq(found, &raw const asked.contract().operations()[at]))
        });
        let (answering, found) = (Arc::clone(mock), Arc::clone(findings));
        then.respond_with(move |request| answer(&answering, &found, request));
    })
}

fn answer(mock: &Mock, findings: &Mutex<Vec<Finding>>, request: &HttpMockRequest) -> HttpMockResponse {
    let headers: Headers = request.headers_vec().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let uri = request.uri();
    let host = headers.get("host").map_or_else(|| "localhost".to_owned(), std::borrow::Cow::into_owned);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let asked = Request {
        method: request.method_str().to_owned(),
        url: format!("http://{host}{target}"),
        headers,
        body: request.body_bytes(),
    };
    let answer = mock.answer(asked, uri.path());
    {
        let mut kept = findings.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_FINDINGS.saturating_sub(kept.len());
        kept.extend(answer.findings.into_iter().take(room));
    }
    // How a message is framed is the server's to say.
    let headers = answer.response.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let headers: Vec<(String, String)> = headers.map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    let built = HttpMockResponse::builder().status(answer.response.status).headers(headers);
    built.body(answer.response.body).build()
}

impl std::fmt::Debug for Mounted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.operations.iter().map(|(id, _)| id)).finish()
    }
}
