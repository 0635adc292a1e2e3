//! The session between two commands: `signin` keeps it in a file that only its owner reads, `signout` removes it.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use prost_reflect::{DynamicMessage, Value};

use super::{fault::Fault, settings::Settings, surface::Method};

/// Methods that have a command of their own directly below `call`: its name, service, method, what it does.
pub const SHORTCUTS: [(&str, &str, &str, &str); 2] = [
    ("signin", "sessions", "sign-in", "Opens a session and keeps it in --session-file"),
    ("signout", "sessions", "sign-out", "Ends the session in --session-file and removes the file"),
];

const SIGN_IN: &str = "changxiao.account.v1.Sessions.SignIn";
const SIGN_OUT: &str = "changxiao.account.v1.Sessions.SignOut";

/// Whether the session of an earlier `signin` is sent along: not where a new one is asked for.
pub fn is_sent(method: &Method) -> bool {
    method.descriptor.full_name() != SIGN_IN
}

/// Keeps the session of a sign-in, and takes it out of what is printed; forgets it after a sign-out.
///
/// # Errors
/// [`Fault::File`].
pub fn settle(settings: &Settings, method: &Method, answer: &mut DynamicMessage) -> Result<(), Fault> {
    let Some(path) = &settings.session_file else { return Ok(()) };
    let unusable = |why: std::io::Error| Fault::File { path: path.clone(), why: why.to_string() };
    match method.descriptor.full_name() {
        SIGN_IN => {
            let secret = answer.get_field_by_name("session").and_then(|value| value.as_str().map(str::to_owned));
            write(Path::new(path), &secret.unwrap_or_default()).map_err(unusable)?;
            answer.set_field_by_name("session", Value::String(format!("kept in {path}")));
            Ok(())
        }
        SIGN_OUT => match fs::remove_file(path) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(unusable(why)),
            Ok(()) | Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A new file beside it, then in its place: whoever could read an older file reads nothing of this one.
fn write(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}
