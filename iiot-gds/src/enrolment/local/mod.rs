//! Invitations on record, and what is done with them.

mod application;
mod course;
mod enroll;
mod invite;
mod record;
mod standing;

use std::sync::Arc;

use iiot_core::Result;
use iiot_core::operation::{Acting, Operation, Principal, async_trait};

use super::{
    ApplicationLists, EnrollRequest, EnrollResponse, Enrolment, Invitation, InvitationKeys, InvitationsRequest,
    InvitationsResponse, InviteRequest, Invited, OPERATIONS, OfficeLists, Standing, StandingRequest,
    WithdrawInvitationRequest,
};
use crate::office::Office;

/// Lets applications enrol: the invitations and requests are documents of the office's store, each change with its entry of
/// the audit record.
#[derive(Debug)]
pub struct LocalEnrolment {
    office: Office,
    keys: Arc<dyn InvitationKeys>,
    lists: Arc<dyn ApplicationLists>,
    /// One application at a time is entered into the record, so that two do not take one ApplicationUri.
    entering: tokio::sync::Mutex<()>,
}

/// What can be chosen.
#[derive(Debug, Clone)]
pub struct EnrolmentOptions {
    /// Where the trust lists come from.
    pub lists: Arc<dyn ApplicationLists>,
}

impl EnrolmentOptions {
    /// Trust lists as the trust relations on record say.
    #[must_use]
    pub fn new(office: &Office) -> Self {
        Self { lists: Arc::new(OfficeLists::new(office.clone())) }
    }
}

impl LocalEnrolment {
    /// Lets the applications of an office enrol.
    #[must_use]
    pub fn new(office: Office, keys: Arc<dyn InvitationKeys>, options: EnrolmentOptions) -> Self {
        Self { office, keys, lists: options.lists, entering: tokio::sync::Mutex::default() }
    }
}

impl Acting for LocalEnrolment {
    type Capability = dyn Enrolment;

    const OPERATIONS: &'static [Operation] = OPERATIONS;

    fn acting_as(self: &Arc<Self>, principal: Principal) -> Arc<dyn Enrolment> {
        Arc::new(Desk { enrolment: Arc::clone(self), principal })
    }
}

/// As somebody has it.
#[derive(Debug)]
struct Desk {
    enrolment: Arc<LocalEnrolment>,
    principal: Principal,
}

#[async_trait]
impl Enrolment for Desk {
    async fn invite(&self, request: InviteRequest) -> Result<Invited> {
        self.enrolment.invite(request, &self.principal.name).await
    }

    async fn invitations(&self, request: InvitationsRequest) -> Result<InvitationsResponse> {
        self.enrolment.invitations(&request).await
    }

    async fn withdraw_invitation(&self, request: WithdrawInvitationRequest) -> Result<Invitation> {
        self.enrolment.withdraw(&request, &self.principal.name).await
    }

    async fn enroll(&self, request: EnrollRequest) -> Result<EnrollResponse> {
        self.enrolment.enroll(&request, &self.principal).await
    }

    async fn standing(&self, request: StandingRequest) -> Result<Standing> {
        self.enrolment.standing(&request, &self.principal).await
    }
}
