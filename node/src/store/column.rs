//! How single values of the domain are kept in columns, and tables that are declared by their columns.

use changxiao_domain::{
    clock::{Date, Instant},
    county_directive::{self, Recipient},
    follow_up::Addressee,
    four_eyes::Acts,
    industry::IndustryCode,
    measure, organisation,
    personal::Personal,
    serial::Serial,
    task,
};
use changxiao_tier::journal::store::{signed, unsigned};

use super::{name_of, person};

/// Stands between persons in one column; no name holds it.
const BETWEEN: char = '\u{1f}';

/// A value and the column that keeps it.
pub trait Column: Sized {
    /// Type of the column.
    type Kept;

    /// The value as kept.
    fn put(&self) -> Self::Kept;

    /// The kept as a value.
    ///
    /// # Errors
    /// Says what is wrong; the caller names table and column.
    fn take(kept: Self::Kept) -> Result<Self, String>;
}

macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl Column for $type {
            type Kept = $type;
            fn put(&self) -> $type { self.clone() }
            fn take(kept: $type) -> Result<Self, String> { Ok(kept) }
        }
    )*};
}
as_it_is!(String, bool);

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Column for $type {
            type Kept = String;
            fn put(&self) -> String { self.to_string() }
            fn take(kept: String) -> Result<Self, String> { kept.parse().map_err(|why| format!("{why}")) }
        }
        impl Column for Option<$type> {
            type Kept = Option<String>;
            fn put(&self) -> Option<String> { self.as_ref().map(ToString::to_string) }
            fn take(kept: Option<String>) -> Result<Self, String> { kept.map(<$type as Column>::take).transpose() }
        }
    )*};
}
as_text!(Date, IndustryCode);

macro_rules! as_number {
    ($($type:ty, $put:expr, $take:expr;)*) => {$(
        impl Column for $type {
            type Kept = i64;
            fn put(&self) -> i64 { $put(*self) }
            fn take(kept: i64) -> Result<Self, String> { $take(kept).ok_or_else(|| format!("{kept} is none")) }
        }
        impl Column for Option<$type> {
            type Kept = Option<i64>;
            fn put(&self) -> Option<i64> { self.map(|value| $put(value)) }
            fn take(kept: Option<i64>) -> Result<Self, String> { kept.map(<$type as Column>::take).transpose() }
        }
    )*};
}
as_number! {
    u32, i64::from, |kept: i64| u32::try_from(kept).ok();
    i16, i64::from, |kept: i64| i16::try_from(kept).ok();
    u64, signed, |kept| Some(unsigned(kept));
    Serial, |serial: Serial| signed(serial.raw()), |kept| Serial::from_raw(unsigned(kept));
    Instant, Instant::ms, |kept| Some(Instant::from_ms(kept));
}

macro_rules! as_word {
    ($($type:ty, $id:expr, $of:expr;)*) => {$(
        impl Column for $type {
            type Kept = String;
            fn put(&self) -> String { $id(*self).to_owned() }
            fn take(kept: String) -> Result<Self, String> { $of(&kept).ok_or_else(|| format!("`{kept}` is none of its words")) }
        }
    )*};
}

