//! Where requests come in: which page or operation, who asks, and the answer.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use tokio_util::sync::CancellationToken;

use super::address::{addressed, decoded};
use super::calls::{Calls, Order};
use super::content::{self, Answer, Asked, answer};
use super::events::{Feed, resumed};
use super::gate::Gate;
use super::page::Page;
use super::problem::Refusal;
use super::query::to_request;
use super::shape::fitted;
use super::stats::Stats;
use super::table::{Offered, Table};
use super::{HttpLimits, Measure, PublicFiles, ReadyCheck};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::metrics::Exposition;
use crate::operation::{Reply, Role};

/// Answers requests. One for all connections.
pub(super) struct Desk {
    pub(super) table: Table,
    pub(super) gate: Gate,
    pub(super) calls: Calls,
    pub(super) limits: HttpLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stats: Arc<Stats>,
    pub(super) ready: Vec<ReadyCheck>,
    pub(super) measures: Vec<Measure>,
    pub(super) openapi: Bytes,
    pub(super) page: Page,
    pub(super) public: Option<Arc<dyn PublicFiles>>,
    pub(super) stopping: CancellationToken,
    pub(super) connections: Arc<dyn Fn() -> usize + Send + Sync>,
}

impl Desk {
    pub(super) async fn answer(&self, request: Request<Asked>, peer: SocketAddr) -> Answer {
        let started = self.clock.now();
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let (name, outcome) = match path.strip_prefix("/v1/").map(|path| self.table.find(path)) {
            Some(Some((offered, id))) => (offered.described.id(), self.operate(offered, id, &head, body, peer).await),
            Some(None) => ("unknown".into(), self.unknown_operation(&head, peer).await),
            None => self.page(path, &head, peer).await,
        };
        let mut answer = outcome.unwrap_or_else(Refusal::into_answer);
        harden(answer.headers_mut());
        self.stats.answered(&name, answer.status(), self.clock.now().duration_since(started));
        answer
    }

    async fn page(&self, path: &str, head: &Parts, peer: SocketAddr) -> (String, Result<Answer, Refusal>) {
        let page = match path {
            "/" => Ok(self.documentation()),
            "/openapi.json" => Ok(answer("application/json", self.openapi.clone())),
            "/healthz" => Ok(answer(TEXT, "alive\n")),
            "/readyz" => Ok(self.readiness()),
            "/metrics" => self.metrics(head, peer).await,
            _ => return self.public(path, head).await,
        };
        let allowed = matches!(head.method, Method::GET | Method::HEAD);
        (path.to_owned(), if allowed { page } else { Err(wrong_method("GET, HEAD")) })
    }

    async fn public(&self, path: &str, head: &Parts) -> (String, Result<Answer, Refusal>) {
        let found = match &self.public {
            Some(files) => files.file(path).await,
            None => Ok(None),
        };
        match found {
            Ok(None) => ("unknown".into(), Err(not_found(path))),
            Ok(Some(_)) if !matches!(head.method, Method::GET | Method::HEAD) => {
                ("public".into(), Err(wrong_method("GET, HEAD")))
            }
            Ok(Some(file)) => ("public".into(), Ok(file.answer(&head.headers))),
            Err(error) => ("public".into(), Err(error.into())),
        }
    }

    fn documentation(&self) -> Answer {
        let mut answer = answer("text/html; charset=utf-8", self.page.html.clone());
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, self.page.policy.clone());
        answer
    }

    fn readiness(&self) -> Answer {
        let wrong: Vec<String> =
            self.ready.iter().filter_map(|check| check().err()).map(|error| error.report()).collect();
        if wrong.is_empty() {
            return answer(TEXT, "ready\n");
        }
        let mut answer = answer(TEXT, wrong.join("\n") + "\n");
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        answer
    }

    async fn metrics(&self, head: &Parts, peer: SocketAddr) -> Result<Answer, Refusal> {
        if self.gate.admit(&head.headers, peer.ip()).await?.role < Role::Reader {
            return Err(Error::new(ErrorKind::Forbidden, "read figures", "they are for readers").into());
        }
        let mut exposition = Exposition::default();
        self.stats.measure((self.connections)(), self.gate.calls.total(), &mut exposition);
        self.measures.iter().for_each(|measure| measure(&mut exposition));
        Ok(answer("text/plain; version=0.0.4; charset=utf-8", exposition.finish()))
    }

    /// Whether an operation exists is told to those who may call.
    async fn unknown_operation(&self, head: &Parts, peer: SocketAddr) -> Result<Answer, Refusal> {
        self.gate.admit(&head.headers, peer.ip()).await?;
        Err(not_found(head.uri.path()))
    }

    async fn operate(
        &self,
        offered: &Offered,
        id: Option<&str>,
        head: &Parts,
        body: Asked,
        peer: SocketAddr,
    ) -> Result<Answer, Refusal> {
        let grant = self.gate.admit(&head.headers, peer.ip()).await?;
        let place = self.gate.enter(&grant)?;
        let mut body = self.request_of(offered, head, body).await?;
        if let Some(id) = head.headers.get("last-event-id").filter(|_| offered.described.resumes) {
            body = resumed(&body, &String::from_utf8_lossy(id.as_bytes()))?.into();
        }
        if let (Some(id), Some(of)) = (id, offered.described.operation.of) {
            body = addressed(body, of, &decoded(id)?)?;
        }
        let capability = Arc::clone(&offered.capability);
        let order = Order { operation: offered.described.operation, capability, grant, address: peer.ip(), body };
        let grant = order.grant.clone();
        match self.calls.carry_out(order, place).await? {
            (Reply::One(json), _) => Ok(answer("application/json", json)),
            (Reply::Many(items), place) => Ok(stream(Feed {
                items,
                resumes: offered.described.resumes,
                keys: Arc::clone(&self.gate.keys),
                grant,
                clock: Arc::clone(&self.clock),
                keep_alive: self.limits.keep_alive,
                stopping: self.stopping.clone(),
                _place: Box::new(place),
            })),
        }
    }

    async fn request_of(&self, offered: &Offered, head: &Parts, body: Asked) -> Result<Bytes, Refusal> {
        match (&head.method, &offered.described.parameters) {
            (&Method::GET, Some(parameters)) => {
                let request = to_request(head.uri.query().unwrap_or_default(), parameters)?;
                Ok(fitted(request.into(), &offered.described.request)?)
            }
            (&Method::POST, _) => {
                is_json(&head.headers)?;
                let body = content::read(body, self.limits.body, self.limits.body_time).await?;
                Ok(fitted(body, &offered.described.request)?)
            }
            _ => Err(wrong_method(offered.described.methods())),
        }
    }
}

fn stream(feed: Feed) -> Answer {
    let mut answer = Response::new(content::streamed(feed.into_text()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx would collect events otherwise.
    answer.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    answer
}

/// What every answer says to browsers: believe the type, keep no copy unless it is public, tell nobody where the user came from.
pub(super) fn harden(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "the request must be JSON: say so with `Content-Type: application/json`";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::InvalidArgument, message))
}

pub(super) fn not_found(path: &str) -> Refusal {
    let path: String = path.chars().take(200).collect();
    let message = format!("there is nothing at {path}; /openapi.json lists what there is");
    Refusal::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, message)
}

pub(super) fn wrong_method(allowed: &'static str) -> Refusal {
    let message = format!("this is asked for by {allowed}");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::Unsupported, message)
        .with_header(ALLOW, HeaderValue::from_static(allowed))
}

const TEXT: &str = "text/plain; charset=utf-8";
