//! Deputies (授权代签人): who signs in place of the legal representative for a time.
//!
//! Source: R69; dossier MD4 (legal representative, or deputy with dated authority). The authority ends by itself; nobody has to remember to take it back.

use crate::{
    actor::{AccountId, Actor, Role},
    clock::{Date, Instant},
    event::{DeputyAuthorised, DeputyRevoked, Event},
    refusals,
    serial::Serial,
};

/// Longest authority, in days [P].
pub const LONGEST_DAYS: i64 = 366;

/// One account's authority for one enterprise, as granted last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deputy {
    /// Enterprise.
    pub enterprise: Serial,
    /// Who may sign.
    pub account: AccountId,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Taken back before its end.
    pub revoked: bool,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Not an account of this enterprise that could stand in for its head.
    NotOfEnterprise { account: String } FailedPrecondition "DEPUTY_NOT_OF_ENTERPRISE"
        "account `{account}` is no responsible person of this enterprise", "账号{account}不是本企业的自查自报责任人";
    /// Days in the wrong order, in the past, or too many.
    DaysOutside { first: Date, last: Date, today: Date } InvalidArgument "DEPUTY_DAYS_OUTSIDE"
        "{first} to {last} must begin today, {today}, or later, end after it begins and last at most 366 days", "授权期限{first}至{last}应自今天({today})或以后起,不超过366日";
    /// Nothing to take back.
    NotAuthorised { account: String } FailedPrecondition "DEPUTY_NOT_AUTHORISED"
        "account `{account}` has no authority of this enterprise that could be taken back", "账号{account}没有有效的代签授权";
    /// Neither the legal representative nor somebody in their place.
    MayNotSign { today: Date } PermissionDenied "DEPUTY_MAY_NOT_SIGN"
        "only the legal representative signs, or a deputy whose authority holds on {today}", "只有法定代表人或{today}在授权期内的代签人可以签字";
}

impl Deputy {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        !self.revoked && (self.first..=self.last).contains(&on)
    }
}

/// The legal representative gives authority. `of_enterprise` says whether the account is a responsible person of this enterprise.
///
/// # Errors
/// Not an account of the enterprise, or days that cannot be.
pub fn authorise(
    enterprise: Serial,
    account: AccountId,
    of_enterprise: bool,
    (first, last): (Date, Date),
    now: Instant,
) -> Result<Event, Refusal> {
    if !of_enterprise {
        return Err(Refusal::NotOfEnterprise { account: account.to_string() });
    }
    let today = now.date();
    let latest = Instant::start_of(first).plus_days(LONGEST_DAYS).date();
    if first < today || last < first || last >= latest {
        return Err(Refusal::DaysOutside { first, last, today });
    }
    Ok(DeputyAuthorised { enterprise, account, first, last }.into())
}

/// The legal representative takes it back.
///
/// # Errors
/// There is none that holds now or later.
pub fn revoke(enterprise: Serial, account: AccountId, held: Option<&Deputy>, now: Instant) -> Result<Event, Refusal> {
    let standing = held.is_some_and(|held| !held.revoked && held.last >= now.date());
    if !standing {
        return Err(Refusal::NotAuthorised { account: account.to_string() });
    }
    Ok(DeputyRevoked { enterprise, account }.into())
}

/// Whether whoever is of an enterprise may sign for its legal representative; the answer says whether as a deputy.
///
/// # Errors
/// [`Refusal::MayNotSign`].
pub fn signs_as_deputy(actor: &Actor, held: Option<&Deputy>, now: Instant) -> Result<bool, Refusal> {
    if actor.is(Role::LegalRepresentative) || !actor.is_of_enterprise() {
        return Ok(false);
    }
    if held.is_some_and(|held| held.holds(now.date())) { Ok(true) } else { Err(Refusal::MayNotSign { today: now.date() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{refusal::Refuse as _, scope::Scope};

    fn day(day: i8) -> Date {
        Date::constant(2015, 9, day)
    }

    fn actor(role: Role) -> Actor {
        Actor::Account { id: "li".parse().unwrap(), roles: vec![role], scope: Scope::WHOLE }
    }

    #[test]
    fn authority_is_dated_and_for_people_of_the_enterprise() {
        let enterprise = Serial::new(1, 7).unwrap();
        let now = Instant::start_of(day(3));
        let give = |of, first, last| {
            let given = authorise(enterprise, "li".parse().unwrap(), of, (first, last), now);
            given.map(|_| "").map_err(|no| no.reason()).unwrap_or_else(|reason| reason)
        };
        assert_eq!(give(true, day(3), day(3)), "");
        assert_eq!(give(false, day(3), day(4)), "DEPUTY_NOT_OF_ENTERPRISE");
        assert_eq!(give(true, day(2), day(4)), "DEPUTY_DAYS_OUTSIDE");
        assert_eq!(give(true, day(5), day(4)), "DEPUTY_DAYS_OUTSIDE");
        assert_eq!(give(true, day(3), Date::constant(2016, 9, 3)), "DEPUTY_DAYS_OUTSIDE");
        assert_eq!(give(true, day(3), Date::constant(2016, 9, 2)), "");
    }

    #[test]
    fn who_signs() {
        let held = Deputy {
            enterprise: Serial::new(1, 7).unwrap(),
            account: "li".parse().unwrap(),
            first: day(3),
            last: day(5),
            revoked: false,
            version: 1,
        };
        let at = |on: i8| Instant::start_of(day(on));
        assert_eq!(signs_as_deputy(&actor(Role::LegalRepresentative), None, at(3)), Ok(false));
        assert_eq!(signs_as_deputy(&actor(Role::CountyRegulator), None, at(3)), Ok(false), "a proxy is another rule's concern");
        assert!(signs_as_deputy(&actor(Role::ResponsiblePerson), None, at(3)).is_err());
        for (on, may) in [(2, false), (3, true), (5, true), (6, false)] {
            assert_eq!(signs_as_deputy(&actor(Role::ResponsiblePerson), Some(&held), at(on)).is_ok(), may, "{on}");
        }
        let revoked = Deputy { revoked: true, ..held.clone() };
        assert!(signs_as_deputy(&actor(Role::ResponsiblePerson), Some(&revoked), at(4)).is_err());
        assert!(revoke(held.enterprise, held.account.clone(), Some(&revoked), at(4)).is_err());
        assert!(revoke(held.enterprise, held.account.clone(), Some(&held), at(4)).is_ok());
    }
}
