//! Who is there: a plain struct of what was heard and when.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::MAX_EDGES;
use super::announcement::Announcement;

/// Says who is there, from what is heard and when.
///
/// Several may announce themselves as one edge; each is a voice, until it was not heard for three of its intervals. Time is
/// counted by echoes of our own messages: where they do not come the hub brings nothing, and nobody's time runs.
///
/// ```
/// use std::time::{Duration, Instant};
/// use iiot_core::presence::{Announcement, Attendance};
///
/// # let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse()?;
/// let interval = Duration::from_secs(2);
/// let mut attendance = Attendance::new(interval);
/// let (start, second) = (Instant::now(), Duration::from_secs(1));
/// attendance.echo(start);
/// assert!(attendance.hear("hall-2", Announcement::new("iiot/hall-2", key, interval), start), "it is new");
/// for seconds in [2, 4] {
///     assert!(attendance.echo(start + seconds * second).is_empty());
/// }
/// assert_eq!(attendance.echo(start + 6 * second), ["hall-2"]);
/// assert_eq!(attendance.voices("hall-2").count(), 0);
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Attendance {
    interval: Duration,
    /// How long the hub has brought messages, counted by echoes.
    listened: Duration,
    /// As of when that was last so again.
    resumed: Duration,
    echoed: Option<Instant>,
    edges: HashMap<String, Attendee>,
    /// Edges that were left out because there are too many.
    left_out: u64,
}

#[derive(Debug)]
struct Attendee {
    voices: Vec<Voice>,
    /// When it was expected, or heard last.
    heard: Duration,
}

/// One of those who announce themselves as an edge.
#[derive(Debug)]
struct Voice {
    says: Announcement,
    heard: Duration,
}

impl Attendance {
    /// Nobody is there yet; `interval` is how often we hear ourselves.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        let (listened, resumed) = (Duration::ZERO, Duration::ZERO);
        Self { interval, listened, resumed, echoed: None, edges: HashMap::new(), left_out: 0 }
    }

    /// An edge was there before we listened: if it is not heard, that is told once.
    pub fn expect(&mut self, edge: &str) {
        let heard = self.listened;
        self.edges.entry(edge.to_owned()).or_insert_with(|| Attendee { voices: Vec::new(), heard });
    }

    /// An edge is announced; whether anything is new about it.
    pub fn hear(&mut self, edge: &str, says: Announcement, now: Instant) -> bool {
        let heard = self.time(now);
        if self.edges.len() >= MAX_EDGES && !self.edges.contains_key(edge) {
            self.left_out += 1;
            return false;
        }
        let attendee = self.edges.entry(edge.to_owned()).or_insert_with(|| Attendee { voices: Vec::new(), heard });
        attendee.heard = heard;
        attendee.hear(says, heard)
    }

    /// We heard ourselves: whose voices fell silent since the last time.
    pub fn echo(&mut self, now: Instant) -> Vec<String> {
        let gap = self.echoed.replace(now).map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        // However long the gap was, no more than one interval was surely listened to.
        self.listened += gap.min(self.interval);
        if gap > 2 * self.interval {
            self.resumed = self.listened;
        }
        let (listened, resumed) = (self.listened, self.resumed);
        let mut silent = Vec::new();
        for (edge, attendee) in &mut self.edges {
            if attendee.forget(listened, resumed, self.interval) {
                silent.push(edge.clone());
            }
        }
        self.edges.retain(|_, attendee| {
            !attendee.voices.is_empty() || attendee.is_expected(listened, resumed, self.interval)
        });
        silent
    }

    /// What is announced as this edge at the moment, by whom was heard first.
    pub fn voices(&self, edge: &str) -> impl Iterator<Item = &Announcement> {
        self.edges.get(edge).into_iter().flat_map(|attendee| &attendee.voices).map(|voice| &voice.says)
    }

    /// Whether the hub brings messages.
    #[must_use]
    pub fn listens(&self, now: Instant) -> bool {
        self.echoed.is_some_and(|last| now.saturating_duration_since(last) <= 3 * self.interval)
    }

    /// How often an edge was left out because there were 10,000 others, since the last question.
    pub fn left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }

    /// The time by echoes, which goes on between two of them for an interval at most.
    fn time(&self, now: Instant) -> Duration {
        let since = self.echoed.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.listened + since.min(self.interval)
    }
}

impl Attendee {
    fn hear(&mut self, says: Announcement, heard: Duration) -> bool {
        if let Some(voice) = self.voices.iter_mut().find(|voice| voice.is(&says)) {
            let is_new = voice.says != says;
            *voice = Voice { says, heard };
            return is_new;
        }
        let has_room = self.voices.len() < MAX_VOICES;
        if has_room {
            self.voices.push(Voice { says, heard });
        }
        has_room
    }

