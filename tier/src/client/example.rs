//! One example line for each method, put together from the comments: a sample in backticks is the best example there is.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::{
    flags::Flag,
    names,
    surface::{Method, Service, Surface},
    values::Shape,
};

/// Fields that an example leaves out: they are made, optional by nature, or about paging.
const LEFT_OUT: &[&str] = &["request_id", "validate_only", "etag"];

/// A command line that shows the flags of a method, without those of the connection.
pub fn line(surface: &Surface, service: &Service, method: &Method, flags: &[Flag]) -> String {
    let mut words = vec![surface.program.name.to_owned(), "call".to_owned(), service.command.clone(), method.command.clone()];
    let reads = method.command.starts_with("list-");
    for flag in flags.iter().filter(|flag| shown(surface, flag, reads)) {
        words.push(format!("--{}", flag.name));
        if flag.shape != Shape::Boolean {
            words.push(sample(surface, flag));
        }
    }
    words.join(" ")
}

fn shown(surface: &Surface, flag: &Flag, reads: bool) -> bool {
    // The server names new resources, whatever the request says.
    let own_name = flag.within.is_some() && flag.field.name() == "name";
    // Of a whole resource an example shows what has to be said; marks such as `closed` do not.
    let mark = flag.within.is_some() && flag.shape == Shape::Boolean;
    let paging = flag.within.as_ref().is_some_and(|outer| outer.name() == "page");
    let help = flag.help(surface);
    // Filters and choices with a good default would only make the line longer.
    let narrowing = help.starts_with("Only ") || help.contains("empty for") || help.contains("is ignored");
    let conditional = help.contains("Required if") || help.contains("required if") || help.contains("empty if");
    !(own_name
        || mark
        || paging
        || narrowing
        || conditional
        || LEFT_OUT.contains(&flag.field.name())
        || reads && flag.shape == Shape::Boolean)
}

fn sample(surface: &Surface, flag: &Flag) -> String {
    match &flag.shape {
        Shape::Month(_) => "2015-08".to_owned(),
        Shape::Date(_) => "2015-08-05".to_owned(),
        Shape::Instant => "2015-10-06T00:00:00+08:00".to_owned(),
        Shape::Hex => "9f86d081…".to_owned(),
        Shape::Number(_) => "1".to_owned(),
        Shape::Boolean => "true".to_owned(),
        Shape::Choice(of) => {
            // The last value says more than the first, which often is what happens anyway.
            let last = of.values().filter(|value| value.number() != 0).last();
            last.map(|value| names::short(&value)).unwrap_or_default()
        }
        Shape::Text => quoted(text(surface, flag)),
    }
}

fn text(surface: &Surface, flag: &Flag) -> String {
    let help = flag.help(surface);
    backticked(help).or_else(|| named(surface, &flag.field, help)).unwrap_or("…").to_owned()
}

fn quoted(text: String) -> String {
    let safe = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_/.:~".contains(letter));
    if safe { text } else { format!("'{text}'") }
}

/// First sample that looks like a value rather than the name of a field.
fn backticked(comment: &str) -> Option<&str> {
    let found = comment.split('`').nth(1)?;
    let value =
        !found.is_empty() && !found.contains('…') && found.contains(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
    value.then_some(found)
}

/// `name` of the resource that a comment such as “Declaration.” names, as the resource itself shows it.
fn named<'a>(surface: &'a Surface, field: &FieldDescriptor, comment: &str) -> Option<&'a str> {
    if field.name() != "name" && field.name() != "parent" {
        return None;
    }
    let noun = comment.split(['.', ' ', ',']).next().filter(|noun| !noun.is_empty())?;
    let file = field.parent_message().parent_file();
    let pool = file.parent_pool();
    let package = file.package_name().to_owned();
    let fits = |message: &MessageDescriptor| message.package_name() == package && message.name().ends_with(noun);
    let mut candidates: Vec<MessageDescriptor> = pool.all_messages().filter(fits).collect();
    candidates.sort_by_key(|message| message.name().len());
    candidates.iter().find_map(|message| {
        let name = message.get_field_by_name("name")?;
        backticked(surface.comments.above(&message.parent_file(), name.path()))
    })
}
