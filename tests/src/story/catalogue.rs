//! SYNTHETIC enterprises of Baoshan: 2,866 of them, none real, each marked 测试.

use std::collections::BTreeMap;

use changxiao_proto::county::v1::Enterprise;

use super::codes;
use crate::{calendar::Day, chance::Chance, tables};

/// Counties with the code under which the synthetic tables know them.
pub const COUNTIES: [(&str, &str); 5] = [
    ("bs-longyang", "530502"),
    ("bs-shidian", "530521"),
    ("bs-tengchong", "530581"),
    ("bs-longling", "530523"),
    ("bs-changning", "530524"),
];

const WORDS: [&str; 24] = [
    "云岭", "怒水", "高黎", "金坪", "翠屏", "永兴", "盛源", "宏达", "兴隆", "安顺", "长青", "瑞丰", "银河", "松涛", "石林",
    "龙泉", "东升", "南麓", "北坡", "西园", "清溪", "恒通", "和兴", "祥泰",
];

/// One invented enterprise.
#[derive(Clone, Debug)]
pub struct Firm {
    /// Place in the catalogue, from 0.
    pub index: usize,
    /// Region, such as `bs-tengchong`.
    pub county: &'static str,
    /// Industry category, such as `K03`.
    pub industry: String,
    /// Group of the category: K, H, Y are the pilot groups.
    pub group: char,
    /// How it comes into the catalogue.
    pub admission: Admission,
    title: String,
    township: String,
    serial: u32,
    county_code: &'static str,
    old_identifiers: bool,
}

/// How an enterprise comes into the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its industry follows in 2016: it stays a candidate.
    Waits,
    /// The city approves it.
    Approved {
        /// Day on which the county asks and the city decides.
        on: Day,
    },
    /// The city returns it with reasons and approves it later.
    ReturnedFirst {
        /// Day of the return.
        returned: Day,
        /// Day of the approval.
        on: Day,
    },
}

impl Admission {
    /// Day of the approval, if there is one.
    pub fn approved_on(self) -> Option<Day> {
        match self {
            Admission::Waits => None,
            Admission::Approved { on } | Admission::ReturnedFirst { on, .. } => Some(on),
        }
    }
}

impl Firm {
    /// Whether its industry begins in August 2015.
    pub fn is_pilot(&self) -> bool {
        matches!(self.group, 'K' | 'H' | 'Y')
    }

    /// As the county proposes it.
    pub fn proposal(&self) -> Enterprise {
        let (credit_code, registration_number, organisation_code) = if self.old_identifiers {
            (String::new(), codes::registration_number(self.county_code, self.serial), codes::organisation_code(self.serial))
        } else {
            (codes::credit_code(self.county_code, self.serial), String::new(), String::new())
        };
        Enterprise {
            title: self.title.clone(),
            address: format!("(测试)第{}号", self.serial),
            township: self.township.clone(),
            industry: self.industry.clone(),
            credit_code,
            registration_number,
            organisation_code,
            legal_representative: format!("测试法人{}", self.serial),
            synthetic: true,
            ..Enterprise::default()
        }
    }
}

/// The whole catalogue. The same seed gives the same enterprises.
pub fn firms(seed: u64, share: f64) -> Vec<Firm> {
    let groups: BTreeMap<String, char> =
        tables::rows(tables::INDUSTRIES).map(|row| (row[0].clone(), row[3].chars().next().unwrap())).collect();
    let mut townships: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for row in tables::rows(tables::TOWNSHIPS) {
        for (_, code) in COUNTIES {
            if row[3] == code {
                townships.entry(code).or_default().push((row[0].clone(), row[1].clone()));
            }
        }
    }
    let mut chance = Chance::new(seed, "catalogue");
    let mut firms = Vec::new();
    for row in tables::rows(tables::ENTERPRISE_COUNTS) {
        let (county, county_code) = *COUNTIES.iter().find(|(_, code)| *code == row[0]).unwrap();
        let all: f64 = row[2].parse().unwrap();
        // A smaller play keeps at least one enterprise wherever there was one.
        for _ in 0..(all * share).ceil() as u32 {
            let group = groups[&row[1]];
            let (township, place) = chance.pick(&townships[county_code]).clone();
            let serial = firms.len() as u32 + 1;
            firms.push(Firm {
                index: firms.len(),
                county,
                county_code,
                industry: row[1].clone(),
                group,
                admission: admission(group, &mut chance),
                title: format!("{place}{}{}(测试)", chance.pick(&WORDS), product(group, &mut chance)),
                township,
                serial,
                old_identifiers: chance.happens(0.4),
            });
        }
    }
    firms
}

fn admission(group: char, chance: &mut Chance) -> Admission {
    if !matches!(group, 'K' | 'H' | 'Y') {
        return Admission::Waits;
    }
    match chance.weighted(&[0.87, 0.10, 0.03]) {
        0 => Admission::Approved { on: *chance.pick(&[Day::new(2015, 8, 20), Day::new(2015, 8, 25), Day::new(2015, 8, 28)]) },
        1 => Admission::Approved { on: *chance.pick(&[Day::new(2015, 9, 10), Day::new(2015, 9, 16)]) },
        _ => Admission::ReturnedFirst { returned: Day::new(2015, 8, 20), on: Day::new(2015, 9, 10) },
    }
}

fn product(group: char, chance: &mut Chance) -> &'static str {
    let names: &[&str] = match group {
        'K' => &["采石厂", "砂石厂", "露天矿", "铁矿", "石料有限公司"],
        'H' => &["加油站有限公司", "油品有限公司", "化工厂", "气体有限公司"],
        'Y' => &["烟花爆竹店", "鞭炮店", "烟花有限公司"],
        'G' => &["建材厂", "糖业有限公司", "茶厂", "机械厂"],
        'J' => &["建筑有限公司"],
        'T' => &["运输有限公司"],
        _ => &["商贸店", "服务有限公司", "水电厂"],
    };
    chance.pick::<&str>(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_stated_size_and_says_that_it_is_invented() {
        let all = firms(1, 1.0);
        assert_eq!(all.len(), 2_866);
        assert_eq!(all.iter().filter(|firm| firm.is_pilot()).count(), 1_233);
        assert!(all.iter().all(|firm| firm.proposal().synthetic && firm.title.contains("测试")));
        assert_eq!(all[17].title, firms(1, 1.0)[17].title);
    }
}
