//! Reference strings (`$ref`): which file, and what in it (RFC 3986, RFC 6901).

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
    /// It names a scheme or a host.
    Remote,
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
            Self::Remote => "it names another host, and nothing is fetched from the network",
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
    let file = if file.is_empty() { None } else { Some(normalise(&decode(file)?, base)?) };
    Ok(Reference { file: file.filter(|file| file != base), fragment })
}

fn decode(text: &str) -> Result<String, Refused> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| Refused::Encoding)?;
    Ok(decoded.into_owned())
}

/// `file` as seen from the folder of `base`, without `.` and `..`.
pub(super) fn normalise(file: &str, base: &str) -> Result<String, Refused> {
    let file = file.replace('\\', "/");
    if has_scheme(&file) || file.starts_with("//") {
        return Err(Refused::Remote);
    }
    if file.starts_with('/') {
        return Err(Refused::Absolute);
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

/// Whether the text starts as `scheme:` (a single letter is a drive, which is no better).
fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
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
            ("https://h/a.yaml", "a.yaml", Err(Refused::Remote)),
            ("//h/a.yaml", "a.yaml", Err(Refused::Remote)),
            ("file:/a.yaml", "a.yaml", Err(Refused::Remote)),
            ("C:\\a.yaml", "a.yaml", Err(Refused::Remote)),
        ] {
            assert_eq!(normalise(file, base), expected.map(str::to_owned), "{file} in {base}");
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
