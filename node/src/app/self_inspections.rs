//! Self-inspections: recorded from paper; planned, begun, done item by item, signed, made up, cancelled.

use changxiao_domain::{
    actor::{Actor, Role},
    checklist::{self, Checklist, ChecklistId},
    clock::Date,
    deputy, etag,
    event::Event,
    hazard::Hazard,
    industry::IndustryCode,
    period::Month,
    refusal::Refusal as Refused,
    rule_table::TableKind,
    self_inspection::{self as domain, Around, Finding, InspectionId, ListUsed, Paper, Plan, Refusal, SelfInspection, Start},
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Events, Plain, Stepwise, enterprises::seen};
use crate::book::{Known, Needs};

/// An inspection as the caller saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Enterprise.
    pub enterprise: Serial,
    /// Name within it.
    pub id: InspectionId,
    /// Version seen, if the caller named one.
    pub seen: Option<u64>,
}

/// Who inspects what, as asked for: the list still without its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Who inspects.
    pub inspectors: Vec<String>,
    /// Areas.
    pub area: String,
    /// By which list.
    pub checklist: ChecklistId,
}

/// Path of an inspection within its region.
fn path(enterprise: Serial, id: &InspectionId) -> String {
    format!("enterprises/{enterprise}/selfInspections/{id}")
}

/// The comprehensive task on whose window a day falls, by the tables in force.
fn task_of(known: &Known, enterprise: Serial, on: Date) -> Option<InspectionId> {
    let industry = known.enterprises.get(&enterprise)?.data.industry.industry();
    let versions = known.table(TableKind::Frequencies);
    let window = |at: Date| {
        let table = versions.frequencies(at);
        let rule = table.of(industry.frequency).find(|rule| rule.counts)?.clone();
        let noon = changxiao_domain::clock::Instant::start_of(on);
        rule.interval.window_of(noon).map(|window| (rule.id, window))
    };
    let (rule, found) = window(on)?;
    // A window that had opened when the table changed keeps the rule by which it opened.
    let (rule, found) = window(found.opens.date()).filter(|(_, earlier)| earlier.touches(on)).unwrap_or((rule, found));
    Some(InspectionId::of_task(&rule, found.opens))
}

/// Records an inspection that was held and signed on paper.
#[must_use]
pub fn record(enterprise: Serial, paper: Paper) -> CountyCommand {
    let on = paper.on;
    Box::new(Stepwise {
        needs: move |_: &Actor, needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.enterprise_months.insert((enterprise, Month::of(on)));
            needs.inspected.insert((enterprise, on.year()));
            needs.rule_tables.insert(TableKind::Frequencies);
        },
        then: move |known: &Known, needs: &mut Needs| {
            needs.self_inspections.extend(task_of(known, enterprise, on).map(|id| (enterprise, id)));
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let id = task_of(known, enterprise, on);
            let task = id.and_then(|id| known.self_inspections.get(&(enterprise, id)));
            let event = domain::record(owner, task, paper, moment)?;
            let named = match &event {
                Event::SelfInspectionRecorded(recorded) => recorded.task.clone(),
                _ => None,
            };
            Ok((event, path(enterprise, &named.unwrap_or_else(|| InspectionId::of_serial(moment.next)))))
        },
    })
}

/// A step of an inspection within the actor's sight. `needs` names what else the rule looks at, `then` what shows only once the inspection is known.
fn step_with<E: Events + 'static>(
    target: Target,
    needs: impl Fn(&Actor, &mut Needs) + Send + Sync + 'static,
    how: impl FnOnce(&SelfInspection, &Actor, Moment, &Known) -> Result<E, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    let (key, after) = ((target.enterprise, target.id.clone()), (target.enterprise, target.id.clone()));
    Box::new(Stepwise {
        needs: move |actor: &Actor, wanted: &mut Needs| {
            wanted.self_inspections.insert(key.clone());
            needs(actor, wanted);
        },
        then: move |known: &Known, needs: &mut Needs| {
            let used = known.self_inspections.get(&after).and_then(|inspection| inspection.list.as_ref());
            if let Some(used) = used {
                needs.checklists.extend([(None, used.id.clone()), (Some(after.0), used.id.clone())]);
            }
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = path(target.enterprise, &target.id);
            let inspection = known
                .self_inspections
                .get(&(target.enterprise, target.id.clone()))
                .filter(|inspection| actor.sees(inspection.enterprise, inspection.industry))
                .ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, inspection.version)?;
            Ok((how(inspection, actor, moment, known)?, subject))
        },
    })
}

