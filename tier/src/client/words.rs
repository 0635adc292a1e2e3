//! The client's own words in both languages. Answers and help are not translated; refusals are.

/// Language of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 简体中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// `zh` or `en`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// BCP 47 tag, sent as `accept-language`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// True for a locale such as `zh-CN` or `en`.
    pub fn speaks(self, locale: &str) -> bool {
        let primary = locale.split(['-', '_']).next().unwrap_or_default();
        primary.eq_ignore_ascii_case(self.tag().split('-').next().unwrap_or_default())
    }
}

/// Labels of a refusal.
#[derive(Debug)]
pub struct Labels {
    /// Before the message.
    pub refused: &'static str,
    /// Before a mistake on the command line.
    pub usage: &'static str,
    /// Before a connection that did not come about.
    pub unreachable: &'static str,
    /// Before a connection that broke.
    pub lost: &'static str,
    /// Before anything else.
    pub failed: &'static str,
    /// Stable reason.
    pub reason: &'static str,
    /// One wrong field.
    pub field: &'static str,
    /// One unmet condition.
    pub condition: &'static str,
    /// Something that is used up.
    pub quota: &'static str,
    /// The resource.
    pub resource: &'static str,
    /// When to try again.
    pub retry: &'static str,
    /// Where to read on.
    pub help: &'static str,
    /// The request id.
    pub request_id: &'static str,
    /// What a request id is good for.
    pub repeat: &'static str,
}

const CHINESE: Labels = Labels {
    refused: "被拒绝",
    usage: "用法有误",
    unreachable: "无法连接",
    lost: "连接中断，结果未知",
    failed: "未能完成",
    reason: "原因代码",
    field: "字段",
    condition: "条件",
    quota: "限额",
    resource: "对象",
    retry: "可重试，间隔秒数",
    help: "说明",
    request_id: "请求编号",
    repeat: "可用 --request-id 安全重试",
};

const ENGLISH: Labels = Labels {
    refused: "refused",
    usage: "usage",
    unreachable: "cannot connect",
    lost: "connection lost, outcome unknown",
    failed: "failed",
    reason: "reason",
    field: "field",
    condition: "condition",
    quota: "quota",
    resource: "resource",
    retry: "try again after seconds",
    help: "help",
    request_id: "request id",
    repeat: "repeat safely with --request-id",
};

impl Language {
    /// Labels in this language.
    pub fn labels(self) -> &'static Labels {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }
}
