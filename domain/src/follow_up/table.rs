//! The table of rules.

use super::{Addressee, Cause, Makes, Rule, Wait};

use Addressee::{Commission, Department, Enterprise, Head, Regulator};
use Cause::{Again, Event, Silence};
use Makes::{Notice, Task};
use Wait::{Named, Workdays};

macro_rules! rules {
    ($($id:literal $cause:expr, $wait:expr => $makes:expr, $to:expr $(, every $days:literal)?; $zh:literal $en:literal $basis:literal)*) => {
        /// Every rule, by the records that they follow.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id, cause: $cause, wait: $wait, makes: $makes, to: $to, every_days: 0 $(+ $days)?, zh: $zh, en: $en, basis: $basis,
        },)*];
    };
}

rules! {
    "declaration_overdue" Event("declarations_overdue"), Wait::None => Task(5), Regulator;
        "月度申报逾期,跟踪督查" "declaration overdue: follow up" "MD6, R24; days [P]"
    "declaration_overdue_notice" Event("declarations_overdue"), Wait::None => Notice, Enterprise;
        "月度申报逾期通知" "your declaration is overdue" "MD6"
    "declaration_missing" Event("declarations_missing"), Wait::None => Task(10), Regulator;
        "漏报,安排专项检查" "declaration missing: special inspection" "MD11, R24; days [P]"
    "propose_warning" Again("declaration_missing", 2), Wait::None => Task(10), Regulator;
        "连续两月漏报,提请警示通报" "missing two months in a row: consider a warning bulletin" "MD11 [P]"
    "propose_interview" Again("declaration_missing", 3), Wait::None => Task(10), Regulator;
        "连续三月漏报,提请约谈" "missing three months in a row: consider an interview" "MD11 [P]"
    "declaration_uncorrected" Silence, Named => Task(5), Regulator;
        "退回的申报逾期未改正" "returned declaration not filed again" "MD9"

    "hazard_overdue" Event("rectification_overdue"), Wait::None => Task(5), Regulator;
        "隐患逾期未整改,跟踪督查" "rectification overdue: follow up" "GH11, R25; days [P]"
    "hazard_overdue_notice" Event("rectification_overdue"), Wait::None => Notice, Enterprise;
        "隐患整改逾期通知" "your rectification is overdue" "GH11"
    "hazard_reassess" Event("reassessment_proposed"), Wait::None => Task(5), Regulator;
        "逾期15日,评估是否升为重大隐患" "fifteen days overdue: assess again whether it is major" "GH11 [P]"
    "extension_undecided" Silence, Workdays(5) => Task(2), Regulator;
        "延期申请5个工作日未审批" "extension undecided for five working days" "GH12 [P]"

    "dossier_unopened" Event("dossier_missing"), Wait::None => Task(5), Regulator;
        "重大隐患未按期建档" "no dossier of a major hazard in time" "MH23"
    "elements_missing" Silence, Workdays(10) => Notice, Enterprise;
        "重大隐患五要素逾期未补齐" "the five elements of a dossier are missing" "MH4 [P]"
    "receipts_missing" Silence, Workdays(3) => Notice, Head;
        "备案回执未齐" "a receipt of a filed dossier is missing" "MH5"
    "listing_undecided" Silence, Workdays(5) => Task(2), Department;
        "备案5个工作日未挂牌" "filed for five working days and not listed" "MH6 [P]"
    "progress_missed" Event("progress_missed"), Wait::None => Task(5), Department;
        "月度进展未报告,跟踪督办" "progress not reported: follow up" "MH9"
    "progress_missed_notice" Event("progress_missed"), Wait::None => Notice, Enterprise;
        "月度进展未报告通知" "your progress report is missing" "MH9"
    "progress_interview" Again("progress_missed", 2), Wait::None => Task(10), Regulator;
        "连续两月未报告进展,提请约谈" "no progress reported twice in a row: consider an interview" "MH9 [P]"
    "treatment_extension_undecided" Silence, Workdays(10) => Task(2), Department;
        "治理延期10个工作日未审批" "treatment extension undecided for ten working days" "MH10"
    "treatment_overdue" Event("treatment_overdue"), Wait::None => Task(5), Commission;
        "重大隐患逾期未治理:下达督办、研究列入黑名单、提请停产" "major hazard overdue: directive, blacklist check, suspension" "MH11"
    "treatment_overdue_notice" Event("treatment_overdue"), Wait::None => Notice, Enterprise;
        "重大隐患治理逾期通知" "your treatment is overdue" "MH11"
    "assessment_unconcluded" Silence, Workdays(22) => Notice, Department;
        "评估机构30日未出具结论" "no conclusion of the institution for thirty days" "MH13; working days [P]"
    "acceptance_undecided" Silence, Workdays(7) => Task(2), Department;
        "验收申请10日未办理" "acceptance undecided for ten days" "MH17; working days [P]"
    "resumption_undecided" Silence, Workdays(7) => Task(2), Department;
        "恢复生产申请10日未审查" "resumption undecided for ten days" "MH20; working days [P]"

    "directive_unanswered" Silence, Named => Task(2), Commission;
        "上级督办逾期未回复" "a directive from above has no answer" "DI7"
    "directive_unreceived" Silence, Workdays(1) => Notice, Head;
        "督办件1个工作日未签收" "a directive was not received within a working day" "DI2"
    "directive_overdue" Event("county_directive_overdue"), Wait::None => Task(5), Commission;
        "督办件逾期,提级督办" "directive overdue: taken one level up" "DI7"
    "propose_directive_bulletin" Again("directive_overdue", 2), Wait::None => Task(10), Commission;
        "督办件再次逾期,提请通报" "directive overdue again: consider a bulletin" "DI7 [P]"
    "directive_unaccepted" Silence, Workdays(5) => Task(2), Commission;
        "督办回复5个工作日未办结" "an answer was not accepted for five working days" "DI5 [P]"

    "blacklist_undecided" Silence, Named => Task(5), Commission;
        "陈述申辩期满,决定是否列入黑名单" "the hearing is over: decide on the blacklist" "DI12, DI13"
    "blacklist_sampling" Silence, Wait::None => Task(130), Regulator, every 184;
        "黑名单企业抽查(每年不少于2次)" "sample a blacklisted enterprise, twice a year" "DI13 [V]"
    "blacklist_interview" Silence, Wait::None => Task(250), Regulator, every 367;
        "约谈黑名单企业(每年不少于1次)" "interview a blacklisted enterprise, once a year" "DI13 [V]"
    "blacklist_term_over" Silence, Wait::None => Task(10), Commission;
        "黑名单期满,研究是否移出" "the term is over: decide on the exit" "DI14, DI15"

    "users_too_few" Silence, Wait::None => Notice, Head, every 30;
        "熟练使用系统人员不足2名" "fewer than two competent users" "OR2, R35; repetition [P]"
    "training_unreported" Silence, Named => Task(5), Regulator;
        "培训计划到期未上报" "a training is not reported" "OR3"
    "submission_overdue" Silence, Named => Notice, Head;
        "信息报送逾期" "a submission is overdue" "OR6, OR8, R89"
}
