//! The tree of subcommands, and the way back from what was typed to a method.

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValue, builder::PossibleValuesParser};
use prost_reflect::MessageDescriptor;

use super::{
    example,
    fault::Fault,
    flags::{self, Flag},
    kept::SHORTCUTS,
    names, secrets, settings,
    surface::{Method, Service, Surface},
    values::Shape,
};

/// `call` with one subcommand for each service and method.
pub fn command(surface: &Surface) -> Command {
    Command::new("call")
        .about("Calls a method of a running server")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .arg_required_else_help(true)
        .args(settings::arguments())
        .subcommands(surface.services().iter().map(|service| service_command(surface, service)))
        .subcommands(SHORTCUTS.iter().filter_map(|shortcut| shortcut_command(surface, shortcut)))
}

/// A method directly below `call`, under another name.
fn shortcut_command(surface: &Surface, (name, service, method, about): &(&'static str, &str, &str, &str)) -> Option<Command> {
    let services = surface.services();
    let service = services.iter().find(|known| known.command == *service)?;
    let method = service.methods.iter().find(|known| known.command == *method)?;
    let command = method_command(surface, service, method);
    Some(Command::new(*name).about((*about).to_owned()).args(command.get_arguments().cloned()))
}

fn service_command(surface: &Surface, service: &Service) -> Command {
    let descriptor = &service.descriptor;
    Command::new(service.command.clone())
        .about(surface.comments.above(&descriptor.parent_file(), descriptor.path()).to_owned())
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .arg_required_else_help(true)
        .subcommands(service.methods.iter().map(|method| method_command(surface, service, method)))
}

fn method_command(surface: &Surface, service: &Service, method: &Method) -> Command {
    let descriptor = &method.descriptor;
    let request = descriptor.input();
    let flags = flags::of(surface, &request);
    let file = descriptor.parent_service().parent_file();
    let mut command = Command::new(method.command.clone())
        .about(surface.comments.above(&file, descriptor.path()).to_owned())
        .after_help(format!("Example:\n  {}{}", example::line(surface, service, method, &flags), asked(surface, &request)))
        .args(flags.iter().map(|flag| argument(surface, flag)))
        .arg(json());
    if let Some(alias) = &method.alias {
        command = command.visible_alias(alias.clone());
    }
    command
}

/// Which secrets are asked for; empty for none.
fn asked(surface: &Surface, request: &MessageDescriptor) -> String {
    let names: Vec<String> = secrets::of(surface, request).iter().map(|field| names::kebab(field.name())).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!("\n\nSecrets, asked for without echo or the lines of --secrets-file: {}", names.join(", ")),
    }
}

fn json() -> Arg {
    Arg::new("json")
        .long("json")
        .value_name("JSON|@FILE|-")
        .help("The whole request as proto3 JSON, from a file or from standard input; flags go over it")
}

fn argument(surface: &Surface, flag: &Flag) -> Arg {
    let action = if flag.field.is_list() { ArgAction::Append } else { ArgAction::Set };
    let made = flag.name == "request-id";
    let repeated = if flag.field.is_list() { " May be repeated." } else { "" };
    let given = if made { " Made if absent." } else { "" };
    let argument = Arg::new(flag.id.clone())
        .long(flag.name.clone())
        .action(action)
        .value_name(flag.shape.placeholder())
        .allow_hyphen_values(matches!(flag.shape, Shape::Number(_) | Shape::Instant))
        .help(format!("{}{given}{repeated}", flag.help(surface)));
    match &flag.shape {
        Shape::Boolean => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(PossibleValuesParser::new(["true", "false"]))
            .hide_possible_values(true),
        Shape::Choice(of) => {
            let file = of.parent_file();
            let values = of.values().filter(|value| value.number() != 0).map(|value| {
                PossibleValue::new(names::short(&value)).help(surface.comments.above(&file, value.path()).to_owned())
            });
            argument.value_parser(PossibleValuesParser::new(values))
        }
        Shape::Text | Shape::Number(_) | Shape::Hex | Shape::Month(_) | Shape::Date(_) | Shape::Instant => argument,
    }
}

/// The method that was named, with the matches of its flags.
pub fn chosen<'a>(surface: &Surface, matches: &'a ArgMatches) -> Result<(Method, &'a ArgMatches), Fault> {
    let (service, matches) = matches.subcommand().ok_or(Fault::NoMethod)?;
    let (service, method, matches) = match SHORTCUTS.iter().find(|(name, ..)| *name == service) {
        Some((_, service, method, _)) => (*service, *method, matches),
        None => {
            let (method, matches) = matches.subcommand().ok_or(Fault::NoMethod)?;
            (service, method, matches)
        }
    };
    let services = surface.services();
    let service = services.iter().find(|known| known.command == service).ok_or(Fault::NoMethod)?;
    let method = service.methods.iter().find(|known| known.command == method).ok_or(Fault::NoMethod)?;
    Ok((method.clone(), matches))
}
