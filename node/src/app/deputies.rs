//! Deputies: who signs in place of a legal representative for a time.

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    clock::Date,
    deputy,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{Known, Needs};

/// Path of an authority within its region.
fn path(enterprise: Serial, account: &AccountId) -> String {
    format!("enterprises/{enterprise}/deputies/{account}")
}

/// Gives an account of the enterprise authority to sign.
#[must_use]
pub fn authorise(enterprise: Serial, account: AccountId, days: (Date, Date)) -> CountyCommand {
    let wanted = account.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.deputies.insert((enterprise, wanted.clone()));
            needs.common.accounts.insert(wanted.clone());
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            seen(known, actor, enterprise)?;
            let held = known.common.accounts.get(&account);
            let own = held.is_some_and(|held| {
                !held.closed && held.enterprise == Some(enterprise) && held.roles.contains(&Role::ResponsiblePerson)
            });
            let subject = path(enterprise, &account);
            Ok((deputy::authorise(enterprise, account, own, days, moment.now)?, subject))
        },
    })
}

/// Takes it back.
#[must_use]
pub fn revoke(enterprise: Serial, account: AccountId) -> CountyCommand {
    let wanted = account.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.deputies.insert((enterprise, wanted.clone()));
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            seen(known, actor, enterprise)?;
            let held = known.deputies.get(&(enterprise, account.clone()));
            let subject = path(enterprise, &account);
            Ok((deputy::revoke(enterprise, account, held, moment.now)?, subject))
        },
    })
}
