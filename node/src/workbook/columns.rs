//! The columns of every sheet that can be imported: one table for the template, the reading of rows, the words of errors and
//! the headings of exports.
//!
//! A row becomes the request that a person would send: `path` is the field of that request. A noun that gains a field gains a
//! line here and nothing else.

use changxiao_domain::{hazard_category, import::Kind, industry};

/// How a cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// A civil date.
    Date,
    /// A whole number.
    Number,
    /// SHA-256 as 64 hexadecimal digits.
    Digest,
    /// Codes of industry categories, separated by 、 or commas.
    Industries,
    /// 是 or 否.
    Flag,
    /// The code of an industry category, with its name behind it if one likes.
    Industry,
    /// The code of a hazard category, likewise.
    HazardCategory,
    /// One of a few words, or its number.
    Choice(&'static [(&'static str, u32)]),
    /// An enterprise: credit code, registration number, serial or exact name.
    Enterprise,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading, Chinese.
    pub heading: &'static str,
    /// Heading, English.
    pub english: &'static str,
    /// Field of the request.
    pub path: &'static str,
    /// How it is written.
    pub form: Form,
    /// Whether a row without it is refused.
    pub required: bool,
    /// What is right, Chinese.
    pub rule: &'static str,
    /// The same, English.
    pub rule_en: &'static str,
    /// An example; synthetic.
    pub example: &'static str,
}

/// One kind of sheet.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// Kind.
    pub kind: Kind,
    /// Name, Chinese.
    pub title: &'static str,
    /// Name, English.
    pub english: &'static str,
    /// Method that every row calls.
    pub method: &'static str,
    /// Its request.
    pub message: &'static str,
    /// Columns in order.
    pub columns: &'static [Column],
}

macro_rules! columns {
    ($($heading:literal $english:literal $path:literal $form:expr, $required:literal, $rule:literal, $rule_en:literal, $example:literal;)*) => {
        &[$(Column {
            heading: $heading, english: $english, path: $path, form: $form, required: $required, rule: $rule,
            rule_en: $rule_en, example: $example,
        }),*]
    };
}

const SOURCES: &[(&str, u32)] =
    &[("班组", 1), ("车间", 2), ("企业", 3), ("集团", 4), ("政府", 5), ("举报", 6), ("标准化评审", 7), ("其他", 8)];

const CATALOGUE: &[Column] = columns! {
    "企业名称" "name" "enterprise.title" Form::Text, true, "2至120个字", "2 to 120 characters", "(模拟)腾冲某石料厂";
    "地址" "address" "enterprise.address" Form::Text, true, "2至200个字", "2 to 200 characters", "(模拟)某镇某村";
    "乡镇代码" "township" "enterprise.township" Form::Text, false, "9位数字,不明可留空", "nine digits, empty if unknown", "530522100";
    "行业类别" "industry" "enterprise.industry" Form::Industry, true, "从下拉列表选择", "from the list", "K03";
    "统一社会信用代码" "credit code" "enterprise.credit_code" Form::Text, false, "18位,含校验位;与注册号、无证照原因三者择一", "18 characters; or the registration number; or the reason why there is none", "";
    "工商注册号" "registration number" "enterprise.registration_number" Form::Text, false, "15位,须同时填写组织机构代码", "15 digits, with the organisation code", "";
    "组织机构代码" "organisation code" "enterprise.organisation_code" Form::Text, false, "9位,与工商注册号一并填写", "9 characters, with the registration number", "";
    "无证照原因" "why none" "enterprise.no_identifier_reason" Form::Text, false, "2至200个字,没有任何证照号码时填写", "2 to 200 characters, only without any number", "正在办理";
    "法定代表人" "legal representative" "enterprise.legal_representative" Form::Text, true, "1至60个字", "1 to 60 characters", "(模拟)甲某";
    "法定代表人电话" "telephone of the legal representative" "enterprise.legal_phone" Form::Text, false, "5至20位数字", "5 to 20 digits", "0875-0000000";
    "其他行业类别" "further industries" "enterprise.industries" Form::Industries, false, "行业类别代码,用顿号分隔", "codes, separated by commas", "";
    "自查自报管理机构" "reporting body" "enterprise.reporting_body" Form::Text, false, "不超过120个字", "up to 120 characters", "(模拟)安全科";
    "自查自报责任人" "responsible person" "enterprise.responsible.name" Form::Text, false, "1至60个字,须同时填写电话", "1 to 60 characters, with the telephone", "(模拟)丁某";
    "责任人电话" "telephone of the responsible person" "enterprise.responsible.phone" Form::Text, false, "5至20位数字", "5 to 20 digits", "0875-0000000";
    "信息员" "information officer" "enterprise.information_officer.name" Form::Text, false, "1至60个字,须同时填写电话", "1 to 60 characters, with the telephone", "(模拟)戊某";
    "信息员电话" "telephone of the information officer" "enterprise.information_officer.phone" Form::Text, false, "5至20位数字", "5 to 20 digits", "0875-0000000";
    "从业人数" "employees" "enterprise.employees" Form::Number, false, "整数", "a whole number", "35";
    "营业收入万元" "turnover in ten thousand yuan" "enterprise.turnover_wan" Form::Number, false, "整数,万元", "a whole number", "800";
    "资产总额万元" "assets in ten thousand yuan" "enterprise.assets_wan" Form::Number, false, "整数,万元", "a whole number", "1200";
    "投产日期" "operating since" "enterprise.operating_since" Form::Date, false, "如2009-05-01", "such as 2009-05-01", "2009-05-01";
    "模拟数据" "synthetic" "enterprise.synthetic" Form::Flag, false, "是或否", "是 or 否", "是";
};

