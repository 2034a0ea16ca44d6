//! What the tables of fields cannot say: one file for each kind of thing, one list of them.

mod certain;
mod components;
mod effect;
mod examples;
mod impossible;
mod media;
mod operations;
mod parameters;
mod paths;
mod proposal;
mod prose;
mod schemas;
mod security;
mod servers;
mod sure;
mod types;
mod unused;

pub(super) use examples::Judge;
pub(super) use types::Known;

use super::context::Context;
use super::object::Kind;
use super::walk::Node;

/// The checks of one object.
pub(super) fn visit(context: &mut Context<'_>, node: &Node<'_>) {
    match node.kind {
        Kind::OpenApi => {
            components::document(context, node);
            operations::tags(context, node);
        }
        Kind::Components => components::names(context, node),
        Kind::License => components::license(context, node),
        Kind::Paths => paths::paths(context, node),
        Kind::PathItem => operations::path_item(context, node),
        Kind::Operation => operations::operation(context, node),
        Kind::Responses => media::responses(context, node),
        Kind::Response => media::response(context, node),
        Kind::RequestBody => media::content(context, node),
        Kind::MediaType => {
            media::media_type(context, node);
            examples::described(context, node);
        }
        Kind::Encoding => media::encoding(context, node),
        Kind::Parameter => {
            parameters::parameter(context, node);
            examples::described(context, node);
            prose::parameter(context, node);
        }
        Kind::Header => {
            parameters::header(context, node);
            examples::described(context, node);
        }
        Kind::Example => components::example(context, node),
        Kind::Link => operations::link(context, node),
        Kind::Server => servers::server(context, node),
        Kind::SecurityScheme => security::scheme(context, node),
        Kind::SecurityRequirement => security::requirement(context, node),
        Kind::OAuthFlow => security::flow(context, node),
        Kind::Xml => schemas::xml(context, node),
        Kind::Schema => {
            schemas::schema(context, node);
            types::types(context, node);
            impossible::schema(context, node);
            certain::schema(context, node);
            effect::schema(context, node);
            examples::schema(context, node);
            prose::schema(context, node);
        }
        _ => {}
    }
}

/// The checks that look at the documents as a whole.
pub(super) fn whole(context: &mut Context<'_>) {
    operations::duplicate_ids(context);
    unused::components(context);
}
