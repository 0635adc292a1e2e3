//! One county under its city: enterprises approved and staffed in August 2015, so that they owe August.

use changxiao_proto::account::v1::IssueTokenRequest;
use changxiao_tests::{
    calendar::Day,
    client::Caller,
    story::{
        catalogue::{self, Admission, Firm},
        scenes,
        stage::Stage,
    },
    world::World,
};

/// The county.
pub const COUNTY: &str = "bs-tengchong";

const APPROVED: Day = Day::new(2015, 8, 20);

/// The network at 20 August, 09:00, with this many enterprises just approved in the county.
pub async fn approved(seed: u64, enterprises: usize) -> Stage {
    settled(World::baoshan().with_counties(&[COUNTY]).seed(seed).start().await.unwrap(), seed, enterprises).await
}

/// The same on a network that was started otherwise.
pub async fn settled(world: World, seed: u64, enterprises: usize) -> Stage {
    let mut firms: Vec<Firm> = catalogue::firms(seed, 1.0)
        .into_iter()
        .filter(|firm| firm.county == COUNTY && firm.is_pilot())
        .take(enterprises)
        .collect();
    for (index, firm) in firms.iter_mut().enumerate() {
        firm.index = index;
        firm.admission = Admission::Approved { on: APPROVED };
    }
    let mut stage = Stage::new(world, firms, false);
    stage.advance(APPROVED.at(9, 0)).await.unwrap();
    scenes::open_and_admit(&mut stage, APPROVED).await.unwrap();
    stage
}

/// The same at 2 September, 09:00: all of them owe August.
pub async fn frozen(seed: u64, enterprises: usize) -> Stage {
    let mut stage = approved(seed, enterprises).await;
    stage.advance(Day::new(2015, 9, 2).at(9, 0)).await.unwrap();
    stage
}

/// A token of its own for an account that exists, for callers that are not written in this language.
pub async fn token(administrator: &Caller, account: &str) -> String {
    token_for(administrator, account, 90).await
}

/// The same for so many days, for stories that are longer.
pub async fn token_for(administrator: &Caller, account: &str, days: u32) -> String {
    let name = format!("{}/accounts/{account}", administrator.door().parent());
    administrator.issue_token(IssueTokenRequest { name, days, ..Default::default() }).await.unwrap().token
}
