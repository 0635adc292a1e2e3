//! The county program in the shared house.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_domain::{actor::Actor, clock::Instant, directive::Order, evidence::hex, region::RegionId};
use changxiao_proto::{
    DESCRIPTORS,
    county::v1::{
        checklists_server::ChecklistsServer, county_directives_server::CountyDirectivesServer,
        declarations_server::DeclarationsServer, documents_server::DocumentsServer, dossiers_server::DossiersServer,
        enterprises_server::EnterprisesServer, evidence_files_server::EvidenceFilesServer, exports_server::ExportsServer,
        files_server::FilesServer, hazards_server::HazardsServer, imports_server::ImportsServer,
        inspections_server::InspectionsServer, lists_server::ListsServer, measures_server::MeasuresServer,
        notices_server::NoticesServer, officers_server::OfficersServer, organisation_server::OrganisationServer,
        preventions_server::PreventionsServer, rules_server::RulesServer, self_inspections_server::SelfInspectionsServer,
        supervision_server::SupervisionServer, tasks_server::TasksServer, trail_server::TrailServer,
    },
    federation::v1::DeliverResponse,
};
use changxiao_tier::{
    channel::limits::{COMMAND_BYTES_MAX, DELIVERY_BYTES_MAX},
    client,
    desk::Host,
    directives::{
        directive_row,
        serve::{Receive as Receiver, Received},
    },
    fault::Fault,
    identity::spiffe::Role,
    journal::{merkle::Hash, store::unsigned},
    policy::Table,
    program::{Furniture, Program, Runtime},
    region::Files,
    registers, revocations,
    writer::{Request, Submission},
};
use prost_reflect::DescriptorPool;
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder as _};
use sea_orm_migration::MigrationTrait;

use crate::{
    app::directives::Receive,
    book::CountyBook,
    grpc::{
        checklists::ChecklistsService,
        county_directives::CountyDirectivesService,
        declarations::DeclarationsService,
        documents::DocumentsService,
        dossiers::DossiersService,
        enterprises::EnterprisesService,
        evidence::EvidenceService,
        exchange::{ExportsService, ImportsService},
        files::{FilesService, Vaults},
        hazards::HazardsService,
        inspections::InspectionsService,
        lists::ListsService,
        measures::MeasuresService,
        notices::NoticesService,
        officers::OfficersService,
        organisation::OrganisationService,
        policy::TABLE,
        preventions::PreventionsService,
        rules::RulesService,
        self_inspections::SelfInspectionsService,
        supervision::SupervisionService,
        tasks::TasksService,
        trail::TrailService,
    },
    jobs::Workshop,
    store::evidence,
    vault::Vault,
};

/// A county node.
pub struct Node;

impl Program for Node {
    type Book = CountyBook;
    const NAME: &'static str = "changxiao-node";
    const ABOUT: &'static str = "A county node: owns the enterprises and hazards of its county (县级节点)";
    const ROLE: Role = Role::Node;
    const CLIENT: &'static client::Program = &client::NODE;
    const FOLLOWS: bool = false;

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        crate::migration::all()
    }

    fn book(region: &RegionId, since: Instant) -> CountyBook {
        CountyBook::new(region.clone(), since)
    }

    fn table() -> Table {
        TABLE
    }

    fn furnish(runtime: &Runtime<Self>) -> Result<Furniture, String> {
        let desk = &runtime.desk;
        let pool = DescriptorPool::decode(DESCRIPTORS).map_err(|error| format!("the descriptors cannot be read: {error}"))?;
        let trail = TrailService { desk: desk.clone(), signers: runtime.signers.clone(), pool: pool.clone() };
        let vaults = vaults(runtime)?;
        let workshop = Arc::new(Workshop::new(desk.clone(), vaults.clone(), runtime.served.clone(), TABLE, pool));
        let files = FilesService { desk: desk.clone(), vaults: vaults.clone() };
        let evidence = EvidenceService { desk: desk.clone(), vaults };
        let limit = COMMAND_BYTES_MAX;
        let furniture = Furniture::default();
        let service = furniture
            .service
            .with(EnterprisesServer::new(EnterprisesService(desk.clone())).max_decoding_message_size(limit))
            .with(SelfInspectionsServer::new(SelfInspectionsService(desk.clone())).max_decoding_message_size(limit))
            .with(ChecklistsServer::new(ChecklistsService(desk.clone())).max_decoding_message_size(limit))
            .with(RulesServer::new(RulesService(desk.clone())).max_decoding_message_size(limit))
            .with(DeclarationsServer::new(DeclarationsService(desk.clone())).max_decoding_message_size(limit))
            .with(HazardsServer::new(HazardsService(desk.clone())).max_decoding_message_size(limit))
            .with(DossiersServer::new(DossiersService(desk.clone())).max_decoding_message_size(limit))
            .with(OfficersServer::new(OfficersService(desk.clone())).max_decoding_message_size(limit))
            .with(InspectionsServer::new(InspectionsService(desk.clone())).max_decoding_message_size(limit))
            .with(DocumentsServer::new(DocumentsService(desk.clone())).max_decoding_message_size(limit))
            .with(SupervisionServer::new(SupervisionService(desk.clone())).max_decoding_message_size(limit))
            .with(TasksServer::new(TasksService(desk.clone())).max_decoding_message_size(limit))
            .with(NoticesServer::new(NoticesService(desk.clone())).max_decoding_message_size(limit))
            .with(MeasuresServer::new(MeasuresService(desk.clone())).max_decoding_message_size(limit))
            .with(CountyDirectivesServer::new(CountyDirectivesService(desk.clone())).max_decoding_message_size(limit))
            .with(OrganisationServer::new(OrganisationService(desk.clone())).max_decoding_message_size(limit))
            .with(ListsServer::new(ListsService(desk.clone())).max_decoding_message_size(limit))
            .with(PreventionsServer::new(PreventionsService(desk.clone())).max_decoding_message_size(limit))
            .with(FilesServer::new(files).max_decoding_message_size(FILE_MESSAGE_BYTES_MAX))
            .with(EvidenceFilesServer::new(evidence).max_decoding_message_size(limit))
            .with(ImportsServer::new(ImportsService(workshop.clone())).max_decoding_message_size(limit))
            .with(ExportsServer::new(ExportsService(workshop.clone())).max_decoding_message_size(limit))
            .with(TrailServer::new(trail).max_decoding_message_size(limit));
        let receive = desk.hosts().map(|host| (host.place.region.clone(), receiver(host.clone()))).collect::<BTreeMap<_, _>>();
        Ok(Furniture { service, receive, jobs: workshop.open(), ..furniture })
    }

    async fn verify_beside(files: &Files, db: &DatabaseConnection) -> Result<Vec<String>, String> {
        let in_words = |error: &dyn std::fmt::Display| format!("evidence: {error}");
        let rows =
            evidence::Entity::find().order_by_asc(evidence::Column::Serial).all(db).await.map_err(|error| in_words(&error))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let vault = Vault::open(&files.directory).map_err(|error| in_words(&error))?;
        let count = rows.len();
        for row in rows {
            let found = evidence::from_row(row).map_err(|error| in_words(&error))?;
            let sound = vault.is_sound(found.digest, found.size).await.map_err(|error| in_words(&error))?;
            if !sound {
                return Err(format!("the bytes of evidence/{} ({}) are missing or differ", found.serial, hex(&found.digest)));
            }
        }
        Ok(vec![format!("{count} pieces of evidence: every file is there and has its digest")])
    }
}

