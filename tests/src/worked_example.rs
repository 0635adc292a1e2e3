//! The quarter of `docs/worked-example.md` on real processes: three enterprises, two counties, October to December 2015.
//!
//! The document works every figure out by hand. Here the same events are played through the public contract, and the programs
//! are asked for the same tables; a test compares the two byte for byte. All data are SYNTHETIC.

use std::collections::BTreeMap;

use anyhow::{bail, ensure};
use changxiao_proto::statistics::v1::Breakdown;

use crate::{
    calendar::{Day, Month},
    client::Caller,
    story::{
        catalogue::{self, Admission, Firm},
        plan::{Act, Acts, Find},
        scenes::{self, Scene},
        stage::{Stage, eventually},
    },
    world::World,
};

pub mod tables;

use tables::{CELL, CONFINED, Table, question};

const TENGCHONG: &str = "bs-tengchong";
const LONGLING: &str = "bs-longling";

/// The quarry, Tengchong.
const A: usize = 0;
/// The petrol station, Tengchong.
const B: usize = 1;
/// The fireworks shop, Longling.
const C: usize = 2;

const SEPTEMBER: Month = Month::new(2015, 9);
const OCTOBER: Month = Month::new(2015, 10);
const NOVEMBER: Month = Month::new(2015, 11);
const DECEMBER: Month = Month::new(2015, 12);

/// Plays the quarter and gives back the tables in the order in which they were asked for.
///
/// # Errors
/// If the network does not come up, if an act is refused, or if the city does not come to know what its counties know.
pub async fn play() -> anyhow::Result<Vec<Table>> {
    let world = World::baoshan().with_counties(&[TENGCHONG, LONGLING]).start().await?;
    let mut quarter = Quarter { stage: Stage::new(world, firms(), false), tables: Vec::new() };
    quarter.october().await?;
    quarter.november().await?;
    quarter.december().await?;
    quarter.end().await?;
    Ok(quarter.tables)
}

/// The tables between the markers of the document.
pub fn marked(tables: &[Table]) -> String {
    let marked = tables.iter().map(|table| format!("<!-- table: {} -->\n{}<!-- end -->\n", table.name, table.text));
    marked.collect::<Vec<_>>().join("\n")
}

/// A, B and C from the invented catalogue, with the days on which the city approves them.
fn firms() -> Vec<Firm> {
    let wanted = [
        (TENGCHONG, "K03", Day::new(2015, 9, 29)),
        (TENGCHONG, "H03", Day::new(2015, 10, 13)),
        (LONGLING, "Y03", Day::new(2015, 11, 3)),
    ];
    let catalogue = catalogue::firms(1, 1.0);
    let chosen = wanted.into_iter().enumerate().map(|(index, (county, industry, on))| {
        let mut firm = catalogue.iter().find(|firm| firm.county == county && firm.industry == industry).unwrap().clone();
        firm.index = index;
        firm.admission = Admission::Approved { on };
        firm
    });
    chosen.collect()
}

struct Quarter {
    stage: Stage,
    tables: Vec<Table>,
}

impl Quarter {
    async fn october(&mut self) -> anyhow::Result<()> {
        let opened = Day::new(2015, 9, 29);
        self.stage.advance(opened.at(9, 0)).await?;
        scenes::open_and_admit(&mut self.stage, opened).await?;
        let found = Day::new(2015, 9, 30);
        self.on(found, A, [vec![Act::Inspect(found)], find(1, found, Day::new(2015, 10, 20))].concat()).await?;
        self.on(Day::new(2015, 10, 4), A, vec![Act::Declare(SEPTEMBER)]).await?;
        let found = Day::new(2015, 10, 12);
        let finds = [vec![Act::Inspect(found)], find(2, found, Day::new(2015, 10, 22)), find(3, found, Day::new(2015, 11, 5))];
        self.on(found, A, finds.concat()).await?;
        self.admit(Day::new(2015, 10, 13)).await?;
        self.on(Day::new(2015, 10, 15), A, vec![Act::Report(1)]).await?;
        self.on(Day::new(2015, 10, 16), A, strike_off(1)).await?;
        self.on(Day::new(2015, 10, 19), A, vec![Act::Report(2)]).await?;
        self.on(Day::new(2015, 10, 20), A, strike_off(2)).await?;
        self.on(Day::new(2015, 10, 21), B, vec![Act::Inspect(Day::new(2015, 10, 21))]).await
    }