const HAZARDS: &[Column] = columns! {
    "企业" "enterprise" "parent" Form::Enterprise, true, "统一社会信用代码、工商注册号、系统编号或企业全称", "credit code, registration number, serial or exact name", "1-17";
    "发现日期" "found on" "found_on" Form::Date, true, "如2015-08-20,不晚于今天", "such as 2015-08-20, not in the future", "2015-08-20";
    "隐患类别" "category" "category" Form::HazardCategory, true, "从下拉列表选择", "from the list", "B03";
    "部位" "place" "place" Form::Text, true, "1至200个字", "1 to 200 characters", "(模拟)破碎车间";
    "隐患描述" "description" "description" Form::Text, true, "10至2000个字", "10 to 2,000 characters", "(模拟)消防通道被堵塞,须清理";
    "隐患来源" "source" "source" Form::Choice(SOURCES), true, "从下拉列表选择", "from the list", "企业";
    "发现人" "finder" "finder" Form::Text, true, "1至60个字", "1 to 60 characters", "(模拟)乙某";
    "一般隐患判定依据" "judged general by" "general_by" Form::Text, false, "填写即判定为一般隐患,如B03/2015", "judges it general at once, such as B03/2015", "";
};

const SELF_INSPECTIONS: &[Column] = columns! {
    "企业" "enterprise" "parent" Form::Enterprise, true, "统一社会信用代码、工商注册号、系统编号或企业全称", "credit code, registration number, serial or exact name", "1-17";
    "检查日期" "on" "on" Form::Date, true, "如2015-08-20,不晚于今天", "such as 2015-08-20, not in the future", "2015-08-20";
    "检查人" "inspector" "inspector" Form::Text, true, "1至60个字", "1 to 60 characters", "(模拟)丙某";
    "检查范围" "scope" "scope" Form::Text, true, "2至500个字", "2 to 500 characters", "(模拟)全部车间";
    "责任人" "responsible person who signed" "responsible" Form::Text, true, "在纸质记录上签字的责任人,1至60个字", "1 to 60 characters", "(模拟)丁某";
    "法定代表人" "legal representative who signed" "legal_representative" Form::Text, true, "在纸质记录上签字的法定代表人,1至60个字", "1 to 60 characters", "(模拟)甲某";
    "扫描件SHA-256" "SHA-256 of the scan" "paper" Form::Digest, true, "签字记录扫描件的SHA-256,64位十六进制;上传扫描件后可见", "64 hexadecimal digits, as an upload of the scan shows them", "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    "迟报原因" "why it is late" "late_reason" Form::Text, false, "漏查后补录时填写", "once the task of that day is missed", "";
};

const SHEETS: [Sheet; 3] = [
    Sheet {
        kind: Kind::Catalogue,
        title: "监管对象目录",
        english: "catalogue of supervised objects",
        method: "/changxiao.county.v1.Enterprises/ProposeEnterprise",
        message: "changxiao.county.v1.ProposeEnterpriseRequest",
        columns: CATALOGUE,
    },
    Sheet {
        kind: Kind::Hazards,
        title: "一般隐患台账",
        english: "ledger of general hazards",
        method: "/changxiao.county.v1.Hazards/RegisterHazard",
        message: "changxiao.county.v1.RegisterHazardRequest",
        columns: HAZARDS,
    },
    Sheet {
        kind: Kind::SelfInspections,
        title: "自检自查记录",
        english: "self-inspections",
        method: "/changxiao.county.v1.SelfInspections/RecordSelfInspection",
        message: "changxiao.county.v1.RecordSelfInspectionRequest",
        columns: SELF_INSPECTIONS,
    },
];

/// The sheet of a kind.
#[must_use]
pub fn sheet(kind: Kind) -> &'static Sheet {
    const { assert!(SHEETS.len() == Kind::ALL.len()) };
    match kind {
        Kind::Catalogue => &SHEETS[0],
        Kind::Hazards => &SHEETS[1],
        Kind::SelfInspections => &SHEETS[2],
    }
}

/// Every column of every sheet.
pub fn all() -> impl Iterator<Item = &'static Column> {
    SHEETS.iter().flat_map(|sheet| sheet.columns)
}

impl Form {
    /// What a drop-down offers; empty for what is typed freely.
    #[must_use]
    pub fn choices(self) -> Vec<String> {
        match self {
            Self::Industry => industry::all().iter().map(|one| format!("{} {}", one.code, one.name_zh)).collect(),
            Self::HazardCategory => hazard_category::all().map(|one| format!("{} {}", one.code(), one.name_zh())).collect(),
            Self::Choice(words) => words.iter().map(|(word, _)| (*word).to_owned()).collect(),
            Self::Flag => ["是", "否"].map(str::to_owned).to_vec(),
            Self::Text | Self::Date | Self::Number | Self::Digest | Self::Industries | Self::Enterprise => Vec::new(),
        }
    }
}
