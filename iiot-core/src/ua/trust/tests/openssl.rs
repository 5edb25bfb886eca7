//! What `openssl verify` says of the same chains.

use std::fs;
use std::path::Path;
use std::process::Command;

use der::Document;
use der::pem::LineEnding;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use super::made::{Crl, Holder, START, Signer, Wish, authority, damaged, leaf, rsa_key, unknown_extension};
use super::table::{ALL, Fault, Plant, required};
use super::{judge_by, trusting};
use crate::trust::TrustLists;
use crate::ua::trust::{Certificate, Purpose};

/// A chain, and what both are to judge it by. Trusted are roots only: that is what both mean by it.
struct Case {
    name: String,
    sent: Vec<Certificate>,
    lists: TrustLists,
}

impl Case {
    fn new(name: impl Into<String>, sent: &[&Certificate], lists: TrustLists) -> Self {
        Self { name: name.into(), sent: sent.iter().copied().cloned().collect(), lists }
    }

    fn we_trust(&self) -> bool {
        let sent: Vec<&Certificate> = self.sent.iter().collect();
        judge_by(&required(), &sent, &self.lists, &Purpose::default()).is_ok()
    }

    fn openssl_trusts(&self, folder: &Path) -> (bool, String) {
        let write = |name: &str, label: &'static str, ders: Vec<&[u8]>| {
            let pem = |der: &&[u8]| Document::try_from(*der).unwrap().to_pem(label, LineEnding::LF).unwrap();
            fs::write(folder.join(name), ders.iter().map(pem).collect::<String>()).unwrap();
            folder.join(name)
        };
        let lists = &self.lists;
        // An empty file is an error to openssl; somebody else's root changes nothing.
        let nobody = Holder::root(&authority("Nobody"), Signer::p256());
        let nobodys = nobody.revoke(&[]);
        let trusted = lists.trusted_certificates.iter().map(Vec::as_slice).chain([nobody.certificate.der()]);
        let others =
            self.sent[1..].iter().map(Certificate::der).chain(lists.issuer_certificates.iter().map(Vec::as_slice));
        let crls = lists.trusted_crls.iter().chain(&lists.issuer_crls).map(Vec::as_slice).chain([nobodys.as_slice()]);
        let output = Command::new("openssl")
            .args(["verify", "-crl_check_all", "-x509_strict", "-auth_level", "2", "-no-CApath", "-no-CAstore"])
            .args(["-attime", &(START + 30 * 86_400).to_string()])
            .arg("-CAfile")
            .arg(write("trusted.pem", "CERTIFICATE", trusted.collect()))
            .arg("-untrusted")
            .arg(write("others.pem", "CERTIFICATE", others.chain([nobody.certificate.der()]).collect()))
            .arg("-CRLfile")
            .arg(write("crls.pem", "X509 CRL", crls.collect()))
            .arg(write("leaf.pem", "CERTIFICATE", vec![self.sent[0].der()]))
            .output()
            .expect("openssl is installed");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }
}

/// The rows that openssl leaves to applications.
const NOT_ASKED: [Fault; 3] = [Fault::HostName, Fault::Uri, Fault::Usage];

/// No fault, every row, and every pair.
fn of_the_table() -> Vec<Case> {
    let plant = Plant::new();
    let known: Vec<Fault> = ALL.into_iter().filter(|fault| !NOT_ASKED.contains(fault)).collect();
    let mut sets = vec![Vec::new()];
    for (place, first) in known.iter().enumerate() {
        sets.push(vec![*first]);
        sets.extend(known[place + 1..].iter().map(|later| vec![*first, *later]));
    }
    let case = |faults: Vec<Fault>| {
        let has = |fault| faults.contains(&fault);
        let mut scene = plant.scene(&faults);
        // Here an authority below the root is trusted; openssl trusts roots.
        let roots = if has(Fault::TrustList) || has(Fault::Chain) { Vec::new() } else { vec![scene.root.der()] };
        scene.lists.trusted_certificates = roots;
        Case { name: format!("{faults:?}"), sent: scene.sent, lists: scene.lists }
    };
    sets.into_iter().map(case).collect()
}

