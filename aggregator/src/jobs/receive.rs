//! Taking a directive from above: journaled once, its effect in the same group, its receipt the same for ever.

use std::sync::Arc;

use changxiao_domain::{actor::Actor, directive::Order};
use changxiao_proto::federation::v1::DeliverResponse;
use changxiao_tier::{
    desk::Host,
    directives::{
        directive_row,
        serve::{Receive, Received},
    },
    fault::Fault,
    journal::store::unsigned,
    registers, revocations,
    writer::Submission,
};
use sea_orm::EntityTrait as _;

use crate::{app::directives::ReceiveDirective, book::Ledger, grpc::regions::put_in_force};

/// The region's way to take directives, as the federation listener calls it.
#[must_use]
pub fn receive(host: Arc<Host<Ledger>>) -> Receive {
    Arc::new(move |received| {
        let host = host.clone();
        Box::pin(async move { take(&host, received).await })
    })
}

/// A register travels under its own version.
fn announced(announced: u32, found: u64) -> Result<(), Fault> {
    if found == u64::from(announced) {
        return Ok(());
    }
    Err(Fault::Precondition {
        reason: "REGISTER_NOT_PUBLISHED",
        en: format!("version {announced} of the register was announced, version {found} came"),
        zh: format!("公告的登记为第{announced}版,实际为第{found}版"),
    })
}

async fn take(host: &Host<Ledger>, received: Received) -> Result<DeliverResponse, Fault> {
    let Received { directive, signed, from } = received;
    let place = &host.place;
    let register = place.registers.current();
    let own = directive.addressee == place.region;
    let adopts = match (own, &directive.order) {
        (true, Order::Register { version, signed }) => {
            let published = registers::judge(&register, &directive.issuer, signed)?;
            announced(*version, published.version())?;
            true
        }
        (true, Order::Revocations { signed, .. }) => {
            revocations::judge(place, signed)?;
            false
        }
        (
            _,
            Order::Register { .. }
            | Order::Revocations { .. }
            | Order::RuleTable { .. }
            | Order::Admission { .. }
            | Order::Removal { .. }
            | Order::Transfer { .. }
            | Order::Supervision { .. },
        ) => false,
    };
    let lists = own && matches!(directive.order, Order::Revocations { .. });
    let id = directive.id.clone();
    let in_force = register.version();
    let submission = Submission {
        command: Box::new(ReceiveDirective { here: place.region.clone(), in_force, directive, signed }),
        actor: Actor::Region(from.as_str().into()),
        request: None,
        validate_only: false,
    };
    let written = host.writer.submit(submission).await?;
    if adopts {
        put_in_force(host).await?;
    }
    if lists {
        revocations::put_in_force(&host.read, &place.revocations).await?;
    }
    // Two deliveries may have run at once: the table knows which entry was the first.
    let row = directive_row::Entity::find_by_id(id.clone()).one(&host.read).await?;
    let position =
        row.map(|row| unsigned(row.position)).ok_or_else(|| Fault::Internal(format!("directive {id} is not stored")))?;
    let repeated = position != written.position;
    tracing::info!(region = %place.region, parent = %from, directive = id, position, repeated, "a directive was received");
    Ok(DeliverResponse { region: place.region.to_string(), epoch: place.epoch, position, repeated })
}
