//! A reader for the JSON a site is written in: objects, arrays, strings, whole numbers, `true`, `false`, `null`.
//!
//! Strict where parsers differ: one value and nothing after it, no field twice, no fraction, sign or exponent (no
//! field has one), no lone surrogate, a bounded depth. It is its own reader because a general one brings
//! floating-point text, half the size of the whole edge module (docs/decisions). It writes nothing and
//! knows no field of a site.

use alloc::{string::String, vec::Vec};
use core::iter::{Copied, Peekable};
use core::slice::Iter;

/// A site is three levels deep.
const DEEPEST: usize = 8;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(u32),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson(pub(super) &'static str);

/// Reads one value, the whole text.
pub(super) fn read(text: &str) -> Result<Value, NotJson> {
    let mut reader = Reader {
        rest: text.as_bytes().iter().copied().peekable(),
    };
    let value = reader.value(0)?;
    reader.space();
    match reader.rest.next() {
        None => Ok(value),
        Some(_) => Err(NotJson("has trailing text")),
    }
}

struct Reader<'t> {
    rest: Peekable<Copied<Iter<'t, u8>>>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, NotJson> {
        if depth > DEEPEST {
            return Err(NotJson("is nested too deeply"));
        }
        self.space();
        match self.rest.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.text().map(Value::Text),
            Some(b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(NotJson("has a missing value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, NotJson> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        self.items(b'}', |reader| {
            let name = reader.text()?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(NotJson("has a duplicate field"));
            }
            reader.space();
            reader.expect(b':')?;
            let value = reader.value(depth + 1)?;
            fields.push((name, value));
            Ok(())
        })?;
        Ok(Value::Object(fields))
    }

    fn list(&mut self, depth: usize) -> Result<Value, NotJson> {
        let mut values = Vec::new();
        self.items(b']', |reader| {
            let value = reader.value(depth + 1)?;
            values.push(value);
            Ok(())
        })?;
        Ok(Value::List(values))
    }

    /// From the opening bracket to the closing one, an item between commas.
    fn items(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.rest.next();
        self.space();
        if self.rest.next_if_eq(&close).is_some() {
            return Ok(());
        }
        loop {
            self.space();
            item(self)?;
            self.space();
            match self.rest.next() {
                Some(b',') => {}
                Some(end) if end == close => return Ok(()),
                _ => return Err(NotJson("has a missing comma or bracket")),
            }
        }
    }

    fn number(&mut self) -> Result<u32, NotJson> {
        let mut number = 0_u32;
        let mut digits = 0;
        while let Some(digit) = self.rest.peek().and_then(|byte| digit(*byte, 10)) {
            self.rest.next();
            number = number
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(digit))
                .ok_or(NotJson("has a number that is too large"))?;
            digits += 1;
            if digits == 2 && number < 10 {
                return Err(NotJson("has a number with a leading zero"));
            }
        }
        if matches!(self.rest.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(NotJson("has a number that is not an integer"));
        }
        Ok(number)
    }

    fn text(&mut self) -> Result<String, NotJson> {
        const ENDLESS: NotJson = NotJson("has an unterminated string");
        self.expect(b'"')?;
        let mut text = Vec::new();
        loop {
            match self.rest.next() {
                Some(b'"') => return String::from_utf8(text).map_err(|_| ENDLESS),
                Some(b'\\') => {
                    let char = self.escaped()?;
                    text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(0..=0x1f) | None => return Err(ENDLESS),
                Some(byte) => text.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, NotJson> {
        Ok(match self.rest.next() {
            Some(same @ (b'"' | b'\\' | b'/')) => char::from(same),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(NotJson("has an unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, NotJson> {
        const LONE: NotJson = NotJson("has an unpaired surrogate");
        let first = self.unit()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if (self.rest.next(), self.rest.next()) != (Some(b'\\'), Some(b'u')) {
                    return Err(LONE);
                }
                match self.unit()? {
                    second @ 0xDC00..=0xDFFF => {
                        0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    _ => return Err(LONE),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or(LONE)
    }

    fn unit(&mut self) -> Result<u32, NotJson> {
        (0..4).try_fold(0, |unit, _| {
            let digit = self.rest.next().and_then(|byte| digit(byte, 16));
            Ok(unit * 16 + digit.ok_or(NotJson("has an unknown escape"))?)
        })
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, NotJson> {
        word.bytes().try_for_each(|byte| self.expect(byte))?;
        Ok(value)
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        match self.rest.next_if_eq(&byte) {
            Some(_) => Ok(()),
            None => Err(NotJson("is not valid JSON")),
        }
    }

    fn space(&mut self) {
        while self
            .rest
            .next_if(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .is_some()
        {}
    }
}

fn digit(byte: u8, radix: u32) -> Option<u32> {
    char::from(byte).to_digit(radix)
}

#[cfg(test)]
mod tests;
