//! Comparing the tiers with the model.

use changxiao_tier::protocol::directive::Sent;
use changxiao_tier::protocol::fact::Audience;

use super::model::Cells;
use super::world::{CITY, COUNTIES, HOSTS, PROVINCE, World};

/// Audiences whose facts a tier sees of an origin.
fn audiences(world: &World, tier: usize, origin: usize) -> &'static [Audience] {
    if world.hosts[origin].parent == Some(tier) { &Audience::ALL } else { &[Audience::Above] }
}

fn seen(world: &World, tier: usize, origin: usize) -> Cells {
    let region = &world.hosts[origin].identity.region;
    world.hosts[tier].state.view.get(region).cloned().unwrap_or_default()
}

/// After a step that changed what `tier` holds of `origin`: it must be one state that was really published there.
pub fn shown(world: &mut World, tier: usize, origin: usize) {
    world.totals.checks += 1;
    let region = &world.hosts[origin].identity.region;
    let Some(held) = world.hosts[tier].state.held.get(region) else {
        return;
    };
    let (epoch, position) = (held.held.epoch, held.held.position);
    let outcome = world.model.check(origin, epoch, position, &seen(world, tier, origin), audiences(world, tier, origin));
    if let Err(what) = outcome {
        let name = region.to_string();
        let tier = world.hosts[tier].identity.region.to_string();
        world.fail(format!("{tier} on {name}: {what}"));
    }
}

/// Coverage is honest: whoever is shown as fresh and good really is held up to then.
pub fn freshness(world: &mut World, tier: usize) {
    let state = &world.hosts[tier].state;
    let mut lies = Vec::new();
    for (region, fresh) in &state.fresh {
        let (Some(held), Some(origin)) = (state.held.get(region), world.numbers.get(region)) else {
            continue;
        };
        if state.marks(region) {
            continue;
        }
        let since = fresh.at.ms().saturating_sub(world.hosts[fresh.by].skew_ms);
        if let Err(what) = world.model.check_fresh(*origin, since, held.held.epoch, held.held.position) {
            lies.push(format!("{} on {region}: {what}", world.hosts[tier].identity.region));
        }
    }
    if let Some(lie) = lies.into_iter().next() {
        world.fail(lie);
    }
}

/// True if an abandoned quarantine lies between a tier and an origin.
fn is_cut_off(world: &World, tier: usize, origin: usize) -> bool {
    let mut at = origin;
    while let Some(parent) = world.hosts[at].parent {
        if world.is_abandoned(parent, at) || world.is_abandoned(parent, origin) {
            return true;
        }
        if parent == tier {
            break;
        }
        at = parent;
    }
    false
}

/// Every tier equals the model, or says that it does not.
///
/// # Errors
/// The first difference.
pub fn all_equal(world: &World) -> Result<(), String> {
    for (tier, origin) in (COUNTIES..HOSTS).flat_map(|county| [(CITY, county), (PROVINCE, county)]).chain([(PROVINCE, CITY)]) {
        let name = |host: usize| &world.hosts[host].identity.region;
        if is_cut_off(world, tier, origin) {
            // The last good figures stay; the tier next to the quarantine must say so.
            if world.is_abandoned(tier, origin) && !world.hosts[tier].state.marks(name(origin)) {
                let held = world.hosts[tier].state.held.contains_key(name(origin));
                if held {
                    return Err(format!("{} does not mark {}", name(tier), name(origin)));
                }
            }
            continue;
        }
        let expected = world.model.current(origin, audiences(world, tier, origin));
        if seen(world, tier, origin) != expected {
            return Err(format!("{} does not equal {}", name(tier), name(origin)));
        }
    }
    Ok(())
}

/// Every directive that its issuer still knows of took effect once, or was refused and never did.
///
/// # Errors
/// The first one for which that does not hold.
pub fn directives(world: &mut World) -> Result<(), String> {
    let mut expired = 0;
    for issuer in [PROVINCE, CITY] {
        for (id, outgoing) in world.hosts[issuer].state.outbox.iter() {
            let Ok(envelope) = outgoing.signed.envelope() else {
                return Err(format!("{id} cannot be read"));
            };
            let Some(&county) = world.numbers.get(&envelope.addressee) else {
                continue;
            };
            if envelope.issuer != world.hosts[issuer].identity.region || is_cut_off(world, issuer, county) {
                continue;
            }
            let effects = world.hosts[county].state.effects.get(id).copied().unwrap_or(0);
            let refused = |tier: usize| matches!(world.hosts[tier].state.outbox.sent(id), Some(Sent::Refused { .. }));
            let given_up = refused(issuer) || refused(CITY);
            expired += u64::from(given_up);
            if effects != u64::from(!given_up) as u32 {
                let sent = (world.hosts[issuer].state.outbox.sent(id), world.hosts[CITY].state.outbox.sent(id));
                return Err(format!("directive {id} took effect {effects} times; it stands at {sent:?}"));
            }
            if !given_up && !matches!(outgoing.sent, Sent::Delivered(_)) {
                return Err(format!("directive {id} is never seen as delivered: {:?}", outgoing.sent));
            }
        }
    }
    world.totals.expired = expired;
    Ok(())
}