/// What a plan looks at: the list, and the enterprise's own items of it.
fn needs_list(enterprise: Serial, checklist: ChecklistId) -> impl Fn(&mut Needs) + Send + Sync {
    move |needs: &mut Needs| {
        needs.checklists.extend([(None, checklist.clone()), (Some(enterprise), checklist.clone())]);
    }
}

/// The list as the county has it.
fn county_list(known: &Known, id: &ChecklistId) -> Result<Checklist, checklist::Refusal> {
    let published = known.checklists.get(&(None, id.clone()));
    checklist::of_county(id, published).ok_or_else(|| checklist::Refusal::NotFound { name: id.to_string() })
}

/// The plan with the newest version of its list, and of the enterprise's own items.
fn fixed(planned: Planned, enterprise: Serial, industry: IndustryCode, known: &Known) -> Result<Plan, Refused> {
    let version = county_list(known, &planned.checklist)?.meant_for(industry)?.number;
    let own = known.checklists.get(&(Some(enterprise), planned.checklist.clone()));
    let own_version = own.and_then(Checklist::newest).map_or(0, |newest| newest.number);
    let list = ListUsed { id: planned.checklist, version, own_version };
    Ok(Plan { inspectors: planned.inspectors, area: planned.area, list })
}

/// Keys of the items of a list as it was used.
fn items(used: &ListUsed, enterprise: Serial, known: &Known) -> Result<Vec<String>, checklist::Refusal> {
    let list = county_list(known, &used.id)?;
    let version = list.version(used.version).ok_or_else(|| checklist::Refusal::NotFound { name: used.id.to_string() })?;
    let own = known.checklists.get(&(Some(enterprise), used.id.clone()));
    let own = own.and_then(|own| own.version(used.own_version));
    Ok(version.items.iter().chain(own.iter().flat_map(|own| &own.items)).map(|item| item.key.clone()).collect())
}

/// Hazards that findings name.
fn named(findings: &[(String, Finding)]) -> Vec<Serial> {
    let known = findings.iter().filter_map(|(_, finding)| match finding {
        Finding::Known(serial) => Some(*serial),
        Finding::Ok | Finding::NotApplicable | Finding::New(_) => None,
    });
    known.collect()
}

/// What was found anew was found on the day of the inspection.
fn found_on(findings: Vec<(String, Finding)>, on: Date) -> Vec<(String, Finding)> {
    let dated = findings.into_iter().map(|(item, finding)| match finding {
        Finding::New(mut find) => {
            find.found_on = on;
            (item, Finding::New(find))
        }
        other => (item, other),
    });
    dated.collect()
}

