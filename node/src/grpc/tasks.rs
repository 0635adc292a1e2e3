//! `county.v1.Tasks`.

use changxiao_domain::{actor::AccountId, task::State};
use changxiao_proto::{
    convert::request::Reader,
    county::v1::{self as pb, tasks_server::Tasks},
    types::v1::Receipt,
};
use changxiao_tier::fault::Fault;
use sea_orm::ColumnTrait;
use tonic::{Request, Response, Status};

use super::{
    CountyDesk,
    pages::{addressee, ask, begin_new, enterprise, in_sight, one, path, record, records},
    step::{Read, begin, one_text, state_filter},
    view,
};
use crate::{
    app::{
        sees,
        tasks::{self as app, Opening},
    },
    store::tasks,
};

const TASK: &str = "regions/{region}/tasks/{task}";
const WORDS: (usize, usize) = (2, 2_000);

/// Serves tasks.
pub struct TasksService(pub CountyDesk);

fn read_open(wire: pb::OpenTaskRequest) -> Read {
    let (mut reader, region, envelope) = begin_new!(wire, region);
    let about = path(&mut reader, "about", &wire.about, region.as_ref());
    let enterprise = enterprise(&mut reader, "enterprise", &wire.enterprise, region.as_ref());
    let to = addressee(&mut reader, wire.to);
    let demand = reader.text("demand", &wire.demand, WORDS.0, WORDS.1);
    let due = reader.date("due", wire.due);
    let opening = (|| Some(Opening { about: about?, enterprise: enterprise?, to: to?, demand: demand?, due: due? }))();
    envelope.parsed(reader, opening.map(app::open))
}

fn read_assign(wire: pb::AssignTaskRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, TASK);
    let assignee = reader.parse::<AccountId>("assignee", &wire.assignee);
    let due = reader.optional_date("due", wire.due);
    let command = target.zip(assignee).zip(due).map(|((target, assignee), due)| app::assign(target, assignee, due));
    envelope.parsed(reader, command)
}

#[tonic::async_trait]
impl Tasks for TasksService {
    async fn open_task(&self, request: Request<pb::OpenTaskRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("OpenTask", request, read_open).await
    }

    async fn assign_task(&self, request: Request<pb::AssignTaskRequest>) -> Result<Response<Receipt>, Status> {
        self.0.write("AssignTask", request, read_assign).await
    }

    async fn work_task(&self, request: Request<pb::WorkTaskRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::WorkTaskRequest| one_text(begin!(wire, TASK), "note", &wire.note, WORDS, app::work);
        self.0.write("WorkTask", request, read).await
    }

    async fn answer_task(&self, request: Request<pb::AnswerTaskRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::AnswerTaskRequest| one_text(begin!(wire, TASK), "result", &wire.result, WORDS, app::answer);
        self.0.write("AnswerTask", request, read).await
    }

    async fn return_task(&self, request: Request<pb::ReturnTaskRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::ReturnTaskRequest| one_text(begin!(wire, TASK), "reason", &wire.reason, WORDS, app::send_back);
        self.0.write("ReturnTask", request, read).await
    }

    async fn close_task(&self, request: Request<pb::CloseTaskRequest>) -> Result<Response<Receipt>, Status> {
        let read = |wire: pb::CloseTaskRequest| one_text(begin!(wire, TASK), "result", &wire.result, WORDS, app::close);
        self.0.write("CloseTask", request, read).await
    }

    async fn get_task(&self, request: Request<pb::GetTaskRequest>) -> Result<Response<pb::Task>, Status> {
        let (region, serial, host, actor) = one!(self.0, request, TASK);
        let found = record::<tasks::Entity, _>(&host.read, serial, tasks::from_row).await?;
        let found = found.filter(|task| sees(&actor, task.enterprise, task.industry));
        let found = found.ok_or_else(|| Fault::NotFound { what: request.get_ref().name.clone() })?;
        Ok(Response::new(view::task(&region, &found, host.place.clock.now())))
    }

    async fn list_tasks(&self, request: Request<pb::ListTasksRequest>) -> Result<Response<pb::ListTasksResponse>, Status> {
        let (region, host, actor) = ask!(self.0, request);
        let wanted = request.get_ref();
        let mut reader = Reader::default();
        let states = State::ALL.iter().map(|state| (view::task_state(*state).into(), state.id()));
        let state = state_filter(&mut reader, wanted.state, states);
        let about = path(&mut reader, "about", &wanted.about, Some(&region));
        let (state, about) = reader.finish(state.zip(about)).map_err(Fault::from)?;
        let now = host.place.clock.now();
        let mut filter = in_sight(actor.scope(), tasks::Column::Enterprise, tasks::Column::Industry)
            .add_option(state.map(|state| tasks::Column::State.eq(state)));
        if !about.is_empty() {
            filter = filter.add(tasks::Column::About.eq(about));
        }
        if wanted.mine {
            filter = filter.add(tasks::Column::Assignee.eq(actor.id()));
        }
        if wanted.overdue {
            let unanswered = [State::Open, State::Assigned, State::Working].map(State::id);
            filter = filter.add(tasks::Column::State.is_in(unanswered)).add(tasks::Column::Due.lt(now.date().to_string()));
        }
        let reading = (tasks::from_row as _, (|task| task.serial) as fn(&changxiao_domain::task::Task) -> _);
        let (found, next_page_token) =
            records::<tasks::Entity, _>(&host.read, wanted.page.as_ref(), filter, tasks::Column::Serial, reading).await?;
        let tasks = found.iter().map(|task| view::task(&region, task, now)).collect();
        Ok(Response::new(pb::ListTasksResponse { tasks, next_page_token }))
    }
}
