//! Applications that come by themselves for certificates and trust lists.
//!
//! An approver [invites](Enrolment::invite) an application and hands it the token. With the token and a request for a
//! certificate of its key the application [enrols](Enrolment::enroll); later it asks how it [stands](Enrolment::standing),
//! renews its certificate and follows its trust lists. [`LocalEnrolment`] keeps the invitations, [`RemoteEnrolment`] asks one
//! somewhere else.
//!
//! # What a token is good for
//! It is an API key with the role applicant, which may do nothing else. Its first use binds the invitation to the key of the
//! request: who comes with another key later is refused, and that is on record. So a token that was stolen before its first
//! use shows, since the application itself is refused; one that was stolen later gets no certificate, since the thief has not
//! the key. Nobody changes the key of an invitation: for a new key there is a new invitation.
//!
//! A certificate that was revoked for another reason than that it was superseded ends what the invitation is good for: else the
//! application would be back a minute later.

mod certificate;
mod invitation;
mod keys;
mod lists;
mod local;
pub mod operations;

pub use certificate::{EnrollRequest, EnrollResponse, Enrolled, IssuedCertificate, Standing, StandingRequest};
pub use invitation::{
    Invitation, InvitationState, InvitationsRequest, InvitationsResponse, InviteRequest, Invited, Token,
    WithdrawInvitationRequest,
};
pub use keys::InvitationKeys;
pub use lists::{ApplicationLists, OfficeLists, lists_revision};
pub use local::{EnrolmentOptions, LocalEnrolment};
pub use operations::{Enrolment, OPERATIONS, RemoteEnrolment};
