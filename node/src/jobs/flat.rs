//! Messages as rows: which columns a list has, what they are called, and what stands in them. Nothing here knows a noun, so a
//! list that is added to the wire can be exported the day it is served.

use changxiao_domain::{clock::Instant, indicator};
use changxiao_tier::client::Comments;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value as Wire,
};

use crate::workbook::{columns, writer::Value};

/// Nested messages are flattened this deep.
const DEPTH_MAX: usize = 3;
/// Lists of this message become one column for each indicator.
const FIGURE: &str = "changxiao.statistics.v1.Figure";

/// Chinese headings of fields that no import sheet names.
const HEADINGS: &[(&str, &str)] = &[
    ("name", "编号"),
    ("enterprise", "企业编号"),
    ("enterprise_title", "企业名称"),
    ("state", "状态"),
    ("month", "月份"),
    ("region", "地区"),
    ("etag", "版本"),
    ("deadline", "期限"),
    ("overdue", "是否逾期"),
    ("responsible", "整改责任人"),
    ("measure", "整改措施"),
    ("measures", "治理措施"),
    ("responsibility", "治理责任"),
    ("funds_yuan", "治理资金(元)"),
    ("emergency_plan", "应急预案"),
    ("goals", "治理目标"),
    ("cost_yuan", "整改费用(元)"),
    ("result", "整改结果"),
    ("returned", "退回次数"),
    ("struck_off_on", "销号日期"),
    ("reinspector", "复查人"),
    ("acceptor", "验收人"),
    ("closer", "销号人"),
    ("protection", "防范措施"),
    ("criterion", "判定标准"),
    ("criteria", "判定依据"),
    ("number", "文号"),
    ("closing_number", "销号文号"),
    ("notice_number", "挂牌通知书文号"),
    ("listed_deadline", "挂牌期限"),
    ("identified_on", "判定日期"),
    ("approved_at_ms", "审核通过时间"),
    ("filed_at_ms", "申报时间"),
    ("attached_at_ms", "关联时间"),
    ("attached_by", "关联账号"),
    ("returned_reason", "退回原因"),
    ("self_inspections", "自查次数"),
    ("general_found", "一般隐患发现数"),
    ("general_struck_off", "一般隐患销号数"),
    ("general_open", "一般隐患未销号数"),
    ("major_found", "重大隐患发现数"),
    ("major_struck_off", "重大隐患销号数"),
    ("major_open", "重大隐患未销号数"),
    ("figures", "数据"),
    ("owing", "应报企业数"),
    ("position", "日志位置"),
    ("actor", "操作人"),
    ("subject", "对象"),
    ("kind", "类别"),
    ("body_json", "内容"),
    ("leaf_hash", "叶哈希"),
    ("coverage", "数据完整性"),
    ("expected", "应报地区数"),
    ("reported", "已报地区数"),
    ("late", "是否迟报"),
    ("late_reason", "迟报原因"),
    ("zero_statement", "零报告说明"),
    ("note", "备注"),
    ("phase", "阶段"),
    ("file", "文件"),
    ("size", "大小"),
    ("media_type", "文件类型"),
    ("file_name", "文件名"),
    ("percent", "进度(%)"),
    ("spent_yuan", "已用资金(元)"),
    ("text", "说明"),
    ("progress", "进展"),
    ("plan", "治理方案"),
    ("escalated", "是否上报省级"),
    ("institution", "评估机构"),
    ("received_at_ms", "接收时间"),
    ("issuer", "下达单位"),
    ("span", "期间"),
];

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Heading: Chinese, then the field's name.
    pub heading: String,
    path: Vec<FieldDescriptor>,
    figure: Option<&'static str>,
}

/// The columns of a message, in the order of its fields.
#[must_use]
pub fn columns(of: &MessageDescriptor, comments: &Comments) -> Vec<Column> {
    let mut all = Vec::new();
    add(of, comments, &[], "", &mut all);
    all
}