/// The word of a value, and the value of a word, in a closed list.
fn word<T: PartialEq + Copy>(all: &[(T, &'static str)], value: T) -> &'static str {
    super::text_of(all, value)
}
fn of_word<T: Copy>(all: &[(T, &'static str)], text: &str) -> Option<T> {
    all.iter().find(|(_, word)| *word == text).map(|(value, _)| *value)
}

as_word! {
    task::State, task::State::id, task::State::from_id;
    measure::State, measure::State::id, measure::State::from_id;
    county_directive::State, county_directive::State::id, county_directive::State::from_id;
    Recipient, Recipient::id, Recipient::from_id;
    Addressee, Addressee::id, Addressee::from_id;
    organisation::GroupState, |value| word(&organisation::GroupState::WORDS, value), |text: &str| of_word(&organisation::GroupState::WORDS, text);
    organisation::Skill, |value| word(&organisation::Skill::WORDS, value), |text: &str| of_word(&organisation::Skill::WORDS, text);
    organisation::UserState, |value| word(&organisation::UserState::WORDS, value), |text: &str| of_word(&organisation::UserState::WORDS, text);
    organisation::Layer, |value| word(&organisation::Layer::WORDS, value), |text: &str| of_word(&organisation::Layer::WORDS, text);
    organisation::TrainingState, |value| word(&organisation::TrainingState::WORDS, value), |text: &str| of_word(&organisation::TrainingState::WORDS, text);
    organisation::SubmissionKind, |value| word(&organisation::SubmissionKind::WORDS, value), |text: &str| of_word(&organisation::SubmissionKind::WORDS, text);
    organisation::SubmissionState, |value| word(&organisation::SubmissionState::WORDS, value), |text: &str| of_word(&organisation::SubmissionState::WORDS, text);
}

impl Column for Acts {
    type Kept = String;
    fn put(&self) -> String {
        self.text()
    }
    fn take(kept: String) -> Result<Self, String> {
        Self::from_text(&kept).ok_or_else(|| "is not `act=account` by spaces".to_owned())
    }
}

impl Column for Personal {
    type Kept = Option<String>;
    fn put(&self) -> Option<String> {
        name_of(self)
    }
    fn take(kept: Option<String>) -> Result<Self, String> {
        Ok(person(kept))
    }
}

/// One person within a column of several; an erased one is empty, which no name is.
pub(super) fn name_within(person: &Personal) -> &str {
    match person {
        Personal::Known(name) => name,
        Personal::Erased => "",
    }
}

/// The person of such a name.
pub(super) fn person_within(name: &str) -> Personal {
    if name.is_empty() { Personal::Erased } else { Personal::Known(name.to_owned()) }
}

impl Column for Vec<Personal> {
    type Kept = String;
    fn put(&self) -> String {
        // Each is ended, not parted: one erased person is not nobody.
        self.iter().map(|person| format!("{}{BETWEEN}", name_within(person))).collect()
    }
    fn take(kept: String) -> Result<Self, String> {
        Ok(kept.split_terminator(BETWEEN).map(person_within).collect())
    }
}

/// Declares a table of records found by their serial: the record, its columns with the types that keep them, and columns that are derived.
macro_rules! stored {
    ($table:literal $value:ident { $($field:ident : $kept:ty),* $(,)? } $(derived { $($extra:ident : $extra_kept:ty = $how:expr),* $(,)? })?) => {
        /// One row.
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = $table)]
        #[allow(missing_docs)]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub serial: i64,
            $(pub $field: $kept,)*
            $($(pub $extra: $extra_kept,)*)?
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        #[allow(missing_docs)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}

        $crate::store::keyed_by_serial!($table, $value);

        /// A row as a domain value.
        ///
        /// # Errors
        /// A column holds what no such record can have.
        pub fn from_row(row: Model) -> Result<$value, $crate::store::RowFault> {
            let fault = |column| move |why| $crate::store::RowFault { table: $table, column, why };
            Ok($value {
                serial: $crate::store::column::Column::take(row.serial).map_err(fault("serial"))?,
                $($field: $crate::store::column::Column::take(row.$field).map_err(fault(stringify!($field)))?,)*
            })
        }

        /// A domain value as a row.
        #[must_use]
        pub fn to_row(value: &$value) -> Model {
            Model {
                serial: $crate::store::column::Column::put(&value.serial),
                $($field: $crate::store::column::Column::put(&value.$field),)*
                $($($extra: ($how)(value),)*)?
            }
        }
    };
}
pub(crate) use stored;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_in_one_column_read_back_even_erased() {
        let known = |name: &str| Personal::Known(name.to_owned());
        for persons in [vec![], vec![Personal::Erased], vec![known("甲"), Personal::Erased, known("乙")]] {
            assert_eq!(Vec::<Personal>::take(persons.put()).unwrap(), persons);
        }
    }
}
