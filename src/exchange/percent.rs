//! What stays as it is in percent-encoded text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// All but the unreserved characters is encoded (RFC 3986, section 2.3), as `encodeURIComponent` nearly does.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Reserved characters stay too, but for those that would end a query's value or the query: `&`, `+`, `#`.
///
/// It is how a query parameter with `allowReserved` is written (OpenAPI, Parameter Object).
pub const QUERY_WITH_RESERVED: &AsciiSet = &COMPONENT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b';')
    .remove(b'[')
    .remove(b']')
    .remove(b',')
    .remove(b'=');
