//! Reference strings (`$ref`): which document, and what in it (RFC 3986, RFC 6901).

use url::Url;

use crate::source::Pointer;

/// A reference, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The normalised name of another document; `None`: the document that the reference is in.
    pub(super) file: Option<String>,
    pub(super) fragment: Fragment,
}

/// What a reference means within its document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fragment {
    Pointer(Pointer),
    Anchor(String),
}

/// Why a reference cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It names a host without saying how to reach it.
    Host,
    /// It names a scheme that no document is read by.
    Scheme,
    /// It names a file of this machine by a URL, or from a document that came from the network.
    Local,
    /// It is no URL, seen from the document that it is in.
    Url,
    /// It starts at the root of the file system.
    Absolute,
    /// It climbs above the folder that names start from.
    Outside,
    /// Its percent-encoding is no UTF-8.
    Encoding,
}

impl Refused {
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Host => "it names a host and no scheme; write `https://` before it",
            Self::Scheme => "documents are read from files and by `http:` and `https:` alone",
            Self::Local => {
                "files of this machine are read by relative paths alone, and never for a document that came from the network"
            }
            Self::Url => "it is no URL, seen from the document that it is in",
            Self::Absolute => "it is an absolute path; only files beside the document are read",
            Self::Outside => "it leaves the folder of the document; only files beside it are read",
            Self::Encoding => "its percent-encoding is no UTF-8",
        }
    }
}

/// Takes `reference` apart, as it stands in the document named `base`.
pub(super) fn parse(reference: &str, base: &str) -> Result<Reference, Refused> {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let fragment = match Pointer::from_fragment(fragment) {
        Some(pointer) => Fragment::Pointer(pointer),
        None => Fragment::Anchor(decode(fragment)?),
    };
    let file = match file {
        "" => None,
        file if is_url(file) || is_url(base) => Some(remote(file, base)?),
        file => Some(normalise(&decode(file)?, base)?),
    };
    Ok(Reference { file: file.filter(|file| file != base), fragment })
}

fn decode(text: &str) -> Result<String, Refused> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| Refused::Encoding)?;
    Ok(decoded.into_owned())
}

/// Whether a document's name is where it was fetched from.
pub(crate) fn is_url(name: &str) -> bool {
    let scheme = name.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// The URL that `reference` names, seen from `base` (RFC 3986, section 5).
fn remote(reference: &str, base: &str) -> Result<String, Refused> {
    let base = if is_url(base) { Some(Url::parse(base).map_err(|_| Refused::Url)?) } else { None };
    let url = Url::options().base_url(base.as_ref()).parse(reference).map_err(|_| Refused::Url)?;
    match url.scheme() {
        "http" | "https" => Ok(url.into()),
        "file" => Err(Refused::Local),
        _ => Err(Refused::Scheme),
    }
}

/// `file` as seen from the folder of `base`, without `.` and `..`.
pub(super) fn normalise(file: &str, base: &str) -> Result<String, Refused> {
    let file = file.replace('\\', "/");
    if file.starts_with("//") {
        return Err(Refused::Host);
    }
    match scheme(&file) {
        _ if file.starts_with('/') => return Err(Refused::Absolute),
        // A single letter is a drive.
        Some(scheme) if scheme.len() == 1 => return Err(Refused::Absolute),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => return Err(Refused::Local),
        Some(_) => return Err(Refused::Scheme),
        None => {}
    }
    let base = base.replace('\\', "/");
    let folder = base.rsplit_once('/').map(|(folder, _)| folder);
    let mut segments: Vec<&str> = folder.map(|folder| folder.split('/').collect()).unwrap_or_default();
    for segment in file.split('/') {
        match segment {
            "" | "." => {}
            ".." => match segments.pop() {
                None | Some("" | "..") => return Err(Refused::Outside),
                // `./a.yaml` seen from `x/./`: the dot is no folder to climb out of.
                Some(".") if segments.pop().is_none_or(str::is_empty) => return Err(Refused::Outside),
                Some(_) => {}
            },
            name => segments.push(name),
        }
    }
    Ok(segments.join("/"))
}

/// What stands before the `:` of a text that starts as `scheme:` (RFC 3986, section 3.1).
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_one = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_one.then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_and_kept_inside() {
        for (file, base, expected) in [
            ("b.yaml", "a.yaml", Ok("b.yaml")),
            ("./b.yaml", "specs/a.yaml", Ok("specs/b.yaml")),
            ("../schemas/b.yaml", "/x/specs/a.yaml", Ok("/x/schemas/b.yaml")),
            ("c/./d//e.yaml", "specs/a.yaml", Ok("specs/c/d/e.yaml")),
            ("../b.yaml", "a.yaml", Err(Refused::Outside)),
            ("../b.yaml", "./a.yaml", Err(Refused::Outside)),
            ("../../b.yaml", "specs/a.yaml", Err(Refused::Outside)),
            ("../../b.yaml", "/specs/a.yaml", Err(Refused::Outside)),
            ("..\\..\\b.yaml", "specs/a.yaml", Err(Refused::Outside)),
            ("/etc/passwd", "a.yaml", Err(Refused::Absolute)),
            ("urn:x:a", "a.yaml", Err(Refused::Scheme)),
            ("//h/a.yaml", "a.yaml", Err(Refused::Host)),
            ("file:/a.yaml", "a.yaml", Err(Refused::Local)),
            ("C:\\a.yaml", "a.yaml", Err(Refused::Absolute)),
        ] {
            assert_eq!(normalise(file, base), expected.map(str::to_owned), "{file} in {base}");
        }
    }

    #[test]
    fn references_from_and_to_urls_are_urls() {
        for (reference, base, expected) in [
            ("https://h/a.yaml#/x", "a.yaml", Ok("https://h/a.yaml")),
            ("b%20c.yaml", "https://h/x/a.yaml?v=1", Ok("https://h/x/b%20c.yaml")),
            ("../b.yaml", "https://h/x/a.yaml", Ok("https://h/b.yaml")),
            ("../../../b.yaml", "https://h/x/a.yaml", Ok("https://h/b.yaml")),
            ("/b.yaml", "https://h/x/a.yaml", Ok("https://h/b.yaml")),
            ("//other/b.yaml", "https://h/x/a.yaml", Ok("https://other/b.yaml")),
            ("HTTPS://H/b.yaml", "a.yaml", Ok("https://h/b.yaml")),
            ("file:///etc/passwd", "https://h/x/a.yaml", Err(Refused::Local)),
            ("ftp://h/b.yaml", "https://h/x/a.yaml", Err(Refused::Scheme)),
            ("https://", "a.yaml", Err(Refused::Url)),
        ] {
            let found = parse(reference, base).map(|reference| reference.file);
            assert_eq!(found, expected.map(|name: &str| Some(name.to_owned())), "{reference} in {base}");
        }
    }

    #[test]
    fn references_have_a_file_and_a_fragment() {
        let pointer = |text: &str| Fragment::Pointer(Pointer::parse(text).expect("a pointer"));
        for (reference, file, fragment) in [
            ("#/a~1b/c%20d", None, pointer("/a~1b/c d")),
            ("#", None, pointer("")),
            ("#node", None, Fragment::Anchor("node".into())),
            ("b%20c.yaml#/x", Some("s/b c.yaml"), pointer("/x")),
            ("a.yaml#/x", None, pointer("/x")),
            ("b.yaml", Some("s/b.yaml"), pointer("")),
        ] {
            let expected = Reference { file: file.map(str::to_owned), fragment };
            assert_eq!(parse(reference, "s/a.yaml"), Ok(expected), "{reference}");
        }
    }
}
