//! Devices under push management, in memory, each as honest as a test wants it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::{Any, BitString, SetOfVec};
use der::{Decode, Encode};
use futures::executor::block_on;
use iiot_core::keys::{PrivateKey, SignatureAlgorithm};
use iiot_core::session::{
    Concern, ConnectOptions, Connector, Item, ResumeRevision, ResumeState, ServerLimits, Session, SessionState,
    Subscription, SubscriptionOptions,
};
use iiot_core::ua::trust::draft;
use iiot_core::ua::{
    BinaryEncodable, BrowsePathResult, BrowsePathTarget, BrowseResponse, BrowseResult, ByteString, CallMethodResult,
    CallResponse, ContextOwned, DataValue, EndpointDescription, MessageSecurityMode, NodeId, QualifiedName,
    ReadResponse, ReferenceDescription, Request, Response, StatusCode, TranslateBrowsePathsToNodeIdsResponse,
    TrustListDataType, Variant, VariantScalarTypeId, read_binary,
};
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::request::{CertReq, CertReqInfo};

use crate::model::Der;
use crate::push::{Dial, PushedLists};

/// Where all devices are.
#[derive(Debug)]
pub(crate) struct Plant {
    manager: Der,
    /// The key of new devices, and the one that they make.
    pub(crate) keys: [Arc<dyn PrivateKey>; 2],
    devices: Devices,
}

type Devices = Arc<Mutex<HashMap<String, Device>>>;

/// What a device does otherwise than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lie {
    /// Takes the trust list and keeps the old one.
    KeepsLists,
    /// Keeps everything of it but the revocation lists.
    DropsRevocationLists,
    /// Adds an entry of its own.
    AddsAnEntry,
    /// Takes the certificate and presents the old one.
    KeepsCertificate,
    /// Presents another certificate than it was given.
    PresentsAnother,
    /// Presents the new one at one endpoint alone.
    PresentsHalf,
    /// Does not say whether changes are to be applied.
    SaysNothing,
    /// Says that it has changes to apply, and then that it has none.
    HasNothingToDo,
    /// Never comes back.
    DiesAtApply,
    /// Needs some time to present the new certificate.
    IsSlow,
    /// Cuts the connection instead of answering to ApplyChanges, which it carries out.
    CutsAtApply,
    /// Asks for a certificate for a key that it does not have.
    AsksForAnotherKey,
    /// Answers to a signing request with something else.
    SendsNonsense,
    /// Refuses the trust list.
    RefusesLists,
    /// Is busy with a transaction of somebody else.
    IsBusy,
    /// Offers no encryption.
    HasNoEncryption,
}

#[derive(Debug, Default)]
pub(crate) struct Device {
    pub(crate) presented: Der,
    pub(crate) lists: PushedLists,
    pub(crate) lies: Vec<Lie>,
    pub(crate) key: usize,
    pub(crate) calls: Vec<&'static str>,
    keys: [Vec<u8>; 2],
    sessions: u64,
    file: File,
    half: Option<Der>,
    later: Option<(u32, Der)>,
    /// It signs its requests, as an application with this ApplicationUri.
    pub(crate) signs: Option<Signs>,
    pub(crate) is_gone: bool,
    cut: bool,
    /// What the session has written so far.
    transaction: Option<Transaction>,
    busy_calls: u32,
}

/// What a device signs requests with, for authorities that look.
#[derive(Debug, Clone)]
pub(crate) struct Signs {
    pub(crate) keys: [Arc<dyn PrivateKey>; 2],
    pub(crate) application_uri: String,
}

#[derive(Debug, Default)]
struct Transaction {
    session: u64,
    lists: Option<PushedLists>,
    certificate: Option<Der>,
    key: Option<usize>,
}

/// The trust list while it is open.
#[derive(Debug, Default)]
struct File {
    content: Vec<u8>,
    position: usize,
}

const BASIC256SHA256: &str = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";
const AES256: &str = "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss";
const GROUP: u32 = 14156;
const TRUST_LIST: u32 = 12642;
const TYPES: u32 = 14161;
/// Method nodes of the trust list, in the order of the client's names.
const METHODS: [(&str, u32); 6] = [
    ("Open", 12647),
    ("OpenWithMasks", 12663),
    ("Close", 12650),
    ("Read", 12652),
    ("Write", 12655),
    ("CloseAndUpdate", 12666),
];

