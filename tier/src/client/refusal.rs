//! A fault in plain words for standard error: every detail of a google.rpc status, one per line.

use tonic::Status;
use tonic_types::{ErrorDetail, FieldViolation, LocalizedMessage, StatusExt as _};

use super::{
    fault::Fault,
    render::plain,
    words::{Labels, Language},
};

/// The whole text with its final line break.
pub fn words(fault: &Fault, language: Language) -> String {
    let labels = language.labels();
    match fault {
        Fault::Refused { status, request_id } => refused(status, request_id.as_deref(), language),
        Fault::Unreachable { server, why } => format!("{}: {}: {}\n", labels.unreachable, plain(server), plain(why)),
        Fault::Lost { why, request_id } => {
            let mut text = format!("{}: {}\n", labels.lost, plain(why));
            if let Some(id) = request_id {
                text.push_str(&line(labels.request_id, &format!("{id} ({})", labels.repeat)));
            }
            text
        }
        Fault::NoMethod | Fault::Missing { .. } | Fault::Value { .. } | Fault::Json { .. } | Fault::File { .. } => {
            format!("{}: {}\n", labels.usage, plain(&fault.to_string()))
        }
        Fault::Descriptors(_) | Fault::Random | Fault::Answer(_) | Fault::Write(_) => {
            format!("{}: {}\n", labels.failed, plain(&fault.to_string()))
        }
    }
}

fn line(label: &str, text: &str) -> String {
    format!("  {label}: {}\n", plain(text))
}

fn refused(status: &Status, request_id: Option<&str>, language: Language) -> String {
    let labels = language.labels();
    let details = status.get_error_details_vec();
    let spoken = spoken(&details, language);
    let code = format!("{:?}", status.code());
    let message = spoken.map_or(status.message(), |localized| localized.message.as_str());
    let mut text = format!("{} ({code}): {}\n", labels.refused, plain(message));
    if spoken.is_some_and(|localized| localized.message != status.message()) && !status.message().is_empty() {
        text.push_str(&format!("  {}\n", plain(status.message())));
    }
    for detail in &details {
        text.push_str(&detail_lines(detail, labels, language, spoken));
    }
    if let Some(id) = request_id {
        text.push_str(&line(labels.request_id, id));
    }
    text
}

/// The message in the wanted language.
fn spoken(details: &[ErrorDetail], language: Language) -> Option<&LocalizedMessage> {
    details.iter().find_map(|detail| match detail {
        ErrorDetail::LocalizedMessage(message) if language.speaks(&message.locale) => Some(message),
        _ => None,
    })
}

