//! Answers for people (tables) and for programs (proto3 JSON).

mod cells;
mod columns;
#[cfg(test)]
mod tests;
mod width;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, SerializeOptions, Value};

pub use self::cells::plain;
use self::{cells::Cells, columns::Columns};
use super::{fault::Fault, values::Shape};

/// A table if the answer holds one list of messages, else one line for each field. The request id stands with the fields.
/// An answer that only wraps another message, such as a register, is printed as that message.
pub fn table(answer: &DynamicMessage, request_id: Option<&str>) -> String {
    let inner = the_message(answer);
    let answer = inner.as_ref().unwrap_or(answer);
    let id = request_id.map(|id| ("request_id".to_owned(), id.to_owned()));
    match the_list(answer) {
        Some(list) => listing(answer, &list, id),
        None => columns::pairs(&cells::of(answer).into_iter().chain(id).collect()),
    }
}

/// The message that is the whole answer, if there is nothing beside it.
fn the_message(answer: &DynamicMessage) -> Option<DynamicMessage> {
    let descriptor = answer.descriptor();
    let mut fields = descriptor.fields();
    let field = fields.next().filter(|field| Shape::of(field).is_none() && !field.is_list())?;
    match fields.next() {
        Some(_) => None,
        None => answer.get_field(&field).as_message().cloned(),
    }
}

/// The only field that is a list of messages, if there is exactly one.
fn the_list(answer: &DynamicMessage) -> Option<FieldDescriptor> {
    let descriptor = answer.descriptor();
    let mut lists = descriptor.fields().filter(|field| field.is_list() && matches!(field.kind(), Kind::Message(_)));
    match (lists.next(), lists.next()) {
        (Some(list), None) => Some(list),
        _ => None,
    }
}

fn listing(answer: &DynamicMessage, list: &FieldDescriptor, id: Option<(String, String)>) -> String {
    let rows: Vec<Cells> = messages(&answer.get_field(list)).map(cells::of).collect();
    let mut columns = Columns::default();
    rows.into_iter().for_each(|row| columns.push(row));
    let mut rest = Vec::new();
    for field in answer.descriptor().fields().filter(|field| field != list) {
        if field.kind() == list.kind() && !field.is_list() {
            // A message of the rows' own type beside the list is their sum.
            if answer.has_field(&field) {
                columns.total(answer.get_field(&field).as_message().map(cells::of).unwrap_or_default());
            }
        } else {
            cells::field(answer, &field, "", true, &mut rest);
        }
    }
    rest.extend(id);
    let mut text = columns.text();
    let rest = columns::pairs(&rest);
    if !rest.is_empty() {
        text.push('\n');
        text.push_str(&rest);
    }
    text
}

fn messages(value: &Value) -> impl Iterator<Item = &DynamicMessage> {
    value.as_list().unwrap_or_default().iter().filter_map(Value::as_message)
}

/// proto3 JSON with fields at their default written out, since a script should see `false` and 0; what is absent stays
/// absent. An answer to a command also gets `requestId`.
///
/// # Errors
/// [`Fault::Answer`] if the message cannot be written.
pub fn json(answer: &DynamicMessage, request_id: Option<&str>) -> Result<String, Fault> {
    let options = SerializeOptions::new().skip_default_fields(false);
    let mut value = answer.serialize_with_options(serde_json::value::Serializer, &options)?;
    if let (Some(id), Some(object)) = (request_id, value.as_object_mut()) {
        object.insert("requestId".to_owned(), id.into());
    }
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    Ok(text)
}
