//! countersign

pub mod source;