/// Chains of one to five certificates, whole and with each of them missing, expired or revoked.
fn of_every_depth() -> Vec<Case> {
    let names = ["Root", "Country", "Works", "Hall"];
    let mut cases = Vec::new();
    for depth in 2..=5 {
        for outdated in std::iter::once(None).chain((0..depth).map(Some)) {
            let days = |place| if outdated == Some(place) { (0, 10) } else { (0, 365) };
            let mut holders = vec![Holder::root(&Wish { days: days(0), ..authority("Root") }, Signer::p256())];
            for place in 1..depth - 1 {
                let wish = Wish { days: days(place), ..authority(names[place]) };
                holders.push(holders[place - 1].issue(&wish, Signer::p256()));
            }
            let boiler = holders.last().unwrap().leaf(&Wish { days: days(depth - 1), ..leaf("Boiler") });
            let sent: Vec<&Certificate> =
                std::iter::once(&boiler).chain(holders[1..].iter().rev().map(|holder| &holder.certificate)).collect();
            let with = |revoked: Option<usize>, lacks: Option<usize>| {
                let below = |place: usize| holders.get(place + 1).map_or(&boiler, |holder| &holder.certificate);
                let all = holders.iter().enumerate().filter(|(place, _)| lacks != Some(*place));
                let crl = |(place, holder): (usize, &Holder)| {
                    let named: Vec<&Certificate> = (revoked == Some(place)).then(|| below(place)).into_iter().collect();
                    holder.revoke(&named)
                };
                TrustLists { trusted_crls: all.map(crl).collect(), ..trusting(&[&holders[0].certificate], &[]) }
            };
            cases.push(Case::new(format!("depth {depth}, outdated {outdated:?}"), &sent, with(None, None)));
            if outdated.is_some() {
                continue;
            }
            for place in 0..depth - 1 {
                cases.push(Case::new(format!("depth {depth}, revoked by {place}"), &sent, with(Some(place), None)));
                cases.push(Case::new(format!("depth {depth}, no list of {place}"), &sent, with(None, Some(place))));
                let mut gap = sent.clone();
                if place > 0 {
                    gap.remove(place);
                    cases.push(Case::new(format!("depth {depth}, without {place}"), &gap, with(None, None)));
                }
            }
        }
    }
    cases
}

