//! The basic information as a form: each field read by itself, all violations at once.

use changxiao_domain::{
    enterprise::{Contact, EnterpriseData, Field, Ground, Identifier, Number, Regulator},
    industry::IndustryCode,
    personal::Personal,
};
use changxiao_proto::{convert::request::Reader, county::v1 as pb};

/// Employees beyond this are slips of the keyboard.
const MOST_EMPLOYEES: u64 = 10_000_000;
/// And so are sums beyond this, ten thousand yuan.
const MOST_WAN: u64 = 10_000_000_000;
/// Entries of a list within the form.
const MOST_ENTRIES: usize = 20;

/// A telephone number as people write it.
pub(super) fn phone(reader: &mut Reader, field: &str, given: &str) -> Option<Personal> {
    let given = given.trim();
    let digits = given.chars().filter(char::is_ascii_digit).count();
    let good = (5..=20).contains(&digits) && given.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' '));
    if !good {
        reader.wrong(field, "must be a telephone number of 5 to 20 digits, with blanks, hyphens or a plus sign");
    }
    good.then(|| Personal::Known(given.to_owned()))
}

/// A person who can be reached.
pub(super) fn contact(reader: &mut Reader, field: &str, given: Option<&pb::Contact>) -> Option<Contact> {
    let empty = pb::Contact::default();
    let given = given.unwrap_or(&empty);
    let name = reader.text(&format!("{field}.name"), &given.name, 1, 60);
    let phone = phone(reader, &format!("{field}.phone"), &given.phone);
    Some(Contact { name: Personal::Known(name?), phone: phone? })
}

fn optional_contact(reader: &mut Reader, field: &str, given: Option<&pb::Contact>) -> Option<Option<Contact>> {
    if given.is_none_or(|given| given.name.is_empty() && given.phone.is_empty()) {
        return Some(None);
    }
    contact(reader, field, given).map(Some)
}

fn number(reader: &mut Reader, field: &str, kind: &str, value: &str) -> Option<Number> {
    reader.read(field, Number::read(kind, value)?)
}

/// Identifiers of the list, each with its days.
fn listed(reader: &mut Reader, given: &[pb::Identifier]) -> Option<Vec<Identifier>> {
    if given.len() > MOST_ENTRIES {
        reader.wrong("enterprise.identifiers", format!("must hold at most {MOST_ENTRIES}, holds {}", given.len()));
    }
    let mut read = Vec::new();
    for (place, one) in given.iter().enumerate().take(MOST_ENTRIES) {
        let at = |field: &str| format!("enterprise.identifiers[{place}].{field}");
        let kind = match one.kind() {
            pb::IdentifierKind::CreditCode => "credit_code",
            pb::IdentifierKind::RegistrationNumber => "registration_number",
            pb::IdentifierKind::OrganisationCode => "organisation_code",
            pb::IdentifierKind::Unspecified => {
                reader.wrong(&at("kind"), "must be given");
                continue;
            }
        };
        let number = number(reader, &at("value"), kind, &one.value);
        let (from, to) = (reader.optional_date(&at("from"), one.from), reader.optional_date(&at("to"), one.to));
        if let (Some(Some(from)), Some(Some(to))) = (from, to)
            && to <= from
        {
            reader.wrong(&at("to"), "must be after the first day");
        }
        if let (Some(number), Some(from), Some(to)) = (number, from, to) {
            read.push(Identifier { number, from, to });
        }
    }
    (read.len() == given.len()).then_some(read)
}

/// Identifiers of a proposal: by the short road, by the list, or by both; or the reason why there is none.
pub(super) fn proposed(reader: &mut Reader, given: &pb::Enterprise) -> Option<(Vec<Identifier>, String)> {
    let mut all = listed(reader, &given.identifiers)?;
    let registered = !given.registration_number.is_empty();
    for (kind, field, value, wanted) in [
        ("credit_code", "enterprise.credit_code", &given.credit_code, false),
        ("registration_number", "enterprise.registration_number", &given.registration_number, false),
        // A registration number needs it.
        ("organisation_code", "enterprise.organisation_code", &given.organisation_code, registered),
    ] {
        if wanted || !value.is_empty() {
            all.push(Identifier::undated(number(reader, field, kind, value)?));
        }
    }
    let reason = reader.text("enterprise.no_identifier_reason", &given.no_identifier_reason, 0, 200)?;
    if all.is_empty() == reason.is_empty() {
        reader.wrong(
            "enterprise.credit_code",
            "give a credit code; or a registration number with organisation code; or else the reason why there is none",
        );
        return None;
    }
    Some((all, reason))
}

