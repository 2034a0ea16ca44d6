//! `countersign schema`

use super::Exit;
use super::arguments::{SchemaArguments, SchemaFormat};
use super::output;

/// Prints the JSON Schema of a format.
pub(super) fn schema(arguments: &SchemaArguments) -> Exit {
    let defaults;
    let text = match arguments.format {
        SchemaFormat::Cases => crate::case::SCHEMA,
        SchemaFormat::Defaults => {
            defaults = crate::case::defaults_schema();
            &defaults
        }
        SchemaFormat::Promises => crate::contract::PROMISES_SCHEMA,
        SchemaFormat::MockRules => crate::mock::RULES_SCHEMA,
        SchemaFormat::Results => crate::report::RESULTS_SCHEMA,
        SchemaFormat::Lint => crate::lint::CONFIG_SCHEMA,
        SchemaFormat::Waivers => crate::diff::WAIVERS_SCHEMA,
    };
    output::print(text);
    Exit::Kept
}
