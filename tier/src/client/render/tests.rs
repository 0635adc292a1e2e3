//! Tables as a person sees them, from answers written as proto3 JSON.

use std::sync::LazyLock;

use proptest::prelude::*;
use prost_reflect::DescriptorPool;

use super::*;

fn answer(kind: &str, text: &str) -> DynamicMessage {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| DescriptorPool::decode(changxiao_proto::DESCRIPTORS).unwrap());
    let kind = POOL.get_message_by_name(&format!("changxiao.{kind}")).unwrap();
    DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(text)).unwrap()
}

fn check(kind: &str, text: &str, expected: &str) {
    let printed = table(&answer(kind, text), None);
    assert_eq!(printed, expected, "\n{printed}");
}

#[test]
fn a_list_is_aligned_also_in_chinese() {
    check(
        "county.v1.ListEnterprisesResponse",
        r#"{"enterprises": [
            {"name": "regions/bs-tengchong/enterprises/1-1", "title": "腾冲甲矿业有限公司", "industry": "K03", "state": "ENTERPRISE_STATE_APPROVED", "approvedAtMs": "1438358400000", "synthetic": true,
             "fieldsFilled": 24, "fieldsTotal": 24, "stale": true},
            {"name": "regions/bs-tengchong/enterprises/1-17", "title": "B 厂", "industry": "K11", "state": "ENTERPRISE_STATE_CANDIDATE", "synthetic": true,
             "fieldsFilled": 9, "fieldsTotal": 24}
        ], "nextPageToken": ""}"#,
        "\
name                                   title               industry  synthetic  state      approved_at                 fields_filled  fields_total  stale  unfilled
regions/bs-tengchong/enterprises/1-1   腾冲甲矿业有限公司  K03       true       approved   2015-08-01 00:00:00 +08:00             24            24  true   false
regions/bs-tengchong/enterprises/1-17  B 厂                K11       true       candidate                                          9            24  false  false
",
    );
}

#[test]
fn a_page_token_is_shown_only_if_there_is_one() {
    check(
        "county.v1.ListMonthsResponse",
        r#"{"months": [{"month": {"year": 2015, "month": 8}, "state": "MONTH_STATE_CLOSED", "owing": 12, "remindedDays": 3}]}"#,
        "month    state   owing  reminded_days\n2015-08  closed     12              3\n",
    );
    check("county.v1.ListHazardsResponse", r#"{"hazards": []}"#, "(none)\n");
    check("county.v1.ListHazardsResponse", r#"{"nextPageToken": "p2"}"#, "(none)\n\nnext_page_token  p2\n");
}

#[test]
fn an_answer_that_wraps_one_message_is_printed_as_that_message() {
    check(
        "oversight.v1.GetRegisterResponse",
        r#"{"register": {"version": 3, "regions": [{"id": "bs-tengchong", "kind": 3, "joined": {"year": 2015, "month": 8},
            "attributes": [{"from": {"year": 2015, "month": 8, "day": 3}, "code": "530581", "nameZh": "腾冲市"}]}]}}"#,
        "\
id            kind  joined   attributes
bs-tengchong     3  2015-08  2015-08-03 530581 腾冲市

version  3
",
    );
}

#[test]
fn figures_stand_in_columns_with_their_sum_below() {
    check(
        "statistics.v1.QueryResponse",
        r#"{"rows": [
            {"region": "bs-longyang", "regionName": "隆阳区", "figures": [{"indicator": "general_found", "value": "3", "text": "3"}],
             "coverage": {"expected": 1, "reported": 1}},
            {"region": "bs-tengchong", "regionName": "腾冲市", "coverage": {"expected": 1, "stale": [{"region": "bs-tengchong", "regionName": "腾冲市", "sinceMs": "1443628800000", "reason": "SILENT"}]}}
        ], "total": {"region": "bs", "figures": [{"indicator": "general_found", "value": "3", "text": "3"}, {"indicator": "declaration_rate", "text": "/"}],
            "coverage": {"expected": 2, "reported": 1}}, "cutOffMs": "1444060799000", "sandbox": true}"#,
        "\
region        region_name  general_found  declaration_rate  coverage.expected  coverage.reported  coverage.stale
bs-longyang   隆阳区                   3                                    1                  1
bs-tengchong  腾冲市                                                        1                  0  bs-tengchong 腾冲市 2015-10-01 00:00:00 +08:00 SILENT
------------  -----------  -------------  ----------------  -----------------  -----------------  -----------------------------------------------------
bs                                     3                 /                  2                  1

