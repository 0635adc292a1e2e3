//! How names of the wire are spelled in a shell.

use prost_reflect::{EnumDescriptor, EnumValueDescriptor};

/// `FileDeclaration` and `file_declaration` become `file-declaration`.
pub fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter == '_' {
            out.push('-');
        } else if letter.is_ascii_uppercase() {
            if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
            out.push(letter.to_ascii_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

/// `DECLARATION_STATE_ON_TIME` of `DeclarationState` becomes `on-time`.
pub fn short(value: &EnumValueDescriptor) -> String {
    let of = value.parent_enum();
    let prefix = format!("{}_", kebab(of.name()).replace('-', "_").to_ascii_uppercase());
    let name = value.name();
    let own = name.strip_prefix(&prefix).unwrap_or(name);
    own.to_ascii_lowercase().replace('_', "-")
}

/// The value with this short name.
pub fn value_named(of: &EnumDescriptor, text: &str) -> Option<EnumValueDescriptor> {
    of.values().find(|value| short(value) == text)
}

/// Short aliases of the methods of one service: the first word where no other method starts with it; else for the one
/// whose rest is the service's own noun (`list` for `list-dossiers` beside `list-for-supervision`).
pub fn aliases(service: &str, methods: &[String]) -> Vec<Option<String>> {
    let noun = kebab(service);
    // A verb keeps its particle: `strike-off`.
    let verb = |name: &str| {
        let end = name.match_indices('-').map(|(at, _)| at).find(|at| !name[*at..].starts_with("-off")).unwrap_or(name.len());
        name[..end].to_owned()
    };
    let own = |name: &str| {
        let rest = name.split_once('-').map_or("", |(_, rest)| rest);
        rest == noun || format!("{rest}s") == noun
    };
    let mut out = Vec::with_capacity(methods.len());
    for name in methods {
        let verb_of = verb(name);
        let sharers: Vec<&String> = methods.iter().filter(|other| verb(other) == verb_of).collect();
        let unique = sharers.len() == 1;
        let nearest = own(name) && sharers.iter().filter(|other| own(other)).count() == 1;
        let taken = methods.contains(&verb_of);
        out.push(((unique || nearest) && !taken).then_some(verb_of));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_for_a_shell() {
        for (wire, shell) in [
            ("FileDeclaration", "file-declaration"),
            ("SelfInspections", "self-inspections"),
            ("zero_statement", "zero-statement"),
            ("to_ms", "to-ms"),
            ("Query", "query"),
        ] {
            assert_eq!(kebab(wire), shell);
        }
    }

    #[test]
    fn an_alias_is_given_only_where_it_is_clear() {
        let methods = [
            "file-dossier",
            "list-for-supervision",
            "list-dossiers",
            "report-progress",
            "report-end",
            "strike-off-dossier",
            "query",
        ];
        let methods: Vec<String> = methods.map(str::to_owned).to_vec();
        let expected = [Some("file"), None, Some("list"), None, None, Some("strike-off"), None];
        assert_eq!(aliases("Dossiers", &methods), expected.map(|alias| alias.map(str::to_owned)));
    }
}
