//! The words of shell commands (POSIX Shell Command Language, section 2.2; `$'…'` of section 2.2.4).

/// A word: text, and variables that the shell would fill in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Piece>);

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `$NAME` or `${NAME}`.
    Variable(String),
}

impl Word {
    fn push(&mut self, character: char) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => self.0.push(Piece::Text(character.to_string())),
        }
    }
}

/// A command, and the line (from 1) that it starts at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) line: usize,
    /// Its words, or why they cannot be told.
    pub(super) words: Result<Vec<Word>, String>,
}

/// The commands of a script, one by one; what ends one ends it here too.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let mut reader = Reader { rest: text.chars().peekable(), line: 1 };
    let mut all = Vec::new();
    while let Some(command) = reader.command() {
        all.push(command);
    }
    // A comment alone is no command.
    all.retain(|command| command.words.as_ref().map_or(true, |words| !words.is_empty()));
    all
}

struct Reader<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    fn command(&mut self) -> Option<Command> {
        while self.rest.next_if(|c| c.is_whitespace() || matches!(c, ';' | '&' | '|')).map(|c| self.count(c)).is_some()
        {
        }
        self.rest.peek()?;
        let line = self.line;
        let words = self.words();
        if words.is_err() {
            // What follows a word that cannot be told is not guessed at.
            while self.next().is_some_and(|c| c != '\n') {}
        }
        Some(Command { line, words })
    }

    fn count(&mut self, character: char) {
        self.line += usize::from(character == '\n');
    }

    fn words(&mut self) -> Result<Vec<Word>, String> {
        let mut words = Vec::new();
        let mut word: Option<Word> = None;
        while let Some(character) = self.next() {
            match character {
                '\n' | ';' | '&' | '|' => break,
                ' ' | '\t' | '\r' => words.extend(word.take()),
                '#' if word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some('\r') if self.rest.peek() == Some(&'\n') => {
                        self.next();
                    }
                    Some(escaped) => word.get_or_insert_default().push(escaped),
                },
                '\'' => self.single(word.get_or_insert_default())?,
                '"' => self.double(word.get_or_insert_default())?,
                '$' => self.dollar(word.get_or_insert_default(), true)?,
                '`' => return Err("what a command in it (`` `…` ``) prints is not known".to_owned()),
                '<' | '>' if word.is_none() => return Err("redirections are not followed".to_owned()),
                other => word.get_or_insert_default().push(other),
            }
        }
        words.extend(word);
        Ok(words)
    }

    fn single(&mut self, word: &mut Word) -> Result<(), String> {
        word.0.push(Piece::Text(String::new()));
        loop {
            match self.next().ok_or("a quotation (`'`) has no end")? {
                '\'' => return Ok(()),
                other => word.push(other),
            }
        }
    }

    fn double(&mut self, word: &mut Word) -> Result<(), String> {
        word.0.push(Piece::Text(String::new()));
        loop {
            match self.next().ok_or("a quotation (`\"`) has no end")? {
                '"' => return Ok(()),
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(escaped @ ('$' | '`' | '"' | '\\')) => word.push(escaped),
                    Some(other) => {
                        word.push('\\');
                        word.push(other);
                    }
                },
                '$' => self.dollar(word, false)?,
                '`' => return Err("what a command in it (`` `…` ``) prints is not known".to_owned()),
                other => word.push(other),
            }
        }
    }

    /// What follows a `$`; `$'…'` and `$"…"` only outside of quotations.
    fn dollar(&mut self, word: &mut Word, bare: bool) -> Result<(), String> {
        match self.rest.peek() {
            Some('\'') if bare => {
                self.next();
                self.ansi(word)
            }
            Some('"') if bare => {
                self.next();
                self.double(word)
            }
            Some('(') => Err("what a command in it (`$(…)`) prints is not known".to_owned()),
            Some('{') => {
                self.next();
                let mut name = String::new();
                loop {
                    match self.next().ok_or("a variable (`${`) has no end")? {
                        '}' => break,
                        character if character.is_ascii_alphanumeric() || character == '_' => name.push(character),
                        _ => return Err("of variables only `$NAME` and `${NAME}` are read".to_owned()),
                    }
                }
                word.0.push(Piece::Variable(name));
                Ok(())
            }
            Some(start) if start.is_ascii_alphabetic() || *start == '_' => {
                let mut name = String::new();
                while let Some(character) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(character);
                }
                word.0.push(Piece::Variable(name));
                Ok(())
            }
            _ => {
                word.push('$');
                Ok(())
            }
        }
    }

    /// `$'…'`
    fn ansi(&mut self, word: &mut Word) -> Result<(), String> {
        const OPEN: &str = "a quotation (`$'`) has no end";
        word.0.push(Piece::Text(String::new()));
        let mut bytes = Vec::new();
        loop {
            let character = self.next().ok_or(OPEN)?;
            if character == '\'' {
                break;
            }
            if character != '\\' {
                bytes.extend(character.to_string().bytes());
                continue;
            }
            match self.next().ok_or(OPEN)? {
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                'r' => bytes.push(b'\r'),
                'a' => bytes.push(7),
                'b' => bytes.push(8),
                'e' | 'E' => bytes.push(27),
                'f' => bytes.push(12),
                'v' => bytes.push(11),
                'x' => bytes.push(u8::try_from(self.number(16, 2, "")?).unwrap_or_default()),
                'u' => self.unicode(4, &mut bytes)?,
                'U' => self.unicode(8, &mut bytes)?,
                digit @ '0'..='7' => bytes.push((self.number(8, 2, &digit.to_string())? & 0xff) as u8),
                other => bytes.extend(other.to_string().bytes()),
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| "the bytes of a quotation (`$'…'`) are no UTF-8".to_owned())?;
        text.chars().for_each(|character| word.push(character));
        Ok(())
    }

    fn unicode(&mut self, most: usize, bytes: &mut Vec<u8>) -> Result<(), String> {
        let mut code = self.number(16, most, "")?;
        // Browsers write what is beyond the first plane as two halves.
        if (0xd800..0xdc00).contains(&code)
            && self.rest.next_if_eq(&'\\').is_some()
            && self.rest.next_if_eq(&'u').is_some()
        {
            let low = self.number(16, 4, "")?;
            code = 0x10000 + ((code - 0xd800) << 10) + low.wrapping_sub(0xdc00).min(0x3ff);
        }
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        bytes.extend(character.to_string().bytes());
        Ok(())
    }

    fn number(&mut self, radix: u32, most: usize, start: &str) -> Result<u32, String> {
        let mut digits = start.to_owned();
        while digits.len() < most + start.len() {
            let Some(digit) = self.rest.next_if(|c| c.is_digit(radix)) else { break };
            digits.push(digit);
        }
        u32::from_str_radix(&digits, radix).map_err(|_| "an escape (`\\x`, `\\u`) has no digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let plain = |word: Word| {
            word.0.into_iter().map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Variable(name) => format!("<{name}>"),
            })
        };
        let of = |command: Command| {
            let words = command.words.unwrap_or_else(|reason| vec![Word(vec![Piece::Text(format!("!{reason}"))])]);
            words.into_iter().map(|word| plain(word).collect()).collect()
        };
        commands(text).into_iter().map(of).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, expected) in [
            ("a 'b c' \"d\\\"e\\n\" f\\ g", vec!["a", "b c", "d\"e\\n", "f g"]),
            ("a \\\n  b \\\r\n c", vec!["a", "b", "c"]),
            ("$'a\\'b\\n\\x41\\u00e9\\ud83d\\ude00\\101'", vec!["a'b\nAé😀A"]),
            ("'it'\\''s' \"\" x''y", vec!["it's", "", "xy"]),
            ("\"$A/${B_1}c\" $D $ '$E' $1", vec!["<A>/<B_1>c", "<D>", "$", "$E", "$1"]),
            ("a # comment 'x\n", vec!["a"]),
            ("a#b", vec!["a#b"]),
        ] {
            assert_eq!(words(text), [expected], "{text}");
        }
        let commands: Vec<String> = words("a\nb; c && d | e\n\n# x\nf").concat();
        assert_eq!(commands, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn what_cannot_be_told_is_said_and_the_next_command_is_read() {
        for (text, reason) in [
            ("a 'b", "has no end"),
            ("a $(b) c\nd", "what a command in it (`$(…)`) prints"),
            ("a `b`\nd", "prints is not known"),
            ("a \"${b:-c}\"\nd", "only `$NAME`"),
            ("a > x\nd", "redirections"),
        ] {
            let found = commands(text);
            let said = found[0].words.as_ref().expect_err("an error");
            assert!(said.contains(reason), "{text}: {said}");
        }
        assert_eq!(commands("\n a $(b) c\nd").iter().map(|command| command.line).collect::<Vec<_>>(), [2, 3]);
    }
}
