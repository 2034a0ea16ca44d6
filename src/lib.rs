//! Does this HTTP API keep its contract?
//!
//! An *exchange* (one HTTP request and its response) is judged against a *contract* (an OpenAPI
//! document, an overlay on it, and the promises beside it):
//!
//! ```
//! use std::time::Duration;
//!
//! use countersign::check::{self, Options};
//! use countersign::contract::{Contract, Parts, Retrieve};
//! use countersign::exchange::{Exchange, Headers, Request, Response};
//! use countersign::source::Source;
//!
//! /// This document refers to no other.
//! struct Alone;
//!
//! impl Retrieve for Alone {
//!     fn retrieve(&self, name: &str) -> Result<String, String> {
//!         Err(format!("{name} is not here"))
//!     }
//! }
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
//!             application/json:
//!               schema: { type: object, required: [id], properties: { id: { type: integer } } }
//! "#);
//! let parts = Parts { name: "shop".into(), document, overlay: None, promises: None };
//! let (contract, _warnings) = Contract::load(parts, &Alone)?;
//!
//! let exchange = Exchange {
//!     request: Request {
//!         method: "GET".into(),
//!         url: "https://shop.example/items/7".into(),
//!         headers: Headers::new(),
//!         body: Default::default(),
//!     },
//!     response: Response {
//!         status: 200,
//!         headers: [("content-type", "application/json")].into_iter().collect(),
//!         body: r#"{"id":"7"}"#.into(),
//!     },
//!     elapsed: Duration::from_millis(3),
//! };
//! let operation = contract.find("get-item").expect("it is in the document");
//! let judgement = check::response(&contract, operation, &exchange, Options::default());
//!
//! let finding = &judgement.findings[0];
//! assert_eq!(finding.check.as_str(), "response-body");
//! assert_eq!(finding.instance.as_ref().map(|pointer| pointer.0.as_str()), Some("/id"));
//! assert_eq!(finding.contract_place.as_ref().map(|place| place.line), Some(14));
//! # Ok::<(), countersign::source::Diagnostics>(())
//! ```
//!
//! Everything else is a way to get exchanges or to answer one: [`case`]s are read from YAML files
//! and [`run`] against a target, the [`mock`] answers by a contract, [`report`]s are made of what
//! happened. [`project`] puts these together for a folder of cases and contracts, [`harness`] turns
//! the same cases into `cargo test` trials, and [`cli`] is the program.
//!
//! Rooms import downwards only; `ARCHITECTURE.md` has the floors.

pub mod case;
pub mod check;
pub mod cli;
pub mod contract;
pub mod coverage;
pub mod diff;
pub mod drift;
pub mod exchange;
pub mod expression;
pub mod generate;
pub mod harness;
#[cfg(feature = "httpmock")]
pub mod httpmock;
pub mod infer;
pub mod lint;
pub mod mock;
pub mod offline;
pub mod project;
pub mod record;
pub mod report;
pub mod run;
mod show;
pub mod source;
pub mod traffic;
pub mod transport;
pub mod verdict;

/// The examples of `docs/library.md`.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub mod library {}
