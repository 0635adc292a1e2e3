//! What a line of the policy table says, and the check that a table is whole, made while the program is compiled.

use changxiao_domain::actor::Role;
use changxiao_proto::METHODS;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody needs to be known.
    Anyone,
    /// The region directly above, over the federation listener. Nobody else comes through there.
    Parent,
    /// Any account of the region.
    AnyAccount,
    /// Accounts with one of these roles.
    Roles(&'static [Role]),
}

impl Who {
    /// Whether an account with this role may call. The parent's identity is no account.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Anyone | Self::AnyAccount => true,
            Self::Roles(roles) => roles.contains(&role),
            Self::Parent => false,
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Path of the method, such as `/changxiao.county.v1.Hazards/RegisterHazard`.
    pub method: &'static str,
    /// Who may call it.
    pub who: Who,
}

impl Rule {
    /// Full name of the service, such as `changxiao.county.v1.Hazards`.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.method.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}

/// A line that allows roles.
#[must_use]
pub const fn allow(method: &'static str, roles: &'static [Role]) -> Rule {
    Rule { method, who: Who::Roles(roles) }
}

/// A line for callers who need not be known, or show who they are in another way.
#[must_use]
pub const fn anyone(method: &'static str) -> Rule {
    Rule { method, who: Who::Anyone }
}

/// A line that allows every account.
#[must_use]
pub const fn any_account(method: &'static str) -> Rule {
    Rule { method, who: Who::AnyAccount }
}

/// A table that is whole: every method of the packages named has exactly one line, and every line has its method.
///
/// Called in a constant, so that a gap is an error of the compiler:
/// `const TABLE: &[&[Rule]] = whole(&[COMMON, RULES], &["changxiao.county.v1", …]);`
///
/// # Panics
/// With the method that lacks its line, or the line that lacks its method.
#[must_use]
#[allow(clippy::panic)]
pub const fn whole<'t>(table: &'t [&'t [Rule]], packages: &[&str]) -> &'t [&'t [Rule]] {
    match first_gap(table, packages, METHODS) {
        None => table,
        // A constant can say one text only: the arm that the compiler points at says what is wrong with the method it names.
        Some(Gap::NoRule(method_without_rule)) => panic!("{}", method_without_rule),
        Some(Gap::NoMethod(rule_without_method)) => panic!("{}", rule_without_method),
        Some(Gap::Twice(method_with_two_rules)) => panic!("{}", method_with_two_rules),
    }
}

/// Why a table is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap<'t> {
    /// A method that nobody was allowed or denied.
    NoRule(&'t str),
    /// A line about nothing.
    NoMethod(&'t str),
    /// Two lines about one method.
    Twice(&'t str),
}

/// The first gap of a table over the methods of these packages.
#[must_use]
pub const fn first_gap<'t>(table: &[&'t [Rule]], packages: &[&str], methods: &[&'t str]) -> Option<Gap<'t>> {
    let mut at = 0;
    while at < methods.len() {
        if in_packages(methods[at], packages) {
            match lines(table, methods[at]) {
                0 => return Some(Gap::NoRule(methods[at])),
                1 => {}
                _ => return Some(Gap::Twice(methods[at])),
            }
        }
        at += 1;
    }
    let mut part = 0;
    while part < table.len() {
        let mut line = 0;
        while line < table[part].len() {
            let method = table[part][line].method;
            // The libraries' own services have descriptors of their own; a test compares those.
            if starts_with(method, "/changxiao.") && !(in_packages(method, packages) && has(methods, method)) {
                return Some(Gap::NoMethod(method));
            }
            line += 1;
        }
        part += 1;
    }
    None
}

const fn lines(table: &[&[Rule]], method: &str) -> usize {
    let (mut found, mut part) = (0, 0);
    while part < table.len() {
        let mut line = 0;
        while line < table[part].len() {
            if same(table[part][line].method, method) {
                found += 1;
            }
            line += 1;
        }
        part += 1;
    }
    found
}

const fn has(methods: &[&str], method: &str) -> bool {
    let mut at = 0;
    while at < methods.len() {
        if same(methods[at], method) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a path such as `/changxiao.county.v1.Hazards/GetHazard` belongs to one of the packages.
const fn in_packages(method: &str, packages: &[&str]) -> bool {
    let mut at = 0;
    while at < packages.len() {
        let (path, package) = (method.as_bytes(), packages[at].as_bytes());
        if path.len() > package.len() + 1 && path[package.len() + 1] == b'.' && begins(path, 1, package) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && starts_with(one, other)
}

const fn starts_with(text: &str, beginning: &str) -> bool {
    begins(text.as_bytes(), 0, beginning.as_bytes())
}

const fn begins(text: &[u8], from: usize, beginning: &[u8]) -> bool {
    if text.len() < from + beginning.len() {
        return false;
    }
    // From the end: paths of one package differ there first, and the compiler counts every step.
    let mut left = beginning.len();
    while left > 0 {
        left -= 1;
        if text[from + left] != beginning[left] {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[Rule] = &[any_account("/changxiao.a.v1.S/Get"), any_account("/changxiao.a.v1.S/List")];
    const METHODS: &[&str] = &["/changxiao.a.v1.S/Get", "/changxiao.a.v1.S/List", "/changxiao.ab.v1.S/Get"];

    #[test]
    fn a_method_without_a_line_a_line_without_a_method_and_two_lines_are_gaps() {
        let a = &["changxiao.a.v1"][..];
        assert_eq!(first_gap(&[ONE], a, METHODS), None);
        assert_eq!(first_gap(&[&ONE[..1]], a, METHODS), Some(Gap::NoRule("/changxiao.a.v1.S/List")));
        assert_eq!(first_gap(&[ONE], a, &METHODS[1..]), Some(Gap::NoMethod("/changxiao.a.v1.S/Get")));
        assert_eq!(first_gap(&[ONE, &ONE[1..]], a, METHODS), Some(Gap::Twice("/changxiao.a.v1.S/List")));
        assert_eq!(first_gap(&[ONE], &["changxiao.ab.v1"], METHODS), Some(Gap::NoRule("/changxiao.ab.v1.S/Get")));
        assert_eq!(first_gap(&[ONE], &[], METHODS), Some(Gap::NoMethod("/changxiao.a.v1.S/Get")), "a package not served");
    }
}
