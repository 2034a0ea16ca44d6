//! Bodies as traffic files hold them: text, base64, compressed, cut off.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::{LARGEST_ENTRY, Missing};
use crate::exchange::{Headers, MediaType, coding};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The bytes of a recorded body; `Err` says why they are lost.
pub(super) fn bytes(text: &str, base64: bool, headers: &Headers) -> Result<Bytes, String> {
    let coding = headers.combined("content-encoding").unwrap_or_default().to_ascii_lowercase();
    if base64 {
        return undone(decode(text)?, &coding);
    }
    // Compressed bytes that somebody took for text: whole where each stands for one character.
    if text.starts_with("\u{1f}\u{8b}") || text.starts_with("\u{1f}\u{fffd}") {
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let lost = || "it was compressed when it was recorded as text, and its bytes are lost".to_owned();
        return undone(bytes.ok_or_else(lost)?, "gzip");
    }
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let engine = if compact.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    engine.decode(&compact).map_err(|error| format!("its base64 cannot be read: {error}"))
}

/// The content coding undone, where the file has not done it although the header names one.
fn undone(bytes: Vec<u8>, named: &str) -> Result<Bytes, String> {
    let is_coded = match named.trim() {
        "gzip" | "x-gzip" => bytes.starts_with(b"\x1f\x8b"),
        "deflate" => bytes.first() == Some(&0x78),
        "zstd" => bytes.starts_with(b"\x28\xb5\x2f\xfd"),
        // It has no mark of its own, but is hardly ever text.
        "br" => std::str::from_utf8(&bytes).is_err(),
        several => several.contains(',') && std::str::from_utf8(&bytes).is_err(),
    };
    if !is_coded {
        return Ok(bytes.into());
    }
    coding::decoded(named, bytes.into(), LARGEST_ENTRY)
        .map_err(|error| format!("it is still in the content coding `{named}`, which cannot be undone: {error}"))
}

/// A field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// `None` where the file does not hold it.
    pub(super) value: Option<Vec<u8>>,
    pub(super) file: Option<String>,
    pub(super) media_type: Option<String>,
}

/// The body that a form's fields make by the media type of `headers`, which get a boundary where they need one.
pub(super) fn of_fields(parts: &[Part], headers: &mut Headers, missing: &mut Missing) -> Bytes {
    if parts.is_empty() {
        return Bytes::new();
    }
    if let Some(part) = parts.iter().find(|part| part.value.is_none() && part.file.is_some()) {
        missing.request_body =
            Some(format!("the request's body: the file does not hold the content of `{}`", part.name));
    }
    let media = headers.get("content-type").and_then(|value| MediaType::parse(&value).ok());
    let Some(media) = media.filter(MediaType::is_multipart) else {
        let text = |part: &Part| String::from_utf8_lossy(part.value.as_deref().unwrap_or_default()).into_owned();
        let fields = parts.iter().map(|part| (part.name.as_str(), text(part)));
        return url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into();
    };
    if let Some(boundary) = media.parameter("boundary") {
        return multipart(parts, boundary);
    }
    let boundary = boundary(parts);
    let named = format!("{}; boundary={boundary}", headers.get("content-type").unwrap_or_default());
    headers.set("Content-Type", named);
    multipart(parts, &boundary)
}

/// A boundary that stands in none of the parts.
fn boundary(parts: &[Part]) -> String {
    let stands = |boundary: &str| {
        let values = parts.iter().filter_map(|part| part.value.as_deref());
        values.into_iter().any(|value| value.windows(boundary.len()).any(|window| window == boundary.as_bytes()))
    };
    let mut boundary = "countersign".to_owned();
    while stands(&boundary) {
        boundary.push('-');
    }
    boundary
}

/// Fields as `multipart/form-data` (RFC 7578).
fn multipart(parts: &[Part], boundary: &str) -> Bytes {
    let mut out = Vec::new();
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    for part in parts {
        let file = part.file.as_ref().map(|file| format!("; filename=\"{}\"", quoted(file))).unwrap_or_default();
        let media = part.media_type.as_ref().map(|media| format!("\r\nContent-Type: {media}")).unwrap_or_default();
        let name = quoted(&part.name);
        out.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}{media}\r\n\r\n").bytes(),
        );
        out.extend(part.value.as_deref().unwrap_or_default());
        out.extend(b"\r\n");
    }
    out.extend(format!("--{boundary}--\r\n").bytes());
    out.into()
}
