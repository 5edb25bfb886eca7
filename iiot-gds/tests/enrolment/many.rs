//! As many applications as a large plant has.

use std::time::Instant;

use iiot_core::access::{ApiKeyRequest, ApiKeys};
use iiot_core::operation::Role;
use iiot_core::time::UtcTime;

#[test]
fn there_is_room_for_the_tokens_of_ten_thousand_applications() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let keys = ApiKeys::open(&path).unwrap();
    let request = |name: String| ApiKeyRequest { name, role: Role::Applicant, expires: None };
    let first = keys.make(request("invitation-0".into()), UtcTime::UNIX_EPOCH).unwrap();
    // As the file would be, without writing it ten thousand times.
    let text = std::fs::read_to_string(&path).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let line = file["keys"][0].clone();
    let others = (1..10_000_u32).map(|number| {
        let mut other = line.clone();
        other["id"] = format!("{number:016x}").into();
        other["name"] = format!("invitation-{number:032x}").into();
        other
    });
    file["keys"].as_array_mut().unwrap().extend(others);
    std::fs::write(&path, serde_json::to_string_pretty(&file).unwrap()).unwrap();
    let keys = ApiKeys::open(&path).unwrap();
    let started = Instant::now();
    let last = keys.make(request("one-more".into()), UtcTime::UNIX_EPOCH).unwrap();
    println!("with 10,000 keys ({} KiB) one more takes {:?}", path.metadata().unwrap().len() >> 10, started.elapsed());
    for new in [&first, &last] {
        assert!(keys.check(&new.text, UtcTime::UNIX_EPOCH).is_ok());
    }
    assert_eq!(keys.list().len(), 10_001);
}
