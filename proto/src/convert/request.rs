//! Reading requests: every violation is collected before a request is refused.

use std::{fmt::Display, str::FromStr};

use changxiao_domain::{clock::Date, period::Month, region::RegionId, serial::Serial, text::text};

use super::scalar::{Parts, Wire};
use crate::types::v1 as types;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `enterprise.credit_code`.
    pub field: String,
    /// What is wrong and what to do, in English.
    pub why: String,
}

/// Everything that is wrong with a request; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub Vec<Violation>);

/// Collects violations while a request is read.
#[derive(Debug, Default)]
pub struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    /// Notes a violation.
    pub fn wrong(&mut self, field: &str, why: impl Display) {
        self.violations.push(Violation { field: field.to_owned(), why: why.to_string() });
    }

    /// A value, or its violation.
    pub fn read<T, E: Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|why| self.wrong(field, why)).ok()
    }

    /// A value that is written as text.
    pub fn parse<T: FromStr>(&mut self, field: &str, given: &str) -> Option<T>
    where
        T::Err: Display,
    {
        self.read(field, given.parse::<T>())
    }

    /// A required text of `least` to `most` characters.
    pub fn text(&mut self, field: &str, given: &str, least: usize, most: usize) -> Option<String> {
        self.read(field, text(given, least, most))
    }

    /// A required date.
    pub fn date(&mut self, field: &str, given: Option<types::Date>) -> Option<Date> {
        self.read(field, Date::take(given, &Parts::default()))
    }

    /// A date that may be absent. The outer `None` means that it is wrong.
    pub fn optional_date(&mut self, field: &str, given: Option<types::Date>) -> Option<Option<Date>> {
        given.map_or(Some(None), |date| self.date(field, Some(date)).map(Some))
    }

    /// A required month.
    pub fn month(&mut self, field: &str, given: Option<types::Month>) -> Option<Month> {
        self.read(field, Month::take(given, &Parts::default()))
    }

    /// A SHA-256, 32 bytes.
    pub fn digest(&mut self, field: &str, given: &[u8]) -> Option<[u8; 32]> {
        self.read(field, <[u8; 32]>::try_from(given).map_err(|_| format!("must be 32 bytes, has {}", given.len())))
    }

    /// The request id that every write carries: a UUID in its usual form.
    pub fn request_id(&mut self, given: &str) -> Option<String> {
        let good = given.len() == 36
            && given.char_indices().all(|(at, c)| match at {
                8 | 13 | 18 | 23 => c == '-',
                _ => c.is_ascii_hexdigit(),
            });
        if !good {
            self.wrong("request_id", "must be a UUID such as 6f1c2a8e-0d1b-4c57-9a55-7a1f6b0c9d3e, made before the first try");
        }
        good.then(|| given.to_ascii_lowercase())
    }

    /// Everything read, or all violations.
    ///
    /// # Errors
    /// At least one violation was noted.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Invalid> {
        match (self.violations.is_empty(), read) {
            (true, Some(value)) => Ok(value),
            (true, None) => Err(Invalid(vec![Violation { field: String::new(), why: "a value is missing".to_owned() }])),
            (false, _) => Err(Invalid(self.violations)),
        }
    }
}

/// A resource name taken apart: the region, then collection and id in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Region that owns the resource.
    pub region: RegionId,
    /// What follows, such as `[("enterprises", "1-17"), ("declarations", "2015-08")]`.
    pub path: Vec<(String, String)>,
}

/// Not a resource name of the kind wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` must look like `{wanted}`")]
pub struct BadName {
    /// What was sent.
    pub given: String,
    /// The pattern.
    pub wanted: &'static str,
}

impl Name {
    /// Takes a name apart by its pattern, such as `regions/{region}/enterprises/{enterprise}`.
    ///
    /// # Errors
    /// The name does not follow the pattern.
    pub fn parse(given: &str, pattern: &'static str) -> Result<Self, BadName> {
        let bad = || BadName { given: given.chars().take(200).collect(), wanted: pattern };
        let (segments, wanted): (Vec<&str>, Vec<&str>) = (given.split('/').collect(), pattern.split('/').collect());
        if segments.len() != wanted.len() || segments.first() != Some(&"regions") {
            return Err(bad());
        }
        let mut path = Vec::new();
        let mut region = None;
        for (pair, want) in segments.chunks(2).zip(wanted.chunks(2)) {
            let ([collection, id], [wanted, _]) = (pair, want) else { return Err(bad()) };
            if collection != wanted || id.is_empty() {
                return Err(bad());
            }
            if region.is_none() {
                region = Some(id.parse::<RegionId>().map_err(|_| bad())?);
            } else {
                path.push(((*collection).to_owned(), (*id).to_owned()));
            }
        }
        Ok(Self { region: region.ok_or_else(bad)?, path })
    }

    /// The id at a place of the path, parsed.
    #[must_use]
    pub fn id<T: FromStr>(&self, place: usize) -> Option<T> {
        self.path.get(place).and_then(|(_, id)| id.parse().ok())
    }
}

impl Reader {
    /// A resource name whose only id after the region is a serial.
    pub fn serial_name(&mut self, field: &str, given: &str, pattern: &'static str) -> Option<(RegionId, Serial)> {
        let name = self.read(field, Name::parse(given, pattern))?;
        match name.id::<Serial>(0) {
            Some(serial) => Some((name.region, serial)),
            None => {
                self.wrong(field, BadName { given: given.to_owned(), wanted: pattern });
                None
            }
        }
    }

    /// The serial in a name of the region that the request speaks of; a name of another region is a mistake, never a number here.
    pub fn serial_within(
        &mut self,
        field: &str,
        given: &str,
        pattern: &'static str,
        region: Option<&RegionId>,
    ) -> Option<Serial> {
        let (named, serial) = self.serial_name(field, given, pattern)?;
        match region {
            Some(region) if *region != named => {
                self.wrong(field, format!("must lie in regions/{region}, as the request does; it lies in regions/{named}"));
                None
            }
            Some(_) | None => Some(serial),
        }
    }

    /// `regions/{region}`.
    pub fn region_name(&mut self, field: &str, given: &str) -> Option<RegionId> {
        self.read(field, Name::parse(given, "regions/{region}")).map(|name| name.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_pattern() {
        const PATTERN: &str = "regions/{region}/enterprises/{enterprise}/declarations/{month}";
        let name = Name::parse("regions/bs-tengchong/enterprises/1-17/declarations/2015-08", PATTERN).unwrap();
        assert_eq!(name.region.as_str(), "bs-tengchong");
        assert_eq!(name.id::<Serial>(0).unwrap().to_string(), "1-17");
        assert_eq!(name.id::<Month>(1).unwrap().to_string(), "2015-08");
        for bad in [
            "",
            "regions",
            "regions//enterprises/1/declarations/2015-08",
            "regions/bs/enterprises/1-17",
            "a/b/c/d/e/f",
            "regions/BS/enterprises/1-17/declarations/2015-08",
        ] {
            assert!(Name::parse(bad, PATTERN).is_err(), "{bad}");
        }
    }

    #[test]
    fn all_violations_come_at_once() {
        let mut reader = Reader::default();
        reader.text("place", " ", 1, 10);
        reader.request_id("no");
        let invalid = reader.finish(Some(())).unwrap_err();
        assert_eq!(invalid.0.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(), ["place", "request_id"]);
    }
}