/// Hands the rule what it judges results by.
fn judged<T>(
    inspection: &SelfInspection,
    (used, on): (&ListUsed, Date),
    actor: &Actor,
    known: &Known,
    how: impl FnOnce(Around<'_>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let enterprise = seen(known, actor, inspection.enterprise)?;
    let items = items(used, inspection.enterprise, known)?;
    let criteria = known.table(TableKind::Criteria).criteria(on);
    let hazards = |serial: Serial| -> Option<Hazard> { known.hazards.get(&serial).cloned() };
    how(Around { enterprise, items: &items, criteria: &criteria, hazards: &hazards })
}

/// Fixes day, inspectors, area and list.
#[must_use]
pub fn plan(target: Target, on: Date, planned: Planned) -> CountyCommand {
    let enterprise = target.enterprise;
    let lists = needs_list(enterprise, planned.checklist.clone());
    let needs = move |_: &Actor, needs: &mut Needs| {
        lists(needs);
        counts_on(enterprise, on)(needs);
    };
    step_with(target, needs, move |inspection, _, moment, known| {
        let plan = fixed(planned, inspection.enterprise, inspection.industry, known)?;
        Ok(inspection.plan(on, plan, moment.now)?)
    })
}

/// What counts a signed inspection of a day.
fn counts_on(enterprise: Serial, on: Date) -> impl Fn(&mut Needs) + Send + Sync {
    move |needs: &mut Needs| {
        needs.enterprise_months.insert((enterprise, Month::of(on)));
        needs.inspected.insert((enterprise, on.year()));
    }
}

/// Begins; `planned` if it was not.
#[must_use]
pub fn start(target: Target, on: Date, planned: Option<Planned>) -> CountyCommand {
    let enterprise = target.enterprise;
    let list = planned.as_ref().map(|planned| planned.checklist.clone());
    let needs = move |_: &Actor, needs: &mut Needs| {
        counts_on(enterprise, on)(needs);
        if let Some(list) = &list {
            needs_list(enterprise, list.clone())(needs);
        }
    };
    step_with(target, needs, move |inspection, _, moment, known| {
        let plan = planned.map(|planned| fixed(planned, inspection.enterprise, inspection.industry, known)).transpose()?;
        Ok(inspection.start(Start { on, plan }, moment.now)?)
    })
}

/// Reports it done, with a result for each item.
#[must_use]
pub fn finish(target: Target, findings: Vec<(String, Finding)>) -> CountyCommand {
    let hazards = named(&findings);
    let needs = move |_: &Actor, needs: &mut Needs| {
        needs.hazards.extend(&hazards);
        needs.rule_tables.insert(TableKind::Criteria);
    };
    step_with(target, needs, move |inspection, actor, moment, known| {
        let on = inspection.on.unwrap_or_else(|| moment.now.date());
        let findings = found_on(findings, on);
        match &inspection.list {
            Some(used) => judged(inspection, (used, on), actor, known, |around| inspection.finish(findings, around, moment)),
            // One that never began is refused for its state, whatever the results.
            None => {
                let criteria = known.table(TableKind::Criteria).criteria(on);
                let enterprise = seen(known, actor, inspection.enterprise)?;
                let around = Around { enterprise, items: &[], criteria: &criteria, hazards: &|_| None };
                inspection.finish(findings, around, moment)
            }
        }
    })
}

/// Makes up a missed one.
#[must_use]
pub fn make_up(target: Target, on: Date, planned: Planned, findings: Vec<(String, Finding)>, reason: String) -> CountyCommand {
    let enterprise = target.enterprise;
    let (hazards, list) = (named(&findings), planned.checklist.clone());
    let needs = move |_: &Actor, needs: &mut Needs| {
        needs.hazards.extend(&hazards);
        needs.rule_tables.insert(TableKind::Criteria);
        needs_list(enterprise, list.clone())(needs);
        counts_on(enterprise, on)(needs);
    };
    step_with(target, needs, move |inspection, actor, moment, known| {
        let plan = fixed(planned, inspection.enterprise, inspection.industry, known)?;
        let findings = found_on(findings, on);
        let used = plan.list.clone();
        judged(inspection, (&used, on), actor, known, |around| inspection.make_up((on, plan, reason), findings, around, moment))
    })
}

/// The next signature of the chain.
#[must_use]
pub fn sign(target: Target) -> CountyCommand {
    let enterprise = target.enterprise;
    let key = move |actor: &Actor| match actor {
        Actor::Account { id, .. } => Some((enterprise, id.clone())),
        Actor::Time | Actor::Region(_) | Actor::Operator | Actor::Door => None,
    };
    let needs = move |actor: &Actor, needs: &mut Needs| needs.deputies.extend(key(actor));
    step_with(target, needs, move |inspection, actor, moment, known| {
        let held = key(actor).and_then(|key| known.deputies.get(&key));
        let deputy = deputy::signs_as_deputy(actor, held, moment.now).unwrap_or(false);
        Ok(inspection.sign(actor, deputy)?)
    })
}

/// It need not be carried out.
#[must_use]
pub fn cancel(target: Target, reason: String) -> CountyCommand {
    step_with(
        target,
        |_: &Actor, _: &mut Needs| {},
        move |inspection, actor, _, _| Ok(inspection.cancel(actor.is(Role::CountyRegulator), reason)?),
    )
}

/// Publishes a list, or its next version.
#[must_use]
pub fn publish(id: ChecklistId, draft: checklist::Draft) -> CountyCommand {
    let wanted = id.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.checklists.insert((None, wanted.clone()));
        },
        decide: move |_: &Actor, _: Moment, known: &Known| {
            let held = county_list(known, &id).ok();
            let subject = format!("checklists/{id}");
            Ok((checklist::publish(id, held.as_ref(), draft), subject))
        },
    })
}

/// An enterprise's own items of a list.
#[must_use]
pub fn adapt(enterprise: Serial, id: ChecklistId, own_items: Vec<(String, String)>) -> CountyCommand {
    let wanted = id.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.checklists.extend([(None, wanted.clone()), (Some(enterprise), wanted.clone())]);
        },
        decide: move |actor: &Actor, _: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            county_list(known, &id)?.meant_for(owner.data.industry)?;
            let own = known.checklists.get(&(Some(enterprise), id.clone()));
            let subject = format!("enterprises/{enterprise}/checklists/{id}");
            Ok((checklist::adapt(enterprise, id, own, own_items), subject))
        },
    })
}