fn regulators(reader: &mut Reader, given: &[pb::Regulator]) -> Option<Vec<Regulator>> {
    if given.len() > MOST_ENTRIES {
        reader.wrong("enterprise.regulators", format!("must hold at most {MOST_ENTRIES}, holds {}", given.len()));
    }
    let mut read = Vec::new();
    for (place, one) in given.iter().enumerate().take(MOST_ENTRIES) {
        let at = |field: &str| format!("enterprise.regulators[{place}].{field}");
        let title = reader.text(&at("title"), &one.title, 2, 120);
        let ground = u32::try_from(one.ground).ok().and_then(Ground::from_number);
        if ground.is_none() {
            reader.wrong(&at("ground"), "must be territory or industry");
        }
        let (from, to) = (reader.date(&at("from"), one.from), reader.optional_date(&at("to"), one.to));
        if let (Some(title), Some(ground), Some(from), Some(to)) = (title, ground, from, to) {
            read.push(Regulator { title, ground, from, to });
        }
    }
    (read.len() == given.len()).then_some(read)
}

fn bounded(reader: &mut Reader, field: &str, given: Option<u64>, most: u64) -> Option<Option<u64>> {
    if given.is_some_and(|given| given > most) {
        reader.wrong(field, format!("must be at most {most}"));
        return None;
    }
    Some(given)
}

/// Reads one field into the data; `None` if it is wrong.
pub(super) fn field(reader: &mut Reader, field: Field, given: &pb::Enterprise, data: &mut EnterpriseData) -> Option<()> {
    let at = format!("enterprise.{}", field.id());
    match field {
        Field::Title => data.title = reader.text(&at, &given.title, 2, 120)?,
        Field::Address => data.address = reader.text(&at, &given.address, 2, 200)?,
        Field::Township => {
            let fits = given.township.len() == 9 && given.township.bytes().all(|b| b.is_ascii_digit());
            if !given.township.is_empty() && !fits {
                reader.wrong(&at, "must be nine digits, or empty if unknown");
                return None;
            }
            data.township.clone_from(&given.township);
        }
        Field::Industry => data.industry = reader.parse(&at, &given.industry)?,
        Field::Industries => {
            let read: Vec<_> = given.industries.iter().map(|code| reader.parse::<IndustryCode>(&at, code)).collect();
            data.industries = read.into_iter().collect::<Option<_>>()?;
        }
        Field::Identifiers => data.identifiers = listed(reader, &given.identifiers)?,
        Field::NoIdentifierReason => data.no_identifier_reason = reader.text(&at, &given.no_identifier_reason, 0, 200)?,
        Field::LegalRepresentative => {
            data.legal_representative = Personal::Known(reader.text(&at, &given.legal_representative, 1, 60)?);
        }
        Field::LegalPhone => {
            data.legal_phone = if given.legal_phone.is_empty() { None } else { Some(phone(reader, &at, &given.legal_phone)?) };
        }
        Field::ReportingBody => data.reporting_body = reader.text(&at, &given.reporting_body, 0, 120)?,
        Field::Responsible => data.responsible = optional_contact(reader, &at, given.responsible.as_ref())?,
        Field::InformationOfficer => {
            data.information_officer = optional_contact(reader, &at, given.information_officer.as_ref())?;
        }
        Field::Employees => data.employees = bounded(reader, &at, given.employees, MOST_EMPLOYEES)?,
        Field::Turnover => data.turnover_wan = bounded(reader, &at, given.turnover_wan, MOST_WAN)?,
        Field::Assets => data.assets_wan = bounded(reader, &at, given.assets_wan, MOST_WAN)?,
        Field::OperatingSince => data.operating_since = reader.optional_date(&at, given.operating_since)?,
        Field::Regulators => data.regulators = regulators(reader, &given.regulators)?,
    }
    Some(())
}

/// Fields of a mask.
pub(super) fn mask(reader: &mut Reader, given: &[String]) -> Option<Vec<Field>> {
    if given.is_empty() {
        reader.wrong("update_mask", "must name at least one field");
        return None;
    }
    let mut fields = Vec::new();
    for name in given {
        match Field::from_id(name) {
            Some(field) if fields.contains(&field) => {}
            Some(field) => fields.push(field),
            None => {
                let all = Field::ALL.iter().map(|field| field.id()).collect::<Vec<_>>().join(", ");
                let name: String = name.chars().take(60).collect();
                reader.wrong("update_mask", format!("`{name}` is not one of {all}"));
            }
        }
    }
    Some(fields)
}
