//! From a command line to a request: `--json` first, flags over it, a request id if none was given.

use std::{fs, io::Read};

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};
use ring::rand::{SecureRandom, SystemRandom};

use super::{
    fault::Fault,
    flags,
    surface::{Method, Surface},
};

/// A request that is ready to be sent.
pub struct Prepared {
    /// The request.
    pub message: DynamicMessage,
    /// Its request id, if its type has one.
    pub request_id: Option<String>,
}

/// Builds the request of a method from its flags.
pub fn prepare(
    surface: &Surface,
    method: &Method,
    matches: &ArgMatches,
    input: &mut (dyn Read + Send),
) -> Result<Prepared, Fault> {
    let descriptor = method.descriptor.input();
    let mut message = match matches.get_one::<String>("json") {
        Some(argument) => from_json(&descriptor, &json_text(argument, input)?)?,
        None => DynamicMessage::new(descriptor.clone()),
    };
    for flag in flags::of(surface, &descriptor) {
        let Some(given) = matches.get_many::<String>(&flag.id) else {
            continue;
        };
        let values = given.map(|text| {
            flag.shape.parse(text).map_err(|expected| Fault::Value { flag: flag.name.clone(), given: text.clone(), expected })
        });
        let values = values.collect::<Result<Vec<Value>, Fault>>()?;
        flag.fill(&mut message, values);
    }
    let request_id = request_id(&mut message)?;
    Ok(Prepared { message, request_id })
}

/// What `--json` names: the text itself, `@file`, or `-` for standard input.
fn json_text(argument: &str, input: &mut (dyn Read + Send)) -> Result<String, Fault> {
    if argument == "-" {
        let mut text = String::new();
        return match input.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(why) => Err(Fault::File { path: "standard input".to_owned(), why: why.to_string() }),
        };
    }
    match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|why| Fault::File { path: path.to_owned(), why: why.to_string() }),
        None => Ok(argument.to_owned()),
    }
}

fn from_json(descriptor: &MessageDescriptor, text: &str) -> Result<DynamicMessage, Fault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    DynamicMessage::deserialize(descriptor.clone(), &mut reader)
        .and_then(|message| reader.end().map(|()| message))
        .map_err(|why| Fault::Json { message: descriptor.name().to_owned(), why: why.to_string() })
}

/// The request id that stands in the message, or a new one put there. `None` if the type has no such field.
fn request_id(message: &mut DynamicMessage) -> Result<Option<String>, Fault> {
    let Some(field) = message.descriptor().get_field_by_name("request_id") else {
        return Ok(None);
    };
    let present = message.get_field(&field).as_str().unwrap_or_default().to_owned();
    if !present.is_empty() {
        return Ok(Some(present));
    }
    let made = uuid_v4()?;
    message.set_field(&field, Value::String(made.clone()));
    Ok(Some(made))
}

/// A random UUID (RFC 9562, version 4).
fn uuid_v4() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Fault::Random)?;
    let mut number = u128::from_be_bytes(bytes);
    number = number & !(0xf << 76) | 0x4 << 76;
    number = number & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests;
