//! The date of a request in SigV4's two spellings: `YYYYMMDDTHHMMSSZ` and its first eight characters.
//!
//! It has no clock and no time zones: UTC seconds come in. Leap seconds do not exist in Unix time.

use core::fmt;

use crate::error::SigningError;

/// Midnight at the end of 9999-12-31, in Unix seconds.
const END_OF_YEAR_9999: i64 = 253_402_300_800;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment between 1970 and 9999, in UTC, to the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AmzDate([u8; 16]);

impl AmzDate {
    /// The moment this many seconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`SigningError::Date`] before 1970 or after 9999.
    pub fn from_unix(seconds: i64) -> Result<Self, SigningError> {
        if !(0..END_OF_YEAR_9999).contains(&seconds) {
            return Err(SigningError::Date);
        }
        // Both fit: WASM has no fast division of 64 bits.
        let (year, month, day) = civil_from_days((seconds / SECONDS_PER_DAY) as u32);
        let second_of_day = (seconds % SECONDS_PER_DAY) as u32;
        let mut text = *b"00000000T000000Z";
        write_decimal(&mut text[0..4], year);
        write_decimal(&mut text[4..6], month);
        write_decimal(&mut text[6..8], day);
        write_decimal(&mut text[9..11], second_of_day / 3600);
        write_decimal(&mut text[11..13], second_of_day / 60 % 60);
        write_decimal(&mut text[13..15], second_of_day % 60);
        Ok(Self(text))
    }

    /// Reads `YYYYMMDDTHHMMSSZ`.
    ///
    /// # Errors
    /// [`SigningError::Date`] for any other shape, a day that does not exist, or a year before 1970.
    pub fn parse(text: &str) -> Result<Self, SigningError> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().map_err(|_| SigningError::Date)?;
        let number = |from: usize, to: usize| read_decimal(&bytes[from..to]);
        let fields = (
            number(0, 4),
            number(4, 6),
            number(6, 8),
            number(9, 11),
            number(11, 13),
            number(13, 15),
        );
        let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = fields
        else {
            return Err(SigningError::Date);
        };
        if bytes[8] != b'T' || bytes[15] != b'Z' || hour > 23 || minute > 59 || second > 59 {
            return Err(SigningError::Date);
        }
        // Days that do not exist (month 13, 31 April) come back as another date and are caught by that.
        let days = days_from_civil(year, month, day);
        let date = Self::from_unix(days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second)?;
        if date.0 == *bytes {
            Ok(date)
        } else {
            Err(SigningError::Date)
        }
    }

    /// `YYYYMMDDTHHMMSSZ`, the value of `x-amz-date`.
    #[must_use]
    pub fn timestamp(&self) -> &str {
        core::str::from_utf8(&self.0).expect("digits, T and Z are ASCII")
    }

    /// `YYYYMMDD`, the day of the credential scope.
    #[must_use]
    pub fn day(&self) -> &str {
        core::str::from_utf8(&self.0[..8]).expect("digits are ASCII")
    }

    pub(crate) fn day_bytes(&self) -> [u8; 8] {
        let [day @ .., _, _, _, _, _, _, _, _] = self.0;
        day
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.timestamp())
    }
}

impl fmt::Debug for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmzDate({self})")
    }
}

fn write_decimal(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn read_decimal(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(digit - b'0'))
    })
}

/// Proleptic Gregorian date of a day count from 1970-01-01 (>= 0). Years are counted from March, so that the
/// leap day is the last of its year; an era is 400 years, 146,097 days; 719,468 days lie before 1970.
fn civil_from_days(days: u32) -> (u32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + u32::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`]; fields out of range give some other day's count, never a panic.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
