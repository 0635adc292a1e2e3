//! From a command line to a server and back, over a plaintext loopback connection.

use changxiao_proto::{
    county::v1::{HazardState, hazards_server::HazardsServer},
    types::v1::Date,
};
use tonic::transport::Channel;

use crate::{
    county::County,
    shell::{Way, run, serve},
};

async fn county() -> (County, Channel) {
    let county = County::default();
    let channel = serve(HazardsServer::new(county.clone())).await;
    (county, channel)
}

#[tokio::test]
async fn a_command_reaches_the_server_as_typed() {
    let (county, channel) = county().await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "secret-1\n").unwrap();
    let words = [
        "hazards",
        "register",
        "--parent",
        "regions/bs-tengchong/enterprises/1-17",
        "--found-on",
        "2015-08-05",
        "--description",
        "配电箱门敞开且无警示标志",
        "--source",
        "2",
        "--language",
        "zh",
    ];
    let said = run(Way::Held(&channel), &words, &[("CHANGXIAO_CALL_TOKEN_FILE", token.path().to_str().unwrap())], "").await;
    assert_eq!((said.code, said.errors.as_str()), (0, ""), "{said:?}");
    let (request, credentials) = county.asked.lock().unwrap().pop().unwrap();
    assert_eq!(credentials, "Bearer secret-1 zh-CN");
    assert_eq!(request.found_on, Some(Date { year: 2015, month: 8, day: 5 }));
    assert_eq!((request.source, request.description.as_str()), (2, "配电箱门敞开且无警示标志"));
    assert_eq!(request.request_id.len(), 36);
    assert!(said.output.contains(&format!("request_id  {}\n", request.request_id)), "{}", said.output);
    assert!(said.output.contains("position    9\n"), "{}", said.output);
}

#[tokio::test]
async fn an_answer_is_a_table_or_json() {
    let (_, channel) = county().await;
    let list = ["hazards", "list", "--state", "rectified"];
    let said = run(Way::Held(&channel), &list, &[], "").await;
    let expected = "\
name                              state      found_on    place     source  overdue  returned  late_entry  recurred  reassess  extensions  cost_yuan
regions/bs-tengchong/hazards/1-1  rectified  2015-08-05  一号车间       0  false           0  false       false     false              0          0
";
    assert_eq!(said.output, expected, "\n{}", said.output);
    let said = run(Way::Held(&channel), &[&list[..], &["--output", "json"]].concat(), &[], "").await;
    let json: serde_json::Value = serde_json::from_str(&said.output).unwrap();
    assert_eq!(json["hazards"][0]["state"], HazardState::Rectified.as_str_name());
    assert_eq!(json["hazards"][0]["foundOn"]["day"], 5);
    // A flag goes over the variable.
    let said =
        run(Way::Held(&channel), &[&list[..], &["--output", "table"]].concat(), &[("CHANGXIAO_CALL_OUTPUT", "json")], "").await;
    assert_eq!(said.output, expected);
}

#[tokio::test]
async fn a_refusal_is_plain_text_and_exit_code_1() {
    let (county, channel) = county().await;
    let words = ["hazards", "register", "--json", "-"];
    let input = r#"{"requestId": "r-1", "description": "短"}"#;
    let said = run(Way::Held(&channel), &words, &[], input).await;
    assert_eq!((said.code, said.output.as_str()), (1, ""));
    assert_eq!(
        said.errors,
        "refused (InvalidArgument): the hazard is not complete\n  reason: HAZARD_INVALID\n  \
         field: description: has too few characters; give at least 10\n  zh-CN: 隐患描述太短\n  request id: r-1\n"
    );
    let said = run(Way::Held(&channel), &words, &[("CHANGXIAO_CALL_LANGUAGE", "zh")], input).await;
    assert!(said.errors.starts_with("被拒绝 (InvalidArgument): 隐患描述太短\n"), "{}", said.errors);
    let said = run(Way::Held(&channel), &["hazards", "get", "--name", "x"], &[], "").await;
    assert_eq!((said.code, said.errors.as_str()), (1, "refused (NotFound): no such hazard\n"));
    assert!(county.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mistake_is_exit_code_2_and_sends_nothing() {
    let (county, channel) = county().await;
    for (words, environment, said) in [
        (vec!["--found-on", "5 August"], vec![], "usage: --found-on: `5 August` is not a date such as 2015-08-05\n"),
        (vec!["--timeout-seconds", "0"], vec![], "usage: --timeout-seconds: `0` is not a number from 1 to 3600\n"),
        (vec![], vec![("CHANGXIAO_CALL_OUTPUT", "xml")], "usage: --output: `xml` is not table or json\n"),
        (vec!["--token-file", "/dev/null"], vec![], "usage: cannot use /dev/null: its first line should be a token\n"),
    ] {
        let answer = run(Way::Held(&channel), &[&["hazards", "register"], &words[..]].concat(), &environment, "").await;
        assert_eq!((answer.code, answer.errors.as_str()), (2, said));
    }
    assert!(county.asked.lock().unwrap().is_empty());
}
