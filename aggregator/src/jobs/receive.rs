//! Taking a directive from above: journaled once, its effect in the same group, its receipt the same for ever.

use std::sync::Arc;

use changxiao_domain::{actor::Actor, directive::Order};
use changxiao_proto::federation::v1::DeliverResponse;
use changxiao_tier::{
    desk::Host,
    directives::{directive_row, serve::{Receive, Received}},
    fault::Fault,
    journal::store::unsigned,
    writer::Submission,
};
use sea_orm::EntityTrait as _;

use crate::{
    app::{directives::ReceiveDirective, registers::check_published},
    book::Ledger,
    grpc::regions::put_in_force,
};

/// The region's way to take directives, as the federation listener calls it.
#[must_use]
pub fn receive(host: Arc<Host<Ledger>>) -> Receive {
    Arc::new(move |received| {
        let host = host.clone();
        Box::pin(async move { take(&host, received).await })
    })
}

async fn take(host: &Host<Ledger>, received: Received) -> Result<DeliverResponse, Fault> {
    let Received { directive, signed, from } = received;
    let place = &host.place;
    let register = place.registers.current();
    let own = directive.addressee == place.region;
    let adopts = if let (true, Order::Register { version, signed }) = (own, &directive.order) {
        check_published(&register, &directive.issuer, *version, signed, place.clock.now().date())?;
        true
    } else {
        false
    };
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
    // Two deliveries may have run at once: the table knows which entry was the first.
    let row = directive_row::Entity::find_by_id(id.clone()).one(&host.read).await?;
    let position = row.map(|row| unsigned(row.position)).ok_or_else(|| Fault::Internal(format!("directive {id} is not stored")))?;
    let repeated = position != written.position;
    tracing::info!(region = %place.region, parent = %from, directive = id, position, repeated, "a directive was received");
    Ok(DeliverResponse { region: place.region.to_string(), epoch: place.epoch, position, repeated })
}
