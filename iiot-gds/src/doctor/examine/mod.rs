//! Takes what is known of both sides through every step of the way.

mod certificate;
mod clock;
mod endpoints;
mod evidence;
mod offer;
mod reach;
mod remedy;
mod sentence;
mod trials;
mod user;
mod words;

use iiot_core::text::{MAX_URI, cleaned};

use super::{ClientFacts, Diagnosis, ServerFacts};

/// Why a client can or cannot talk to a server. Asks nobody, and says the same of the same facts.
///
/// ```
/// use iiot_core::time::UtcTime;
/// use iiot_gds::doctor::{ClientFacts, Connects, Reach, ServerFacts, Side, StepName, diagnose};
///
/// let mut client = ClientFacts::new("opc.tcp://plc-7:4840", UtcTime::UNIX_EPOCH);
/// client.reach = Some(Reach::NoAddress("no such host".into()));
/// let told = diagnose(&client, &ServerFacts::default());
/// assert_eq!(told.connects, Connects::No);
/// assert_eq!(told.cause().map(|step| (step.step, step.side)), Some((StepName::Name, Side::Client)));
/// ```
#[must_use]
pub fn diagnose(client: &ClientFacts, server: &ServerFacts) -> Diagnosis {
    let offer = offer::choose(client, server);
    let trials = trials::hold(client, server, &offer);
    let mut steps = reach::steps(client, server);
    steps.extend(offer.steps.iter().cloned());
    steps.extend(endpoints::url(client, &offer));
    steps.push(clock::step(client.clock, server.clock, trials.blames_clock));
    steps.extend(trials.steps);
    steps.extend(user::steps(client, server, &offer));
    steps.sort_by_key(|step| (step.step, step.check));
    if let Some(attempt) = &client.attempt {
        evidence::weigh(&mut steps, attempt, client, server);
    }
    let url = cleaned(&client.url, MAX_URI);
    let (connects, sentence) = sentence::sum_up(&steps, client.attempt.as_ref(), &url);
    Diagnosis { url, connects, sentence, steps }
}
