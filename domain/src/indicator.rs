//! The one table of indicators: identifier, terms, unit, kind, formula, source. It drives booking, queries, the wire's
//! catalogue and the documentation.
//!
//! Only flows, cohorts and distinct counts are booked into cells. A stock is the running balance of its flows up to the end
//! of a span, so every cell balances by construction; ratios and differences are computed when they are asked for.

/// Version of the catalogue. It rises when a counter is added; numbers are never reused.
pub const CATALOGUE: u32 = 2;

/// The only spans over which a cohort or distinct count may be summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// One month.
    Month,
    /// Whole quarters, one at a time.
    Quarter,
    /// Whole years, one at a time.
    Year,
}

/// A signed sum of counters.
pub type Sum = &'static [(Counter, i64)];

/// How an indicator comes to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Booked in the civil month of its own business date; adds over months.
    Flow(Counter),
    /// Booked in the month of finding: those that also ended within the same month, quarter or year.
    Cohort(Counter, Within),
    /// Booked in the month of the first time within the month, quarter or year.
    Distinct(Counter, Within),
    /// Sum of flows of the span.
    Derived(Sum),
    /// Running balance of flows up to the end of the span.
    Stock(Sum),
    /// Numerator and denominator over the span.
    Ratio(Sum, Sum),
}

/// One indicator.
#[derive(Clone, Copy, Debug)]
pub struct Indicator {
    /// Stable identifier.
    pub id: &'static str,
    /// Chinese term.
    pub name_zh: &'static str,
    /// English term.
    pub name_en: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// How it comes to its value.
    pub kind: Kind,
    /// Legal or documentary source.
    pub source: &'static str,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What is counted in a cell, in the order of its packed form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter { $($(#[$doc])* $name,)* }

        impl Counter {
            /// Every counter in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

counters! {
    /// 应申报企业: enterprises that owe a declaration.
    DeclarationsOwed,
    /// 免报企业: enterprises exempt.
    DeclarationsExempt,
    /// 按时申报企业: declarations filed on time.
    DeclarationsOnTime,
    /// 迟报企业: declarations filed late.
    DeclarationsLate,
    /// 零隐患申报: declarations without a hazard.
    ZeroReports,
    /// 排查一般隐患: general hazards found.
    GeneralFound,
    /// 一般隐患销号: general hazards struck off.
    GeneralStruckOff,
    /// 一般隐患转逾期: general hazards that became overdue.
    GeneralOverdueEntered,
    /// 一般隐患解除逾期: general hazards no longer overdue.
    GeneralOverdueLeft,
    /// 排查重大隐患: major hazards found.
    MajorFound,
    /// 重大隐患销号: major hazards struck off.
    MajorStruckOff,
    /// 重大隐患转逾期: major hazards that became overdue.
    MajorOverdueEntered,
    /// 重大隐患解除逾期: major hazards no longer overdue.
    MajorOverdueLeft,
    /// 新增挂牌督办: major hazards listed for supervision.
    MajorListedEntered,
    /// 摘牌: major hazards taken down.
    MajorListedLeft,
    /// 新纳入监管企业: enterprises admitted.
    EnterprisesAdmitted,
    /// 移出监管企业: enterprises removed.
    EnterprisesRemoved,
    /// 自查次数: self-inspections.
    SelfInspections,
    /// 当月发现当月销号一般隐患: general hazards found and struck off within the month.
    GeneralFoundStruckOffMonth,
    /// 当季发现当季销号一般隐患: general hazards found and struck off within the quarter.
    GeneralFoundStruckOffQuarter,
    /// 当年发现当年销号一般隐患: general hazards found and struck off within the year.
    GeneralFoundStruckOffYear,
    /// 当月发现当月销号重大隐患: major hazards found and struck off within the month.
    MajorFoundStruckOffMonth,
    /// 当季发现当季销号重大隐患: major hazards found and struck off within the quarter.
    MajorFoundStruckOffQuarter,
    /// 当年发现当年销号重大隐患: major hazards found and struck off within the year.
    MajorFoundStruckOffYear,
    /// 当月开展自查企业: enterprises that inspected themselves in the month.
    EnterprisesInspectedMonth,
    /// 当季开展自查企业: enterprises that inspected themselves in the quarter.
    EnterprisesInspectedQuarter,
    /// 当年开展自查企业: enterprises that inspected themselves in the year.
    EnterprisesInspectedYear,
    /// 一般隐患升为重大: general hazards upgraded to major.
    GeneralUpgraded,
    /// 一般隐患作废: general hazards voided.
    GeneralVoided,
    /// 隐患复发: struck-off hazards that came back.
    GeneralRecurred,
    /// 迟录隐患: general hazards entered late.
    GeneralEnteredLate,
    /// 复查不合格: re-inspections that failed.
    GeneralReturned,
    /// 整改延期: extensions granted.
    GeneralExtended,
    /// 重大隐患降为一般: major hazards downgraded to general.
    MajorDowngraded,
    /// 评估、验收不合格: assessments and acceptances that failed.
    MajorReturned,
    /// 治理延期: extensions granted.
    MajorExtended,
    /// 未按月报送进度: months without a progress report.
    MajorProgressMissed,
    /// 未按时建档: dossiers not opened in time.
    MajorUndossiered,
}

impl Counter {
    /// Number of counters.
    pub const COUNT: usize = Self::ALL.len();

