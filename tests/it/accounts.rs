//! Signing in against real processes: passwords, lockout, the second factor, sessions and their ends, tokens that a repeated request
//! gets again, and the fresh proof before a signature. All of it in real time, beside a sandbox whose clock is driven by months.

mod certificates;
mod commands;
mod factors;
mod lockout;
mod sessions;
mod signatures;
mod tokens;

use changxiao_proto::{
    account::v1::*,
    county::v1::{Entry, ListEntriesRequest},
};
use changxiao_tests::{
    client::{Caller, reason},
    story::people::{self, Confined},
    world::World,
};
use tonic::Status;

use crate::support::small::COUNTY;

/// A password that people chose.
const CHOSEN: &str = "correct horse battery";

/// A county and its city, with short words about how long things last.
async fn world(rules: &str) -> World {
    World::baoshan().with_counties(&[COUNTY]).seed(11).sign_in(rules).start().await.unwrap()
}

/// Somebody who knows no secret yet.
fn nobody(world: &World, region: &str) -> Caller {
    world.door(region).caller("none")
}

async fn hire(world: &World, region: &str, account: &str) {
    people::hire(&world.administrator(region), account, Role::Analyst, Confined::default()).await.unwrap();
}

/// The one-time password that the administrator gives.
async fn reset(world: &World, region: &str, account: &str) -> String {
    let name = format!("regions/{region}/accounts/{account}");
    world.administrator(region).reset_password(ResetPasswordRequest { name, ..Default::default() }).await.unwrap().password
}

async fn try_sign_in(world: &World, region: &str, account: &str, password: &str, totp: &str) -> Result<SignInResponse, Status> {
    let request = SignInRequest {
        parent: format!("regions/{region}"),
        account_id: account.to_owned(),
        password: password.to_owned(),
        totp: totp.to_owned(),
    };
    nobody(world, region).sign_in(request).await
}

/// Somebody who signed in.
async fn sign_in(world: &World, region: &str, account: &str, password: &str) -> Caller {
    let answer = try_sign_in(world, region, account, password, "").await.unwrap();
    world.door(region).caller(&answer.session)
}

/// Somebody with an account and a password of their own.
async fn settled(world: &World, region: &str, account: &str) -> Caller {
    hire(world, region, account).await;
    with_password(world, region, account).await
}

/// The holder of an account that exists, with a password of their own.
async fn with_password(world: &World, region: &str, account: &str) -> Caller {
    let first = reset(world, region, account).await;
    let session = sign_in(world, region, account, &first).await;
    change(&session, region, &first, CHOSEN).await.unwrap();
    session
}

async fn change(session: &Caller, region: &str, from: &str, to: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        parent: format!("regions/{region}"),
        password: from.to_owned(),
        new_password: to.to_owned(),
        ..Default::default()
    };
    session.change_password(request).await.map(drop)
}

/// Any call that every account may make.
async fn look(caller: &Caller, region: &str) -> Result<(), Status> {
    let request = changxiao_proto::statistics::v1::ListIndicatorsRequest { parent: format!("regions/{region}") };
    caller.list_indicators(request).await.map(drop)
}

fn why<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err()).unwrap_or_default()
}

/// What the journal of the county says about one subject.
async fn entries(world: &World, subject: &str) -> Vec<Entry> {
    let request = ListEntriesRequest { parent: format!("regions/{COUNTY}"), subject: subject.to_owned(), page: None };
    world.administrator(COUNTY).list_entries(request).await.unwrap().entries
}

/// Waits until something holds.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{what} did not come about");
}
