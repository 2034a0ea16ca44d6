//! countersign

pub mod case;
pub mod check;
pub mod contract;
pub mod exchange;
pub mod expression;
pub mod generate;
pub mod mock;
pub mod report;
pub mod run;
pub mod source;
pub mod transport;
pub mod verdict;
