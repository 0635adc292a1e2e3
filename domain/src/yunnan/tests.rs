use std::collections::BTreeSet;

use super::*;

fn id(text: &str) -> RegionId {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn names(regions: Vec<&Region>) -> Vec<&str> {
    regions.into_iter().map(|region| region.id.as_str()).collect()
}

#[test]
fn yunnan_has_146_regions_on_three_levels() {
    let register = register(1).unwrap();
    assert_eq!(register.len(), 146);
    for date in [BEGIN, day("2015-08-02"), day("2023-06-30"), day("2026-01-01")] {
        assert_eq!(register.children(&id("yn"), date).len(), 16, "{date}");
        assert_eq!(register.counties(&id("yn"), date).len(), 129, "{date}");
        let codes: BTreeSet<_> = register.regions().filter_map(|region| region.at(date)).map(|at| at.code).collect();
        assert_eq!(codes.len(), 146, "{date}");
    }
    assert_eq!(register.at(&id("yn"), day("2013-12-31")), None);
}

#[test]
fn baoshan_has_five_counties() {
    let register = register(1).unwrap();
    let date = day("2015-09-01");
    assert_eq!(
        names(register.counties(&id("bs"), date)),
        ["bs-changning", "bs-longling", "bs-longyang", "bs-shidian", "bs-tengchong"]
    );
    assert!(register.contains(&id("yn"), &id("bs-tengchong"), date));
    assert!(!register.contains(&id("km"), &id("bs-tengchong"), date));
}

#[test]
fn tengchong_becomes_a_city_on_2_august_2015() {
    let register = register(1).unwrap();
    for (date, code, name_zh, name_en) in [
        ("2014-01-01", "530522", "腾冲县", "Tengchong County"),
        ("2015-08-01", "530522", "腾冲县", "Tengchong County"),
        ("2015-08-02", "530581", "腾冲市", "Tengchong City"),
        ("2026-01-01", "530581", "腾冲市", "Tengchong City"),
    ] {
        let at = register.at(&id("bs-tengchong"), day(date)).unwrap();
        assert_eq!((at.code.to_string().as_str(), at.name_zh.as_str(), at.name_en.as_str()), (code, name_zh, name_en));
        assert_eq!(register.by_code(code.parse().unwrap(), day(date)).unwrap().id, id("bs-tengchong"));
    }
    let basis = &register.at(&id("bs-tengchong"), day("2015-08-02")).unwrap().basis;
    for part in ["own knowledge", "verified", "201509", "201510"] {
        assert!(basis.contains(part), "{basis}");
    }
}

/// The first day of the new code, and how the basis says why that day.
#[test]
fn changes_known_by_lists_state_their_window() {
    let register = register(1).unwrap();
    for (region, old, new, on, window, by) in [
        ("dq-shangrila", "533421", "533401", "2014-12-31", "201312, new code first in 201412", "the later list"),
        ("yx-jiangchuan", "530421", "530403", "2015-12-31", "201511, new code first in 201512", "the later list"),
        ("qj-zhanyi", "530328", "530303", "2016-04-30", "201603, new code first in 201604", "the later list"),
        ("nj-lushui", "533321", "533301", "2016-07-31", "201606, new code first in 201607", "the later list"),
        ("km-jinning", "530122", "530115", "2016-12-31", "201611, new code first in 201612", "the later list"),
        ("qj-malong", "530321", "530304", "2019-04-30", "201801, new code first in 201904", "the later list"),
        ("zt-shuifu", "530630", "530681", "2019-04-30", "201801, new code first in 201904", "the later list"),
        ("yx-chengjiang", "530422", "530481", "2019-12-31", "201904, new code first in 202306", "own knowledge"),
        ("cx-lufeng", "532331", "532302", "2021-12-31", "201904, new code first in 202306", "own knowledge"),
    ] {
        let on = day(on);
        let before = register.at(&id(region), on.yesterday().unwrap()).unwrap();
        let after = register.at(&id(region), on).unwrap();
        assert_eq!((before.code.to_string().as_str(), after.code.to_string().as_str()), (old, new), "{region}");
        assert!(before.name_en.ends_with(" County") && before.name_zh.ends_with('县'), "{region}");
        for basis in [&before.basis, &after.basis] {
            assert!(basis.contains(window) && basis.contains("the day is not established"), "{basis}");
            assert!(basis.ends_with(&format!("given by {by}")), "{basis}");
        }
    }
    let changed = register.regions().filter(|region| region.attributes.len() > 1).count();
    assert_eq!(changed, 10);
}

#[test]
fn ids_follow_the_rule_and_hold_no_digit() {
    let register = register(1).unwrap();
    for region in ["pe-ninger", "dq-shangrila", "hh-luchun", "cx-yaoan", "km-yiliang", "zt-yiliang", "lc-yun", "xsbn-mengla"] {
        assert!(register.region(&id(region)).is_some(), "{region}");
    }
    for region in register.regions() {
        assert!(!region.id.as_str().bytes().any(|byte| byte.is_ascii_digit()), "{}", region.id);
        if region.kind == RegionKind::County {
            let parent = register.parent(&region.id, BEGIN).unwrap();
            assert!(region.id.as_str().starts_with(&format!("{parent}-")), "{}", region.id);
        }
    }
}

#[test]
fn a_damaged_table_names_its_line() {
    for (divisions, line) in [
        ("c,z,e,l,p\n53000,云南省,Yunnan Province,1,\n", 2),
        ("c,z,e,l,p\n530000,云南省,Yunnan Province,4,\n", 2),
        ("c,z,e,l,p\n530000,云南省,Yunnan Province,1,\n530500,保山市,Elsewhere City,2,530000\n", 3),
        ("c,z,e,l,p\n530502,隆阳区,Longyang District,3,530500\n", 2),
    ] {
        assert_eq!(build(divisions, "o,z,n,z,b,a,s\n").unwrap_err().line, line, "{divisions}");
    }
    let unreadable = "o,z,n,z,b,a,s\n530522,腾冲县,530581,新腾冲市,201509,2015,verified\n";
    assert_eq!(build(DIVISIONS, unreadable).unwrap_err().line, 2);
}
