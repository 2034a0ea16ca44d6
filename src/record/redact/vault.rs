//! Placeholders: the same secret always has the same one, and it keeps the secret's form.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::looks::{Kind, is_uuid, weighed};
use crate::generate::derive_seed;

/// What stands in the place of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placeholder {
    /// The environment variable that gives the real value when the case is run.
    pub name: String,
    /// What stands there otherwise: another value of the same form.
    pub text: String,
}

/// What kind of form a secret's placeholder keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What it looks like.
    Looks(Kind),
    /// Credentials of basic authentication, in base64.
    Basic,
    /// Any text: each character becomes one of its kind.
    Text,
}

/// So many secrets are remembered.
const MOST: usize = 200_000;
/// Shorter values are replaced where they stand, without a name: they would be found in everything.
pub(super) const SHORTEST_NAMED: usize = 6;

/// The placeholders so far.
#[derive(Debug, Default)]
pub(super) struct Vault {
    known: HashMap<String, Placeholder>,
    counts: HashMap<String, u64>,
    texts: HashSet<String>,
}

impl Vault {
    /// The placeholder of a secret; whether it is a new one.
    pub(super) fn placeholder(&mut self, secret: &str, form: Form, name: &str) -> (Placeholder, bool) {
        if let Some(known) = self.known.get(secret) {
            return (known.clone(), false);
        }
        let name = variable(name);
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        let number = *count;
        let mut text = String::new();
        // A form may have too few values for each to be another.
        for attempt in 0..64 {
            text = stand_in(secret, form, &name, number, attempt);
            if text != secret && !self.texts.contains(&text) && !self.known.contains_key(&text) {
                break;
            }
        }
        let placeholder = Placeholder { name: format!("{name}_{number}"), text };
        if self.known.len() < MOST {
            self.texts.insert(placeholder.text.clone());
            self.known.insert(secret.to_owned(), placeholder.clone());
        }
        (placeholder, true)
    }

    /// A name that is taken: `TOKEN_3`.
    pub(super) fn reserve(&mut self, variable: &str) {
        let numbered = variable.rsplit_once('_').and_then(|(name, number)| Some((name, number.parse::<u64>().ok()?)));
        if let Some((name, number)) = numbered {
            let count = self.counts.entry(name.to_owned()).or_default();
            *count = number.max(*count);
        }
    }

    /// Whether a text is a placeholder's.
    pub(super) fn is_stand_in(&self, text: &str) -> bool {
        self.texts.contains(text)
    }
}

/// A name for an environment variable: `X-Api-Key` is `X_API_KEY`.
fn variable(name: &str) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for character in name.chars().take(60) {
        let joint = !character.is_ascii_alphanumeric();
        let hump = character.is_ascii_uppercase() && before.is_some_and(|c| c.is_ascii_lowercase());
        if (joint || hump) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if !joint {
            out.push(character.to_ascii_uppercase());
        }
        before = Some(character);
    }
    let out = out.trim_end_matches('_');
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        format!("SECRET{out}")
    } else {
        out.to_owned()
    }
}

