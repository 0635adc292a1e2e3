//! The one road from anything that went wrong to a `tonic::Status` with google.rpc details.
//!
//! Words for strangers and words for us are separate: what a caller sees never holds a path, a statement or a cause that
//! only the operator can mend; that goes to the log, once, here.

pub mod library;

use std::{collections::HashMap, time::Duration};

use changxiao_domain::refusal::{Kind, Refusal, Refuse as _};
use changxiao_proto::convert::request::Invalid;
use sea_orm::DbErr;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    database::{WRITER_ELSEWHERE, is_elsewhere},
    writer::PartsRefused,
};

/// Owner of the reasons, as google.rpc.ErrorInfo wants it.
pub const DOMAIN: &str = "changxiao";

/// Anything that can go wrong with a call.
#[derive(Debug)]
pub enum Fault {
    /// The request does not say what it must.
    Invalid(Invalid),
    /// The request's bytes are no message of the method.
    Malformed,
    /// The request is larger than any command.
    TooLarge,
    /// A rule says no.
    Refused(Refusal),
    /// A rule says no to parts of a whole, so that nothing of it took effect.
    Parts(PartsRefused),
    /// The same request id came with another body.
    RequestReused,
    /// Nobody known calls.
    Unauthenticated(&'static str),
    /// Too many wrong passwords; none is looked at for a while.
    Locked {
        /// `ACCOUNT_LOCKED` or `SOURCE_LOCKED`.
        reason: &'static str,
        /// How long still.
        seconds: u64,
    },
    /// The caller may not do this.
    Denied {
        /// Method or act.
        what: String,
    },
    /// The region is not hosted here, or nothing of that name is.
    NotFound {
        /// Name.
        what: String,
    },
    /// The precondition named does not hold; for what lies outside a noun's rules.
    Precondition {
        /// Stable reason.
        reason: &'static str,
        /// English.
        en: String,
        /// Chinese.
        zh: String,
    },
    /// The queue is full.
    Busy,
    /// More calls are under way than this process serves at a time.
    Overloaded,
    /// The caller makes more calls than anybody needs.
    TooManyCalls,
    /// The time for the call is over.
    Deadline {
        /// The limit, milliseconds; 0 if it was the caller's own.
        limit_ms: u128,
    },
    /// The disk is full.
    DiskFull,
    /// The region does not take writes.
    ReadOnly {
        /// Stable reason.
        reason: &'static str,
        /// For people.
        detail: String,
    },
    /// The journal cannot vouch for itself.
    Damaged {
        /// Stable reason.
        reason: &'static str,
        /// For people.
        detail: String,
    },
    /// The database fails.
    Database(DbErr),
    /// Something here is broken.
    Internal(String),
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        if is_full(&error) {
            Self::DiskFull
        } else if is_elsewhere(&error) {
            Self::ReadOnly { reason: WRITER_ELSEWHERE, detail: "another process writes it now; call that one".to_owned() }
        } else {
            Self::Database(error)
        }
    }
}

/// Whether the database says that its disk is full.
#[must_use]
pub fn is_full(error: &DbErr) -> bool {
    let text = error.to_string();
    text.contains("database or disk is full") || text.contains("code: 13") || text.contains("No space left on device")
}

/// Whether the database says that its disk fails, after which nothing it says can be relied on.
#[must_use]
pub fn is_io(error: &DbErr) -> bool {
    let text = error.to_string();
    text.contains("disk I/O error") || text.contains("malformed")
}

struct Words {
    code: Code,
    reason: &'static str,
    en: String,
    zh: String,
}