impl Plant {
    pub(crate) fn new(manager: Der, keys: [Arc<dyn PrivateKey>; 2]) -> Self {
        Self { manager, keys, devices: Arc::default() }
    }

    pub(crate) fn add(&self, name: &str, certificate: Der) {
        let lists = PushedLists { trusted_certificates: vec![self.manager.clone()], ..PushedLists::default() };
        let keys = [self.keys[0].public_key().to_vec(), self.keys[1].public_key().to_vec()];
        let device = Device { presented: certificate, lists, keys, ..Device::default() };
        self.devices.lock().insert(name.to_owned(), device);
    }

    pub(crate) fn with<T>(&self, name: &str, look: impl FnOnce(&mut Device) -> T) -> T {
        look(self.devices.lock().get_mut(name).unwrap())
    }

    pub(crate) fn lies(&self, name: &str, lies: &[Lie]) {
        self.with(name, |device| device.lies = lies.to_vec());
    }
}

impl Dial for Plant {
    fn pinned(&self, lists: &PushedLists) -> Arc<dyn Connector> {
        let pins = lists.trusted_certificates.clone();
        Arc::new(Wire { devices: Arc::clone(&self.devices), pins })
    }

    fn own_certificate(&self) -> Result<Vec<u8>> {
        Ok(self.manager.0.clone())
    }
}

/// Takes devices with one of these certificates.
#[derive(Debug)]
struct Wire {
    devices: Devices,
    pins: Vec<Der>,
}

#[derive(Debug)]
struct Link {
    devices: Devices,
    name: String,
    number: u64,
}

#[async_trait]
impl Connector for Wire {
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>> {
        let name = url.trim_start_matches("opc.tcp://");
        let mut devices = self.devices.lock();
        let device = devices.get_mut(name).filter(|device| !device.is_gone).ok_or_else(away)?;
        Ok(device.endpoints())
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        let name = options.endpoint_url.trim_start_matches("opc.tcp://").to_owned();
        let mut devices = self.devices.lock();
        let device = devices.get_mut(&name).filter(|device| !device.is_gone).ok_or_else(away)?;
        let found = device.endpoints();
        let presented = found
            .iter()
            .find(|endpoint| Some(endpoint.security_policy_uri.as_ref()) == options.security.policy.as_deref());
        let presented = presented.and_then(|endpoint| endpoint.server_certificate.value.clone()).unwrap();
        if !self.pins.contains(&Der(presented.to_vec())) {
            return Err(Error::from_status("connect", StatusCode::BadCertificateUntrusted));
        }
        device.sessions += 1;
        Ok(Arc::new(Link { devices: Arc::clone(&self.devices), number: device.sessions, name }))
    }
}

fn away() -> Error {
    Error::new(ErrorKind::Unavailable, "connect", "the device is away")
}

impl Drop for Link {
    /// The end of a session is the end of its transaction.
    fn drop(&mut self) {
        let mut devices = self.devices.lock();
        let Some(device) = devices.get_mut(&self.name) else { return };
        device.transaction.take_if(|transaction| transaction.session == self.number);
    }
}

#[async_trait]
impl Session for Link {
    async fn call(&self, request: Request, _: Option<Duration>) -> Result<Response> {
        let mut devices = self.devices.lock();
        let device = devices.get_mut(&self.name).filter(|device| !device.is_gone).ok_or_else(away)?;
        device.answer(request, self.number)
    }

    async fn subscribe(&self, _: SubscriptionOptions, _: Vec<Item>) -> Result<Box<dyn Subscription>> {
        Err(away())
    }

    fn namespaces(&self) -> Arc<Vec<String>> {
        Arc::default()
    }

    fn limits(&self) -> Arc<ServerLimits> {
        let mut limits = ServerLimits::default();
        limits.max_byte_string_length = Some(1000);
        Arc::new(limits)
    }

    fn concerns(&self) -> Arc<Vec<Concern>> {
        Arc::default()
    }

    fn state(&self) -> SessionState {
        SessionState::Connected
    }

    async fn state_changed(&self, _: &SessionState) -> SessionState {
        std::future::pending().await
    }

    async fn resume_state(&self) -> Result<Option<ResumeState>> {
        Ok(None)
    }

    async fn resume_state_changed(&self, _: ResumeRevision) -> ResumeRevision {
        std::future::pending().await
    }

    async fn suspend(&self) -> Result<Option<ResumeState>> {
        Ok(None)
    }

