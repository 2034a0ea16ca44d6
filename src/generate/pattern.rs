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

/// The character that stands for what the first group has matched; the others' follow it. No pattern
/// has a reason to mean the first private plane.
const BACK: u32 = 0xf_0000;
/// The most groups that are told apart.
const GROUPS: u32 = 99;

/// A pattern, ready to be sampled.
pub(super) struct Sampler {
    hir: Hir,
    /// Look-around was left out, or a group is referred to: a sample need not match.
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
            let left = high.unwrap_or(LONGEST).clamp(64, LONGEST);
            let mut run = Run { rng, stretch, left, groups: Vec::new() };
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

/// The same, and false where the pattern looks around or back: what is left of it then proves nothing.
pub(super) fn holds(pattern: &str, text: &str) -> bool {
    let mut translation = Translation::new(pattern);
    translation.run().is_some() && !translation.look_around && matches(pattern, text)
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
    /// What the groups have matched so far.
    groups: Vec<String>,
}

impl Run<'_> {
    /// Appends a sample of `hir`; false where it cannot be, or would be too long.
    fn fill(&mut self, hir: &Hir, out: &mut String) -> bool {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.literal(text, out),
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
            HirKind::Capture(capture) => {
                let start = out.len();
                let filled = self.fill(&capture.sub, out);
                let index = capture.index as usize;
                if index <= GROUPS as usize {
                    self.groups.resize(self.groups.len().max(index + 1), String::new());
                    self.groups[index] = out[start..].to_owned();
                }
                filled
            }
            HirKind::Concat(parts) => parts.iter().all(|part| self.fill(part, out)),
            HirKind::Alternation(branches) => {
                self.rng.pick(branches).cloned().is_some_and(|branch| self.fill(&branch, out))
            }
        }
    }

    fn literal(&mut self, text: &str, out: &mut String) -> bool {
        for character in text.chars() {
            let group = u32::from(character).checked_sub(BACK).filter(|group| (1..=GROUPS).contains(group));
            match group {
                // A group that has not matched yet is empty.
                Some(group) => {
                    let again = self.groups.get(group as usize).cloned().unwrap_or_default();
                    if !self.take(again.chars().count()) {
                        return false;
                    }
                    out.push_str(&again);
                }
                None if self.take(1) => out.push(character),
                None => return false,
            }
        }
        true
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
    /// The names of the groups so far; empty for one without.
    groups: Vec<String>,
}

impl<'a> Translation<'a> {
    fn new(pattern: &'a str) -> Self {
        Self {
            rest: pattern.chars().peekable(),
            out: String::with_capacity(pattern.len() + 8),
            look_around: false,
            groups: Vec::new(),
        }
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
            let named = ahead.starts_with("?<");
            if named || !ahead.starts_with('?') {
                let name = self.rest.clone().skip(2).take_while(|c| *c != '>').collect();
                self.groups.push(if named { name } else { String::new() });
            }
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
            first @ '1'..='9' => {
                let mut number = first.to_digit(10)?;
                while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
                    number = (number * 10 + digit.to_digit(10)?).min(GROUPS + 1);
                }
                self.back(number)?;
            }
            'k' => {
                self.rest.next_if_eq(&'<')?;
                let name: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '>')).collect();
                self.rest.next()?;
                let place = self.groups.iter().position(|known| *known == name && !name.is_empty())?;
                self.back(u32::try_from(place).ok()? + 1)?;
            }
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

    /// What a group has matched, again.
    fn back(&mut self, group: u32) -> Option<()> {
        self.look_around = true;
        self.out.push(char::from_u32(BACK + group).filter(|_| group <= GROUPS)?);
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
    fn what_a_group_matched_stands_again() {
        for pattern in [r"^(a|b)\1$", r"^(?<y>\d{4})-\1$", r"^((x|y)z)\2\1$"] {
            check(pattern, 0, None);
        }
        let named = Sampler::new(r"^(?<y>\d{4})-\k<y>$").and_then(|named| named.sample(0, None, &mut Rng::new(1)));
        assert!(named.is_some_and(|text| text[..4] == text[5..]));
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        let sampler = Sampler::new(r"^\uD83D\uDE00\{$").expect("can be read");
        assert_eq!(sampler.sample(0, None, &mut Rng::new(1)).as_deref(), Some("😀{"));
    }

    #[test]
    fn what_cannot_be_sampled_is_said() {
        for pattern in [r"^\2(a)\k<x>$", "(", "[a", r"\u12"] {
            assert!(Sampler::new(pattern).is_none(), "{pattern}");
        }
        let huge = Sampler::new("^((a{1000}){1000}){1000}$").expect("can be read");
        assert_eq!(huge.sample(0, None, &mut Rng::new(1)), None);
        let never = Sampler::new("^[]$").expect("can be read");
        assert_eq!(never.sample(0, None, &mut Rng::new(1)), None);
        assert!(Sampler::new("^(?=.*[A-Z]).{8}$").expect("can be read").approximate);
    }
}
