//! One HTTP request and its response, as plain values with their exact bytes.

pub mod coding;
mod curl;
mod headers;
mod media_type;
mod message;
pub mod percent;
mod secrets;

pub use curl::curl;
pub use headers::Headers;
pub use media_type::{MediaType, MediaTypeError};
pub use message::{Exchange, Request, Response};
pub use secrets::{MASK, Redactor, SHORTEST_SECRET, Secret};
