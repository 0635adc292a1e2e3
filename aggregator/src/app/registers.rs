//! New versions of the register of regions: published at the top, adopted everywhere below.

use changxiao_domain::{
    actor::Actor,
    directive::Order,
    event::{Event, RegisterAdopted},
    refusal::Refusal as Refused,
    refusals,
    region::RegionId,
    register::Register,
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::convert::register::{REGISTER_TAG, seal, to_wire};
use changxiao_tier::{
    journal::{checkpoint::JournalKey, merkle::Hash},
    writer::{Command, Decision},
};
use prost::Message as _;

use super::issuer::Issuer;
use crate::book::{Known, Ledger, Needs};

refusals! {
    /// Only the top publishes.
    NotTop { region: RegionId, parent: RegionId } PermissionDenied "REGISTER_NOT_YOURS"
        "{region} lies below {parent}; only the region at the top publishes the register",
        "{region}隶属于{parent},行政区划登记由最上级发布";
    /// Versions rise by one.
    Version { offered: u64, wanted: u64 } Aborted "REGISTER_VERSION_WRONG"
        "the register offered is version {offered}, the next one is {wanted}; start from the register in force",
        "提交的登记为第{offered}版,应为第{wanted}版,请以现行登记为准";
    /// The new register would leave out its own publisher.
    PublisherMissing { region: RegionId } InvalidArgument "REGISTER_WITHOUT_PUBLISHER"
        "the register offered does not hold {region} at its top with its journal key",
        "提交的登记中{region}不在最上级或缺少其日志公钥";
    /// An older version changes nothing.
    NotNewer { version: u32 } FailedPrecondition "REGISTER_NOT_NEWER"
        "version {version} of the register is not newer than the one in force", "第{version}版登记不比现行版本新";
}

/// A register with its publisher's signature.
#[must_use]
pub fn signed(register: &Register, key: &JournalKey) -> Vec<u8> {
    let bytes = to_wire(register).encode_to_vec();
    let signature = key.sign_statement(REGISTER_TAG, &bytes);
    seal(bytes, &signature)
}

/// The event by which a signed register takes effect.
#[must_use]
pub fn adopted(version: u32, signed_register: Vec<u8>) -> RegisterAdopted {
    RegisterAdopted { version, digest: Hash::of(&[&signed_register]).0, signed_register }
}

/// Publishes the next version and sends it to every region below that has a node.
pub struct PublishRegister {
    /// This region.
    pub issuer: Issuer,
    /// The whole register.
    pub register: Register,
}

/// The version of a register that may follow the one in force.
fn check(issuer: &Issuer, register: &Register, moment: Moment, known: &Known) -> Result<u32, Refusal> {
    let (region, today) = (&issuer.region, moment.now.date());
    let current = issuer.registers.current();
    if let Some(parent) = current.parent(region, today) {
        return Err(Refusal::NotTop { region: region.clone(), parent: parent.clone() });
    }
    let wanted = current.version().max(known.registers.newest().map_or(0, u64::from)) + 1;
    let offered = register.version();
    let version = u32::try_from(offered).ok().filter(|_| offered == wanted).ok_or(Refusal::Version { offered, wanted })?;
    let top = register.at(region, today).is_some_and(|dated| dated.parent.is_none());
    let own = register.journal_key(region) == Some(&issuer.key.public().0);
    if top && own { Ok(version) } else { Err(Refusal::PublisherMissing { region: region.clone() }) }
}

/// Regions below that have a journal, by the new register.
fn addressees(issuer: &Issuer, register: &Register, moment: Moment) -> Vec<RegionId> {
    let (here, today) = (&issuer.region, moment.now.date());
    let below = register.regions().filter(|region| region.id != *here && region.journal_key.is_some());
    below.filter(|region| register.contains(here, &region.id, today)).map(|region| region.id.clone()).collect()
}

/// The events by which the next version takes effect here and is sent to every region below that has a node. `before` events of the
/// same command come first: each directive is named by the entry that issues it.
///
/// # Errors
/// This is not the top, or the version is not the next.
pub fn publish(issuer: &Issuer, register: &Register, moment: Moment, before: u64, known: &Known) -> Result<Vec<Event>, Refused> {
    let version = check(issuer, register, moment, known)?;
    let sealed = signed(register, &issuer.key);
    let mut events: Vec<Event> = vec![adopted(version, sealed.clone()).into()];
    for (addressee, after) in addressees(issuer, register, moment).into_iter().zip(before + 1..) {
        let Some(serial) = Serial::new(moment.next.epoch(), moment.next.position().saturating_add(after)) else { break };
        let order = Order::Register { version, signed: sealed.clone() };
        events.push(issuer.issue(serial, addressee, moment.now, order).into());
    }
    Ok(events)
}

impl Command<Ledger> for PublishRegister {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.registers = true;
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let events = publish(&self.issuer, &self.register, moment, 0, known)?;
        Ok(Decision { events, subject: format!("registers/{}", self.register.version()), outside: None })
    }
}

/// Puts a register in force that came with the configuration or by a directive. Its signature was checked.
pub struct AdoptRegister {
    /// Its version.
    pub version: u32,
    /// As it was published.
    pub signed: Vec<u8>,
}

impl Command<Ledger> for AdoptRegister {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.registers = true;
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        if known.registers.newest() >= Some(self.version) {
            return Err(Refusal::NotNewer { version: self.version }.into());
        }
        Ok(Decision::one(adopted(self.version, self.signed).into(), format!("registers/{}", self.version)))
    }
}