    async fn close(&self) {}
}

impl Device {
    fn lies(&self, lie: Lie) -> bool {
        self.lies.contains(&lie)
    }

    fn endpoints(&mut self) -> Vec<EndpointDescription> {
        if let Some((looks, certificate)) = self.later.take() {
            match looks {
                0 => self.presented = certificate,
                _ => self.later = Some((looks - 1, certificate)),
            }
        }
        let mode = match self.lies(Lie::HasNoEncryption) {
            true => MessageSecurityMode::Sign,
            false => MessageSecurityMode::SignAndEncrypt,
        };
        let half = self.half.as_ref().unwrap_or(&self.presented);
        [(BASIC256SHA256, half), (AES256, &self.presented)]
            .map(|(policy, certificate)| endpoint(policy, mode, certificate))
            .into()
    }

    fn answer(&mut self, request: Request, session: u64) -> Result<Response> {
        match request {
            Request::Browse(_) => Ok(groups().into()),
            Request::TranslateBrowsePathsToNodeIds(request) => {
                let paths = request.browse_paths.unwrap_or_default();
                let names =
                    paths.iter().map(|path| path.relative_path.elements.as_ref().unwrap()[0].target_name.name.clone());
                let results = names.map(|name| target(name.as_ref())).collect();
                Ok(TranslateBrowsePathsToNodeIdsResponse { results: Some(results), ..Default::default() }.into())
            }
            Request::Read(request) => {
                let nodes = request.nodes_to_read.unwrap_or_default();
                let results = nodes.iter().map(|node| value(&node.node_id)).collect();
                Ok(ReadResponse { results: Some(results), ..Default::default() }.into())
            }
            Request::Call(request) => {
                let call = request.methods_to_call.unwrap_or_default().remove(0);
                let inputs = call.input_arguments.unwrap_or_default();
                let result = match self.method(call.method_id.as_u32().unwrap(), inputs, session) {
                    Ok(outputs) => CallMethodResult { output_arguments: Some(outputs), ..Default::default() },
                    Err(status_code) => CallMethodResult { status_code, ..Default::default() },
                };
                if self.is_gone || self.cut {
                    self.cut = false;
                    return Err(away());
                }
                Ok(CallResponse { results: Some(vec![result]), ..Default::default() }.into())
            }
            other => Err(Error::from_status(other.service(), StatusCode::BadServiceUnsupported)),
        }
    }

    fn method(&mut self, method: u32, inputs: Vec<Variant>, session: u64) -> Result<Vec<Variant>, StatusCode> {
        if self.lies(Lie::IsBusy) && self.busy_calls < 2 && method != 12647 {
            self.busy_calls += 1;
            return Err(StatusCode::BadTransactionPending);
        }
        match method {
            12647 => self.open(&inputs, session),
            12650 => Ok(Vec::new()),
            12652 => self.read(&inputs),
            12655 => self.write(&inputs),
            12666 => self.update_lists(),
            12737 => self.request(&inputs, session),
            13737 => self.update_certificate(&inputs, session),
            12740 => self.apply(session),
            25708 => {
                self.transaction = None;
                Ok(Vec::new())
            }
            _ => Err(StatusCode::BadMethodInvalid),
        }
    }

    fn open(&mut self, inputs: &[Variant], session: u64) -> Result<Vec<Variant>, StatusCode> {
        let mode = if let Variant::Byte(mode) = inputs[0] { mode } else { 0 };
        self.calls.push(if mode == 6 { "write" } else { "read" });
        if mode == 6 && self.lies(Lie::RefusesLists) {
            return Err(StatusCode::BadUserAccessDenied);
        }
        if self.transaction.as_ref().is_some_and(|other| other.session != session || mode == 6) {
            return Err(StatusCode::BadTransactionPending);
        }
        let content = if mode == 6 { Vec::new() } else { encoded(&self.lists) };
        if mode == 6 {
            self.transaction = Some(Transaction { session, ..Transaction::default() });
        }
        self.file = File { content, position: 0 };
        Ok(vec![Variant::from(7_u32)])
    }

    fn read(&mut self, inputs: &[Variant]) -> Result<Vec<Variant>, StatusCode> {
        let Variant::Int32(length) = inputs[1] else { return Err(StatusCode::BadTypeMismatch) };
        let file = &mut self.file;
        let end = (file.position + length as usize).min(file.content.len());
        let piece = file.content[file.position..end].to_vec();
        file.position = end;
        Ok(vec![Variant::from(ByteString::from(piece))])
    }

