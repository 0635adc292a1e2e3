//! The one table of indicators: identifier, terms, unit, kind, formula, source. It drives booking, queries, the wire's
//! catalogue and the documentation.
//!
//! Only flows, cohorts and distinct counts are booked into cells. A stock is the running balance of its flows up to the end
//! of a span, so every cell balances by construction; ratios and differences are computed when they are asked for.

mod table;

pub use table::TABLE;

/// Version of the catalogue. It rises when a counter is added; numbers are never reused.
pub const CATALOGUE: u32 = 3;

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

/// All that were there at any time of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Running balance up to the end of the span.
    pub stock: Sum,
    /// What left within the span.
    pub left: Sum,
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
    /// A distinct count among all that were there at any time of the span: what a stock holds at its end, and what left within it.
    /// Never above the whole, since who is counted was there.
    Reach(Counter, Within, Whole),
    /// A flow for each that was there at any time of the span, as a plain number with two decimals; it may exceed 1.
    Intensity(Sum, Whole),
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
    /// 代报企业: declarations filed by a proxy.
    DeclarationsProxied,
    /// 应自查: comprehensive self-inspections that fell due.
    SelfInspectionsDue,
    /// 按期自查: comprehensive self-inspections done within their window.
    SelfInspectionsDone,
    /// 漏查: comprehensive self-inspections whose window passed without them.
    SelfInspectionsMissed,
    /// 补查: comprehensive self-inspections done after their window.
    SelfInspectionsMadeUp,
    /// 取消自查: comprehensive self-inspections cancelled.
    SelfInspectionsCancelled,
    /// 按时签字: comprehensive self-inspections whose chain of signatures was closed within three days.
    SelfInspectionsSignedInTime,
    /// 部门专项检查: special inspections carried out.
    InspectionsSpecial,
    /// 专家明查暗访: visits of experts carried out.
    InspectionsExpert,
    /// 政府综合督查: comprehensive supervisions carried out.
    InspectionsComprehensive,
    /// 暗访: covert visits carried out.
    InspectionsCovert,
    /// 计划检查: inspections planned.
    InspectionsPlanned,
    /// 计划未完成检查: planned inspections not carried out within their month.
    InspectionsUnfulfilled,
    /// 当月受检企业: enterprises inspected in the month.
    EnterprisesCheckedMonth,
    /// 当季受检企业: enterprises inspected in the quarter.
    EnterprisesCheckedQuarter,
    /// 当年受检企业: enterprises inspected in the year.
    EnterprisesCheckedYear,
    /// 检查发现隐患: hazards found by inspections.
    FindingsHazards,
    /// 检查发现问题: problems found by inspections that are no hazards.
    FindingsProblems,
    /// 已反馈隐患和问题: findings fed back to enterprise and department.
    FindingsFedBack,
    /// 下达整改指令: rectification orders issued.
    OrdersIssued,
    /// 整改指令逾期: orders whose day passed before they were fed back.
    OrdersOverdue,
    /// 应复查: orders up for re-inspection.
    RechecksDue,
    /// 按时复查: re-inspections on time.
    RechecksOnTime,
    /// 已复查: re-inspections carried out.
    RechecksDone,
    /// 上报安委会办公室: inspections reported to the commission office.
    InspectionsEscalated,
    /// 移送其他部门: inspections handed over to another department.
    InspectionsTransferred,
    /// 立案: inspections that became cases.
    InspectionsCases,
    /// 制作执法文书: enforcement documents drawn up.
    DocumentsDrawn,
    /// 作废执法文书: enforcement documents voided.
    DocumentsVoided,
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
            Kind::Reach(..) => "reach",
            Kind::Intensity(..) => "intensity",
        }
    }

    /// The only spans it may be summed over, on the wire.
    #[must_use]
    pub const fn within(&self) -> Option<Within> {
        match self.kind {
            Kind::Cohort(_, within) | Kind::Distinct(_, within) | Kind::Reach(_, within, _) => Some(within),
            Kind::Flow(_) | Kind::Derived(_) | Kind::Stock(_) | Kind::Ratio(..) | Kind::Intensity(..) => None,
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
            Kind::Reach(counter, _, whole) => format!("{} / ({})", id_of(counter), whole_terms(whole)),
            Kind::Intensity(over, whole) => format!("({}) / ({})", terms(over), whole_terms(whole)),
        }
    }
}

/// Identifier of the indicator that shows a counter.
#[must_use]
pub fn id_of(counter: Counter) -> &'static str {
    TABLE.get(counter.index()).map_or("", |indicator| indicator.id)
}

fn whole_terms(whole: Whole) -> String {
    format!("running balance of {} + {} of the span", terms(whole.stock), terms(whole.left))
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
                Kind::Derived(_) | Kind::Stock(_) | Kind::Ratio(..) | Kind::Reach(..) | Kind::Intensity(..) => {
                    panic!("{} is not counted", TABLE[place].id)
                }
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
