//! Command lines and the requests they make, as proto3 JSON.

use clap::Command;
use serde_json::{Value as Json, json};

use super::*;
use crate::client::{
    surface::{AGGREGATOR, NODE, Program},
    tree,
};

/// The request, or what the client says against the command line. A request id that was made is left out.
fn request(program: &Program, line: &str, input: &str) -> Result<Json, String> {
    let surface = Surface::of(program).unwrap();
    let root = Command::new(program.name).subcommand(tree::command(&surface));
    let words = [program.name, "call"].into_iter().chain(line.split_whitespace());
    let matches = root.try_get_matches_from(words).map_err(|why| why.to_string())?;
    let (method, flags) = tree::chosen(&surface, matches.subcommand_matches("call").unwrap()).unwrap();
    let prepared = prepare(&surface, &method, flags, &mut input.as_bytes()).map_err(|fault| {
        assert_eq!(fault.exit_code(), 2);
        fault.to_string()
    })?;
    let mut value = serde_json::to_value(&prepared.message).unwrap();
    let given = line.contains("request-id") || line.contains("requestId") || input.contains("requestId");
    if !given && let Some(object) = value.as_object_mut() {
        object.remove("requestId");
    }
    Ok(value)
}

#[test]
fn every_kind_of_flag_is_read() {
    let date = json!({"year": 2015, "month": 8, "day": 5});
    let rows: [(&Program, &str, Json); 13] = [
        (
            &NODE,
            "declarations list --parent regions/x --month 2015-08 --state on-time --page.page-size 5",
            json!({"parent": "regions/x", "month": {"year": 2015, "month": 8}, "state": "DECLARATION_STATE_ON_TIME", "page": {"pageSize": 5}}),
        ),
        (&NODE, "hazards register-hazard --found-on 2015-08-05 --source 3", json!({"foundOn": date, "source": 3})),
        (&NODE, "hazards register --description 配电箱无盖", json!({"description": "配电箱无盖"})),
        (&NODE, "hazards reinspect --passed", json!({"passed": true})),
        (&NODE, "hazards reinspect --passed=true --validate-only", json!({"passed": true, "validateOnly": true})),
        (&NODE, "hazards reinspect --passed=false --request-id r-1", json!({"requestId": "r-1"})),
        (&NODE, "declarations sign --content-hash 00fFA0", json!({"contentHash": "AP+g"})),
        (&NODE, "trail prove --position 18446744073709551615", json!({"position": "18446744073709551615"})),
        (&NODE, "clock advance --to-ms 2015-10-05T23:59:59+08:00", json!({"toMs": "1444060799000"})),
        (&NODE, "clock advance --to-ms -5", json!({"toMs": "-5"})),
        (
            &NODE,
            "dossiers complete --plan.measures 撤离 --plan.deadline 2015-08-05 --plan.funds-yuan 7",
            json!({"plan": {"measures": "撤离", "deadline": date, "fundsYuan": "7"}}),
        ),
        (
            &NODE,
            "accounts create --account.roles analyst --account.roles county-regulator",
            json!({"account": {"roles": ["ROLE_ANALYST", "ROLE_COUNTY_REGULATOR"]}}),
        ),
        (
            &AGGREGATOR,
            "rollups query --span 2015-Q3 --indicators a --indicators b --completeness strict",
            json!({"span": "2015-Q3", "indicators": ["a", "b"], "completeness": "COMPLETENESS_STRICT"}),
        ),
    ];
    for (program, line, expected) in rows {
        assert_eq!(request(program, line, ""), Ok(expected), "{line}");
    }
}

