//! A registry's worth of applications.

use crate::model::{
    Application, ApplicationDescription, ApplicationType, Approval, Finding, FindingCode, Record, Seen, Severity,
};
use crate::registry::{Expected, RecordKey, RecordKind, Write};
use crate::time::UtcTime;

/// So many applications, to be stored where there are none: 50 sites with two edges each; of all applications 1 % are gone,
/// 5 % disabled, 10 % not approved. Their ids are in no order.
pub fn inventory(applications: usize) -> impl Iterator<Item = Write> {
    (0..applications).map(|n| Write {
        key: RecordKey::new(
            RecordKind::Application,
            format!("{:016x}", (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        ),
        record: Some(Record::Application(application(n))),
        expected: Expected::Absent,
    })
}

fn application(n: usize) -> Application {
    let seen = Seen::at(UtcTime::UNIX_EPOCH);
    Application {
        addresses: vec![address(n)],
        thumbprints: vec![format!("{n:040X}")],
        site: Some(format!("site-{:02}", n % 50)),
        edge: Some(format!("edge-{:02}", n % 100)),
        approval: if n % 10 == 3 { Approval::Discovered } else { Approval::Approved },
        enabled: n % 20 != 7,
        seen: Some(if n.is_multiple_of(97) { seen.missed(UtcTime::UNIX_EPOCH) } else { seen }),
        findings: vec![finding(); 3],
        runs: vec!["first".to_owned(), "last".to_owned()],
        ..Application::new(description(n))
    }
}

fn description(n: usize) -> ApplicationDescription {
    let kind = if n % 100 == 1 { ApplicationType::DiscoveryServer } else { ApplicationType::Server };
    let shift = if n.is_multiple_of(2) { "EVEN" } else { "ODD" };
    ApplicationDescription {
        application_uri: format!("urn:plant:line-{:03}:press-{n:06}", n % 500),
        application_name: format!("Press {n:06} of line {:03}", n % 500),
        locale: Some("en".to_owned()),
        product_uri: format!("urn:vendor-{}:press", n % 7),
        application_type: kind,
        gateway_server_uri: None,
        discovery_profile_uri: None,
        discovery_urls: vec![format!("opc.tcp://press-{n:06}.plant.example:4840"), format!("opc.tcp://{}", address(n))],
        capabilities: vec!["DA".to_owned(), shift.to_owned()],
    }
}

fn address(n: usize) -> String {
    format!("10.{}.{}.{}:4840", n >> 16, (n >> 8) & 0xff, n & 0xff)
}

fn finding() -> Finding {
    Finding {
        severity: Severity::Medium,
        code: FindingCode::DeprecatedPolicy,
        message: "one endpoint offers Basic256, whose signatures are broken".to_owned(),
        fix: "switch it off in the server's configuration, once no client needs it".to_owned(),
    }
}
