//! Flags of a request: one for each field that has a short form, and for those of messages one level down.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{names, secrets::is_secret, surface::Surface, values::Shape};

/// Names that the client itself uses. A field of this name is reached as `--request.<name>`.
const TAKEN: &[&str] = &[
    "client-certificate",
    "help",
    "json",
    "language",
    "output",
    "secrets-file",
    "server",
    "server-name",
    "session-file",
    "timeout-seconds",
    "token-file",
    "trust-bundle",
];

/// One flag.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Without hyphens in front, such as `enterprise.title`.
    pub name: String,
    /// Identifier within clap, which no setting can share.
    pub id: String,
    /// What it fills.
    pub field: FieldDescriptor,
    /// The message field that `field` lies in, if not the request itself.
    pub within: Option<FieldDescriptor>,
    /// How its text is read.
    pub shape: Shape,
}

/// All flags of a request in the order of field numbers. Fields that only a server fills have none, and no secret has one.
pub fn of(surface: &Surface, request: &MessageDescriptor) -> Vec<Flag> {
    let mut out = Vec::new();
    for field in request.fields().filter(|field| !is_secret(surface, field)) {
        match (Shape::of(&field), field.kind()) {
            (Some(shape), _) => out.push(flag(names::kebab(field.name()), field, None, shape)),
            (None, Kind::Message(message)) if !field.is_list() && !field.is_map() => {
                let prefix = names::kebab(field.name());
                for inner in message.fields().filter(|inner| !output_only(surface, inner)) {
                    if let Some(shape) = Shape::of(&inner) {
                        let name = format!("{prefix}.{}", names::kebab(inner.name()));
                        out.push(flag(name, inner, Some(field.clone()), shape));
                    }
                }
            }
            // Lists of messages and what lies deeper: `--json`.
            _ => {}
        }
    }
    out
}

fn flag(name: String, field: FieldDescriptor, within: Option<FieldDescriptor>, shape: Shape) -> Flag {
    let name = if TAKEN.contains(&name.as_str()) { format!("request.{name}") } else { name };
    let id = format!("field:{name}");
    Flag { name, id, field, within, shape }
}

fn output_only(surface: &Surface, field: &FieldDescriptor) -> bool {
    surface.comments.above(&field.parent_message().parent_file(), field.path()).contains("Output only.")
}

impl Flag {
    /// Comment of the field.
    pub fn help<'a>(&self, surface: &'a Surface) -> &'a str {
        surface.comments.above(&self.field.parent_message().parent_file(), self.field.path())
    }

    /// Puts values into the request, over whatever stands there.
    pub fn fill(&self, request: &mut DynamicMessage, mut values: Vec<Value>) {
        let value = if self.field.is_list() {
            Value::List(values)
        } else {
            match values.pop() {
                Some(last) => last,
                None => return,
            }
        };
        match &self.within {
            None => request.set_field(&self.field, value),
            Some(outer) => {
                if let Some(message) = request.get_field_mut(outer).as_message_mut() {
                    message.set_field(&self.field, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{settings, surface::NODE};

    #[test]
    fn no_field_can_hide_a_setting() {
        let surface = Surface::of(&NODE).unwrap();
        let services = surface.services();
        let field = services[0].methods[0].descriptor.input().fields().next().unwrap();
        for setting in settings::arguments() {
            let name = setting.get_long().unwrap();
            let made = flag(name.to_owned(), field.clone(), None, Shape::Text);
            assert_eq!(made.name, format!("request.{name}"));
        }
    }
}
