//! Formats: whether they count, and those that OpenAPI has beside those of JSON Schema (OpenAPI
//! Format Registry).

/// What `format` says of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formats {
    /// That the value must be of that form.
    #[default]
    Assert,
    /// What is meant, and nothing that a value could break (JSON Schema 2020-12, validation, section 7.2.1).
    Annotate,
}

/// Whether `text` is base64 (`byte`), in the standard or the URL-safe alphabet (RFC 4648, sections 4
/// and 5), in lines or not, with its padding or without: writers differ, and all of it can be read.
pub(super) fn byte(text: &str) -> bool {
    let (mut letters, mut padding) = (0_usize, 0_usize);
    for character in text.bytes() {
        match character {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => letters += 1,
            _ => return false,
        }
    }
    match letters % 4 {
        0 => padding == 0,
        1 => false,
        rest => padding == 0 || padding == 4 - rest,
    }
}

#[cfg(test)]
mod tests {
    use super::byte;

    #[test]
    fn base64_is_told_from_other_text() {
        for good in ["", "aGk=", "aGk", "aGV5", "aGVsbG8gd29ybGQ=", "-_-_", "aGV5\r\naGV5"] {
            assert!(byte(good), "{good}");
        }
        for bad in ["%", "?", "a", "aGk==", "a=Gk", "aG k=", "====", "aGV5=", "aGé"] {
            assert!(!byte(bad), "{bad}");
        }
    }
}
