//! Ladder and engine against a simulated server and a network that fails in every order, on
//! simulated time.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::home::Home;
use super::ladder::{Event, Ladder, Rung};
use super::liveness::{Liveness, Pulse};
use crate::session::{Item, SubscriptionEvent, SubscriptionOptions};
use crate::ua::subscribe::{Continuity, Engine, EngineRequest};
use crate::ua::{NodeId, ReadRequest, Request, StatusCode};

mod server;

use server::{Answer, COUNTERS, SESSION_TIMEOUT, Server, Told};

/// Seeded event orders.
const SEEDS: u64 = 10_000;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const STEPS_WITH_FAULTS: usize = 60;
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// What it may take from the end of the last fault until every item reports. The longest chain:
/// a dead connection is noticed, an item that failed while a server came up waits for its retry.
const PATIENCE: Duration = Duration::from_secs(400);
const KEY: u64 = 1;

/// Everything on one clock.
struct World {
    random: Random,
    now: Instant,
    server: Server,
    ladder: Ladder,
    engine: Engine,
    liveness: Liveness,
    /// The session in use while a connection stands, and when the server was last heard.
    link: Option<(u32, Instant)>,
    /// Token and nonce of the session that we believe to have.
    held: Option<(u32, u32)>,
    home: Option<Home>,
    to_server: VecDeque<EngineRequest>,
    to_client: VecDeque<Answer>,
    deadlines: HashMap<u64, Instant>,
    faults: Faults,
    consumer: Consumer,
    attempts: Vec<Instant>,
    /// Sessions whose answer or nonce was lost on the way: nobody can close them.
    orphans: usize,
}

#[derive(Debug, Default)]
struct Faults {
    /// Nothing can be reached.
    outage: bool,
    /// Nothing moves.
    stall: bool,
    /// Handshakes break at a random step.
    flaky: bool,
    /// The server closes instead of answering to a re-activation.
    closes: bool,
}