    /// Place in a cell.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

use Counter as C;

const fn row(
    id: &'static str,
    name_zh: &'static str,
    name_en: &'static str,
    unit: &'static str,
    kind: Kind,
    source: &'static str,
) -> Indicator {
    Indicator { id, name_zh, name_en, unit, kind, source }
}

/// Every indicator, counters first.
pub const TABLE: &[Indicator] = &[
    row(
        "declarations_owed",
        "应申报企业",
        "enterprises that owe a declaration",
        "家",
        Kind::Flow(C::DeclarationsOwed),
        "R17; frozen set",
    ),
    row("declarations_exempt", "免报企业", "enterprises exempt", "家", Kind::Flow(C::DeclarationsExempt), "dossier MD12"),
    row("declarations_on_time", "按时申报企业", "declarations filed on time", "家", Kind::Flow(C::DeclarationsOnTime), "R70"),
    row("declarations_late", "迟报企业", "declarations filed late", "家", Kind::Flow(C::DeclarationsLate), "dossier MD7"),
    row("zero_reports", "零隐患申报", "declarations without a hazard", "家", Kind::Flow(C::ZeroReports), "dossier 8.1"),
    row("general_found", "排查一般隐患", "general hazards found", "项", Kind::Flow(C::GeneralFound), "national monthly table 4"),
    row("general_struck_off", "一般隐患销号", "general hazards struck off", "项", Kind::Flow(C::GeneralStruckOff), "R18"),
    row(
        "general_overdue_entered",
        "一般隐患转逾期",
        "general hazards that became overdue",
        "项",
        Kind::Flow(C::GeneralOverdueEntered),
        "dossier GH11",
    ),
    row(
        "general_overdue_left",
        "一般隐患解除逾期",
        "general hazards no longer overdue",
        "项",
        Kind::Flow(C::GeneralOverdueLeft),
        "dossier GH11",
    ),
    row("major_found", "排查重大隐患", "major hazards found", "项", Kind::Flow(C::MajorFound), "national monthly table 7"),
    row("major_struck_off", "重大隐患销号", "major hazards struck off", "项", Kind::Flow(C::MajorStruckOff), "R57, R58"),
    row(
        "major_overdue_entered",
        "重大隐患转逾期",
        "major hazards that became overdue",
        "项",
        Kind::Flow(C::MajorOverdueEntered),
        "dossier MH11",
    ),
    row(
        "major_overdue_left",
        "重大隐患解除逾期",
        "major hazards no longer overdue",
        "项",
        Kind::Flow(C::MajorOverdueLeft),
        "dossier MH11",
    ),
    row(
        "major_listed_entered",
        "新增挂牌督办",
        "major hazards listed for supervision",
        "项",
        Kind::Flow(C::MajorListedEntered),
        "R55",
    ),
    row("major_listed_left", "摘牌", "major hazards taken down", "项", Kind::Flow(C::MajorListedLeft), "dossier MH19"),
    row("enterprises_admitted", "新纳入监管企业", "enterprises admitted", "家", Kind::Flow(C::EnterprisesAdmitted), "R44"),
    row("enterprises_removed", "移出监管企业", "enterprises removed", "家", Kind::Flow(C::EnterprisesRemoved), "dossier AD12"),
    row("self_inspections", "自查次数", "self-inspections", "次", Kind::Flow(C::SelfInspections), "R14"),
    row(
        "general_found_struck_off_month",
        "当月发现当月销号一般隐患",
        "general hazards found and struck off within the month",
        "项",
        Kind::Cohort(C::GeneralFoundStruckOffMonth, Within::Month),
        "dossier 8.3 Gc",
    ),
    row(
        "general_found_struck_off_quarter",
        "当季发现当季销号一般隐患",
        "general hazards found and struck off within the quarter",
        "项",
        Kind::Cohort(C::GeneralFoundStruckOffQuarter, Within::Quarter),
        "dossier 8.3 Gc",
    ),
    row(
        "general_found_struck_off_year",
        "当年发现当年销号一般隐患",
        "general hazards found and struck off within the year",
        "项",
        Kind::Cohort(C::GeneralFoundStruckOffYear, Within::Year),
        "dossier 8.3 Gc",
    ),
    row(
        "major_found_struck_off_month",
        "当月发现当月销号重大隐患",
        "major hazards found and struck off within the month",
        "项",
        Kind::Cohort(C::MajorFoundStruckOffMonth, Within::Month),
        "dossier 8.3 Mc",
    ),
    row(
        "major_found_struck_off_quarter",
        "当季发现当季销号重大隐患",
        "major hazards found and struck off within the quarter",
        "项",
        Kind::Cohort(C::MajorFoundStruckOffQuarter, Within::Quarter),
        "dossier 8.3 Mc",
    ),
    row(
        "major_found_struck_off_year",
        "当年发现当年销号重大隐患",
        "major hazards found and struck off within the year",
        "项",
        Kind::Cohort(C::MajorFoundStruckOffYear, Within::Year),
        "dossier 8.3 Mc",
    ),
    row(
        "enterprises_inspected_month",
        "当月开展自查企业",
        "enterprises that inspected themselves in the month",
        "家",
        Kind::Distinct(C::EnterprisesInspectedMonth, Within::Month),
        "dossier 8.3 N_insp",
    ),
    row(
        "enterprises_inspected_quarter",
        "当季开展自查企业",
        "enterprises that inspected themselves in the quarter",
        "家",
        Kind::Distinct(C::EnterprisesInspectedQuarter, Within::Quarter),
        "dossier 8.3 N_insp",
    ),
    row(
        "enterprises_inspected_year",
        "当年开展自查企业",
        "enterprises that inspected themselves in the year",
        "家",
        Kind::Distinct(C::EnterprisesInspectedYear, Within::Year),
        "dossier 8.3 N_insp",
    ),
    row(
        "general_upgraded",
        "一般隐患升为重大隐患",
        "general hazards upgraded to major",
        "项",
        Kind::Flow(C::GeneralUpgraded),
        "dossier GH3, GH13",
    ),
    row("general_voided", "一般隐患作废", "general hazards voided", "项", Kind::Flow(C::GeneralVoided), "dossier GH14"),
    row(
        "general_recurred",
        "复发隐患",
        "struck-off hazards that came back",
        "项",
        Kind::Flow(C::GeneralRecurred),
        "dossier GH15",
    ),
    row(
        "general_entered_late",
        "迟录隐患",
        "general hazards entered late",
        "项",
        Kind::Flow(C::GeneralEnteredLate),
        "dossier GH1",
    ),
    row("general_returned", "复查不合格", "re-inspections that failed", "次", Kind::Flow(C::GeneralReturned), "dossier GH8"),
    row("general_extended", "整改延期", "extensions granted", "次", Kind::Flow(C::GeneralExtended), "dossier GH12"),
    row(
        "major_downgraded",
        "重大隐患降为一般隐患",
        "major hazards downgraded to general",
        "项",
        Kind::Flow(C::MajorDowngraded),
        "dossier MH21",
    ),
    row(
        "major_returned",
        "评估、验收不合格",
        "assessments and acceptances that failed",
        "次",
        Kind::Flow(C::MajorReturned),
        "dossier MH15, MH18",
    ),
    row("major_extended", "治理延期", "extensions of listings granted", "次", Kind::Flow(C::MajorExtended), "dossier MH10"),
    row(
        "major_progress_missed",
        "未按月报送治理进度",
        "months without a progress report",
        "次",
        Kind::Flow(C::MajorProgressMissed),
        "dossier MH9",
    ),
    row("major_undossiered", "未按时建档", "dossiers not opened in time", "项", Kind::Flow(C::MajorUndossiered), "dossier MH23"),
    row(
        "declarations_missing",
        "漏报企业",
        "declarations missing",
        "家",
        Kind::Derived(&[
            (C::DeclarationsOwed, 1),
            (C::DeclarationsExempt, -1),
            (C::DeclarationsOnTime, -1),
            (C::DeclarationsLate, -1),
        ]),
        "dossier 8.3",
    ),
    row(
        "general_open",
        "一般隐患未销号",
        "general hazards open",
        "项",
        Kind::Stock(&[
            (C::GeneralFound, 1),
            (C::GeneralStruckOff, -1),
            (C::GeneralUpgraded, -1),
            (C::GeneralVoided, -1),
            (C::MajorDowngraded, 1),
        ]),
        "dossier 8.3 E",
    ),
    row(
        "general_overdue",
        "一般隐患逾期未改",
        "general hazards overdue",
        "项",
        Kind::Stock(&[(C::GeneralOverdueEntered, 1), (C::GeneralOverdueLeft, -1)]),
        "dossier 8.3",
    ),
    row(
        "major_open",
        "重大隐患未销号",
        "major hazards open",
        "项",
        Kind::Stock(&[(C::MajorFound, 1), (C::GeneralUpgraded, 1), (C::MajorStruckOff, -1), (C::MajorDowngraded, -1)]),
        "dossier 8.3 E",
    ),
    row(
        "major_overdue",
        "重大隐患逾期未改",
        "major hazards overdue",
        "项",
        Kind::Stock(&[(C::MajorOverdueEntered, 1), (C::MajorOverdueLeft, -1)]),
        "dossier 8.3",
    ),
    row(
        "major_listed",
        "挂牌督办重大隐患",
        "major hazards listed",
        "项",
        Kind::Stock(&[(C::MajorListedEntered, 1), (C::MajorListedLeft, -1)]),
        "national monthly table 12",
    ),
    row(
        "enterprises_in_catalogue",
        "在管企业",
        "enterprises in the catalogue",
        "家",
        Kind::Stock(&[(C::EnterprisesAdmitted, 1), (C::EnterprisesRemoved, -1)]),
        "R26",
    ),
    row(
        "declaration_rate",
        "申报率",
        "declaration rate",
        "%",
        Kind::Ratio(
            &[(C::DeclarationsOnTime, 1), (C::DeclarationsLate, 1)],
            &[(C::DeclarationsOwed, 1), (C::DeclarationsExempt, -1)],
        ),
        "dossier 8.3",
    ),
    row(
        "declaration_on_time_rate",
        "按时申报率",
        "on-time rate",
        "%",
        Kind::Ratio(&[(C::DeclarationsOnTime, 1)], &[(C::DeclarationsOwed, 1), (C::DeclarationsExempt, -1)]),
        "dossier 8.3",
    ),
    row(
        "zero_report_rate",
        "零隐患申报率",
        "zero-report rate",
        "%",
        Kind::Ratio(&[(C::ZeroReports, 1)], &[(C::DeclarationsOnTime, 1), (C::DeclarationsLate, 1)]),
        "dossier 8.3",
    ),
];

/// The indicator of that identifier.
#[must_use]
pub fn find(id: &str) -> Option<&'static Indicator> {
    TABLE.iter().find(|indicator| indicator.id == id)
}

impl Indicator {
    /// Name of the kind on the wire.
    #[must_use]
    pub const fn kind_id(&self) -> &'static str {
        match self.kind {
            Kind::Flow(_) => "flow",
            Kind::Cohort(..) => "cohort",
            Kind::Distinct(..) => "distinct",
            Kind::Derived(_) => "derived",
            Kind::Stock(_) => "stock",
            Kind::Ratio(..) => "ratio",
        }
    }