fn detail_lines(detail: &ErrorDetail, labels: &Labels, language: Language, spoken: Option<&LocalizedMessage>) -> String {
    match detail {
        ErrorDetail::ErrorInfo(info) => {
            let mut text = line(labels.reason, &info.reason);
            let mut values: Vec<(&String, &String)> = info.metadata.iter().collect();
            values.sort();
            values.iter().for_each(|(name, value)| text.push_str(&line(&plain(name), value)));
            text
        }
        ErrorDetail::BadRequest(bad) => {
            bad.field_violations.iter().map(|violation| line(labels.field, &field(violation, language))).collect()
        }
        ErrorDetail::PreconditionFailure(failure) => failure
            .violations
            .iter()
            .map(|unmet| line(labels.condition, &joined(&[&unmet.subject, &unmet.description], &unmet.r#type)))
            .collect(),
        ErrorDetail::QuotaFailure(failure) => failure
            .violations
            .iter()
            .map(|used_up| line(labels.quota, &joined(&[&used_up.subject, &used_up.description], "")))
            .collect(),
        ErrorDetail::ResourceInfo(info) => {
            line(labels.resource, &joined(&[&info.resource_name, &info.description], &info.resource_type))
        }
        ErrorDetail::RetryInfo(info) => match info.retry_delay {
            Some(delay) => line(labels.retry, &delay.as_secs_f64().to_string()),
            None => String::new(),
        },
        ErrorDetail::Help(help) => {
            help.links.iter().map(|link| line(labels.help, &joined(&[&link.description, &link.url], ""))).collect()
        }
        // The one in the wanted language stands at the top already.
        ErrorDetail::LocalizedMessage(message) if spoken.is_some_and(|lead| lead.message == message.message) => String::new(),
        ErrorDetail::LocalizedMessage(message) => line(&plain(&message.locale), &message.message),
        // The request id is printed from what was sent; debugging words are for the server's own people.
        _ => String::new(),
    }
}

/// `found_on: is in the future; give today or an earlier day (DATE_IN_FUTURE)`. The description carries the remedy.
fn field(violation: &FieldViolation, language: Language) -> String {
    let localized = violation.localized_message.as_ref().filter(|message| language.speaks(&message.locale));
    let description = localized.map_or(&violation.description, |message| &message.message);
    joined(&[&violation.field, description], &violation.reason)
}

/// Parts that are not empty with colons between, and a code in brackets after them.
fn joined(parts: &[&str], code: &str) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    let text = parts.join(": ");
    if code.is_empty() { text } else { format!("{text} ({code})") }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic::Code;
    use tonic_types::ErrorDetails;

    use super::*;

    fn status() -> Status {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("HAZARD_INVALID", "changxiao", HashMap::from([("region".to_owned(), "bs-tengchong".to_owned())]))
            .add_bad_request_violation("found_on", "is in the future; give today or an earlier day")
            .add_bad_request_violation("description", "has 3 characters; give at least 10")
            .set_localized_message("zh-CN", "隐患登记内容有误");
        Status::with_error_details(Code::InvalidArgument, "the hazard cannot be registered", details)
    }

    fn said(language: Language) -> String {
        let fault = Fault::of_status(status()).during(None, Some("id-1"));
        assert_eq!(fault.exit_code(), 1);
        words(&fault, language)
    }

    #[test]
    fn every_detail_is_said_in_english() {
        assert_eq!(
            said(Language::English),
            "refused (InvalidArgument): the hazard cannot be registered\n  \
             reason: HAZARD_INVALID\n  region: bs-tengchong\n  \
             field: found_on: is in the future; give today or an earlier day\n  \
             field: description: has 3 characters; give at least 10\n  \
             zh-CN: 隐患登记内容有误\n  request id: id-1\n"
        );
    }

    #[test]
    fn the_localized_message_leads_in_chinese() {
        let text = said(Language::Chinese);
        assert!(text.starts_with("被拒绝 (InvalidArgument): 隐患登记内容有误\n  the hazard cannot be registered\n"), "{text}");
        assert!(text.contains("  原因代码: HAZARD_INVALID\n") && text.contains("  字段: found_on: is in"), "{text}");
    }

    #[test]
    fn a_server_cannot_drive_the_terminal() {
        let text = words(&Fault::of_status(Status::aborted("a\u{1b}[2Jb\u{202e}c\nd")), Language::English);
        assert_eq!(text, "refused (Aborted): a\u{fffd}[2Jb\u{fffd}c d\n");
    }

    #[test]
    fn every_kind_of_fault_has_its_exit_code() {
        let usage = Fault::Value { flag: "month".into(), given: "August".into(), expected: "a month such as 2015-08".into() };
        let unreachable = Fault::Unreachable { server: "localhost:1".into(), why: "connection refused".into() };
        let lost = Fault::Lost { why: "closed".into(), request_id: Some("id-2".into()) };
        for (fault, code, text) in [
            (usage, 2, "usage: --month: `August` is not a month such as 2015-08\n"),
            (unreachable, 3, "cannot connect: localhost:1: connection refused\n"),
            (lost, 3, "connection lost, outcome unknown: closed\n  request id: id-2 (repeat safely with --request-id)\n"),
        ] {
            assert_eq!((words(&fault, Language::English).as_str(), fault.exit_code()), (text, code));
        }
    }
}