    fn write(&mut self, inputs: &[Variant]) -> Result<Vec<Variant>, StatusCode> {
        let Variant::ByteString(piece) = &inputs[1] else { return Err(StatusCode::BadTypeMismatch) };
        self.file.content.extend(piece.value.as_ref().unwrap());
        Ok(Vec::new())
    }

    fn update_lists(&mut self) -> Result<Vec<Variant>, StatusCode> {
        let mut lists = decoded(&self.file.content);
        if self.lies(Lie::KeepsLists) {
            lists = self.lists.clone();
        }
        if self.lies(Lie::DropsRevocationLists) {
            lists.trusted_crls.clear();
        }
        if self.lies(Lie::AddsAnEntry) {
            lists.issuer_certificates.push(Der(vec![9]));
        }
        self.transaction.as_mut().ok_or(StatusCode::BadInvalidState)?.lists = Some(lists);
        self.told()
    }

    fn told(&self) -> Result<Vec<Variant>, StatusCode> {
        Ok(if self.lies(Lie::SaysNothing) { Vec::new() } else { vec![Variant::from(true)] })
    }

    fn request(&mut self, inputs: &[Variant], session: u64) -> Result<Vec<Variant>, StatusCode> {
        self.calls.push("request");
        if self.lies(Lie::SendsNonsense) {
            return Ok(vec![Variant::from(ByteString::from(vec![1, 2, 3]))]);
        }
        let makes = matches!(inputs[3], Variant::Boolean(true));
        let key = if makes { 1 } else { self.key };
        if makes {
            let transaction = self.transaction.get_or_insert_with(|| Transaction { session, ..Transaction::default() });
            transaction.key = Some(key);
        }
        let asked = if self.lies(Lie::AsksForAnotherKey) { 1 - key } else { key };
        let request = match &self.signs {
            Some(signs) => signs.request(asked),
            None => signing_request(&self.keys[asked]),
        };
        Ok(vec![Variant::from(ByteString::from(request))])
    }

    fn update_certificate(&mut self, inputs: &[Variant], session: u64) -> Result<Vec<Variant>, StatusCode> {
        self.calls.push("update");
        let Variant::ByteString(certificate) = &inputs[2] else { return Err(StatusCode::BadTypeMismatch) };
        let Variant::Array(issuers) = &inputs[3] else { return Err(StatusCode::BadTypeMismatch) };
        if issuers.value_type != VariantScalarTypeId::ByteString {
            return Err(StatusCode::BadTypeMismatch);
        }
        let transaction = self.transaction.get_or_insert_with(|| Transaction { session, ..Transaction::default() });
        transaction.certificate = Some(Der(certificate.value.as_ref().unwrap().to_vec()));
        self.told()
    }

    fn apply(&mut self, session: u64) -> Result<Vec<Variant>, StatusCode> {
        self.calls.push("apply");
        let Some(done) = self.transaction.take_if(|own| own.session == session) else {
            return Err(StatusCode::BadNothingToDo);
        };
        if self.lies(Lie::HasNothingToDo) {
            return Err(StatusCode::BadNothingToDo);
        }
        self.lists = done.lists.unwrap_or_else(|| self.lists.clone());
        self.key = done.key.unwrap_or(self.key);
        if let Some(certificate) = done.certificate {
            self.present(certificate);
        }
        self.is_gone = self.lies(Lie::DiesAtApply);
        self.cut = self.lies(Lie::CutsAtApply);
        Ok(Vec::new())
    }

    fn present(&mut self, certificate: Der) {
        if self.lies(Lie::KeepsCertificate) {
            return;
        }
        if self.lies(Lie::IsSlow) {
            self.later = Some((1, certificate));
            return;
        }
        if self.lies(Lie::PresentsHalf) {
            self.half = Some(self.presented.clone());
        }
        self.presented = certificate;
        if self.lies(Lie::PresentsAnother) {
            self.presented.0.push(0);
        }
    }
}

fn endpoint(policy: &str, security_mode: MessageSecurityMode, certificate: &Der) -> EndpointDescription {
    EndpointDescription {
        security_policy_uri: policy.into(),
        security_mode,
        server_certificate: ByteString::from(certificate.0.clone()),
        ..Default::default()
    }
}

