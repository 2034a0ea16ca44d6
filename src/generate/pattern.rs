//! Strings that match a pattern (ECMA-262 regular expressions, as JSON Schema has them).

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use super::rng::Rng;

/// The longest string that is made, in characters.
const LONGEST: usize = 20_000;

/// How often other repetitions are tried until the length fits.
const TRIES: usize = 60;

/// A pattern, ready to be sampled.
pub(super) struct Sampler {
    hir: Hir,
    /// Look-around was left out: a sample need not match.
    pub(super) approximate: bool,
}

impl Sampler {
    /// Reads an ECMA pattern; `None` where it holds what cannot be sampled (a back reference, say).
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let mut translation = Translation::new(pattern);
        translation.run()?;
        let mut parser = regex_syntax::ParserBuilder::new().nest_limit(60).utf8(true).build();
        let hir = parser.parse(&translation.out).ok()?;
        Some(Self { hir, approximate: translation.look_around })
    }

    /// A string of the pattern with `low..=high` characters; `None` where none was found.
    pub(super) fn sample(&self, low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
        let goal = low.clamp(1, LONGEST);
        for attempt in 0..TRIES {
            let stretch = match attempt % 5 {
                0 => Stretch::UpTo(4),
                1 => Stretch::UpTo(10),
                2 => Stretch::Exactly(0),
                3 => Stretch::Exactly(goal),
                _ => Stretch::UpTo(goal),
            };
            let mut text = String::new();
            let mut run = Run { rng, stretch, left: high.unwrap_or(LONGEST).clamp(64, LONGEST) };
            if !run.fill(&self.hir, &mut text) {
                continue;
            }
            let length = text.chars().count();
            if length >= low && high.is_none_or(|high| length <= high) {
                return Some(text);
            }
        }
        None
    }
}

/// Whether an ECMA pattern is found in `text`; false where it cannot be read.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut translation = Translation::new(pattern);
    translation.run().is_some()
        && regex::RegexBuilder::new(&translation.out)
            .size_limit(1 << 20)
            .build()
            .is_ok_and(|pattern| pattern.is_match(text))
}

#[derive(Clone, Copy)]
enum Stretch {
    UpTo(usize),
    Exactly(usize),
}

struct Run<'a> {
    rng: &'a mut Rng,
    stretch: Stretch,
    left: usize,
}

impl Run<'_> {
    /// Appends a sample of `hir`; false where it cannot be, or would be too long.
    fn fill(&mut self, hir: &Hir, out: &mut String) -> bool {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => {
                    self.take(text.chars().count()) && {
                        out.push_str(text);
                        true
                    }
                }
                Err(_) => false,
            },
            HirKind::Class(Class::Unicode(class)) => match character(class, self.rng) {
                Some(found) => {
                    self.take(1) && {
                        out.push(found);
                        true
                    }
                }
                None => false,
            },
            HirKind::Class(Class::Bytes(_)) => false,
            HirKind::Repetition(repetition) => {
                let (low, high) = (repetition.min as usize, repetition.max.map_or(usize::MAX, |max| max as usize));
                let more = match self.stretch {
                    Stretch::UpTo(most) => self.rng.index(most.saturating_add(1)),
                    Stretch::Exactly(count) => count.saturating_sub(low),
                };
                let count = low.saturating_add(more).min(high);
                // An empty sub-expression costs nothing, so the count itself is bounded too.
                count <= LONGEST && (0..count).all(|_| self.fill(&repetition.sub, out))
            }
            HirKind::Capture(capture) => self.fill(&capture.sub, out),
            HirKind::Concat(parts) => parts.iter().all(|part| self.fill(part, out)),
            HirKind::Alternation(branches) => {
                self.rng.pick(branches).cloned().is_some_and(|branch| self.fill(&branch, out))
            }
        }
    }

    fn take(&mut self, characters: usize) -> bool {
        match self.left.checked_sub(characters) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// A character of the class: a letter or digit if it has one, else printable ASCII, else any.
fn character(class: &ClassUnicode, rng: &mut Rng) -> Option<char> {
    let preferred: &[&[(char, char)]] = &[&[('0', '9'), ('A', 'Z'), ('a', 'z')], &[('!', '~')], &[(' ', ' ')]];
    for wanted in preferred {
        let mut found: Vec<(u32, u32)> = Vec::new();
        for range in class.iter() {
            for (low, high) in *wanted {
                let (low, high) = (range.start().max(*low), range.end().min(*high));
                if low <= high {
                    found.push((low.into(), high.into()));
                }
            }
        }
        if let Some(character) = of_ranges(&found, rng) {
            return Some(character);
        }
    }
    let all: Vec<(u32, u32)> = class.iter().map(|range| (range.start().into(), range.end().into())).collect();
    of_ranges(&all, rng)
}

fn of_ranges(ranges: &[(u32, u32)], rng: &mut Rng) -> Option<char> {
    let total: u64 = ranges.iter().map(|(low, high)| u64::from(high - low) + 1).sum();
    let mut at = rng.below(total);
    for (low, high) in ranges {
        let width = u64::from(high - low) + 1;
        if at < width {
            let code = low + u32::try_from(at).unwrap_or(0);
            // A range may span the surrogates, which are no characters.
            return char::from_u32(code).or_else(|| char::from_u32(*low));
        }
        at -= width;
    }
    None
}

/// Rewrites an ECMA-262 pattern as one that `regex-syntax` reads.
struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    look_around: bool,
}