    /// The only spans it may be summed over, on the wire.
    #[must_use]
    pub const fn within(&self) -> Option<Within> {
        match self.kind {
            Kind::Cohort(_, within) | Kind::Distinct(_, within) => Some(within),
            Kind::Flow(_) | Kind::Derived(_) | Kind::Stock(_) | Kind::Ratio(..) => None,
        }
    }

    /// The formula in words of identifiers, empty for what is booked directly.
    #[must_use]
    pub fn formula(&self) -> String {
        match self.kind {
            Kind::Flow(_) | Kind::Cohort(..) | Kind::Distinct(..) => String::new(),
            Kind::Derived(sum) => terms(sum),
            Kind::Stock(sum) => format!("running balance of {}", terms(sum)),
            Kind::Ratio(over, under) => format!("({}) / ({})", terms(over), terms(under)),
        }
    }
}

/// Identifier of the indicator that shows a counter.
#[must_use]
pub fn id_of(counter: Counter) -> &'static str {
    TABLE.get(counter.index()).map_or("", |indicator| indicator.id)
}

fn terms(sum: Sum) -> String {
    let mut text = String::new();
    for (counter, factor) in sum {
        let sign = match (text.is_empty(), *factor < 0) {
            (true, false) => "",
            (true, true) => "−",
            (false, false) => " + ",
            (false, true) => " − ",
        };
        text.push_str(sign);
        text.push_str(id_of(*counter));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_lead_the_table_in_order_and_identifiers_are_unique() {
        for (place, counter) in Counter::ALL.iter().enumerate() {
            let counted = match TABLE[place].kind {
                Kind::Flow(c) | Kind::Cohort(c, _) | Kind::Distinct(c, _) => c,
                Kind::Derived(_) | Kind::Stock(_) | Kind::Ratio(..) => panic!("{} is not counted", TABLE[place].id),
            };
            assert_eq!(counted, *counter);
            assert_eq!(counter.index(), place);
        }
        let mut ids: Vec<_> = TABLE.iter().map(|indicator| indicator.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), TABLE.len());
    }

    #[test]
    fn formulas_are_told_in_identifiers() {
        assert_eq!(
            find("declarations_missing").unwrap().formula(),
            "declarations_owed − declarations_exempt − declarations_on_time − declarations_late"
        );
    }
}