fn of_odd_authorities() -> Vec<Case> {
    let with = |roots: &[&Holder], crls: Vec<Vec<u8>>| {
        let certificates: Vec<&Certificate> = roots.iter().map(|root| &root.certificate).collect();
        TrustLists { trusted_crls: crls, ..trusting(&certificates, &[]) }
    };
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&leaf("Boiler"));
    let mut cases = Vec::new();
    let mut case = |name: &str, sent: &[&Certificate], lists| cases.push(Case::new(name, sent, lists));

    let new = Holder::root(&authority("Root"), Signer::p256());
    let late = new.leaf(&leaf("Boiler"));
    for (name, boiler) in [("early", &boiler), ("late", &late)] {
        let both = [&root, &new];
        case(&format!("{name}, both keys"), &[boiler], with(&both, vec![root.revoke(&[]), new.revoke(&[])]));
        case(&format!("{name}, list of the old key"), &[boiler], with(&both, vec![root.revoke(&[])]));
        case(&format!("{name}, list of the new key"), &[boiler], with(&both, vec![new.revoke(&[])]));
        case(&format!("{name}, revoked"), &[boiler], with(&both, vec![root.revoke(&[boiler]), new.revoke(&[boiler])]));
    }

    let crl = Crl::of(&root);
    let wrong_key = Crl { authority: Some(rsa_key(1024, &[3])), ..crl.clone() };
    case("list names a wrong key", &[&boiler], with(&[&root], vec![wrong_key.made()]));
    case("list damaged", &[&boiler], with(&[&root], vec![damaged(&root.revoke(&[]))]));
    case("list not valid yet", &[&boiler], with(&[&root], vec![Crl { updates: (31, Some(60)), ..crl.clone() }.made()]));
    case("list expired", &[&boiler], with(&[&root], vec![Crl { updates: (0, Some(29)), ..crl.clone() }.made()]));
    let unknown = Crl { more: vec![unknown_extension(true)], ..crl.clone() };
    case("list demands something", &[&boiler], with(&[&root], vec![unknown.made()]));
    let older = Crl { updates: (0, Some(60)), ..Crl::of(&root).naming(&[&boiler]) };
    let newer = Crl { updates: (1, Some(60)), ..crl };
    case("on hold, and no longer", &[&boiler], with(&[&root], vec![older.clone().made(), newer.clone().made()]));

    let lists = || with(&[&root], vec![root.revoke(&[])]);
    let issued = |wish: Wish| root.leaf(&wish);
    case("leaf names a wrong key", &[&issued(Wish { wrong_authority: true, ..leaf("Boiler") })], lists());
    case("leaf is not valid yet", &[&issued(Wish { days: (31, 300), ..leaf("Boiler") })], lists());
    case("leaf demands something", &[&issued(Wish { more: vec![unknown_extension(true)], ..leaf("Boiler") })], lists());
    case("leaf with more", &[&issued(Wish { more: vec![unknown_extension(false)], ..leaf("Boiler") })], lists());
    for bits in [512, 1024, 2048, 4096] {
        let key = Some(rsa_key(bits, &[1, 0, 1]));
        case(&format!("RSA {bits}"), &[&issued(Wish { key, ..leaf("Boiler") })], lists());
    }
    case("damaged leaf", &[&Certificate::parse(&damaged(boiler.der())).unwrap()], lists());

    let limited = BasicConstraints { ca: true, path_len_constraint: Some(0) };
    let shallow = Holder::root(&Wish { authority: Some(limited), ..authority("Shallow") }, Signer::p256());
    let works = shallow.issue(&authority("Works"), Signer::p256());
    let crls = vec![shallow.revoke(&[]), works.revoke(&[])];
    case("short enough", &[&shallow.leaf(&leaf("Boiler"))], with(&[&shallow], crls.clone()));
    case("too long", &[&works.leaf(&leaf("Boiler")), &works.certificate], with(&[&shallow], crls));
    let no_authority = root.issue(&leaf("Works"), Signer::p256());
    let crls = vec![root.revoke(&[]), no_authority.revoke(&[])];
    case("no authority", &[&no_authority.leaf(&leaf("Boiler")), &no_authority.certificate], with(&[&root], crls));
    let no_lists =
        Holder::root(&Wish { usage: Some((true, KeyUsages::KeyCertSign.into())), ..authority("Mute") }, Signer::p256());
    case("may sign no lists", &[&no_lists.leaf(&leaf("Boiler"))], with(&[&no_lists], vec![no_lists.revoke(&[])]));
    let wrong = Wish { wrong_authority: true, ..authority("Odd") };
    let odd = Holder::root(&wrong, Signer::p256());
    case("root names a wrong key", &[&odd.leaf(&leaf("Boiler"))], with(&[&odd], vec![odd.revoke(&[])]));

    let (a, b) = (Signer::p256(), Signer::p256());
    let a_by_b = super::issue(&authority("A"), "B", &b, a.public_key());
    let b_by_a = super::issue(&authority("B"), "A", &a, b.public_key());
    let a_holder = Holder { subject: "A", signer: a, certificate: a_by_b };
    case("circle", &[&a_holder.leaf(&leaf("Boiler")), &a_holder.certificate, &b_by_a, &a_holder.certificate], lists());

    // A new key certified by the old one: self-issued, not self-signed.
    let next = root.issue(&authority("Root"), Signer::p256());
    let crls = vec![root.revoke(&[]), next.revoke(&[])];
    case("new key by the old", &[&next.leaf(&leaf("Boiler")), &next.certificate], with(&[&root], crls));
    // The same key and name with two certificates: one has expired.
    let renewed = Holder {
        certificate: Holder::root(&Wish { days: (0, 10), ..authority("Root") }, root.signer.clone()).certificate,
        ..root.clone()
    };
    case("renewed root", &[&boiler, &renewed.certificate], with(&[&renewed, &root], vec![root.revoke(&[])]));
    cases
}

#[test]
fn openssl_judges_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = of_the_table().into_iter().chain(of_every_depth()).chain(of_odd_authorities()).collect();
    let mut trusted = 0;
    let mut differ = Vec::new();
    for case in &cases {
        let (theirs, said) = case.openssl_trusts(folder.path());
        trusted += usize::from(theirs);
        if theirs != case.we_trust() {
            differ.push(format!("{}: we say {}, openssl says {said}", case.name, case.we_trust()));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(trusted >= 15 && cases.len() - trusted >= 100, "{trusted} trusted of {}", cases.len());
}