/// What the user of the subscription sees.
#[derive(Default)]
struct Consumer {
    /// Tokens are unique over all creations of the subscription.
    seen: BTreeSet<u64>,
    /// The token of a message of this run of the server.
    tokens: BTreeMap<(u32, u32), u64>,
    last: BTreeMap<u32, i32>,
    /// Handles whose next value may lie behind a declared gap.
    excused: BTreeSet<u32>,
    waiting: Vec<u64>,
    acknowledged: BTreeSet<u64>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn unit(&mut self) -> f64 {
        self.below(1000) as f64 / 1000.0
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// A handshake that came to nothing: whether we hold a session, and whether the server closed.
struct Broken {
    closed: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let (mut random, now) = (Random(seed), Instant::now());
        let places = ["opc.tcp://a", "opc.tcp://b"].map(Arc::from);
        let places = places[..1 + random.below(2) as usize].to_vec();
        let mut engine = Engine::new(REQUEST_TIMEOUT);
        let server = Server::new(now);
        let namespaces = server.namespaces();
        let item = |handle| {
            let item = Item::new(handle, NodeId::new(2, handle));
            item.anchored(&namespaces)
        };
        let items = (0..COUNTERS as u32).map(item).collect();
        engine.subscribe(KEY, SubscriptionOptions::default(), items, now);
        Self {
            random,
            now,
            server,
            ladder: Ladder::new(places, LONGEST_PAUSE, now),
            engine,
            liveness: Liveness::new(SESSION_TIMEOUT, REQUEST_TIMEOUT),
            link: None,
            held: None,
            home: None,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            deadlines: HashMap::new(),
            faults: Faults::default(),
            consumer: Consumer::default(),
            attempts: Vec::new(),
            orphans: 0,
        }
    }

    fn run(&mut self) {
        for _ in 0..STEPS_WITH_FAULTS {
            self.fault();
            let time = 50 + self.random.below(1500);
            self.step(Duration::from_millis(time));
        }
        self.faults = Faults::default();
        self.recover();
        self.check_sessions();
    }

    /// Something goes wrong, or right again, or not.
    fn fault(&mut self) {
        match self.random.below(30) {
            0 | 1 => self.cut("cut"),
            2 => {
                self.faults.outage = !self.faults.outage;
                self.cut("outage");
            }
            3 => self.faults.stall = !self.faults.stall,
            4 => self.faults.flaky = !self.faults.flaky,
            5 => self.faults.closes = !self.faults.closes,
            6 => {
                let (swapped, limit) = (self.random.one_in(2), 1 + self.random.below(3) as usize);
                self.server.restart(swapped, limit);
                self.consumer.tokens.clear();
                self.cut("restart");
            }
            7 => self.server.sessions.clear(),
            8 => self.server.subscriptions.clear(),
            9 => self.server.can_transfer = !self.server.can_transfer,
            10 => {
                let time = 5 + self.random.below(150);
                self.step(Duration::from_secs(time));
            }
            _ => {}
        }
    }

    fn cut(&mut self, reason: &str) {
        let Some((token, _)) = self.link else { return };
        self.server.channel_ended(token);
        self.lose(reason, true);
    }

    fn lose(&mut self, reason: &str, session: bool) {
        self.link = None;
        self.to_server.clear();
        self.to_client.clear();
        self.deadlines.clear();
        if !session {
            self.held = None;
        }
        let random = self.random.unit();
        self.ladder.handle(Event::Lost { session }, self.now, random);
        self.engine.disconnected(reason, self.now);
        self.consume();
    }

    /// Lets time pass: what was sent arrives, what has come is taken, what is due is done.
    fn step(&mut self, time: Duration) {
        self.now += time;
        let published = self.server.tick(self.now);
        // So many round trips take place meanwhile.
        for _ in 0..1 + self.random.below(4) {
            if self.link.is_some() && !self.faults.stall {
                self.receive();
                self.transmit();
                self.serve();
            }
        }
        if self.link.is_some() {
            self.to_client.extend(published);
        }
        self.time_out();
        match self.link {
            Some(_) => self.keep(),
            None if self.ladder.next().at <= self.now => self.attempt(),
            None => {}
        }
        self.consume();
    }

    fn receive(&mut self) {
        while let Some((tag, result)) = self.to_client.pop_front() {
            if let Some((_, heard)) = &mut self.link {
                *heard = self.now;
            }
            if result == Err(StatusCode::BadSessionIdInvalid) {
                return self.lose("forgotten", false);
            }
            if self.deadlines.remove(&tag).is_some() && tag != 0 {
                self.engine.completed(tag, result, self.now);
            }
        }
    }

    fn serve(&mut self) {
        let Some((token, _)) = self.link else { return };
        while let Some(EngineRequest { tag, request, .. }) = self.to_server.pop_front() {
            let answer = self.server.handle(token, tag, request);
            self.to_client.extend(answer);
        }
        for (id, number) in std::mem::take(&mut self.server.acknowledged) {
            let token = self.consumer.tokens.get(&(id, number));
            let safe = token.is_some_and(|token| self.consumer.acknowledged.contains(token));
            assert!(safe, "message {number} of {id} was acknowledged and is not safe");
        }
    }

    fn time_out(&mut self) {
        let now = self.now;
        let late: Vec<u64> = self.deadlines.iter().filter(|(_, at)| **at <= now).map(|(tag, _)| *tag).collect();
        for tag in late {
            self.deadlines.remove(&tag);
            if tag != 0 {
                self.engine.completed(tag, Err(StatusCode::BadRequestTimeout), now);
            }
        }
    }

    /// What the shell does while connected.
    fn keep(&mut self) {
        let Some((_, heard)) = self.link else { return };
        if self.engine.poll_timeout().is_some_and(|at| at <= self.now) {
            self.engine.handle_timeout(self.now);
        }
        match self.liveness.check(heard, self.now) {
            Pulse::Dead => return self.cut("silent"),
            Pulse::Ask => {
                let request: Request = ReadRequest::default().into();
                self.send(EngineRequest { tag: 0, request, timeout: REQUEST_TIMEOUT });
            }
            Pulse::Wait(_) => {}
        }
        self.transmit();
    }

    fn transmit(&mut self) {
        while let Some(request) = self.engine.poll_request() {
            self.send(request);
        }
    }

    fn send(&mut self, request: EngineRequest) {
        self.deadlines.insert(request.tag, self.now + request.timeout);
        self.to_server.push_back(request);
    }

    fn attempt(&mut self) {
        self.attempts.push(self.now);
        let rung = self.ladder.next().rung;
        let outcome = self.handshake(rung);
        let random = self.random.unit();
        match outcome {
            Ok(()) => self.connected(),
            Err(Broken { closed }) => {
                let session = self.held.is_some();
                self.ladder.handle(Event::Failed { session, closed }, self.now, random);
            }
        }
    }

    /// As the dialer does it, broken at any step.
    fn handshake(&mut self, rung: Rung) -> Result<(), Broken> {
        let broken = Err(Broken { closed: false });
        if self.faults.outage || self.faults.stall || self.breaks() {
            return broken;
        }
        let held = match rung {
            Rung::Reactivate => self.held,
            Rung::Create => {
                self.orphans += usize::from(self.held.take().is_some());
                None
            }
        };
        if let Some((token, nonce)) = held {
            if self.faults.closes {
                return Err(Broken { closed: true });
            }
            match self.server.activate(token, nonce) {
                Some(_) if self.breaks() => return broken,
                Some(nonce) => {
                    self.held = Some((token, nonce));
                    return if self.breaks() { broken } else { Ok(()) };
                }
                // The server has forgotten it, or we do not know its nonce.
                None => {
                    self.orphans += 1;
                    self.held = None;
                }
            }
        }
        let token = self.server.create_session();
        if self.breaks() {
            self.orphans += 1;
            return broken;
        }
        match self.server.activate(token, 0) {
            Some(nonce) if !self.breaks() => {
                self.held = Some((token, nonce));
                if self.breaks() { broken } else { Ok(()) }
            }
            _ => {
                self.orphans += 1;
                broken
            }
        }
    }

    fn breaks(&mut self) -> bool {
        self.faults.flaky && self.random.one_in(3)
    }

    fn connected(&mut self) {
        let (token, _) = self.held.expect("a handshake that succeeds leaves a session");
        let home = Home {
            authentication_token: NodeId::new(0, token),
            application_uri: "urn:own".into(),
            started: Some(self.server.run),
        };
        let before = self.home.replace(home.clone());
        let continuity = before.map_or(Continuity::Nothing, |before| before.continues_in(&home, true));
        self.link = Some((token, self.now));
        self.liveness = Liveness::new(SESSION_TIMEOUT, REQUEST_TIMEOUT);
        self.ladder.handle(Event::Connected, self.now, 0.0);
        self.engine.connected(Arc::new(self.server.namespaces()), continuity, self.now);
    }

    /// Takes events and makes some batches safe, in any order.
    fn consume(&mut self) {
        while let Some((_, event)) = self.engine.poll_event() {
            self.consumer.take(&event);
        }
        for token in std::mem::take(&mut self.consumer.waiting) {
            if self.random.one_in(3) {
                self.consumer.waiting.push(token);
            } else {
                self.consumer.acknowledged.insert(token);
                self.engine.acknowledge(KEY, &[token], self.now);
            }
        }
    }

    /// Without faults, every item must report again.
    fn recover(&mut self) {
        let goal = self.server.counters;
        let deadline = self.now + PATIENCE;
        while !self.consumer.has_passed(&goal) {
            assert!(self.now < deadline, "not every item reports: {:?} of {goal:?}", self.consumer.last);
            self.step(Duration::from_millis(500));
        }
        assert!(self.link.is_some());
    }

    fn check_sessions(&mut self) {
        let sessions = self.server.sessions.len();
        assert!(sessions <= 1 + self.orphans, "{sessions} sessions, {} out of reach", self.orphans);
        for _ in 0..SESSION_TIMEOUT.as_secs() / 2 {
            self.step(Duration::from_secs(2));
        }
        let (token, _) = self.link.expect("nothing has gone wrong since");
        assert_eq!(self.server.sessions.keys().copied().collect::<Vec<_>>(), [token]);
        self.server.close_session(token);
        assert!(self.server.sessions.is_empty());
        let storm = self.attempts.windows(5).map(|window| window[4] - window[0]).min();
        assert!(storm.is_none_or(|time| time >= Duration::from_millis(500)), "five attempts within {storm:?}");
    }
}

impl Consumer {
    fn take(&mut self, event: &SubscriptionEvent) {
        match event {
            SubscriptionEvent::Gap(_) => self.excused = (0..COUNTERS as u32).collect(),
            SubscriptionEvent::Data(batch) => {
                let name = (batch.subscription_id, batch.sequence_number);
                assert!(self.seen.insert(batch.token), "message {name:?} came twice");
                self.tokens.insert(name, batch.token);
                self.waiting.push(batch.token);
                for row in batch.rows() {
                    let value = i32::from_le_bytes(row.value.bytes()[1..5].try_into().expect("an Int32"));
                    self.value(row.client_handle, value);
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, handle: u32, value: i32) {
        let excused = self.excused.remove(&handle);
        let last = self.last.insert(handle, value);
        let Some(last) = last else { return };
        assert!(value == last + 1 || (excused && value >= last), "{value} of {handle} follows {last}");
    }

    fn has_passed(&self, goal: &[i32]) -> bool {
        goal.iter().enumerate().all(|(handle, goal)| self.last.get(&(handle as u32)).is_some_and(|last| last > goal))
    }
}

fn play(seed: u64) -> Told {
    let mut world = World::new(seed);
    world.run();
    world.server.told
}

#[test]
fn every_order_of_faults_ends_with_every_item_reporting_and_nothing_lost_unsaid() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let told = parking_lot::Mutex::new(Told::default());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let told = &told;
            scope.spawn(move || {
                for seed in (thread..SEEDS).step_by(threads as usize) {
                    let run = std::panic::catch_unwind(|| play(seed));
                    told.lock().add(run.unwrap_or_else(|_| panic!("seed {seed} fails")));
                }
            });
        }
    });
    let told = told.into_inner();
    println!("{told:?}");
    let Told { reactivations, transfers, refused_transfers, republished, subscriptions } = told;
    let least = [reactivations, transfers, refused_transfers, republished, subscriptions].into_iter().min();
    assert!(least > Some(SEEDS as u32 / 10), "too little happens: {told:?}");
}