    async fn november(&mut self) -> anyhow::Result<()> {
        let day = |day| Day::new(2015, 11, day);
        self.admit(day(3)).await?;
        self.on(day(3), A, vec![Act::Declare(OCTOBER)]).await?;
        self.noon(day(7)).await?;
        self.counties("october-at-closing", "2015-10").await?;
        self.on(day(9), B, vec![Act::Declare(OCTOBER)]).await?;
        self.on(day(10), A, [vec![Act::Inspect(day(10))], find(4, day(10), day(20))].concat()).await?;
        self.on(day(17), A, vec![Act::Report(4)]).await?;
        self.on(day(18), A, strike_off(4)).await?;
        self.on(day(18), C, find(5, day(18), day(22))).await?;

        self.stage.advance(day(20).at(10, 0)).await?;
        self.settle("2015-11").await?;
        self.stage.world.kill9(LONGLING)?;
        self.noon(day(23)).await?;
        self.counties("november-dead", "2015-11").await?;
        self.counties("october-dead", "2015-10").await?;
        let asked = [
            ("bs", "2015-11", "general_found"),
            (LONGLING, "2015-11", "general_found"),
            (TENGCHONG, "2015-11", "general_found"),
            (LONGLING, "2015-10", "general_found"),
        ];
        self.refusals("strict-dead", &asked).await?;

        self.stage.world.restart(LONGLING).await?;
        self.stage.advance(day(25).at(10, 0)).await?;
        self.counties("november-back", "2015-11").await?;
        self.refusals("strict-back", &asked[..2]).await?;
        self.on(day(27), C, vec![Act::Report(5)]).await?;
        self.on(day(30), C, strike_off(5)).await
    }

    async fn december(&mut self) -> anyhow::Result<()> {
        let day = |day| Day::new(2015, 12, day);
        self.on(day(2), A, vec![Act::Report(3)]).await?;
        self.on(day(4), A, strike_off(3)).await?;
        self.on(day(4), C, vec![Act::Declare(NOVEMBER)]).await?;
        self.on(day(6), A, vec![Act::Declare(NOVEMBER)]).await?;
        self.on(day(8), A, [vec![Act::Inspect(day(8))], find(6, day(8), day(28))].concat()).await?;
        self.on(day(9), C, [vec![Act::Inspect(day(9))], find(7, day(9), day(23))].concat()).await?;
        self.on(day(10), B, vec![Act::Inspect(day(10))]).await?;
        self.on(day(14), C, vec![Act::Report(7)]).await?;
        self.noon(day(14)).await?;
        self.counties("november-before", "2015-11").await?;
        self.counties("quarter-before", "2015-Q4").await?;
        self.on(day(15), C, vec![Act::Inspect(Day::new(2015, 11, 18))]).await?;
        self.counties("november-after", "2015-11").await?;
        self.counties("quarter-after", "2015-Q4").await?;
        self.refusals("distinct-refused", &[(LONGLING, "2015-11", "enterprises_inspected_quarter")]).await?;
        self.on(day(16), C, strike_off(7)).await
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        let day = |day| Day::new(2016, 1, day);
        self.on(day(4), A, vec![Act::Report(6)]).await?;
        self.on(day(4), B, vec![Act::Declare(DECEMBER)]).await?;
        self.on(day(4), C, vec![Act::Declare(DECEMBER)]).await?;
        self.on(day(6), A, [vec![Act::Declare(DECEMBER)], strike_off(6)].concat()).await?;
        self.noon(day(7)).await?;
        let owners: [(&Caller, &[&str]); 2] =
            [(self.stage.analyst(TENGCHONG), &["H03", "K03"]), (self.stage.analyst(LONGLING), &["Y03"])];
        let cells = tables::categories(&owners, "cells", CELL, &["2015-09", "2015-10", "2015-11", "2015-12"]).await?;
        let spans = tables::categories(&owners, "spans", CONFINED, &["2015-Q3", "2015-Q4", "2015"]).await?;
        self.tables.extend([cells, spans]);
        for (name, span) in
            [("october", "2015-10"), ("november", "2015-11"), ("december", "2015-12"), ("quarter", "2015-Q4"), ("year", "2015")]
        {
            self.counties(name, span).await?;
        }
        self.refusals("strict-end", &[("bs", "2015-Q4", "general_found"), (LONGLING, "2015-Q4", "general_found")]).await
    }

