//! The six "in place" checks (六个到位): for one enterprise and month, computed from the records and never averaged.
//!
//! Source: R95–R100; rules of dossier §2.6 [P]. What the records do not keep yet is unknown, which is neither passed nor failed: absent is not zero.

/// One of the six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// 基础信息录入到位
    BasicData,
    /// 检查表格细化到位
    Checklists,
    /// 隐患清单列举到位
    HazardList,
    /// 检查结果层层签字到位
    Signatures,
    /// 隐患网络月报到位
    MonthlyReport,
    /// 隐患整改责任到位
    Responsibility,
}

impl Check {
    /// All six, in the order of the notice, with requirement and Chinese term.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::BasicData, "R95", "基础信息录入到位"),
        (Self::Checklists, "R96", "检查表格细化到位"),
        (Self::HazardList, "R97", "隐患清单列举到位"),
        (Self::Signatures, "R98", "检查结果层层签字到位"),
        (Self::MonthlyReport, "R99", "隐患网络月报到位"),
        (Self::Responsibility, "R100", "隐患整改责任到位"),
    ];
}

/// What the records of an enterprise say about a month. `None` is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Every mandatory field is filled.
    pub fields_filled: bool,
    /// The basic data were confirmed with the month's declaration, so within 31 days of its end.
    pub confirmed: bool,
    /// A checklist of its industry is in use and has an own item.
    pub own_checklist: Option<bool>,
    /// Hazards of the month.
    pub hazards: u32,
    /// Of these, those without category, place or a description of ten characters.
    pub hazards_incomplete: u32,
    /// Self-inspections of the month.
    pub inspections: u32,
    /// Of these, those signed by inspector, responsible person and legal representative.
    pub inspections_signed: Option<u32>,
    /// The legal representative signed the month's declaration.
    pub declaration_signed: bool,
    /// The month's declaration was filed in time and accepted.
    pub reported: bool,
    /// Open hazards without a person or a deadline.
    pub without_duty: u32,
    /// Open hazards that are overdue.
    pub overdue: u32,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In place.
    Passed,
    /// Not in place.
    Failed,
    /// The records do not keep it.
    Unknown,
}

const fn judged(passed: bool) -> Verdict {
    if passed { Verdict::Passed } else { Verdict::Failed }
}

/// How one check went.
#[must_use]
pub fn judge(check: Check, records: &Records) -> Verdict {
    match check {
        Check::BasicData => judged(records.fields_filled && records.confirmed),
        Check::Checklists => records.own_checklist.map_or(Verdict::Unknown, judged),
        Check::HazardList => judged(records.hazards_incomplete == 0),
        Check::Signatures if records.inspections == 0 || !records.declaration_signed => Verdict::Failed,
        Check::Signatures => match records.inspections_signed {
            Some(signed) => judged(signed == records.inspections),
            None => Verdict::Passed,
        },
        Check::MonthlyReport => judged(records.reported),
        Check::Responsibility => judged(records.without_duty == 0 && records.overdue == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_in_place() -> Records {
        Records {
            fields_filled: true,
            confirmed: true,
            own_checklist: Some(true),
            hazards: 2,
            inspections: 2,
            inspections_signed: Some(2),
            declaration_signed: true,
            reported: true,
            ..Records::default()
        }
    }

    fn verdicts(records: &Records) -> Vec<Verdict> {
        Check::ALL.iter().map(|(check, _, _)| judge(*check, records)).collect()
    }

    #[test]
    fn each_record_moves_its_own_check_and_no_other() {
        assert_eq!(verdicts(&all_in_place()), [Verdict::Passed; 6]);
        let spoiled: [(usize, Records); 10] = [
            (0, Records { fields_filled: false, ..all_in_place() }),
            (0, Records { confirmed: false, ..all_in_place() }),
            (1, Records { own_checklist: Some(false), ..all_in_place() }),
            (2, Records { hazards_incomplete: 1, ..all_in_place() }),
            (3, Records { inspections: 0, ..all_in_place() }),
            (3, Records { inspections_signed: Some(1), ..all_in_place() }),
            (3, Records { declaration_signed: false, ..all_in_place() }),
            (4, Records { reported: false, ..all_in_place() }),
            (5, Records { without_duty: 1, ..all_in_place() }),
            (5, Records { overdue: 1, ..all_in_place() }),
        ];
        for (place, records) in spoiled {
            let mut expected = [Verdict::Passed; 6];
            expected[place] = Verdict::Failed;
            assert_eq!(verdicts(&records), expected, "{records:?}");
        }
    }

    #[test]
    fn what_is_not_kept_is_unknown() {
        let records = Records { own_checklist: None, ..all_in_place() };
        assert_eq!(judge(Check::Checklists, &records), Verdict::Unknown);
    }
}
