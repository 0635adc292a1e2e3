//! Which services stand behind which listener.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use changxiao_domain::calendar::StatutoryCalendar;
use changxiao_proto::{
    DESCRIPTORS,
    account::v1::{accounts_server::AccountsServer, sessions_server::SessionsServer, tokens_server::TokensServer},
    federation::v1::{directives_server::DirectivesServer, feed_server::FeedServer},
    sandbox::v1::clock_server::ClockServer,
    statistics::v1::{indicators_server::IndicatorsServer, rollups_server::RollupsServer},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{Furniture, Program, Runtime};
use crate::{
    accounts::password::Hasher,
    channel::{Routes, limits::COMMAND_BYTES_MAX},
    directives::serve::{DirectivesRegion, DirectivesService},
    feed::{FeedRegion, FeedService},
    policy::Listener,
    service::{AccountsService, ClockService, SessionsService, TokensService},
    statistics::{self, IndicatorsService, RollupsService},
};

/// Behind the federation listener: the feed and directives.
pub fn federation<P: Program>(runtime: &Runtime<P>, furniture: &Furniture) -> Routes {
    let mut feeds = BTreeMap::new();
    let mut directives = BTreeMap::new();
    for host in runtime.desk.hosts() {
        let region = host.place.region.clone();
        if let Some(signer) = runtime.signers.get(&region) {
            let feed = FeedRegion {
                place: host.place.clone(),
                signer: signer.clone(),
                read: host.read.clone(),
                write: host.write.clone(),
                refresh: furniture.refresh.get(&region).cloned(),
                through: furniture.through.get(&region).cloned().unwrap_or_else(|| Arc::new(Vec::new)),
                software: format!("{} {}", P::NAME, env!("CARGO_PKG_VERSION")),
            };
            feeds.insert(region.clone(), feed);
        }
        if let Some(receive) = furniture.receive.get(&region) {
            let (place, read) = (host.place.clone(), host.read.clone());
            directives.insert(region, DirectivesRegion { place, read, receive: receive.clone() });
        }
    }
    Routes::default()
        .with(FeedServer::new(FeedService::new(feeds)).max_decoding_message_size(COMMAND_BYTES_MAX))
        .with(DirectivesServer::new(DirectivesService::new(directives)).max_decoding_message_size(COMMAND_BYTES_MAX))
}

/// Behind the service listener: the program's own services and those of every tier.
pub async fn service<P: Program>(runtime: &Runtime<P>, furniture: &Furniture) -> Result<(Routes, HealthReporter), String> {
    let hosts: statistics::Hosts = Arc::new(runtime.desk.hosts().map(|host| statistics_host(runtime, furniture, host)).collect());
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("", ServingStatus::Serving).await;
    let in_words = |error: tonic_reflection::server::Error| format!("reflection cannot be built: {error}");
    let described = described(&Listener::Service.services(P::table()))?;
    let reflection = || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(&described);
    let limit = COMMAND_BYTES_MAX;
    let desk = &runtime.desk;
    // One hasher for everybody, so that its bound is that of the process.
    let (hasher, random) = (Hasher::default(), runtime.random.clone());
    let accounts = AccountsService { desk: desk.clone(), hasher: hasher.clone(), random: random.clone() };
    let sessions = SessionsService { desk: desk.clone(), hasher, random };
    let routes = furniture
        .service
        .clone()
        .with(health.max_decoding_message_size(limit))
        .with(reflection().build_v1().map_err(in_words)?.max_decoding_message_size(limit))
        .with(reflection().build_v1alpha().map_err(in_words)?.max_decoding_message_size(limit))
        .with(AccountsServer::new(accounts).max_decoding_message_size(limit))
        .with(SessionsServer::new(sessions).max_decoding_message_size(limit))
        .with(TokensServer::new(TokensService(desk.clone())).max_decoding_message_size(limit))
        .with(ClockServer::new(ClockService(desk.clone())).max_decoding_message_size(limit))
        .with(RollupsServer::new(RollupsService::new(hosts.clone())).max_decoding_message_size(limit))
        .with(IndicatorsServer::new(IndicatorsService::new(hosts)).max_decoding_message_size(limit));
    for name in routes.names() {
        reporter.set_service_status(name, ServingStatus::Serving).await;
    }
    Ok((routes, reporter))
}

fn statistics_host<P: Program>(
    runtime: &Runtime<P>,
    furniture: &Furniture,
    host: &crate::desk::Host<P::Book>,
) -> (changxiao_domain::region::RegionId, statistics::Host) {
    let region = host.place.region.clone();
    let heard = furniture.heard.get(&region).cloned().unwrap_or_else(|| Arc::new(BTreeMap::new));
    let statistics = statistics::Host {
        place: host.place.clone(),
        read: host.read.clone(),
        heard,
        fresh_within_seconds: runtime.config.follow.fresh_within_seconds,
        calendar: Arc::new(StatutoryCalendar::default()),
    };
    (region, statistics)
}

/// The descriptors that reflection shows: the services behind this listener, and the files that their messages need.
fn described(services: &BTreeSet<&str>) -> Result<Vec<u8>, String> {
    let all = FileDescriptorSet::decode(DESCRIPTORS).map_err(|error| format!("the descriptors cannot be read: {error}"))?;
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut files = Vec::new();
    // A file stands after those that it imports, so one walk backwards finds everything needed.
    for mut file in all.file.into_iter().rev() {
        let package = file.package().to_owned();
        file.service.retain(|service| services.contains(format!("{package}.{}", service.name()).as_str()));
        if !file.service.is_empty() || needed.contains(file.name()) {
            needed.extend(file.dependency.iter().cloned());
            files.push(file);
        }
    }
    files.reverse();
    Ok(FileDescriptorSet { file: files }.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn reflection_shows_the_services_named_with_all_they_need_and_no_other() {
        let wanted = BTreeSet::from(["changxiao.account.v1.Accounts", "changxiao.oversight.v1.Admissions"]);
        let pool = DescriptorPool::decode(described(&wanted).unwrap().as_slice()).unwrap();
        let shown: BTreeSet<String> = pool.services().map(|service| service.full_name().to_owned()).collect();
        assert_eq!(shown, wanted.into_iter().map(str::to_owned).collect());
        assert!(pool.get_message_by_name("changxiao.county.v1.Enterprise").is_some(), "an admission shows one");
        assert!(pool.get_message_by_name("changxiao.federation.v1.PackedEntry").is_some(), "a transfer carries its entries");
        assert!(pool.get_message_by_name("changxiao.statistics.v1.QueryRequest").is_none(), "neither needs a figure");
    }
}
