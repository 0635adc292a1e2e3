use super::*;

fn id(text: &str) -> RegionId {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn code(number: u32) -> RegionCode {
    RegionCode::from_number(number).unwrap()
}

fn dated(from: &str, to: Option<&str>, number: u32, parent: Option<&str>) -> Dated {
    Dated {
        from: day(from),
        to: to.map(day),
        code: code(number),
        name_zh: format!("区{number}"),
        name_en: format!("Region {number}"),
        parent: parent.map(id),
        basis: "test".to_owned(),
    }
}

fn region(name: &str, kind: RegionKind, attributes: Vec<Dated>) -> Region {
    Region { id: id(name), kind, journal_key: None, federation_address: None, joined: None, attributes }
}

fn province() -> Region {
    region("p", RegionKind::Province, vec![dated("2000-01-01", None, 100_000, None)])
}

fn city(name: &str, number: u32) -> Region {
    region(name, RegionKind::Prefecture, vec![dated("2000-01-01", None, number, Some("p"))])
}

fn county(name: &str, number: u32, parent: &str) -> Region {
    region(name, RegionKind::County, vec![dated("2000-01-01", None, number, Some(parent))])
}

fn problems(regions: Vec<Region>) -> Vec<RegisterProblem> {
    Register::new(1, regions).unwrap_err().problems
}

/// A county that changes its code in August 2015 and moves from city `c` to city `d` in 2016.
fn moving() -> Register {
    let attributes = vec![
        // Out of order on purpose: the register sorts them.
        dated("2016-01-01", None, 100_181, Some("d")),
        dated("2000-01-01", Some("2015-08-02"), 100_122, Some("c")),
        dated("2015-08-02", Some("2016-01-01"), 100_181, Some("c")),
    ];
    let mut mover = region("c-x", RegionKind::County, attributes);
    mover.joined = Some("2015-09".parse().unwrap());
    let mut stayer = county("c-y", 100_123, "c");
    stayer.journal_key = Some([7; 32]);
    Register::new(3, vec![mover, stayer, city("d", 100_200), city("c", 100_100), province()]).unwrap()
}

fn names(regions: Vec<&Region>) -> Vec<&str> {
    regions.into_iter().map(|region| region.id.as_str()).collect()
}

#[test]
fn attributes_are_those_of_the_date() {
    let register = moving();
    for (date, number, parent) in
        [("2015-08-01", 100_122, "c"), ("2015-08-02", 100_181, "c"), ("2015-12-31", 100_181, "c"), ("2016-01-01", 100_181, "d")]
    {
        let found = register.at(&id("c-x"), day(date)).unwrap();
        assert_eq!(found.code, code(number), "{date}");
        assert_eq!(register.parent(&id("c-x"), day(date)), Some(&id(parent)), "{date}");
        assert_eq!(register.by_code(code(number), day(date)).unwrap().id, id("c-x"), "{date}");
    }
    assert_eq!(register.by_code(code(100_122), day("2015-08-02")), None);
    assert_eq!(register.by_code(code(100_181), day("2015-08-01")), None);
    assert_eq!(register.at(&id("c-x"), day("1999-12-31")), None);
    assert_eq!(register.at(&id("nowhere"), day("2015-08-02")), None);
}

#[test]
fn a_subtree_is_that_of_the_date() {
    let register = moving();
    let (before, after) = (day("2015-12-31"), day("2016-01-01"));
    assert_eq!(names(register.counties(&id("c"), before)), ["c-x", "c-y"]);
    assert_eq!(names(register.counties(&id("c"), after)), ["c-y"]);
    assert_eq!(names(register.counties(&id("d"), after)), ["c-x"]);
    assert_eq!(names(register.counties(&id("p"), before)), ["c-x", "c-y"]);
    assert_eq!(names(register.counties(&id("c-x"), before)), ["c-x"]);
    assert_eq!(names(register.children(&id("p"), before)), ["c", "d"]);
    for (above, below, date, inside) in [
        ("p", "p", before, true),
        ("p", "c-x", before, true),
        ("c", "c-x", before, true),
        ("c", "c-x", after, false),
        ("d", "c-x", after, true),
        ("c-x", "c", before, false),
        ("c", "d", before, false),
        ("c", "nowhere", before, false),
        ("nowhere", "nowhere", before, false),
        ("p", "c-x", day("1999-12-31"), false),
    ] {
        assert_eq!(register.contains(&id(above), &id(below), date), inside, "{above} over {below} on {date}");
    }
}

#[test]
fn a_county_is_expected_from_the_month_it_joined() {
    let register = moving();
    let expected = |above: &str, month: &str| names(register.expected(&id(above), month.parse().unwrap()));
    assert_eq!(expected("c", "2015-08"), Vec::<&str>::new());
    assert_eq!(expected("c", "2015-09"), ["c-x"]);
    assert_eq!(expected("p", "2016-01"), ["c-x"]);
    // The map of the month's last day: in January 2016 it lies below the other city.
    assert_eq!(expected("c", "2016-01"), Vec::<&str>::new());
    assert_eq!(expected("d", "2016-01"), ["c-x"]);
}

#[test]
fn keys_and_sizes_are_read() {
    let register = moving();
    assert_eq!(register.journal_key(&id("c-y")), Some(&[7; 32]));
    assert_eq!(register.journal_key(&id("c-x")), None);
    assert_eq!((register.version(), register.len(), register.is_empty()), (3, 5, false));
    assert!(Register::new(1, vec![]).unwrap().is_empty());
}

#[test]
fn every_problem_is_named_at_once() {
    use RegisterProblem::*;
    let found = problems(vec![
        province(),
        province(),
        city("c", 100_100),
        county("a", 100_101, "c"),
        county("b", 100_101, "lost"),
        region("e", RegionKind::County, vec![]),
        region("f", RegionKind::County, vec![dated("2015-02-01", Some("2015-02-01"), 100_103, Some("c"))]),
    ]);
    assert_eq!(
        found,
        [
            DuplicateId { region: id("p") },
            NoAttributes { region: id("e") },
            EmptyInterval { region: id("f"), from: day("2015-02-01"), to: day("2015-02-01") },
            CodeUsedTwice { code: code(100_101), first: id("a"), second: id("b"), on: day("2000-01-01") },
            UnknownParent { region: id("b"), parent: id("lost") },
        ]
    );
    let fault = RegisterFault { problems: found };
    assert!(fault.to_string().starts_with("region p is listed twice; region e has no attributes at any date; "));
    assert_eq!(fault.reason(), "REGISTER_INVALID");
}

#[test]
fn intervals_may_touch_but_not_overlap() {
    let with = |first_ends: Option<&str>| {
        let attributes = vec![dated("2000-01-01", first_ends, 100_101, Some("p")), dated("2015-08-02", None, 100_102, Some("p"))];
        Register::new(1, vec![province(), region("a", RegionKind::County, attributes)])
    };
    assert!(with(Some("2015-08-02")).is_ok());
    assert!(with(Some("2010-01-01")).is_ok());
    for ends in [None, Some("2015-08-03")] {
        let overlap = RegisterProblem::OverlappingIntervals { region: id("a"), from: day("2015-08-02") };
        assert_eq!(with(ends).unwrap_err().problems, [overlap]);
    }
}

#[test]
fn a_code_may_pass_to_another_region_once_it_is_free() {
    let heir = |from: &str| {
        let before = region("a", RegionKind::County, vec![dated("2000-01-01", Some("2015-08-02"), 100_101, Some("p"))]);
        let after = region("b", RegionKind::County, vec![dated(from, None, 100_101, Some("p"))]);
        Register::new(1, vec![province(), before, after])
    };
    assert!(heir("2015-08-02").is_ok());
    assert_eq!(heir("2015-08-01").unwrap_err().problems[0].reason(), "REGISTER_CODE_USED_TWICE");
}

#[test]
fn a_parent_is_in_force_and_of_a_higher_level() {
    let ended = region("c", RegionKind::Prefecture, vec![dated("2000-01-01", Some("2016-01-01"), 100_100, Some("p"))]);
    assert_eq!(
        problems(vec![province(), ended, county("a", 100_101, "c")]),
        [RegisterProblem::ParentNotInForce { region: id("a"), parent: id("c"), on: day("2016-01-01") }]
    );
    assert_eq!(
        problems(vec![province(), county("a", 100_101, "p"), county("b", 100_102, "a")]),
        [RegisterProblem::ParentNotAbove { region: id("b"), parent: id("a") }]
    );
    // A county directly below the province is allowed.
    assert!(Register::new(1, vec![province(), county("a", 100_101, "p")]).is_ok());
}

#[test]
fn a_circle_is_found_even_if_it_closes_later() {
    let turning = |name: &str, number: u32, later: &str| {
        let attributes =
            vec![dated("2000-01-01", Some("2010-01-01"), number, Some("p")), dated("2010-01-01", None, number, Some(later))];
        region(name, RegionKind::Prefecture, attributes)
    };
    let found = problems(vec![province(), turning("a", 100_100, "b"), turning("b", 100_200, "a")]);
    for name in ["a", "b"] {
        assert!(found.contains(&RegisterProblem::Circle { region: id(name), on: day("2010-01-01") }), "{found:?}");
    }
    let own_parent = problems(vec![county("x", 100_101, "x")]);
    assert!(own_parent.contains(&RegisterProblem::Circle { region: id("x"), on: day("2000-01-01") }));
}
