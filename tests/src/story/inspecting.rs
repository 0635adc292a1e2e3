//! Self-inspections the short way: held and signed on paper, entered in one step.

use changxiao_proto::county::v1::RecordSelfInspectionRequest;

use crate::calendar::Day;

/// The set of criteria that was in force in 2015: the general definition of Order 16.
pub const CRITERIA: &str = "general-2008-02-01";

/// A comprehensive inspection of that day with its whole chain of signatures. The reason is asked for only where it is late.
pub fn on_paper(enterprise: &str, on: Day) -> RecordSelfInspectionRequest {
    RecordSelfInspectionRequest {
        parent: enterprise.to_owned(),
        on: Some(on.wire()),
        inspector: "测试检查员".to_owned(),
        scope: "测试全厂区".to_owned(),
        responsible: "测试责任人".to_owned(),
        legal_representative: "测试法定代表人".to_owned(),
        paper: vec![9; 32].into(),
        late_reason: "停电(测试)".to_owned(),
        ..Default::default()
    }
}
