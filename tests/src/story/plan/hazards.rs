//! The life of one general hazard.

use super::{Act, Diary, Find};
use crate::{
    calendar::Day,
    chance::Chance,
    story::behaviour::{County, Group},
};

/// Site to basic is about 70 to 30; fire, electricity and equipment lead.
const CATEGORIES: [(&str, &str); 8] = [
    ("B03", "消防器材缺失或者过期"),
    ("B04", "配电箱线路裸露未接地"),
    ("B01", "设备防护罩缺失或者损坏"),
    ("B07", "作业通道堆放物料受阻"),
    ("B08", "作业人员未按规程操作"),
    ("A05", "从业人员培训记录不完整"),
    ("A04", "安全管理制度未及时修订"),
    ("A07", "应急预案未按规定演练"),
];

/// Found and assigned on the day of the inspection, then rectified, looked at again, accepted and struck off, or not.
pub(super) fn plan(county: &County, group: &Group, found_on: Day, chance: &mut Chance, diary: &mut Diary<'_>) {
    let key = diary.key();
    let (category, what) = *chance.pick(&CATEGORIES);
    let description = format!("(测试){what},第{}处", chance.between(1, 99));
    diary.on(found_on, Act::Find(key, Find { on: found_on, category, description }));
    let deadline = found_on.plus(chance.between(7, 20));
    diary.on(found_on, Act::Assign(key, deadline));
    if !chance.happens(county.rectifies) {
        return;
    }
    let wanted = (chance.lognormal(group.median_days, 0.7).round() as i64).max(1);
    let allowed = deadline.since(found_on);
    let days = if chance.happens(county.by_deadline) { wanted.min(allowed) } else { wanted.max(allowed + 1) };
    let mut reported_on = found_on.plus(days);
    diary.on(reported_on, Act::Report(key));
    if chance.happens(0.06) {
        let again_by = reported_on.plus(1 + chance.between(3, 10));
        diary.on(reported_on.plus(1), Act::Reinspect(key, Some(again_by)));
        // Some of those who failed once miss the second deadline as well.
        reported_on = reported_on.plus(chance.between(3, 14));
        diary.on(reported_on, Act::Report(key));
    }
    diary.on(reported_on.plus(1), Act::Reinspect(key, None));
    diary.on(reported_on.plus(2), Act::Accept(key));
    diary.on(reported_on.plus(2 + chance.between(0, 2)), Act::StrikeOff(key));
}
