//! Fields that never stand on a command line, where every user of the machine could read them: passwords and codes. A terminal is
//! asked for them without echo, or they are the lines of a file or of standard input.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read, Write as _},
};

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{fault::Fault, names, surface::Surface};

/// Longest line that is read as a secret, bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// Asks for one secret.
pub trait Ask: Send {
    /// Shows what is asked for and gives what was typed, without its end of line.
    ///
    /// # Errors
    /// There is nobody to ask.
    fn ask(&mut self, what: &str) -> std::io::Result<String>;
}

/// The terminal of whoever started the program, whatever standard input is.
pub struct Tty;

/// Turns the echo on again, however the reading ended.
struct Quiet<'a>(&'a fs::File, Termios);

impl<'a> Quiet<'a> {
    fn new(tty: &'a fs::File) -> std::io::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(tty, OptionalActions::Flush, &quiet)?;
        Ok(Self(tty, before))
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // If the terminal is gone there is nobody whose echo could be missing.
        let _ = tcsetattr(self.0, OptionalActions::Flush, &self.1);
    }
}

impl Ask for Tty {
    fn ask(&mut self, what: &str) -> std::io::Result<String> {
        let mut tty = fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        tty.write_all(format!("{what}: ").as_bytes())?;
        let mut line = String::new();
        {
            let _quiet = Quiet::new(&tty)?;
            BufReader::new((&tty).take(LINE_BYTES_MAX)).read_line(&mut line)?;
        }
        tty.write_all(b"\n")?;
        Ok(without_end(line))
    }
}

fn without_end(mut line: String) -> String {
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    line
}

/// Whether a field is a secret: its comment begins with that word.
pub fn is_secret(surface: &Surface, field: &FieldDescriptor) -> bool {
    surface.comments.above(&field.parent_message().parent_file(), field.path()).starts_with("Secret.")
}

/// The secret fields of a request in their order.
pub fn of(surface: &Surface, request: &MessageDescriptor) -> Vec<FieldDescriptor> {
    request.fields().filter(|field| is_secret(surface, field)).collect()
}

/// Fills the secret fields that are still empty: from the lines of `file` (`-` for standard input), else by asking.
///
/// # Errors
/// [`Fault::File`] if the file cannot be read, or there is no terminal to ask.
pub fn fill(
    surface: &Surface,
    message: &mut DynamicMessage,
    file: Option<&str>,
    input: &mut (dyn Read + Send),
    asked: &mut dyn Ask,
) -> Result<(), Fault> {
    let fields = of(surface, &prost_reflect::ReflectMessage::descriptor(message));
    let missing: Vec<FieldDescriptor> = fields.into_iter().filter(|field| !message.has_field(field)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut lines = file.map(|path| read(path, input)).transpose()?.map(Vec::into_iter);
    for field in missing {
        let what = names::kebab(field.name());
        let line = match &mut lines {
            Some(lines) => lines.next().unwrap_or_default(),
            None => asked.ask(&what).map_err(|why| Fault::File {
                path: "/dev/tty".to_owned(),
                why: format!("{why}; without a terminal give --secrets-file"),
            })?,
        };
        message.set_field(&field, Value::String(line));
    }
    Ok(())
}

fn read(path: &str, input: &mut (dyn Read + Send)) -> Result<Vec<String>, Fault> {
    let unusable = |why: std::io::Error| Fault::File {
        path: if path == "-" { "standard input".to_owned() } else { path.to_owned() },
        why: why.to_string(),
    };
    let text = if path == "-" {
        let mut text = String::new();
        input.take(LINE_BYTES_MAX).read_to_string(&mut text).map_err(unusable)?;
        text
    } else {
        fs::read_to_string(path).map_err(unusable)?
    };
    Ok(text.lines().map(|line| without_end(line.to_owned())).collect())
}
