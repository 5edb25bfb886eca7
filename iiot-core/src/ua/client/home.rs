//! Where our subscriptions are.

use super::handshake::Established;
use crate::session::ResumeState;
use crate::ua::NodeId;
use crate::ua::subscribe::Continuity;

/// The session that last was in use, and the run of the server that it was made in.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) authentication_token: NodeId,
    pub(super) application_uri: String,
    pub(super) started: Option<i64>,
}

impl Home {
    /// Ids of subscriptions mean something else in another run of the server: there one that looks
    /// like ours may be somebody's. Nor are they sought in another session where they are not to be transferred.
    pub(super) fn continues_in(&self, next: &Self, transfer: bool) -> Continuity {
        let same_run = self.started.is_none() || next.started.is_none() || self.started == next.started;
        if self.authentication_token == next.authentication_token {
            Continuity::Session
        } else if transfer && self.application_uri == next.application_uri && same_run {
            Continuity::Subscriptions
        } else {
            Continuity::Nothing
        }
    }
}

/// What an earlier life of ours had: the session, if it was not closed, and where it was.
pub(super) fn inherited(state: &ResumeState) -> (Option<Established>, Option<Home>) {
    let held = state.session.as_ref().and_then(|session| Established::resumed(session, &state.application_uri));
    let authentication_token = held.as_ref().map_or_else(NodeId::null, |held| held.authentication_token.clone());
    let home = Home { authentication_token, application_uri: state.application_uri.clone(), started: state.started };
    (held, Some(home))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(token: u32, application_uri: &str, started: Option<i64>) -> Home {
        Home { authentication_token: NodeId::new(0, token), application_uri: application_uri.into(), started }
    }

    #[test]
    fn subscriptions_are_sought_only_in_the_run_of_the_server_that_had_them() {
        let old = home(1, "urn:a", Some(10));
        let cases = [
            (home(1, "urn:a", Some(10)), Continuity::Session),
            (home(2, "urn:a", Some(10)), Continuity::Subscriptions),
            (home(2, "urn:a", None), Continuity::Subscriptions),
            (home(2, "urn:a", Some(11)), Continuity::Nothing),
            (home(2, "urn:b", Some(10)), Continuity::Nothing),
        ];
        for (next, expected) in cases {
            assert_eq!(old.continues_in(&next, true), expected, "{next:?}");
            let kept = if expected == Continuity::Session { expected } else { Continuity::Nothing };
            assert_eq!(old.continues_in(&next, false), kept, "{next:?}");
        }
    }
}
