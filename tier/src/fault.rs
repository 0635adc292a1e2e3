//! The one road from anything that went wrong to a `tonic::Status` with google.rpc details.
//!
//! Words for strangers and words for us are separate: what a caller sees never holds a path, a statement or a cause that
//! only the operator can mend; that goes to the log, once, here.

use std::{collections::HashMap, time::Duration};

use changxiao_domain::refusal::{Kind, Refusal};
use changxiao_proto::convert::request::Invalid;
use sea_orm::DbErr;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Owner of the reasons, as google.rpc.ErrorInfo wants it.
pub const DOMAIN: &str = "changxiao";

/// Anything that can go wrong with a call.
#[derive(Debug)]
pub enum Fault {
    /// The request does not say what it must.
    Invalid(Invalid),
    /// A rule says no.
    Refused(Refusal),
    /// The same request id came with another body.
    RequestReused,
    /// Nobody known calls.
    Unauthenticated(&'static str),
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
        if is_full(&error) { Self::DiskFull } else { Self::Database(error) }
    }
}

/// Whether the database says that its disk is full.
#[must_use]
pub fn is_full(error: &DbErr) -> bool {
    let text = error.to_string();
    text.contains("database or disk is full") || text.contains("code: 13")
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
            Self::Refused(refusal) => Words {
                code: match refusal.kind() {
                    Kind::NotFound => Code::NotFound,
                    Kind::AlreadyExists => Code::AlreadyExists,
                    Kind::FailedPrecondition => Code::FailedPrecondition,
                    Kind::PermissionDenied => Code::PermissionDenied,
                    Kind::Aborted => Code::Aborted,
                    Kind::InvalidArgument => Code::InvalidArgument,
                },
                reason: refusal.reason(),
                en: refusal.to_string(),
                zh: refusal.zh(),
            },
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
            Self::Damaged { reason, detail } => Words {
                code: Code::DataLoss,
                reason,
                en: detail.clone(),
                zh: format!("日志不可信:{detail}"),
            },
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

    /// Stable reason.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.words().reason
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

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        match &fault {
            Fault::Database(error) => tracing::error!(error = %error, "the database failed"),
            Fault::Internal(why) => tracing::error!(error = %why, "internal fault"),
            other => tracing::debug!(reason = other.reason(), "refused: {other}"),
        }
        let words = fault.words();
        let mut details = ErrorDetails::with_error_info(words.reason, DOMAIN, HashMap::<String, String>::new());
        if let Fault::Invalid(invalid) = &fault {
            for violation in &invalid.0 {
                details.add_bad_request_violation(violation.field.clone(), violation.why.clone());
            }
        }
        if words.code == Code::FailedPrecondition {
            details.add_precondition_failure_violation(words.reason, "", words.en.clone());
        }
        if matches!(fault, Fault::Busy | Fault::Database(_)) {
            details.set_retry_info(Some(Duration::from_secs(1)));
        }
        details.set_localized_message("zh-CN", words.zh);
        Self::with_error_details(words.code, words.en, details)
    }
}