fn stand_in(secret: &str, form: Form, name: &str, number: u64, attempt: u64) -> String {
    match form {
        Form::Looks(Kind::Email) => format!("email-{}@redacted.example", number + 1_000_000 * attempt),
        Form::Looks(Kind::Phone) => digits_like(secret, &phone(number + 1_000 * attempt, count_digits(secret))),
        Form::Looks(Kind::Card) => digits_like(secret, &card(number + 1_000 * attempt, count_digits(secret))),
        Form::Basic => STANDARD.encode(format!("redacted:{}", number + 1_000_000 * attempt)),
        Form::Text if is_uuid(secret) => format!("00000000-0000-4000-8000-{:012x}", number + (attempt << 24)),
        Form::Looks(Kind::Token) | Form::Text => like(secret, derive_seed(number + (attempt << 32), name.as_bytes())),
    }
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// `text` with its digits replaced by these, in order.
fn digits_like(text: &str, digits: &str) -> String {
    let mut digits = digits.chars();
    text.chars().map(|c| if c.is_ascii_digit() { digits.next().unwrap_or('0') } else { c }).collect()
}

/// A number of the range that North America keeps for fiction, longer or shorter.
fn phone(number: u64, length: usize) -> String {
    let tail = length.saturating_sub(7);
    if tail == 0 {
        return format!("{number:0length$}");
    }
    let tail_width = tail.min(18);
    let most = 10_u64.saturating_pow(u32::try_from(tail_width).unwrap_or(18));
    let text = format!("1555010{:0tail_width$}", number % most);
    text[..length.min(text.len())].to_owned()
}

/// A card's number that no bank gives out: its checksum is right.
fn card(number: u64, length: usize) -> String {
    let width = length.saturating_sub(2).min(17);
    let body = format!("4{:0width$}", number % 10_u64.saturating_pow(u32::try_from(width).unwrap_or(17)));
    let digits = body.chars().filter_map(|c| c.to_digit(10));
    // The check digit will stand at the right end.
    let digits: Vec<u32> = digits.collect();
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| weighed(at + 1, *digit)).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Each letter and digit replaced by one of its kind; what a key begins with by custom stays.
fn like(secret: &str, seed: u64) -> String {
    let hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lower_hex = hex && !secret.bytes().any(|byte| byte.is_ascii_uppercase());
    let start = prefix(secret);
    let mut state = seed | 1;
    let mut below = |most: u32| {
        // xorshift64*: any spread will do here.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        u32::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or_default() % most
    };
    let pick = |from: &str, at: u32| from.chars().nth(at as usize).unwrap_or('0');
    let other = |c: char, below: &mut dyn FnMut(u32) -> u32| match c {
        '0'..='9' if hex && !secret.bytes().all(|byte| byte.is_ascii_digit()) => pick("0123456789", below(10)),
        '0'..='9' => pick("0123456789", below(10)),
        'a'..='f' if lower_hex => pick("abcdef", below(6)),
        'A'..='F' if hex => pick("ABCDEF", below(6)),
        'a'..='z' => pick("abcdefghijklmnopqrstuvwxyz", below(26)),
        'A'..='Z' => pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ", below(26)),
        c if c.is_alphanumeric() => 'x',
        c => c,
    };
    let rest = secret[start..].chars().map(|c| other(c, &mut below));
    secret[..start].chars().chain(rest).collect()
}

/// How much of a key says what kind of key it is: `sk_live_`, `ghp_`, `eyJ`.
fn prefix(secret: &str) -> usize {
    if secret.starts_with("eyJ") {
        return 3;
    }
    let head = &secret[..secret.char_indices().nth(12).map_or(secret.len(), |(at, _)| at)];
    let word = |part: &str| part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let end = head.rfind(['_', '-']).map_or(0, |at| at + 1);
    let known = end > 0 && head[..end - 1].split(['_', '-']).all(word) && secret.len() >= end + 12;
    if known { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::looks::{find, luhn};
    use super::*;

    #[test]
    fn the_same_secret_has_the_same_placeholder_of_its_form() {
        let mut vault = Vault::default();
        let mut give = |secret: &str, form, name: &str| vault.placeholder(secret, form, name).0;
        let first = give("sk_live_4eC39HqLyjWDarjtT1zdp7dc", Form::Text, "x-api-key");
        assert_eq!(first, give("sk_live_4eC39HqLyjWDarjtT1zdp7dc", Form::Text, "other"));
        assert_eq!((first.name.as_str(), &first.text[..8], first.text.len()), ("X_API_KEY_1", "sk_live_", 32));
        let second = give("sk_live_4eC39HqLyjWDarjtT1zdp7dd", Form::Text, "x-api-key");
        assert_eq!(second.name, "X_API_KEY_2");
        assert_ne!(first.text, second.text);
        let email = give("ann@example.com", Form::Looks(Kind::Email), Kind::Email.word());
        assert_eq!((email.name.as_str(), email.text.as_str()), ("EMAIL_1", "email-1@redacted.example"));
        let card = give("4111-1111-1111-1111", Form::Looks(Kind::Card), Kind::Card.word()).text;
        let digits: Vec<u32> = card.chars().filter_map(|c| c.to_digit(10)).collect();
        assert!(luhn(&digits) && card.len() == 19 && card.starts_with("4000-"), "{card}");
        let phone = give("+31 6 1234 5678", Form::Looks(Kind::Phone), Kind::Phone.word()).text;
        assert_eq!(phone, "+15 5 5010 0001");
        assert_eq!(give("123e4567-e89b-12d3-a456-426614174000", Form::Text, "key").text.len(), 36);
        assert_eq!(give("Dead0f", Form::Text, "pinCode").name, "PIN_CODE_1");
        let basic = give("dTpw", Form::Basic, "basic").text;
        assert_eq!(STANDARD.decode(basic).expect("base64"), b"redacted:1");
    }

    #[test]
    fn few_values_of_a_form_do_no_harm() {
        let mut vault = Vault::default();
        for secret in 0..10 {
            let text = vault.placeholder(&secret.to_string(), Form::Text, "pin").0.text;
            assert_eq!(text.len(), 1);
        }
        assert!(!find("+31 6 1234 5678").is_empty());
    }
}
