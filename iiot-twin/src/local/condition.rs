//! What can be done with conditions.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iiot_core::Result;
use iiot_core::session::SessionExt;
use iiot_core::ua::{
    BrowsePath, ByteString, CallMethodRequest, LocalizedText, MethodId, NodeId, QualifiedName, ReferenceTypeId,
    RelativePath, RelativePathElement, StatusCode, Variant,
};

use super::LocalTwin;
use super::alarms::AlarmList;
use super::batch::sendable;
use super::feed::Watcher;
use super::visit::{Visit, at_most};
use crate::alarm::AlarmName;
use crate::condition::{
    ConditionEvent, ConditionEventsRequest, ConditionResponse, ConditionResult, ConditionsRequest, RespondRequest,
    ShelveRequest,
};
use crate::{Header, Status};

const MAX_CONDITIONS: usize = 1_000;
const MAX_COMMENT: usize = 4_096;

impl LocalTwin {
    /// Calls a method that takes an event and a comment.
    pub(super) async fn on_events(
        &self,
        request: &ConditionEventsRequest,
        method: MethodId,
    ) -> Result<ConditionResponse> {
        let ConditionEventsRequest { endpoint, header, events } = request;
        at_most(MAX_CONDITIONS, events.len(), "#/events")?;
        let list = match events.iter().any(|event| event.event_id.is_none()) {
            true => Some(self.complete_list(endpoint, &Header { elevation: None, ..header.clone() }).await?),
            false => None,
        };
        let visit = self.visit(endpoint, header).await?;
        let ids: Vec<_> = events.iter().map(|event| event_id(&visit, list.as_ref(), event)).collect();
        let call = |(event, id): (&ConditionEvent, &Result<Vec<u8>, Status>)| {
            let inputs = vec![ByteString::from(id.clone()?).into(), comment(event, header)?.into()];
            Ok(called(visit.node(&event.condition)?, method, inputs))
        };
        let calls = events.iter().zip(&ids).map(call).collect();
        let mut response = visit.on_conditions(calls).await?;
        for (result, id) in response.results.iter_mut().zip(ids) {
            result.event_id = id.ok().map(|id| BASE64_STANDARD.encode(id));
        }
        Ok(response)
    }

    /// Calls a method without arguments.
    pub(super) async fn on_all(&self, request: &ConditionsRequest, method: MethodId) -> Result<ConditionResponse> {
        at_most(MAX_CONDITIONS, request.conditions.len(), "#/conditions")?;
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let call = |condition: &String| Ok(called(visit.node(condition)?, method, Vec::new()));
        visit.on_conditions(request.conditions.iter().map(call).collect()).await
    }

    pub(super) async fn put_aside(&self, request: &ShelveRequest) -> Result<ConditionResponse> {
        at_most(MAX_CONDITIONS, request.alarms.len(), "#/alarms")?;
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let conditions: Vec<_> = request.alarms.iter().map(|alarm| visit.node(&alarm.condition)).collect();
        let machines = visit.shelving_states(&conditions).await?;
        let call =
            |(machine, alarm): (Result<Machine, Status>, &crate::condition::ShelvedAlarm)| match alarm.duration_ms {
                Some(duration) => Ok(machine?.call(TIMED_SHELVE, vec![duration.into()])),
                None => Ok(machine?.call(ONE_SHOT_SHELVE, Vec::new())),
            };
        visit.on_conditions(machines.into_iter().zip(&request.alarms).map(call).collect()).await
    }

    pub(super) async fn take_back(&self, request: &ConditionsRequest) -> Result<ConditionResponse> {
        at_most(MAX_CONDITIONS, request.conditions.len(), "#/conditions")?;
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let conditions: Vec<_> = request.conditions.iter().map(|condition| visit.node(condition)).collect();
        let machines = visit.shelving_states(&conditions).await?;
        let call = |machine: Result<Machine, Status>| Ok(machine?.call(UNSHELVE, Vec::new()));
        visit.on_conditions(machines.into_iter().map(call).collect()).await
    }

    pub(super) async fn answer(&self, request: &RespondRequest) -> Result<ConditionResponse> {
        at_most(MAX_CONDITIONS, request.responses.len(), "#/responses")?;
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let call = |response: &crate::condition::DialogResponse| {
            let condition = visit.node(&response.condition)?;
            Ok(called(condition, MethodId::DialogConditionType_Respond, vec![response.option.into()]))
        };
        visit.on_conditions(request.responses.iter().map(call).collect()).await
    }
}

fn called(object: NodeId, method: MethodId, inputs: Vec<Variant>) -> CallMethodRequest {
    CallMethodRequest {
        object_id: object,
        method_id: method.into(),
        input_arguments: Some(inputs).filter(|inputs| !inputs.is_empty()),
    }
}