impl<'a> Translation<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { rest: pattern.chars().peekable(), out: String::with_capacity(pattern.len() + 8), look_around: false }
    }

    fn run(&mut self) -> Option<()> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' if !self.is_quantifier() => self.out.push_str("\\{"),
                other => self.out.push(other),
            }
        }
        Some(())
    }

    /// Whether what follows a `{` makes it a quantifier: digits, perhaps a comma and digits, `}`.
    fn is_quantifier(&self) -> bool {
        let mut ahead = self.rest.clone();
        let mut digits = 0;
        let mut commas = 0;
        loop {
            match ahead.next() {
                Some('0'..='9') => digits += 1,
                Some(',') if commas == 0 && digits > 0 => commas = 1,
                Some('}') => return digits > 0,
                _ => return false,
            }
        }
    }

    fn group(&mut self) -> Option<()> {
        let ahead: String = self.rest.clone().take(3).collect();
        let look = ["?=", "?!", "?<=", "?<!"].iter().any(|prefix| ahead.starts_with(prefix));
        if !look {
            self.out.push('(');
            return Some(());
        }
        self.look_around = true;
        self.skip_group()
    }

    /// Leaves out everything to the end of the group that has just begun.
    fn skip_group(&mut self) -> Option<()> {
        let mut depth = 1;
        let mut in_class = false;
        while depth > 0 {
            match self.rest.next()? {
                '\\' => {
                    self.rest.next()?;
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => depth += 1,
                ')' if !in_class => depth -= 1,
                _ => {}
            }
        }
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        let negated = self.rest.next_if_eq(&'^').is_some();
        if self.rest.peek() == Some(&']') {
            // `[]` matches nothing and `[^]` anything.
            self.rest.next();
            self.out.pop();
            self.out.push_str(if negated { "[\\s\\S]" } else { "[a&&b]" });
            return Some(());
        }
        if negated {
            self.out.push('^');
        }
        loop {
            match self.rest.next()? {
                ']' => break,
                '\\' if self.rest.next_if_eq(&'b').is_some() => self.out.push_str("\\x08"),
                '\\' => self.escape()?,
                special @ ('[' | '&' | '~') => {
                    self.out.push('\\');
                    self.out.push(special);
                }
                other => self.out.push(other),
            }
        }
        self.out.push(']');
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        match self.rest.next()? {
            // ECMA's classes are ASCII; a nested class means the same within brackets and outside.
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str("[\\t\\n\\x0B\\x0C\\r \\u{A0}\\u{2028}\\u{2029}\\u{FEFF}]"),
            'S' => self.out.push_str("[^\\t\\n\\x0B\\x0C\\r \\u{A0}\\u{2028}\\u{2029}\\u{FEFF}]"),
            'b' | 'B' => self.look_around = true,
            'u' => self.unicode()?,
            'x' => {
                let code = self.hex(2)?;
                self.push_code(code)?;
            }
            'c' => {
                let letter = u32::from(self.rest.next()?);
                self.push_code(letter % 32)?;
            }
            '0' => self.push_code(0)?,
            '1'..='9' | 'k' => return None,
            known @ ('n' | 'r' | 't' | 'f' | 'v') => {
                self.out.push('\\');
                self.out.push(known);
            }
            property @ ('p' | 'P') => {
                self.out.push('\\');
                self.out.push(property);
                while let Some(character) = self.rest.next_if(|c| *c != '}') {
                    self.out.push(character);
                }
            }
            letter if letter.is_alphanumeric() || letter == '<' || letter == '>' => self.out.push(letter),
            other if other.is_ascii() => {
                self.out.push('\\');
                self.out.push(other);
            }
            other => self.out.push(other),
        }
        Some(())
    }

    fn unicode(&mut self) -> Option<()> {
        if self.rest.next_if_eq(&'{').is_some() {
            let digits: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '}')).collect();
            self.rest.next()?;
            return self.push_code(u32::from_str_radix(&digits, 16).ok()?);
        }
        let high = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&high) {
            return self.push_code(high);
        }
        if self.rest.next()? != '\\' || self.rest.next()? != 'u' {
            return None;
        }
        let low = self.hex(4)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        self.push_code(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |code, _| Some(code * 16 + self.rest.next()?.to_digit(16)?))
    }

    fn push_code(&mut self, code: u32) -> Option<()> {
        let character = char::from_u32(code)?;
        write!(self.out, "\\u{{{:X}}}", u32::from(character)).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pattern: &str, low: usize, high: Option<usize>) {
        let sampler = Sampler::new(pattern).unwrap_or_else(|| panic!("{pattern} can be read"));
        let mut schema = json!({"type": "string", "pattern": pattern, "minLength": low});
        if let Some(high) = high {
            schema["maxLength"] = json!(high);
        }
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for seed in 0..40 {
            let text = sampler.sample(low, high, &mut Rng::new(seed)).unwrap_or_else(|| panic!("{pattern}"));
            assert!(validator.is_valid(&json!(text)), "{pattern}: {text:?}");
        }
    }

    #[test]
    fn samples_match() {
        for pattern in [
            "^(PROD|DEV_|ROOT)[A-Za-z0-9]{28}$",
            "^cug_.+",
            r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$",
            r"^[\w.-]+@[\w-]+\.[a-z]{2,}$",
            r"^[^\s\d]{3}$",
            r"^\/a\/b\-c$",
            r"^[a-z[]{2}$",
            r"^[-&&~~]$",
            r"^\{x\}$",
            r"^\u0041[\u0400-\u04FF]$",
            r"^\p{L}{2}$",
            "^(?<year>[0-9]{4})$",
            r"^\x41\cJ$",
            "^a{0,}b{2}$",
            "^(?:a|b|)c?$",
            "^[A-Z]{2}[0-9]{2}(?:[ ]?[0-9]{4}){4}$",
        ] {
            check(pattern, 0, None);
        }
        check("^[a-z]+$", 300, Some(310));
        check("^(ab)*$", 10, Some(20));
        check("^[a-z0-9](-?[a-z0-9])*$", 3, Some(63));
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        let sampler = Sampler::new(r"^\uD83D\uDE00\{$").expect("can be read");
        assert_eq!(sampler.sample(0, None, &mut Rng::new(1)).as_deref(), Some("😀{"));
    }

    #[test]
    fn what_cannot_be_sampled_is_said() {
        for pattern in [r"^(a)\1$", "(", "[a", r"\u12"] {
            assert!(Sampler::new(pattern).is_none(), "{pattern}");
        }
        let huge = Sampler::new("^((a{1000}){1000}){1000}$").expect("can be read");
        assert_eq!(huge.sample(0, None, &mut Rng::new(1)), None);
        let never = Sampler::new("^[]$").expect("can be read");
        assert_eq!(never.sample(0, None, &mut Rng::new(1)), None);
        assert!(Sampler::new("^(?=.*[A-Z]).{8}$").expect("can be read").approximate);
    }
}