#[test]
fn a_wrong_value_names_its_flag_and_what_it_should_be() {
    for (line, said) in [
        ("declarations list --month 2015-13", "--month: `2015-13` is not a month such as 2015-08"),
        ("declarations list --month 2015-8", "--month: `2015-8` is not a month such as 2015-08"),
        ("hazards register --found-on 2015-02-29", "--found-on: `2015-02-29` is not a date such as 2015-08-05"),
        ("hazards register --found-on 20150805", "--found-on: `20150805` is not a date such as 2015-08-05"),
        ("hazards register --found-on 二〇一五年八", "--found-on: `二〇一五年八` is not a date such as 2015-08-05"),
        ("hazards register --source -1", "--source: `-1` is not a whole number from 0 to 4294967295"),
        ("declarations sign --content-hash abc", "--content-hash: `abc` is not an even number of hexadecimal digits"),
        (
            "clock advance --to-ms 2015-10-05",
            "--to-ms: `2015-10-05` is not an instant such as 2015-10-05T23:59:59+08:00, or UTC milliseconds",
        ),
        ("declarations list --json {\"monht\":1}", "--json is not a ListDeclarationsRequest: "),
        ("declarations list --json {}{}", "--json is not a ListDeclarationsRequest: trailing characters"),
        ("declarations list --json @/no/such/file", "cannot use /no/such/file: "),
    ] {
        let refused = request(&NODE, line, "").unwrap_err();
        assert!(refused.starts_with(said), "{line}: {refused}");
    }
}

#[test]
fn clap_refuses_names_that_do_not_exist() {
    for (line, said) in [
        ("declarations list --state fine", "possible values: open, on-time"),
        ("declarations list --monht 2015-08", "unexpected argument '--monht'"),
        ("declarations lst", "unrecognized subcommand 'lst'"),
        ("admissions list", "unrecognized subcommand 'admissions'"),
    ] {
        let refused = request(&NODE, line, "").unwrap_err();
        assert!(refused.contains(said), "{line}: {refused}");
    }
}

#[test]
fn json_is_the_base_and_flags_go_over_it() {
    let base = r#"{"parent":"regions/x","page":{"pageSize":5,"pageToken":"t"},"state":"DECLARATION_STATE_LATE"}"#;
    let expected = json!({"parent": "regions/y", "page": {"pageSize": 9, "pageToken": "t"}, "state": "DECLARATION_STATE_LATE"});
    let flags = "--parent regions/y --page.page-size 9";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), base).unwrap();
    for (json, input) in [(base.to_owned(), ""), (format!("@{}", file.path().display()), ""), ("-".to_owned(), base)] {
        let line = format!("declarations list --json {json} {flags}");
        assert_eq!(request(&NODE, &line, input), Ok(expected.clone()), "{line}");
    }
}

#[test]
fn a_request_id_is_kept_or_made() {
    let kept = request(&NODE, "hazards accept --json {\"requestId\":\"r-2\"}", "");
    assert_eq!(kept, Ok(json!({"requestId": "r-2"})));
    let over = request(&NODE, "hazards accept --json {\"requestId\":\"r-2\"} --request-id r-3", "");
    assert_eq!(over, Ok(json!({"requestId": "r-3"})));
    for _ in 0..100 {
        let id = uuid_v4().unwrap();
        let parts: Vec<&str> = id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
    assert_ne!(uuid_v4().unwrap(), uuid_v4().unwrap());
}

#[test]
fn what_a_table_prints_can_be_typed_again() {
    let surface = Surface::of(&NODE).unwrap();
    let root = Command::new("x").subcommand(tree::command(&surface));
    let words = ["x", "call", "clock", "advance", "--to-ms", "2015-10-05 23:59:59 +08:00"];
    let matches = root.try_get_matches_from(words).unwrap();
    let (method, flags) = tree::chosen(&surface, matches.subcommand_matches("call").unwrap()).unwrap();
    let prepared = prepare(&surface, &method, flags, &mut "".as_bytes()).unwrap();
    assert_eq!(prepared.message.get_field_by_name("to_ms").unwrap().as_i64(), Some(1_444_060_799_000));
    assert_eq!(prepared.request_id, None);
}