fn groups() -> BrowseResponse {
    let reference = ReferenceDescription {
        node_id: NodeId::new(0, GROUP).into(),
        browse_name: QualifiedName::new(0, "DefaultApplicationGroup"),
        ..Default::default()
    };
    let result = BrowseResult { references: Some(vec![reference]), ..Default::default() };
    BrowseResponse { results: Some(vec![result]), ..Default::default() }
}

fn target(name: &str) -> BrowsePathResult {
    let others = [("TrustList", TRUST_LIST), ("CertificateTypes", TYPES)];
    let number = METHODS.iter().chain(&others).find(|(known, _)| *known == name).unwrap().1;
    let target = BrowsePathTarget { target_id: NodeId::new(0, number).into(), remaining_path_index: u32::MAX };
    BrowsePathResult { targets: Some(vec![target]), ..Default::default() }
}

fn value(node: &NodeId) -> DataValue {
    match node.as_u32() {
        Some(TYPES) => {
            let types = vec![Variant::from(NodeId::new(0, 12560_u32))];
            Variant::from((VariantScalarTypeId::NodeId, types)).into()
        }
        Some(12640) => Variant::from(100_000_u32).into(),
        _ => DataValue { status: Some(StatusCode::BadNodeIdUnknown), ..Default::default() },
    }
}

/// A signing request that nobody has signed: what it is for is all that matters here.
fn signing_request(public_key: &[u8]) -> Vec<u8> {
    let public_key = SubjectPublicKeyInfoOwned::from_der(public_key).unwrap();
    let algorithm = public_key.algorithm.clone();
    let info = CertReqInfo {
        version: Default::default(),
        subject: Default::default(),
        public_key,
        attributes: Default::default(),
    };
    let signature = BitString::from_bytes(&[0]).unwrap();
    CertReq { info, algorithm, signature }.to_der().unwrap()
}

impl Signs {
    fn request(&self, key: usize) -> Vec<u8> {
        let key = &self.keys[key];
        let subject = draft::name("device", "works").unwrap();
        let names = SubjectAltName(vec![draft::uri(&self.application_uri).unwrap()]);
        let extensions = vec![draft::extension(&subject, false, &names).unwrap()];
        let values = SetOfVec::try_from(vec![Any::encode_from(&extensions).unwrap()]).unwrap();
        let attribute = Attribute { oid: ID_EXTENSION_REQ, values };
        let content = CertReqInfo {
            version: Default::default(),
            subject,
            public_key: SubjectPublicKeyInfoOwned::from_der(key.public_key()).unwrap(),
            attributes: SetOfVec::try_from(vec![attribute]).unwrap(),
        };
        let (content, algorithm) = (content.to_der().unwrap(), SignatureAlgorithm::RsaPkcs1Sha256);
        let signature = block_on(key.sign(algorithm, &content)).unwrap();
        draft::signed(&content, &draft::algorithm_identifier(algorithm).unwrap(), &signature).unwrap()
    }
}

/// The key of a signing request.
pub(crate) fn key_in(signing_request: &[u8]) -> Vec<u8> {
    CertReq::from_der(signing_request).unwrap().info.public_key.to_der().unwrap()
}

fn encoded(lists: &PushedLists) -> Vec<u8> {
    let entries = |list: &[Der]| Some(list.iter().map(|entry| ByteString::from(entry.0.clone())).collect());
    let lists = TrustListDataType {
        specified_lists: 15,
        trusted_certificates: entries(&lists.trusted_certificates),
        trusted_crls: entries(&lists.trusted_crls),
        issuer_certificates: entries(&lists.issuer_certificates),
        issuer_crls: entries(&lists.issuer_crls),
    };
    let mut content = Vec::new();
    lists.encode(&mut content, &ContextOwned::default().context()).unwrap();
    content
}

fn decoded(mut content: &[u8]) -> PushedLists {
    let lists: TrustListDataType = read_binary(&mut content).unwrap();
    let entries = |list: Option<Vec<ByteString>>| -> Vec<Der> {
        list.unwrap_or_default().into_iter().map(|entry| Der(entry.value.unwrap().to_vec())).collect()
    };
    PushedLists {
        trusted_certificates: entries(lists.trusted_certificates),
        trusted_crls: entries(lists.trusted_crls),
        issuer_certificates: entries(lists.issuer_certificates),
        issuer_crls: entries(lists.issuer_crls),
    }
}
