//! A message for any method, put together from its descriptor: fields of the same name get the same sample everywhere.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use bytes::Bytes;
use changxiao_proto::county::v1::Enterprise;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// Records of the enterprise that "own" owns.
pub struct Things {
    pub enterprise: String,
    pub hazard: String,
    pub dossier: String,
    pub officer: String,
    pub plan: String,
    pub inspection: String,
    pub document: String,
    /// Number and code of that document, as on the paper.
    pub paper: (String, String),
    pub proposal: Enterprise,
    /// One of each further collection, by the collection.
    pub records: BTreeMap<&'static str, String>,
}

impl Things {
    /// Whether an answer holds one of these records.
    pub fn shows_own(&self, answer: &Bytes) -> bool {
        let names = [&self.enterprise, &self.hazard, &self.dossier, &self.inspection, &self.document];
        names.iter().any(|name| {
            answer.windows(name.len()).enumerate().any(|(at, text)| {
                // Not the beginning of a longer number.
                text == name.as_bytes() && !answer.get(at + name.len()).is_some_and(u8::is_ascii_digit)
            })
        })
    }
}

fn id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("c1f2a3c4-0000-4000-8000-{:012x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn message(pool: &DescriptorPool, path: &str, region: &str, things: &Things) -> Bytes {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    let method = service.methods().find(|one| one.name() == method).unwrap();
    let subject = Subject { service: service.name().to_owned(), method: method.name().to_owned(), region, things };
    filled(&method.input(), &subject, 0).encode_to_vec().into()
}

struct Subject<'a> {
    service: String,
    method: String,
    region: &'a str,
    things: &'a Things,
}

fn filled(message: &MessageDescriptor, subject: &Subject<'_>, depth: usize) -> DynamicMessage {
    if message.full_name() == "changxiao.county.v1.Enterprise" {
        let mut proposal = subject.things.proposal.clone();
        // What is changed has a name.
        if subject.method == "UpdateEnterprise" {
            proposal.name.clone_from(&subject.things.enterprise);
        }
        let bytes = proposal.encode_to_vec();
        return DynamicMessage::decode(message.clone(), bytes.as_slice()).unwrap();
    }
    let mut made = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if let Some(value) = value(&field, subject, depth) {
            made.set_field(&field, value);
        }
    }
    made
}

fn value(field: &FieldDescriptor, subject: &Subject<'_>, depth: usize) -> Option<Value> {
    if matches!(field.name(), "page" | "etag" | "regions" | "zero_statement" | "late_reason" | "hazard" | "found")
        || field.name() == "note" && subject.method != "WorkTask"
        || field.containing_oneof().is_some()
    {
        return None;
    }
    let one = match field.kind() {
        Kind::String => Value::String(text(field, subject)?),
        Kind::Bytes => Value::Bytes(vec![0; 32].into()),
        Kind::Bool => Value::Bool(field.name() == "validate_only"),
        // What a list is filtered by stays open.
        Kind::Enum(_) if field.name() == "kind" => Value::EnumNumber(1),
        Kind::Enum(_) if subject.method.starts_with("List") || subject.method == "Query" => return None,
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::Uint32 if field.name().starts_with("draw_") => return None,
        Kind::Uint32 => Value::U32(match field.name() {
            "year" => 2015,
            "month" => 8,
            "day" => 25,
            "source" => 3,
            _ => 1,
        }),
        Kind::Uint64 => Value::U64(1),
        Kind::Int32 => Value::I32(match field.name() {
            "year" => 2015,
            "month" => 8,
            "day" => 25,
            _ => 1,
        }),
        Kind::Int64 => Value::I64(1),
        Kind::Message(inner) if depth < 3 => {
            let mut made = filled(&inner, subject, depth + 1);
            // What was found lies before today, what is promised after it.
            if let Some(day) = inner.get_field_by_name("day")
                && matches!(field.name(), "found_on" | "on")
            {
                let found = if matches!(day.kind(), Kind::Uint32) { Value::U32(19) } else { Value::I32(19) };
                made.set_field(&day, found);
            }
            Value::Message(made)
        }
        _ => return None,
    };
    Some(if field.is_list() { Value::List(vec![one]) } else { one })
}