impl Fault {
    fn words(&self) -> Words {
        let say = |code, reason, en: &str, zh: &str| Words { code, reason, en: en.to_owned(), zh: zh.to_owned() };
        match self {
            Self::Invalid(invalid) => Words {
                code: Code::InvalidArgument,
                reason: "REQUEST_INVALID",
                en: invalid.0.iter().map(|v| format!("{}: {}", v.field, v.why)).collect::<Vec<_>>().join("; "),
                zh: format!("请求有{}处错误,请逐项改正", invalid.0.len()),
            },
            Self::Malformed => say(
                Code::InvalidArgument,
                "REQUEST_MALFORMED",
                "these bytes are not the message that the method takes; build the client from the published .proto files",
                "请求无法解析,请按公布的接口定义编写客户端",
            ),
            Self::TooLarge => say(
                Code::ResourceExhausted,
                "REQUEST_TOO_LARGE",
                "the request is larger than 256 KiB, which no command needs",
                "请求超过256KiB上限",
            ),
            Self::Refused(refusal) => Words {
                code: match refusal.kind() {
                    Kind::NotFound => Code::NotFound,
                    Kind::AlreadyExists => Code::AlreadyExists,
                    Kind::FailedPrecondition => Code::FailedPrecondition,
                    Kind::PermissionDenied => Code::PermissionDenied,
                    Kind::Aborted => Code::Aborted,
                    Kind::InvalidArgument => Code::InvalidArgument,
                    Kind::Unauthenticated => Code::Unauthenticated,
                },
                reason: refusal.reason(),
                en: refusal.to_string(),
                zh: refusal.zh(),
            },
            Self::Parts(parts) => {
                Words { code: Code::FailedPrecondition, reason: parts.reason(), en: parts.to_string(), zh: parts.zh() }
            }
            Self::RequestReused => say(
                Code::AlreadyExists,
                "REQUEST_ID_REUSED",
                "this request id was used with another body; make a new one for a new request",
                "该请求编号已用于其他内容,新的请求须使用新的编号",
            ),
            Self::Unauthenticated(why) => Words {
                code: Code::Unauthenticated,
                reason: "UNAUTHENTICATED",
                en: (*why).to_owned(),
                zh: "未提供有效的访问令牌".to_owned(),
            },
            Self::Locked { reason, seconds } => Words {
                code: Code::ResourceExhausted,
                reason,
                en: format!("too many wrong passwords; try again in {seconds} s, or ask your administrator"),
                zh: format!("口令错误次数过多,请在{seconds}秒后重试,或联系管理员解锁"),
            },
            Self::Denied { what } => Words {
                code: Code::PermissionDenied,
                reason: "PERMISSION_DENIED",
                en: format!("your account may not call {what}"),
                zh: format!("账号无权执行{what}"),
            },
            Self::NotFound { what } => Words {
                code: Code::NotFound,
                reason: "NOT_FOUND",
                en: format!("there is no `{what}` here"),
                zh: format!("没有找到{what}"),
            },
            Self::Precondition { reason, en, zh } => {
                Words { code: Code::FailedPrecondition, reason, en: en.clone(), zh: zh.clone() }
            }
            Self::Busy => say(
                Code::ResourceExhausted,
                "QUEUE_FULL",
                "too many commands are waiting; try again with the same request id",
                "系统繁忙,请用同一请求编号稍后重试",
            ),
            Self::Overloaded => say(
                Code::ResourceExhausted,
                "SERVER_OVERLOADED",
                "more calls are under way than this process serves at a time; try again with the same request id",
                "系统繁忙,请用同一请求编号稍后重试",
            ),
            Self::TooManyCalls => say(
                Code::ResourceExhausted,
                "CALLS_TOO_MANY",
                "this account makes more calls a second than it may; slow down and try again with the same request id",
                "该账号调用过于频繁,请放慢速度,用同一请求编号重试",
            ),
            Self::Deadline { .. } => say(
                Code::DeadlineExceeded,
                "DEADLINE_PASSED",
                "there was no answer in the time that the call may take; try again with the same request id",
                "未能在时限内完成,请用同一请求编号重试",
            ),
            Self::DiskFull => say(
                Code::ResourceExhausted,
                "DISK_FULL",
                "the disk of this node is full; nothing was changed; try again once there is room",
                "服务器磁盘已满,本次未作任何更改,请在清理后重试",
            ),
            Self::ReadOnly { reason, detail } => Words {
                code: Code::Unavailable,
                reason,
                en: format!("this region takes no writes: {detail}"),
                zh: format!("本地区暂停写入:{detail}"),
            },
            Self::Damaged { reason, detail } => {
                Words { code: Code::DataLoss, reason, en: detail.clone(), zh: format!("日志不可信:{detail}") }
            }
            Self::Database(_) => say(
                Code::Unavailable,
                "DATABASE_UNAVAILABLE",
                "the database did not answer; try again with the same request id",
                "数据库暂不可用,请用同一请求编号重试",
            ),
            Self::Internal(_) => say(
                Code::Internal,
                "INTERNAL",
                "something is wrong in this node; its operator finds the cause in the log",
                "系统内部错误,请联系管理员查看日志",
            ),
        }
    }

