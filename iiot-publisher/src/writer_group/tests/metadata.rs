//! Metadata: when, and in which version.

use super::*;

#[test]
fn metadata_goes_first_and_again_only_when_it_changes() {
    let mut bench = Bench::new(&group(vec![writer(1, &["a", "b"])]));
    bench.ints(1, &[(0, 1)]);
    let messages = bench.messages();
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::MetaData { writer: 1 }, MessageKind::Data]);
    let first = json(&messages[0])["MetaData"]["ConfigurationVersion"].clone();
    let double = FieldMetaData {
        built_in_type: 11,
        data_type: NodeId::new(0, 11_u32),
        value_rank: -1,
        ..FieldMetaData::default()
    };
    let types = [double.clone(), double];
    bench.group.handle_metadata(1, &types, &[], bench.now, bench.utc);
    bench.group.handle_metadata(1, &types, &[], bench.now, bench.utc);
    bench.ints(1, &[(0, 2)]);
    let messages = bench.messages();
    assert_eq!(messages.len(), 2);
    let second = json(&messages[0])["MetaData"].clone();
    assert_eq!(second["Fields"][1]["BuiltInType"], 11);
    let major = |version: &Value| version["MajorVersion"].as_u64().unwrap();
    assert!(major(&second["ConfigurationVersion"]) > major(&first));
    assert_eq!(data_set_messages(&messages[1])[0]["MetaDataVersion"], second["ConfigurationVersion"]);
}

#[test]
fn metadata_known_from_the_start_has_one_version_and_is_repeated_on_time() {
    let mut plan = writer(1, &["a"]);
    plan.metadata_interval = Some(60 * SECOND);
    let mut bench = Bench::new(&group(vec![plan]));
    bench.group.handle_metadata(1, &[FieldMetaData::default()], &[], bench.now, bench.utc);
    bench.ints(1, &[(0, 1)]);
    let first = bench.meta_data();
    assert_eq!(first.len(), 1);
    bench.pass(59 * SECOND);
    assert!(bench.meta_data().is_empty());
    bench.pass(62 * SECOND);
    let repeated = bench.meta_data();
    assert_eq!(repeated.len(), 2);
    assert_eq!(repeated[1]["MetaData"], first[0]["MetaData"]);
    assert_ne!(repeated[1]["MessageId"], first[0]["MessageId"]);
}

#[test]
fn a_version_survives_restarts_until_something_changes() {
    let plan = group(vec![writer(1, &["a"]), writer(2, &["b"])]);
    let start = |known: Vec<KnownMetaData>, description: &str, later: Duration| {
        let options = WriterGroupOptions { known_meta_data: known, ..WriterGroupOptions::default() };
        let mut bench = Bench::with(&plan, &options);
        let utc = bench.utc + later;
        let field = FieldMetaData { description: description.into(), ..FieldMetaData::default() };
        bench.group.handle_metadata(1, &[field], &[], bench.now, utc);
        let version = json(&bench.messages()[0])["MetaData"]["ConfigurationVersion"]["MajorVersion"].as_u64().unwrap();
        let known: Vec<_> = std::iter::from_fn(|| bench.group.poll_known_meta_data()).collect();
        (version, known)
    };
    let (first, known) = start(Vec::new(), "", SECOND);
    assert_eq!(known.len(), 1, "the other writer has sent nothing");
    let (second, nothing) = start(known.clone(), "", 60 * SECOND);
    assert_eq!((second, nothing), (first, Vec::new()));
    let (third, changed) = start(known, "new", 60 * SECOND);
    assert!(third > first);
    assert_eq!(u64::from(changed[0].major_version), third);
}