fn add(of: &MessageDescriptor, comments: &Comments, above: &[FieldDescriptor], prefix: &str, all: &mut Vec<Column>) {
    for field in of.fields() {
        let heading = format!("{prefix}{}", chinese(&field, comments));
        let path: Vec<FieldDescriptor> = above.iter().cloned().chain([field.clone()]).collect();
        match field.kind() {
            Kind::Message(figure) if field.is_list() && figure.full_name() == FIGURE => {
                all.extend(indicator::TABLE.iter().map(|one| Column {
                    heading: format!("{prefix}{}({}) {}", one.name_zh, one.unit, one.id),
                    path: path.clone(),
                    figure: Some(one.id),
                }));
            }
            Kind::Message(inner) if !field.is_list() && !is_civil(&inner) => {
                if above.len() < DEPTH_MAX {
                    add(&inner, comments, &path, &format!("{heading}·"), all);
                }
            }
            _ => {
                let names: Vec<&str> = path.iter().map(FieldDescriptor::name).collect();
                let heading = if heading == field.name() { heading } else { format!("{heading} {}", names.join(".")) };
                all.push(Column { heading, path, figure: None });
            }
        }
    }
}

fn is_civil(of: &MessageDescriptor) -> bool {
    matches!(of.full_name(), "changxiao.types.v1.Date" | "changxiao.types.v1.Month")
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// What a field is called: as the import sheets call it, as the list above does, as its comment does in parentheses, or its name.
fn chinese(field: &FieldDescriptor, comments: &Comments) -> String {
    let name = field.name();
    if let Some((_, heading)) = HEADINGS.iter().find(|(known, _)| *known == name) {
        return (*heading).to_owned();
    }
    if let Some(column) = columns::all().find(|column| column.path.rsplit('.').next() == Some(name) && column.path != "parent") {
        return column.heading.to_owned();
    }
    let comment = comments.above(&field.parent_message().parent_file(), field.path());
    let noted = comment.split(['(', ')']).nth(1).map(|inner| inner.split([',', ',', ':']).next().unwrap_or_default().trim());
    noted.filter(|text| has_chinese(text)).unwrap_or(name).to_owned()
}

/// What stands in the columns of one message.
#[must_use]
pub fn values(message: &DynamicMessage, columns: &[Column], comments: &Comments) -> Vec<Value> {
    columns.iter().map(|column| value(message, &column.path, column.figure, comments)).collect()
}

fn value(message: &DynamicMessage, path: &[FieldDescriptor], figure: Option<&str>, comments: &Comments) -> Value {
    let Some((field, rest)) = path.split_first() else { return Value::Empty };
    let held = message.get_field(field);
    if !rest.is_empty() {
        return match held.as_message() {
            Some(inner) if message.has_field(field) => value(inner, rest, figure, comments),
            _ => Value::Empty,
        };
    }
    if let Some(id) = figure {
        let text = |one: &DynamicMessage, name: &str| one.get_field_by_name(name).and_then(|v| v.as_str().map(str::to_owned));
        let found = held.as_list().unwrap_or_default().iter().filter_map(Wire::as_message);
        let found = found.into_iter().find(|one| text(one, "indicator").as_deref() == Some(id));
        // What nobody reported is absent, not zero.
        return found
            .and_then(|one| text(one, "text"))
            .map_or(Value::Empty, |text| if text.parse::<f64>().is_ok() { Value::Number(text) } else { Value::Text(text) });
    }
    if field.supports_presence() && !message.has_field(field) {
        return Value::Empty;
    }
    match held.as_list() {
        Some(items) => {
            let texts: Vec<String> = items.iter().map(|item| text_of(&one(field, item, comments))).collect();
            if texts.is_empty() { Value::Empty } else { Value::Text(texts.join("、")) }
        }
        None => one(field, &held, comments),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Number(text) | Value::Wrong(text) => text.clone(),
        Value::Empty => String::new(),
    }
}

fn one(field: &FieldDescriptor, value: &Wire, comments: &Comments) -> Value {
    match value {
        Wire::String(text) if text.is_empty() => Value::Empty,
        Wire::String(text) => Value::Text(text.clone()),
        Wire::Bool(yes) => Value::Text(if *yes { "是" } else { "否" }.to_owned()),
        Wire::I64(0) if field.name().ends_with("_ms") => Value::Empty,
        Wire::I64(at) if field.name().ends_with("_ms") => Value::Text(instant(*at)),
        Wire::I32(number) => Value::Number(number.to_string()),
        Wire::I64(number) => Value::Number(number.to_string()),
        Wire::U32(number) => Value::Number(number.to_string()),
        Wire::U64(number) => Value::Number(number.to_string()),
        Wire::F32(number) => Value::Number(number.to_string()),
        Wire::F64(number) => Value::Number(number.to_string()),
        Wire::Bytes(bytes) => Value::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        Wire::EnumNumber(0) => Value::Empty,
        Wire::EnumNumber(number) => match field.kind() {
            Kind::Enum(of) => Value::Text(choice(&of, *number, comments)),
            _ => Value::Number(number.to_string()),
        },
        Wire::Message(inner) => Value::Text(message(inner, comments)),
        Wire::List(_) | Wire::Map(_) => Value::Empty,
    }
}

/// A message in one cell: a date or month as such, anything else by its values.
fn message(of: &DynamicMessage, comments: &Comments) -> String {
    let part = |name: &str| of.get_field_by_name(name).and_then(|value| value.as_i32()).unwrap_or_default();
    match of.descriptor().full_name() {
        "changxiao.types.v1.Date" => format!("{:04}-{:02}-{:02}", part("year"), part("month"), part("day")),
        "changxiao.types.v1.Month" => format!("{:04}-{:02}", part("year"), part("month")),
        _ => {
            let columns = columns(&of.descriptor(), comments);
            let texts = values(of, &columns, comments).iter().map(text_of).filter(|text| !text.is_empty()).collect::<Vec<_>>();
            texts.join(" ")
        }
    }
}

/// What an enum's value is called in Chinese by its comment, or its name.
fn choice(of: &EnumDescriptor, number: i32, comments: &Comments) -> String {
    let Some(value) = of.get_value(number) else { return number.to_string() };
    let comment = comments.above(&of.parent_file(), value.path());
    let word = comment.split([':', '.', ',', ':', '。']).next().unwrap_or_default().trim();
    if has_chinese(word) { word.to_owned() } else { value.name().to_owned() }
}

/// An instant as people here read it.
fn instant(ms: i64) -> String {
    let date = Instant::from_ms(ms).date();
    let seconds = (ms / 1_000 + 8 * 3_600).rem_euclid(86_400);
    format!("{date} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use changxiao_proto::{DESCRIPTORS, county::v1 as pb, types::v1::Date};
    use prost::Message as _;
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn a_hazard_is_a_row_of_chinese_words() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let comments = Comments::of(&pool);
        let descriptor = pool.get_message_by_name("changxiao.county.v1.Hazard").unwrap();
        let hazard = pb::Hazard {
            name: "regions/x/hazards/1-2".to_owned(),
            state: pb::HazardState::Rectifying.into(),
            found_on: Some(Date { year: 2015, month: 8, day: 20 }),
            place: "=1+1".to_owned(),
            source: 3,
            overdue: true,
            ..Default::default()
        };
        let message = DynamicMessage::decode(descriptor.clone(), hazard.encode_to_vec().as_slice()).unwrap();
        let columns = columns(&descriptor, &comments);
        let row = values(&message, &columns, &comments);
        let of = |heading: &str| {
            let at = columns.iter().position(|column| column.heading.starts_with(heading)).unwrap_or_else(|| panic!("{heading}"));
            row[at].clone()
        };
        assert_eq!(of("状态"), Value::Text("整改中".to_owned()));
        assert_eq!(of("发现日期"), Value::Text("2015-08-20".to_owned()));
        assert_eq!(of("部位"), Value::Text("=1+1".to_owned()));
        assert_eq!(of("隐患来源"), Value::Number("3".to_owned()));
        assert_eq!(of("是否逾期"), Value::Text("是".to_owned()));
        assert_eq!(of("期限"), Value::Empty);
    }

    #[test]
    fn instants_are_read_in_utc_plus_8() {
        assert_eq!(instant(1_441_036_799_000), "2015-08-31 23:59:59");
    }
}