/// A piece of 512 KiB with what goes with it.
const FILE_MESSAGE_BYTES_MAX: usize = DELIVERY_BYTES_MAX;

/// The files of every region.
fn vaults(runtime: &Runtime<Node>) -> Result<Vaults, String> {
    let open = |region: RegionId| {
        let files = runtime.config.files(&region)?;
        let vault =
            Vault::open(&files.directory).map_err(|error| format!("region {region}: {}: {error}", files.directory.display()))?;
        Ok((region, Arc::new(vault)))
    };
    let all: Result<BTreeMap<_, _>, String> = runtime.config.region_ids().into_iter().map(open).collect();
    Ok(Vaults(Arc::new(all?)))
}

/// Takes verified directives into the journal: once, however often they are delivered.
fn receiver(host: Arc<Host<CountyBook>>) -> Receiver {
    Arc::new(move |received| {
        let host = host.clone();
        Box::pin(async move { receive(&host, received).await })
    })
}

async fn receive(host: &Host<CountyBook>, received: Received) -> Result<DeliverResponse, Fault> {
    let id = received.directive.id.clone();
    if let Some(row) = directive_row::Entity::find_by_id(id.clone()).one(&host.read).await? {
        return Ok(answer(host, unsigned(row.position), true));
    }
    let register = match &received.directive.order {
        Order::Register { signed, .. } => {
            Some(registers::judge(&host.place.registers.current(), &received.directive.issuer, signed)?)
        }
        Order::Revocations { signed, .. } => {
            revocations::judge(&host.place, signed)?;
            None
        }
        Order::Admission { .. }
        | Order::Removal { .. }
        | Order::Transfer { .. }
        | Order::Supervision { .. }
        | Order::RuleTable { .. } => None,
    };
    let lists = matches!(received.directive.order, Order::Revocations { .. });
    // The directive's own id is the request id: two deliveries at once meet in the writer and have one effect.
    let request = Request { id, hash: Hash::of(&[&received.signed]).0 };
    let command = Receive { directive: received.directive, signed: received.signed };
    let submission = Submission {
        command: Box::new(command),
        actor: Actor::Region(received.from.as_str().into()),
        request: Some(request),
        validate_only: false,
    };
    let receipt = host.writer.submit(submission).await?;
    if let Some(register) = register {
        host.place.registers.adopt(register);
    }
    if lists {
        revocations::put_in_force(&host.read, &host.place.revocations).await?;
    }
    Ok(answer(host, receipt.position, receipt.repeated))
}

fn answer(host: &Host<CountyBook>, position: u64, repeated: bool) -> DeliverResponse {
    DeliverResponse { region: host.place.region.to_string(), epoch: host.place.epoch, position, repeated }
}
