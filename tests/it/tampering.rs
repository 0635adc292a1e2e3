//! Five counties, five ways to change what is stored. `verify` names the first bad position, the city quarantines each county,
//! and both sides say why.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use changxiao_proto::{
    oversight::v1::{Child, LinkState, ListChildrenRequest},
    statistics::v1::Breakdown,
};
use changxiao_tests::{
    calendar::Day,
    oracle::Question,
    story::{
        catalogue::{self, Admission, Firm},
        plan::{Act, Find},
        scenes,
        stage::{Stage, eventually},
    },
    world::{World, builder::BAOSHAN_COUNTIES},
};

use crate::support::database::{Disk, directory};

const CITY: &str = "bs";
const APPROVED: Day = Day::new(2015, 8, 20);
const CHANGED: &str = BAOSHAN_COUNTIES[0];
const DELETED: &str = BAOSHAN_COUNTIES[1];
const SWAPPED: &str = BAOSHAN_COUNTIES[2];
const CUT_OFF: &str = BAOSHAN_COUNTIES[3];
const OLDER: &str = BAOSHAN_COUNTIES[4];

/// The whole of Baoshan with one busy enterprise in each county.
async fn ready() -> Stage {
    let world = World::baoshan().with_baoshan_counties().seed(5).start().await.unwrap();
    let mut firms: Vec<Firm> = Vec::new();
    for county in BAOSHAN_COUNTIES {
        firms.extend(catalogue::firms(5, 1.0).into_iter().find(|firm| firm.county == county && firm.is_pilot()));
    }
    for (index, firm) in firms.iter_mut().enumerate() {
        firm.index = index;
        firm.admission = Admission::Approved { on: APPROVED };
    }
    let mut stage = Stage::new(world, firms, false);
    stage.advance(APPROVED.at(9, 0)).await.unwrap();
    scenes::open_and_admit(&mut stage, APPROVED).await.unwrap();
    work(&mut stage, 1).await;
    stage
}

/// A few writes everywhere.
async fn work(stage: &mut Stage, first_key: u32) {
    let mut acts = vec![Act::Inspect(APPROVED)];
    for key in first_key..first_key + 4 {
        let find = Find { on: APPROVED, category: "B03", description: "(测试)消防通道被堵塞,须清理".to_owned() };
        acts.extend([Act::Find(key, find), Act::Assign(key, APPROVED.plus(7)), Act::Report(key), Act::Reinspect(key, None)]);
    }
    let all: BTreeMap<usize, Vec<Act>> = (0..BAOSHAN_COUNTIES.len()).map(|index| (index, acts.clone())).collect();
    stage.perform(&all).await.unwrap();
    assert_eq!(stage.findings, Vec::<String>::new());
}

async fn children(stage: &Stage) -> BTreeMap<String, Child> {
    let officer = &stage.desks[CITY].officer;
    let answer = officer.list_children(ListChildrenRequest { parent: officer.door().parent() }).await.unwrap();
    answer.children.into_iter().map(|child| (child.name.rsplit('/').next().unwrap().to_owned(), child)).collect()
}

async fn entries(stage: &Stage, county: &str) -> i64 {
    let disk = Disk::open(&stage.world, county).await;
    let entries = disk.one("SELECT COUNT(*) FROM entries").await;
    disk.close().await;
    entries
}

/// Waits until the city has witnessed every entry of every county.
async fn witnessed(stage: &Stage) {
    for county in BAOSHAN_COUNTIES {
        let wanted = entries(stage, county).await;
        eventually("the city's witness", || async {
            let size = children(stage).await.get(county).map_or(0, |child| child.witnessed_size);
            Ok((size >= u64::try_from(wanted)?).then_some(()))
        })
        .await
        .unwrap();
    }
}

/// One bit of the body of an entry.
async fn change_a_byte(world: &World, county: &str, position: i64) {
    let disk = Disk::open(world, county).await;
    let mut body: Vec<u8> = disk.one(&format!("SELECT body FROM entries WHERE position = {position}")).await;
    disk.close().await;
    *body.last_mut().unwrap() ^= 1;
    let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
    Disk::tamper(world, county, &[&format!("UPDATE entries SET body = X'{hex}' WHERE position = {position}")]).await;
}

