//! What can be asked of whoever lets applications enrol.

use super::certificate::{EnrollRequest, EnrollResponse, Standing, StandingRequest};
use super::invitation::{
    Invitation, InvitationsRequest, InvitationsResponse, InviteRequest, Invited, WithdrawInvitationRequest,
};

iiot_core::operations! {
    /// Certificates and trust lists for applications that ask for them: invitations, and what an application does with one.
    pub trait Enrolment / RemoteEnrolment = "enrolment" {
        calls {
            /// Makes an invitation for one application. Its token is told this once.
            invite(InviteRequest) -> Invited, Approver, Changes;
            /// Invitations, page by page.
            invitations(InvitationsRequest) -> InvitationsResponse, Approver, Reads;
            /// Ends an invitation; its application gets no certificates and trust lists by it any more.
            withdraw_invitation(WithdrawInvitationRequest) -> Invitation, Approver, Changes;
            /// Asks for the certificate of a key, with the token of an invitation. It can be asked again: as long as nobody
            /// has decided the answer is the same request, and as long as the certificate is fresh the same certificate.
            enroll(EnrollRequest) -> EnrollResponse, Applicant, Changes;
            /// The certificate and the trust lists of the one who asks, with the token of an invitation.
            standing(StandingRequest) -> Standing, Applicant, Reads;
        }
    }
}