fn text(field: &FieldDescriptor, subject: &Subject<'_>) -> Option<String> {
    let Subject { things, region, .. } = subject;
    let here = format!("regions/{region}");
    let on_enterprise = [
        "RegisterHazard",
        "RecordSelfInspection",
        "IdentifyMajorHazard",
        "ListSelfInspections",
        "RecordInterview",
        "PublicizeEnterprise",
        "RecordConsultation",
        "ProposeBlacklisting",
        "AdaptChecklist",
        "AuthoriseDeputy",
        "RevokeDeputy",
    ];
    let about_enterprise =
        ["DraftCountyDirective", "OpenTask", "SendNotice", "PublishWarning"].contains(&subject.method.as_str());
    let record = |collection: &str| things.records.get(collection).cloned();
    Some(match field.name() {
        "request_id" => id(),
        "parent" if subject.method == "AttachEvidence" => things.hazard.clone(),
        "upload" => format!("{here}/uploads/{}", "0f".repeat(16)),
        "method" => "county.v1.Hazards/ListHazards".to_owned(),
        "filter_json" | "list_parent" => return None,
        "parent" if on_enterprise.contains(&subject.method.as_str()) => things.enterprise.clone(),
        "parent" if subject.method == "RecordPrevention" => things.hazard.clone(),
        "parent" if subject.method == "DrawUpDocument" => things.inspection.clone(),
        "parent" => here,
        "about" | "enterprise" if about_enterprise => things.enterprise.clone(),
        "about" => return None,
        "account" if subject.service == "Organisation" => "regulator-1".to_owned(),
        "assignee" => "regulator-1".to_owned(),
        "name" => match subject.service.as_str() {
            // Within a message that has a name of its own, it is a person's.
            "Enterprises" if field.parent_message().name() == "Contact" => "测试联系人".to_owned(),
            "Enterprises" if subject.method == "AnswerTransfer" => format!("{here}/transfers/bs~1-5"),
            "Enterprises" if subject.method == "GetNameList" => format!("{here}/nameLists/1-1"),
            "Enterprises" => things.enterprise.clone(),
            "Declarations" => format!("{}/declarations/2015-08", things.enterprise),
            "SelfInspections" => format!("{}/selfInspections/other-monthly.20150901", things.enterprise),
            "Checklists" => format!("{here}/checklists/general"),
            "Rules" => format!("{here}/tables/workdays"),
            "Hazards" => things.hazard.clone(),
            "Dossiers" => things.dossier.clone(),
            "Trail" => things.hazard.clone(),
            "Tasks" => record("tasks")?,
            "Notices" => record("notices")?,
            "Measures" => record("measures")?,
            "CountyDirectives" => record("countyDirectives")?,
            "Organisation" if subject.method.ends_with("User") => record("users")?,
            "Organisation" if subject.method.ends_with("Training") => record("trainings")?,
            "Organisation" => record("submissions")?,
            "Officers" => things.officer.clone(),
            "Inspections" if subject.method == "GetPlan" => things.plan.clone(),
            "Inspections" => things.inspection.clone(),
            "Documents" => things.document.clone(),
            "Files" if subject.method == "ReadFile" => format!("{here}/files/{}", "0f".repeat(32)),
            "Files" => format!("{here}/uploads/{}", "0f".repeat(16)),
            "EvidenceFiles" => format!("{here}/evidence/1-1"),
            "Imports" => format!("{here}/imports/{}", "0f".repeat(16)),
            "Exports" => format!("{here}/exports/{}", "0f".repeat(16)),
            "Supervision" => format!("{here}/directives/bs~1-5"),
            "Children" => format!("{here}/children/bs-tengchong"),
            "EnrolmentDesk" => format!("{here}/enrolments/1-9999"),
            "Admissions" => {
                let collection = match subject.method.as_str() {
                    "DecideRemoval" => "removals",
                    "DecideTransfer" => "transfers",
                    _ => "admissions",
                };
                format!("{here}/{collection}/bs-tengchong~{}", things.enterprise.rsplit('/').next()?)
            }
            "Tokens" if subject.method == "RevokeToken" => format!("{here}/tokens/{}", "0f".repeat(16)),
            _ => format!("{here}/accounts/analyst-1"),
        },
        // Of a node, which is no enterprise's.
        "region" if matches!(subject.method.as_str(), "IssueCode" | "EnterNode") => "bs-longling".to_owned(),
        "fingerprint" => "0".repeat(64),
        "federation_address" => "127.0.0.1:7443".to_owned(),
        "dossier" => things.dossier.clone(),
        // Named, not drawn.
        "enterprises" => things.enterprise.clone(),
        "officers" => things.officer.clone(),
        "record" => things.document.clone(),
        "number" if subject.method == "VerifyDocument" => things.paper.0.clone(),
        "code" if subject.method == "VerifyDocument" => things.paper.1.clone(),
        "kind" if subject.method == "DrawUpDocument" => "D02".to_owned(),
        "kind" => return None,
        "account_id" => "matrix-nobody".to_owned(),
        "account" if subject.method == "InviteEnterprise" => format!("{here}/accounts/reporter-0"),
        "phone" => "0875-0000000".to_owned(),
        "to" => "regions/bs-longling".to_owned(),
        "into" => things.enterprise.clone(),
        "update_mask" | "field" => "address".to_owned(),
        "category" => "B03".to_owned(),
        "general_by" | "criteria" => "general-2008-02-01".to_owned(),
        "checklist" | "checklist_id" => "general".to_owned(),
        "table" => "workdays".to_owned(),
        "deputy" => "responsible-0".to_owned(),
        "span" => "2015-08".to_owned(),
        "account" | "enterprise" | "industry" | "industries" | "indicators" | "region" | "repeats" | "repeat_of"
        | "duplicate_of" | "subject" | "draw_industries" => {
            return None;
        }
        _ => "(测试)按要求填写的说明文字".to_owned(),
    })
}