    /// Leaves out voices that fell silent; whether there were any, or an edge that was expected has not come.
    fn forget(&mut self, listened: Duration, resumed: Duration, interval: Duration) -> bool {
        if self.voices.is_empty() {
            return !self.is_expected(listened, resumed, interval);
        }
        let before = self.voices.len();
        self.voices.retain(|voice| listened.saturating_sub(voice.heard.max(resumed)) < MISSED * voice.says.interval());
        self.voices.len() < before
    }

    fn is_expected(&self, listened: Duration, resumed: Duration, interval: Duration) -> bool {
        listened.saturating_sub(self.heard.max(resumed)) < MISSED * interval
    }
}

impl Voice {
    /// Whether it is the same one who speaks: he may say other things of himself.
    fn is(&self, says: &Announcement) -> bool {
        (&self.says.root, &self.says.place_key, &self.says.site) == (&says.root, &says.place_key, &says.site)
    }
}

/// Announcements that an edge may miss.
const MISSED: u32 = 3;
/// Those who announce themselves as one edge; others are not listened to.
const MAX_VOICES: usize = 4;

#[cfg(test)]
mod unit_tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn says(key: char, interval: u32) -> Announcement {
        Announcement {
            root: "iiot/a".into(),
            place_key: key.to_string().repeat(43),
            site: None,
            version: String::new(),
            capabilities: Vec::new(),
            interval_ms: interval * 1000,
        }
    }

    /// Echoes and, where wanted, an announcement, each two seconds in a range of seconds; who fell silent when.
    fn listen(
        attendance: &mut Attendance,
        start: Instant,
        seconds: std::ops::Range<u32>,
        speaks: bool,
    ) -> Vec<(u32, String)> {
        let mut silent = Vec::new();
        for second in seconds.step_by(2) {
            let now = start + second * SECOND;
            silent.extend(attendance.echo(now).into_iter().map(|edge| (second, edge)));
            if speaks {
                attendance.hear("a", says('A', 2), now);
            }
        }
        silent
    }

    #[test]
    fn an_edge_is_away_after_three_missed_announcements_and_comes_back() {
        let (mut attendance, start) = (Attendance::new(2 * SECOND), Instant::now());
        assert!(listen(&mut attendance, start, 0..20, true).is_empty());
        assert_eq!(listen(&mut attendance, start, 20..60, false), [(24, "a".to_owned())]);
        assert!(attendance.hear("a", says('A', 2), start + 60 * SECOND), "it is back");
        assert!(!attendance.hear("a", says('A', 2), start + 62 * SECOND));
        let other = Announcement { version: "2".into(), ..says('A', 2) };
        assert!(attendance.hear("a", other, start + 64 * SECOND), "it says something else");
    }

    #[test]
    fn while_the_hub_is_away_nobody_is() {
        let (mut attendance, start) = (Attendance::new(2 * SECOND), Instant::now());
        listen(&mut attendance, start, 0..20, true);
        // Nothing comes for a minute, not even our own words; the edge needs four seconds more than we to be back.
        assert!(listen(&mut attendance, start, 80..84, false).is_empty());
        assert!(listen(&mut attendance, start, 84..100, true).is_empty());
        assert_eq!(listen(&mut attendance, start, 160..180, false), [(166, "a".to_owned())]);
    }

    #[test]
    fn who_is_expected_has_as_long_to_come() {
        let (mut attendance, start) = (Attendance::new(2 * SECOND), Instant::now());
        attendance.expect("a");
        attendance.expect("b");
        assert!(!attendance.listens(start));
        assert!(listen(&mut attendance, start, 0..4, true).is_empty());
        assert!(attendance.listens(start + 8 * SECOND) && !attendance.listens(start + 9 * SECOND));
        assert_eq!(listen(&mut attendance, start, 4..30, true), [(6, "b".to_owned())], "once");
    }

    #[test]
    fn voices_are_told_apart_and_bounded() {
        let (mut attendance, start) = (Attendance::new(2 * SECOND), Instant::now());
        attendance.echo(start);
        for key in ['A', 'E', 'I', 'M', 'Q', 'U'] {
            attendance.hear("a", says(key, if key == 'A' { 10 } else { 2 }), start);
        }
        assert_eq!(attendance.voices("a").count(), 4);
        assert_eq!(listen(&mut attendance, start, 2..8, false), [(6, "a".to_owned())]);
        assert_eq!(
            attendance.voices("a").map(|voice| &voice.place_key[..1]).collect::<Vec<_>>(),
            ["A"],
            "it has another interval"
        );
        for edge in 0..2 * MAX_EDGES {
            attendance.hear(&edge.to_string(), says('A', 2), start);
        }
        assert_eq!((attendance.edges.len(), attendance.left_out()), (MAX_EDGES, MAX_EDGES as u64 + 1));
    }
}
