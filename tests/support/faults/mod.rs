//! Faults, none of which may get past the shipped cases.

pub mod bizkithub;
pub mod mijnklantportaal;
pub mod salla;
