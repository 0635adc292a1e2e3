use super::*;
use crate::{
    refusal::Refuse,
    stamp::{Moment, Stamp},
};

fn at(year: i16, month: i8, day: i8) -> Instant {
    Instant::start_of(Date::constant(year, month, day)).plus_ms(9 * 3_600_000)
}

fn stamp(now: Instant) -> Stamp {
    Stamp { at: now, received: now, actor: "clerk".to_owned(), epoch: 1, position: 900 }
}

fn serial() -> Serial {
    Serial::new(1, 900).unwrap()
}

fn moment(now: Instant) -> Moment {
    Moment { now, next: serial() }
}

fn named() -> Organisation {
    let mut organisation = Organisation::default();
    let officers = Officers { bureau_head: "甲".to_owned(), responsible: "乙".to_owned(), steward: "丙".to_owned() };
    organisation.apply(&Organisation::name_officers(officers), &stamp(at(2015, 8, 10)));
    organisation
}

fn member(name: &str, rank: u32) -> Member {
    Member { name: Personal::Known(name.to_owned()), post: "(测试)".to_owned(), rank }
}

#[test]
fn the_head_of_the_bureau_heads_the_group() {
    let organisation = named();
    let from = Date::constant(2015, 8, 20);
    for (members, right) in [
        (vec![member("甲", 1), member("丁", 2)], true),
        (vec![member("丁", 1)], false),
        (vec![member("甲", 1), member("丁", 1)], false),
        (vec![member("甲", 2)], false),
        (Vec::new(), false),
    ] {
        let set = organisation.set_group(members, from);
        assert_eq!(set.is_ok(), right);
        if let Err(refusal) = set {
            assert_eq!(refusal.reason(), "ORGANISATION_HEAD_NOT_BUREAU");
        }
    }
    assert!(Organisation::default().set_group(vec![member("", 1)], from).is_err(), "nobody is named");
}

#[test]
fn a_list_is_filed_and_filed_again_when_it_changed() {
    let (mut organisation, now) = (named(), stamp(at(2015, 8, 20)));
    assert_eq!(organisation.file_group().unwrap_err().reason(), "ORGANISATION_NOTHING_TO_FILE");
    let set = organisation.set_group(vec![member("甲", 1)], Date::constant(2015, 8, 20)).unwrap();
    organisation.apply(&set, &now);
    assert_eq!(organisation.group, GroupState::Draft);
    organisation.apply(&organisation.file_group().unwrap(), &now);
    assert!(organisation.file_group().is_err(), "filed as it stands");
    organisation.apply(&set, &now);
    assert_eq!(organisation.group, GroupState::Changed);
    assert!(organisation.file_group().is_ok());
}

#[test]
fn two_certified_users_and_the_alarm_between() {
    let now = at(2015, 8, 20);
    let mut organisation = named();
    let trainee = |on| Trainee { person: "乙".to_owned(), account: "clerk-1".to_owned(), skill: Skill::Use, on };
    assert_eq!(
        record_trainee(trainee(Date::constant(2015, 8, 21)), moment(now)).unwrap_err().reason(),
        "ORGANISATION_DAY_OUTSIDE"
    );
    let trained = record_trainee(trainee(Date::constant(2015, 8, 19)), moment(now)).unwrap();
    let mut user = User::trained(&trained, &stamp(now)).unwrap();
    let until = Date::constant(2016, 8, 31);
    assert!(certify(&user, Date::constant(2015, 8, 1), now).is_err());
    user.apply(&certify(&user, until, now).unwrap(), &stamp(now));
    organisation.count_user(false, true, &stamp(now));
    assert!(organisation.too_few_users() && organisation.waiting() == [("users_too_few", None)]);
    organisation.count_user(false, true, &stamp(now));
    assert!(!organisation.too_few_users() && organisation.waiting().is_empty());
    assert_eq!(user.due(), Some(Instant::end_of(until)));
    assert!(user.fall_due(at(2016, 8, 31)).is_none(), "the last day counts");
    user.apply(&user.fall_due(at(2016, 9, 1)).unwrap(), &stamp(at(2016, 9, 1)));
    organisation.count_user(true, false, &stamp(now));
    assert_eq!((user.state, organisation.certified), (UserState::Expired, 1));
    assert!(certify(&user, Date::constant(2017, 8, 31), at(2016, 9, 2)).is_ok(), "again");
    user.apply(&user.leave().unwrap(), &stamp(now));
    assert_eq!(certify(&user, until, now).unwrap_err().reason(), "ORGANISATION_WRONG_STATE");
    assert!(user.leave().is_err());
}

#[test]
fn a_batch_is_planned_held_reported() {
    let now = at(2015, 8, 10);
    let batch =
        Batch { layer: Layer::Township, title: "(测试)".to_owned(), report_by: Date::constant(2015, 8, 30), planned: 20 };
    let planned = plan_training(batch, moment(now)).unwrap();
    let mut training = Training::planned(&planned, &stamp(now)).unwrap();
    assert_eq!((training.layer, training.waiting().len()), (Layer::Township, 1));
    assert!(training.submit("(测试)".to_owned()).is_err());
    assert_eq!(training.hold(Date::constant(2015, 8, 10), 0, now).unwrap_err().reason(), "ORGANISATION_NOBODY_CAME");
    training.apply(&training.hold(Date::constant(2015, 8, 10), 18, now).unwrap(), &stamp(now));
    assert!(training.hold(Date::constant(2015, 8, 10), 18, now).is_err());
    training.apply(&training.submit("(测试)".to_owned()).unwrap(), &stamp(now));
    assert_eq!((training.state, training.attended, training.waiting().len()), (TrainingState::Reported, 18, 0));
}

#[test]
fn a_summary_opens_each_december_and_is_signed_by_the_head() {
    let mut organisation = named();
    assert_eq!(organisation.summary_opens(2015), (2015, Instant::start_of(Date::constant(2015, 12, 1))));
    let now = at(2015, 12, 1);
    let opened = Organisation::open_summary(2015);
    organisation.apply(&opened, &stamp(now));
    assert_eq!(organisation.summary_opens(2015).0, 2016);
    let mut summary = Submission::demanded(&opened, serial(), &stamp(now)).unwrap();
    assert_eq!((summary.kind, summary.due), (SubmissionKind::AnnualSummary, Date::constant(2015, 12, 30)));
    let text = || "(测试)".to_owned();
    assert_eq!(summary.make(text(), "乙".to_owned(), "甲").unwrap_err().reason(), "ORGANISATION_SIGNER_NOT_HEAD");
    assert!(summary.make(text(), String::new(), "").is_err(), "nobody is named");
    assert!(summary.credit(text()).is_err());
    summary.apply(&summary.make(text(), "甲".to_owned(), "甲").unwrap(), &stamp(Instant::end_of(summary.due).plus_ms(-1)));
    assert!(summary.on_time() && summary.waiting().is_empty());
    summary.apply(&summary.credit(text()).unwrap(), &stamp(now));
    assert_eq!(summary.state, SubmissionState::Credited);
    let late = Submission { submitted_at: Some(Instant::end_of(summary.due)), ..summary };
    assert!(!late.on_time());
}
