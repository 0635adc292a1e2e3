//! Notices: sent by people, read by those whom they are for.

use changxiao_domain::{
    actor::Actor,
    etag,
    event::{Event, NoticeSent},
    follow_up::Addressee,
    industry::IndustryCode,
    notice::{Notice, Refusal},
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target, enterprises};
use crate::book::{Known, Needs};

/// A notice that a person sends.
#[derive(Clone, Debug)]
pub struct Sending {
    /// For whom.
    pub to: Addressee,
    /// Only for this enterprise.
    pub enterprise: Option<Serial>,
    /// Only for this industry category.
    pub industry: Option<IndustryCode>,
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
    /// What it is about, by the path of its name; may be empty.
    pub about: String,
}

/// Sends a notice.
#[must_use]
pub fn send(sending: Sending) -> CountyCommand {
    let wanted = sending.enterprise;
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.enterprises.extend(wanted),
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let Sending { to, enterprise, industry, title, text, about } = sending;
            let owner = enterprise.map(|serial| enterprises::seen(known, actor, serial)).transpose()?;
            // Whoever sees one industry writes to it alone.
            let industry = owner.map(|owner| owner.data.industry).or(actor.scope().industry).or(industry);
            let sent = NoticeSent { rule: String::new(), about, enterprise, industry, to, title, text };
            Ok((Event::from(sent), format!("notices/{}", moment.next)))
        },
    })
}

/// Whether a notice is for those of an enterprise, or for the offices of an industry. `industry` is that of the reader's enterprise.
#[must_use]
pub fn is_for(notice: &Notice, actor: &Actor, industry: Option<IndustryCode>) -> bool {
    let scope = actor.scope();
    match scope.enterprise {
        Some(own) => {
            notice.to == Addressee::Enterprise
                && notice.enterprise.is_none_or(|enterprise| enterprise == own)
                && notice.industry.is_none_or(|wanted| industry == Some(wanted))
        }
        None => scope.industry.is_none_or(|own| notice.industry.is_none_or(|wanted| wanted == own)),
    }
}

/// Leaves the reader's receipt.
#[must_use]
pub fn read(target: Target) -> CountyCommand {
    struct Read(Target);
    impl changxiao_tier::writer::Command<crate::book::CountyBook> for Read {
        fn needs(&self, actor: &Actor, needs: &mut Needs) {
            needs.notices.insert(self.0.serial);
            needs.enterprises.extend(actor.scope().enterprise);
        }

        fn decide(
            self: Box<Self>,
            actor: &Actor,
            _: Moment,
            known: &Known,
        ) -> Result<changxiao_tier::writer::Decision<crate::book::CountyBook>, changxiao_domain::refusal::Refusal> {
            let subject = format!("notices/{}", self.0.serial);
            let owner = actor.scope().enterprise.and_then(|serial| known.enterprises.get(&serial));
            let notice = known.notices.get(&self.0.serial);
            let notice = notice.filter(|notice| is_for(notice, actor, owner.map(|owner| owner.data.industry)));
            let notice = notice.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(self.0.seen, notice.version)?;
            let addressed = match notice.to {
                Addressee::Enterprise => actor.is_of_enterprise(),
                to => actor.is(to.role()),
            };
            let event = notice.read(&actor.id(), addressed)?;
            Ok(changxiao_tier::writer::Decision::one(event, subject))
        }
    }
    Box::new(Read(target))
}