    /// gRPC code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.words().code
    }

    /// Stable reason.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.words().reason
    }

    /// The Chinese sentence.
    #[must_use]
    pub fn zh(&self) -> String {
        self.words().zh
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => write!(f, "database: {error}"),
            Self::Internal(why) => write!(f, "internal: {why}"),
            other => f.write_str(&other.words().en),
        }
    }
}

impl std::error::Error for Fault {}

/// Longest sentence of a status, bytes. A status travels in headers, of which common clients take 8 KiB; what callers sent comes
/// back in it.
const MESSAGE_BYTES_MAX: usize = 600;
/// Longest violation, bytes.
const VIOLATION_BYTES_MAX: usize = 200;
/// Violations named; a request of ours has fewer fields, only repeated ones can have more.
const VIOLATIONS_MAX: usize = 16;

/// The beginning of a text, cut between characters.
fn clipped(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", &text[..end])
}

/// Fields and what is wrong with them, as many as a status carries.
fn shown(invalid: &Invalid) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = invalid
        .0
        .iter()
        .take(VIOLATIONS_MAX)
        .map(|violation| (clipped(&violation.field, VIOLATION_BYTES_MAX), clipped(&violation.why, VIOLATION_BYTES_MAX)))
        .collect();
    let rest = invalid.0.len() - shown.len();
    if let Some((_, why)) = shown.last_mut().filter(|_| rest > 0) {
        why.push_str(&format!("; {rest} more violations are left out"));
    }
    shown
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        match &fault {
            Fault::Database(error) => tracing::error!(error = %error, "the database failed"),
            Fault::Internal(why) => tracing::error!(error = %why, "internal fault"),
            other => tracing::debug!(reason = other.reason(), "refused: {other}"),
        }
        let mut words = fault.words();
        words.en = clipped(&words.en, MESSAGE_BYTES_MAX);
        words.zh = clipped(&words.zh, MESSAGE_BYTES_MAX);
        let mut details = ErrorDetails::with_error_info(words.reason, DOMAIN, HashMap::<String, String>::new());
        if let Fault::Invalid(invalid) = &fault {
            for (field, why) in shown(invalid) {
                details.add_bad_request_violation(field, why);
            }
        }
        if words.code == Code::FailedPrecondition {
            details.add_precondition_failure_violation(words.reason, "", words.en.clone());
        }
        if matches!(fault, Fault::Busy | Fault::Overloaded | Fault::TooManyCalls | Fault::Database(_)) {
            details.set_retry_info(Some(Duration::from_secs(1)));
        }
        if let Fault::Locked { seconds, .. } = fault {
            details.set_retry_info(Some(Duration::from_secs(seconds)));
        }
        details.set_localized_message("zh-CN", words.zh);
        Self::with_error_details(words.code, words.en, details)
    }
}

#[cfg(test)]
mod tests {
    use changxiao_proto::convert::request::Violation;

    use super::*;

    #[test]
    fn a_status_fits_into_headers_whatever_was_sent() {
        let violation = |field: usize| Violation { field: format!("roles[{field}]"), why: "隐".repeat(100_000) };
        let status = Status::from(Fault::Invalid(Invalid((0..5_000).map(violation).collect())));
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), VIOLATIONS_MAX);
        assert!(violations.last().unwrap().description.ends_with("4984 more violations are left out"));
        assert!(status.message().len() * 3 + status.details().len() * 4 / 3 < 8 * 1_024, "{}", status.details().len());
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clipped("隐患", 6), "隐患");
        assert_eq!(clipped("隐患", 5), "隐…");
        assert_eq!(clipped("ab", 0), "…");
    }
}
