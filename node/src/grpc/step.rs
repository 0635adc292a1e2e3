//! What every step of a record says on the wire, and the forms that most steps have.

use changxiao_proto::convert::request::{Invalid, Reader};
use changxiao_tier::desk::Parsed;

use super::Envelope;
use crate::{
    app::{CountyCommand, Target},
    book::CountyBook,
};

/// A write that was read.
pub(crate) type Read = Result<Parsed<CountyBook>, Invalid>;

/// A step as far as all steps are alike: its reader, the record as the caller saw it, and the rest of the envelope.
pub(crate) type Step = (Reader, Option<Target>, Envelope);

/// Largest amount of money, yuan: larger ones are slips of the keyboard.
const MOST_YUAN: u64 = 100_000_000_000;

/// Begins to read a step: record by the pattern of its name, version seen, request id.
macro_rules! begin {
    ($wire:ident, $pattern:expr) => {{
        let mut reader = changxiao_proto::convert::request::Reader::default();
        let (region, target) = $crate::grpc::target(&mut reader, &$wire.name, &$wire.etag, $pattern);
        let request_id = reader.request_id(&$wire.request_id);
        (reader, target, $crate::grpc::Envelope { region, request_id, validate_only: $wire.validate_only })
    }};
}
pub(crate) use begin;

/// A step that says nothing of its own.
pub(crate) fn bare((reader, target, envelope): Step, how: fn(Target) -> CountyCommand) -> Read {
    envelope.parsed(reader, target.map(how))
}

/// A step with one text of its own, of at least `least` and at most `most` characters.
pub(crate) fn one_text(
    (mut reader, target, envelope): Step,
    field: &'static str,
    text: &str,
    (least, most): (usize, usize),
    how: fn(Target, String) -> CountyCommand,
) -> Read {
    let text = reader.text(field, text, least, most);
    envelope.parsed(reader, target.zip(text).map(|(target, text)| how(target, text)))
}

/// A yes or no to something asked for. A refusal gives its reason, a consent may.
pub(crate) fn yes_or_no(
    (mut reader, target, envelope): Step,
    yes: bool,
    reason: &str,
    how: fn(Target, bool, String) -> CountyCommand,
) -> Read {
    let reason = reader.text("reason", reason, usize::from(!yes), 2_000);
    envelope.parsed(reader, target.zip(reason).map(|(target, reason)| how(target, yes, reason)))
}

/// A sum of money, yuan.
pub(crate) fn yuan(reader: &mut Reader, field: &'static str, sum: u64) -> Option<u64> {
    if sum > MOST_YUAN {
        reader.wrong(field, format!("must be at most {MOST_YUAN}"));
    }
    (sum <= MOST_YUAN).then_some(sum)
}

/// The stored word of a state to filter by, from its number on the wire; 0 for any. The outer `None` means that the number is none.
pub(crate) fn state_filter(
    reader: &mut Reader,
    number: i32,
    states: impl IntoIterator<Item = (i32, &'static str)>,
) -> Option<Option<&'static str>> {
    if number == 0 {
        return Some(None);
    }
    let found = states.into_iter().find(|(wire, _)| *wire == number).map(|(_, word)| Some(word));
    if found.is_none() {
        reader.wrong("state", format!("{number} is not a state"));
    }
    found
}