/// The database with its write-ahead log, file by file, from one directory into another, in place of what lies there.
fn put_database(from: &Path, to: &Path) {
    let of_database = |directory: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("journal.db")).collect()
    };
    fs::create_dir_all(to).unwrap();
    of_database(to).iter().for_each(|file| fs::remove_file(file).unwrap());
    for file in of_database(from) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_on_disk_is_found_named_and_quarantined() {
    let mut stage = ready().await;
    // An older copy is put aside while its process is down; everybody goes on afterwards.
    stage.world.stop(OLDER).await.unwrap();
    let aside = stage.world.directory().join("older");
    put_database(&directory(&stage.world, OLDER), &aside);
    let older = entries(&stage, OLDER).await;
    stage.world.restart(OLDER).await.unwrap();
    work(&mut stage, 100).await;
    witnessed(&stage).await;
    for county in BAOSHAN_COUNTIES {
        stage.world.stop(county).await.unwrap();
        let told = stage.world.verify(county).await.unwrap();
        assert!(told.contains("sound") && !told.contains("NOT SOUND"), "{told}");
    }

    let world = &stage.world;
    let size = entries(&stage, CUT_OFF).await;
    change_a_byte(world, CHANGED, 17).await;
    Disk::tamper(world, DELETED, &["DELETE FROM entries WHERE position = 19"]).await;
    let swap = [
        "UPDATE entries SET position = -1 WHERE position = 23",
        "UPDATE entries SET position = 23 WHERE position = 24",
        "UPDATE entries SET position = 24 WHERE position = -1",
    ];
    Disk::tamper(world, SWAPPED, &swap).await;
    let cut = size - 5;
    Disk::tamper(
        world,
        CUT_OFF,
        &[&format!("DELETE FROM entries WHERE position >= {cut}"), &format!("DELETE FROM parts WHERE position >= {cut}")],
    )
    .await;
    put_database(&aside, &directory(world, OLDER));

    // Nobody else is needed to find it.
    for (county, position) in [(CHANGED, 17), (DELETED, 19), (SWAPPED, 23), (CUT_OFF, cut), (OLDER, older)] {
        let told = format!("{:#}", stage.world.verify(county).await.unwrap_err());
        println!("{}", told.lines().find(|line| line.contains("NOT SOUND")).unwrap_or(&told));
        assert!(told.contains(&format!("NOT SOUND: position {position}: ")), "{county}: {told}");
    }

    // The programs serve what they can read, vouch for nothing, and the city keeps its last good figures.
    for county in BAOSHAN_COUNTIES {
        stage.world.restart(county).await.unwrap();
    }
    for (county, reason) in [
        (CHANGED, "JOURNAL_DAMAGED"),
        (DELETED, "JOURNAL_DAMAGED"),
        (SWAPPED, "JOURNAL_DAMAGED"),
        (CUT_OFF, "JOURNAL_ROLLED_BACK"),
        (OLDER, "JOURNAL_ROLLED_BACK"),
    ] {
        let child = eventually("the quarantine", || async {
            Ok(children(&stage).await.remove(county).filter(|child| child.state() == LinkState::Quarantined))
        })
        .await
        .unwrap();
        println!("{county}: {} {}", child.reason, child.detail);
        assert_eq!(child.reason, reason, "{county}: {child:?}");
        for log in [county, CITY] {
            let text = fs::read_to_string(stage.world.log(log)).unwrap();
            let says = text.lines().any(|line| line.contains(reason) && (log == county || line.contains(county)));
            assert!(says, "the log of {log} does not say {reason} of {county}");
        }
    }
    let answer = stage.ask(&Question { region: CITY.into(), span: "2015-08".into(), breakdown: Breakdown::None }).await.unwrap();
    let total = answer.total.unwrap();
    let quarantined: Vec<String> = total.coverage.unwrap().quarantined.into_iter().map(|gap| gap.region).collect();
    assert_eq!(quarantined.len(), BAOSHAN_COUNTIES.len(), "{quarantined:?}");
    let found = total.figures.iter().find(|figure| figure.indicator == "general_found").unwrap().value;
    assert_eq!(found, 8 * BAOSHAN_COUNTIES.len() as i64);
}