/// Which event is meant: the one that is named, else the one of the live list.
fn event_id(visit: &Visit, list: Option<&Watcher<AlarmList>>, event: &ConditionEvent) -> Result<Vec<u8>, Status> {
    let unknown = |reason: &str| Status::because(StatusCode::BadEventIdUnknown, reason);
    let text = match (&event.event_id, list) {
        (Some(id), _) => id.clone(),
        (None, Some(list)) => {
            let name = AlarmName {
                condition: visit.text_of(&visit.node(&event.condition)?),
                branch: event
                    .branch
                    .as_deref()
                    .map(|branch| visit.node(branch))
                    .transpose()?
                    .map(|id| visit.text_of(&id)),
            };
            let known = list.feed.look(|list, _, _| list.find(&name).map(|alarm| alarm.event_id.clone()));
            known.ok_or_else(|| unknown("the live list has no alarm of this condition and branch"))?
        }
        (None, None) => return Err(unknown("none is named")),
    };
    BASE64_STANDARD.decode(text).map_err(|_| unknown("it is not base64"))
}

fn comment(event: &ConditionEvent, header: &Header) -> Result<LocalizedText, Status> {
    match &event.comment {
        Some(text) if text.len() > MAX_COMMENT => {
            Err(Status::because(StatusCode::BadOutOfRange, "the comment is longer than 4,096 bytes"))
        }
        Some(text) => Ok(LocalizedText::new(header.locales.first().map_or("", String::as_str), text)),
        None => Ok(LocalizedText::null()),
    }
}

/// Methods of a shelving state: the one of its type, and the one of the alarm type's for where it is no node.
type Methods = (MethodId, MethodId);

const TIMED_SHELVE: Methods =
    (MethodId::ShelvedStateMachineType_TimedShelve, MethodId::AlarmConditionType_ShelvingState_TimedShelve);
const ONE_SHOT_SHELVE: Methods =
    (MethodId::ShelvedStateMachineType_OneShotShelve, MethodId::AlarmConditionType_ShelvingState_OneShotShelve);
const UNSHELVE: Methods =
    (MethodId::ShelvedStateMachineType_Unshelve, MethodId::AlarmConditionType_ShelvingState_Unshelve);

/// What shelving methods are called on (OPC 10000-9 §5.8.17).
enum Machine {
    /// The alarm's ShelvingState.
    State(NodeId),
    /// The alarm, whose ShelvingState is not in the address space.
    Alarm(NodeId),
}

impl Machine {
    fn call(self, (of_state, of_alarm): Methods, inputs: Vec<Variant>) -> CallMethodRequest {
        match self {
            Self::State(state) => called(state, of_state, inputs),
            Self::Alarm(alarm) => called(alarm, of_alarm, inputs),
        }
    }
}

impl Visit {
    /// The state machine of each condition.
    async fn shelving_states(&self, conditions: &[Result<NodeId, Status>]) -> Result<Vec<Result<Machine, Status>>> {
        let (nodes, places) = sendable(conditions.to_vec());
        let paths: Vec<BrowsePath> = nodes.iter().map(shelving_state).collect();
        let found = if paths.is_empty() { Vec::new() } else { self.session.translate(paths).await? };
        let machine = |(alarm, found): (NodeId, iiot_core::ua::BrowsePathResult)| {
            let state = found.targets.and_then(|targets| targets.into_iter().next());
            state.map_or(Machine::Alarm(alarm), |state| Machine::State(state.target_id.node_id))
        };
        places.fill(nodes.into_iter().zip(found).map(machine).collect())
    }

    /// Calls what can be called; each with its own status.
    async fn on_conditions(&self, calls: Vec<Result<CallMethodRequest, Status>>) -> Result<ConditionResponse> {
        let (calls, places) = sendable(calls);
        let results = if calls.is_empty() { Vec::new() } else { self.session.call_methods(calls).await? };
        let statuses = results.into_iter().map(|result| Status::from(result.status_code)).collect();
        let result = |status: Result<Status, Status>| {
            let (Ok(status) | Err(status)) = status;
            ConditionResult { status, event_id: None }
        };
        Ok(ConditionResponse { results: places.fill(statuses)?.into_iter().map(result).collect() })
    }
}

fn shelving_state(condition: &NodeId) -> BrowsePath {
    let element = RelativePathElement {
        reference_type_id: ReferenceTypeId::Aggregates.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, "ShelvingState"),
    };
    BrowsePath { starting_node: condition.clone(), relative_path: RelativePath { elements: Some(vec![element]) } }
}