    /// Acts of one enterprise at ten o'clock.
    async fn on(&mut self, day: Day, firm: usize, acts: Vec<Act>) -> anyhow::Result<()> {
        self.stage.advance(day.at(10, 0)).await?;
        self.stage.perform(&BTreeMap::from([(firm, acts)])).await?;
        self.sound()
    }

    async fn admit(&mut self, day: Day) -> anyhow::Result<()> {
        self.stage.advance(day.at(9, 0)).await?;
        scenes::play(&Scene::Admission(day), &mut self.stage, &Acts::new()).await?;
        self.sound()
    }

    async fn noon(&mut self, day: Day) -> anyhow::Result<()> {
        self.stage.advance(day.at(12, 0)).await
    }

    fn sound(&self) -> anyhow::Result<()> {
        match self.stage.findings.first() {
            Some(finding) => bail!("{finding}"),
            None => Ok(()),
        }
    }

    async fn counties(&mut self, name: &str, span: &str) -> anyhow::Result<()> {
        self.settle(span).await?;
        let table = tables::counties(self.stage.analyst("bs"), name, span).await?;
        self.tables.push(table);
        Ok(())
    }

    async fn refusals(&mut self, name: &str, asked: &[(&str, &str, &str)]) -> anyhow::Result<()> {
        for (_, span, _) in asked {
            self.settle(span).await?;
        }
        let table = tables::refusals(self.stage.analyst("bs"), name, asked).await?;
        self.tables.push(table);
        Ok(())
    }

    /// Waits until the city shows every running county as having reported, with the figures that the county itself shows. What
    /// those figures are is nothing that is waited for.
    async fn settle(&self, span: &str) -> anyhow::Result<()> {
        let city = self.stage.analyst("bs");
        for county in [TENGCHONG, LONGLING] {
            if !self.stage.world.is_running(county) {
                continue;
            }
            let own =
                self.stage.analyst(county).query(question(county, "", span, Breakdown::None)).await?.total.unwrap_or_default();
            ensure!(!own.figures.is_empty(), "{county} shows no figures of its own for {span}");
            eventually(&format!("{span} of {county} at the city"), || async {
                let told = city.query(question("bs", county, span, Breakdown::None)).await?.total.unwrap_or_default();
                let reported = told.coverage.is_some_and(|coverage| coverage.reported == 1);
                Ok((reported && told.figures == own.figures).then_some(()))
            })
            .await?;
        }
        Ok(())
    }
}

/// A hazard is registered on the day it is found and assigned with a deadline.
fn find(key: u32, on: Day, deadline: Day) -> Vec<Act> {
    let find = Find { on, category: "B03", description: "(测试)消防通道被堵塞,须清理".to_owned() };
    vec![Act::Find(key, find), Act::Assign(key, deadline)]
}

/// A reported rectification is looked at, accepted and struck off.
fn strike_off(key: u32) -> Vec<Act> {
    vec![Act::Reinspect(key, None), Act::Accept(key), Act::StrikeOff(key)]
}