cut_off  2015-10-05 23:59:59 +08:00
sandbox  true
",
    );
}

#[test]
fn one_message_is_printed_in_two_columns() {
    check(
        "county.v1.Dossier",
        r#"{"name": "d", "state": "DOSSIER_STATE_LISTED", "foundOn": {"year": 2015, "month": 8, "day": 5},
            "plan": {"measures": "撤离\n人员", "fundsYuan": "70000"}, "confirmed": ["FILING_BODY_COMMISSION_OFFICE", "FILING_BODY_DUTY_DEPARTMENT"]}"#,
        "\
name              d
state             listed
found_on          2015-08-05
plan.measures     撤离 人员
plan.funds_yuan   70000
confirmed         commission-office, duty-department
overdue           false
escalated         false
returned          0
undossiered       false
suspends          false
progress_missed   0
extensions        0
resumption_asked  false
resumed           false
",
    );
}

#[test]
fn a_receipt_ends_with_its_request_id() {
    let receipt = answer(
        "types.v1.Receipt",
        r#"{"resource": "regions/x/hazards/1-1", "position": "7", "leafHash": "AP+g", "receivedAtMs": "1444060799000"}"#,
    );
    let printed = table(&receipt, Some("r-1"));
    for line in ["leaf_hash    00ffa0\n", "received_at  2015-10-05 23:59:59 +08:00\n", "position     7\n"] {
        assert!(printed.contains(line), "{printed}");
    }
    assert!(printed.ends_with("request_id   r-1\n"), "{printed}");
}

#[test]
fn json_shows_defaults_and_hides_the_absent() {
    let printed = json(&answer("statistics.v1.Figure", r#"{"indicator": "x"}"#), None).unwrap();
    assert_eq!(printed, "{\n  \"indicator\": \"x\",\n  \"text\": \"\",\n  \"value\": \"0\"\n}\n");
    let receipt = json(&answer("types.v1.Receipt", r#"{"leafHash": "AP+g"}"#), Some("r-1")).unwrap();
    assert!(receipt.contains("\"leafHash\": \"AP+g\"") && receipt.contains("\"requestId\": \"r-1\""), "{receipt}");
}

#[test]
fn what_came_from_others_cannot_drive_the_terminal() {
    check(
        "county.v1.Hazard",
        r#"{"place": "\u001b[2J车间\u202e\nB"}"#,
        "\
place       \u{fffd}[2J车间\u{fffd} B
source      0
overdue     false
returned    0
late_entry  false
recurred    false
reassess    false
extensions  0
cost_yuan   0
",
    );
}

#[test]
fn a_value_that_only_a_newer_server_knows_is_printed_as_its_number() {
    check("county.v1.CountyMonth", r#"{"state": 77}"#, "state          77\nowing          0\nreminded_days  0\n");
}

proptest! {
    /// Every instant that a table prints can be typed again, to the second.
    #[test]
    fn instants_are_read_as_they_are_printed(seconds in -62_135_596_800_i64..253_402_271_999) {
        prop_assume!(seconds != 0);
        let printed = table(&answer("sandbox.v1.AdvanceClockResponse", &format!(r#"{{"nowMs": "{seconds}000"}}"#)), None);
        let text = printed.trim_start_matches("now").trim();
        prop_assert_eq!(Shape::Instant.parse(text), Ok(Value::I64(seconds * 1000)), "{}", text);
    }

    /// Whatever others wrote, a row stays one line, and all columns begin below their heading.
    #[test]
    fn columns_stay_aligned(texts in proptest::collection::vec("[a-z腾冲市，\u{7}\n\u{202e}]{0,12}", 1..8)) {
        let mut columns = Columns::default();
        texts.iter().for_each(|text| columns.push(vec![("one".into(), plain(text)), ("two".into(), "|".into())]));
        let text = columns.text();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        prop_assert_eq!(lines.len(), texts.len());
        let widths: Vec<usize> = lines.iter().map(|line| width::width(line)).collect();
        prop_assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{}", text);
    }
}
