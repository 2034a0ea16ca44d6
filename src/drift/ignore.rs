//! What the user wants left out of the comparison.

/// Why a word names no place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no place: expected `status`, `verdict`, `header:NAME`, or a JSON Pointer such as `/items/*/id`")]
pub struct IgnoreError(String);

/// Places of responses that are not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore(Vec<String>);

impl Ignore {
    /// Reads `status`, `verdict`, `header:NAME` (`*` at its end stands for any rest) and JSON Pointers, in
    /// which `*` stands for one segment and `**` for any number.
    pub fn parse(words: &[String]) -> Result<Self, IgnoreError> {
        let place = |word: &String| match word.split_once(':') {
            Some(("header", name)) if !name.is_empty() => Ok(format!("header:{}", name.to_ascii_lowercase())),
            None if word == "status" || word == "verdict" => Ok(word.clone()),
            None if word.starts_with('/') => Ok(format!("body:{word}")),
            _ => Err(IgnoreError(word.clone())),
        };
        Ok(Self(words.iter().map(place).collect::<Result<_, _>>()?))
    }

    /// Whether the place of this key, or one that it stands in, is left out.
    pub(super) fn takes(&self, key: &str) -> bool {
        self.0.iter().any(|known| match (known.strip_prefix("body:/"), key.strip_prefix("body:/")) {
            (Some(known), Some(key)) => {
                let (known, key): (Vec<_>, Vec<_>) = (known.split('/').collect(), key.split('/').collect());
                covers(&known, &key)
            }
            (None, None) => known.strip_suffix('*').map_or(known == key, |start| key.starts_with(start)),
            _ => false,
        })
    }
}

/// Whether a pattern fits the beginning of a path.
fn covers(pattern: &[&str], path: &[&str]) -> bool {
    match pattern {
        [] => true,
        ["**", rest @ ..] => (0..=path.len()).any(|skipped| covers(rest, &path[skipped..])),
        [first, rest @ ..] => path.split_first().is_some_and(|(segment, below)| {
            // A number in the pattern is an index, which keys do not tell apart.
            let index = *segment == "*" && first.bytes().all(|byte| byte.is_ascii_digit());
            (*first == "*" || first == segment || index) && covers(rest, below)
        }),
    }
}
