//! What searches do to the record, case by case.

use iiot_core::model::{NamedApplication, RunDiff};

use super::plant::Plant;

struct Case {
    name: &'static str,
    /// What happens, in the words of [`Plant`].
    steps: &'static [&'static str],
    /// The diff of the last search: summary, and what has changed.
    diff: &'static str,
    /// The record afterwards.
    after: &'static [&'static str],
}

const ALL: &str = "10.0.0.0/24";

const CASES: &[Case] = &[
    Case {
        name: "who is found first is new and waits for a decision",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:oven@10.0.0.2 B"],
        diff: "2 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:oven 10.0.0.2 B east discovered", "urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "who is found again is as before",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24: URN:Press@10.0.0.1 A name=urn:press"],
        diff: "0 new, 0 gone, 0 changed, 1 as before",
        after: &["urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "what a server says anew is stored",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A name=Press modes=None,Sign,SignAndEncrypt",
        ],
        diff: "0 new, 0 gone, 1 changed, 0 as before: applicationName endpoints",
        after: &["urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "another certificate makes no other application",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24: urn:press@10.0.0.1 B"],
        diff: "0 new, 0 gone, 1 changed, 0 as before: certificate",
        after: &["urn:press 10.0.0.1 B east discovered"],
    },
    Case {
        name: "who has moved keeps its record, and is used at its new address",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "east 10.0.0.0/24: urn:press@10.0.0.9 A",
        ],
        diff: "0 new, 0 gone, 1 changed, 0 as before: addresses endpoints",
        after: &["urn:press 10.0.0.9 A east approved *SignAndEncrypt>east"],
    },
    Case {
        name: "who may have moved from where nobody looked is another one",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.1.0/24: urn:press@10.0.1.1 A"],
        diff: "1 new, 0 gone, 1 changed, 0 as before: findings",
        after: &[
            "urn:press 10.0.0.1 A east discovered sharedUri sharedCertificate",
            "urn:press 10.0.1.1 A east discovered sharedUri sharedCertificate",
        ],
    },
    Case {
        name: "who has moved and renewed its certificate at once is new",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24: urn:press@10.0.0.9 B"],
        diff: "1 new, 1 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered gone", "urn:press 10.0.0.9 B east discovered"],
    },
    Case {
        name: "of two that moved with one certificate nobody can say which is which",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:press@10.0.0.2 A",
            "east 10.0.0.0/24: urn:press@10.0.0.8 A; urn:press@10.0.0.9 A",
        ],
        diff: "2 new, 2 gone, 0 changed, 0 as before",
        after: &[
            "urn:press 10.0.0.1 A east discovered gone",
            "urn:press 10.0.0.2 A east discovered gone",
            "urn:press 10.0.0.8 A east discovered sharedUri sharedCertificate",
            "urn:press 10.0.0.9 A east discovered sharedUri sharedCertificate",
        ],
    },
    Case {
        name: "copies of one PLC are told apart and flagged",
        steps: &["east 10.0.0.0/24: urn:plc@10.0.0.1 A; urn:plc@10.0.0.2 A; urn:plc@10.0.0.3 B; urn:x@10.0.0.4 A"],
        diff: "4 new, 0 gone, 0 changed, 0 as before",
        after: &[
            "urn:plc 10.0.0.1 A east discovered sharedUri sharedCertificate",
            "urn:plc 10.0.0.2 A east discovered sharedUri sharedCertificate",
            "urn:plc 10.0.0.3 B east discovered sharedUri",
            "urn:x 10.0.0.4 A east discovered sharedCertificate",
        ],
    },
    Case {
        name: "flags are taken back when it is over",
        steps: &[
            "east 10.0.0.0/24: urn:plc@10.0.0.1 A; urn:plc@10.0.0.2 A",
            "east 10.0.0.0/24: urn:plc@10.0.0.1 A; urn:plc2@10.0.0.2 B",
        ],
        diff: "1 new, 1 gone, 1 changed, 0 as before: findings",
        after: &[
            "urn:plc 10.0.0.1 A east discovered",
            "urn:plc 10.0.0.2 A east discovered gone",
            "urn:plc2 10.0.0.2 B east discovered",
        ],
    },
    Case {
        name: "a deleted copy takes its flags with it",
        steps: &["east 10.0.0.0/24: urn:plc@10.0.0.1 A; urn:plc@10.0.0.2 A", "delete urn:plc@10.0.0.2"],
        diff: "",
        after: &["urn:plc 10.0.0.1 A east discovered"],
    },
    Case {
        name: "who is not found is gone, and no longer used",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "east 10.0.0.0/24:",
        ],
        diff: "0 new, 1 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east approved gone *SignAndEncrypt>-!"],
    },
    Case {
        name: "who was gone before is not gone once more",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24:", "east 10.0.0.0/24:"],
        diff: "0 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered gone"],
    },
    Case {
        name: "who is back is used again",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "east 10.0.0.0/24:",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
        ],
        diff: "0 new, 1 back, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"],
    },
    Case {
        name: "who was gone and comes back elsewhere with its certificate is the same",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "east 10.0.0.0/24:",
            "east 10.0.1.0/24: urn:press@10.0.1.1 A",
        ],
        diff: "0 new, 1 back, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.1.1 A east approved *SignAndEncrypt>east"],
    },
    Case {
        name: "who stands where the search does not look is not gone",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.1.0/24:"],
        diff: "0 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "a search that was cancelled says of nobody that he is gone",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24 cancelled: urn:oven@10.0.0.2 B"],
        diff: "1 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:oven 10.0.0.2 B east discovered", "urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "who could not be asked is not gone",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24: failed@10.0.0.1"],
        diff: "0 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "of a server at two networks one may be lost",
        steps: &["east 10.0.0.0/16: urn:press@10.0.0.1,10.0.1.1 A", "east 10.0.0.0/24:"],
        diff: "0 new, 0 gone, 1 changed, 0 as before: addresses",
        after: &["urn:press 10.0.1.1 A - discovered"],
    },
    Case {
        name: "of a server at two networks each search knows one",
        steps: &[
            "east 10.0.0.0/16: urn:press@10.0.0.1,10.0.1.1 A",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "east 10.0.1.0/24: urn:press@10.0.1.1 A",
        ],
        diff: "0 new, 0 gone, 0 changed, 1 as before",
        after: &["urn:press 10.0.0.1,10.0.1.1 A east discovered"],
    },
    Case {
        name: "a server that two edges see is one, and stays with the first",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "west 10.0.0.0/24: urn:press@10.0.0.1,10.0.0.2 A name=X"],
        diff: "0 new, 0 gone, 1 changed, 0 as before: addresses",
        after: &["urn:press 10.0.0.1,10.0.0.2 A east discovered"],
    },
    Case {
        name: "another edge says of nobody that he is gone",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "west 10.0.0.0/24:"],
        diff: "0 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered"],
    },
    Case {
        name: "who is gone for one edge and found by another one is that one's",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "east 10.0.0.0/24:",
            "west 10.0.0.0/24: urn:press@10.0.0.1 A",
        ],
        diff: "0 new, 1 back, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A west discovered"],
    },
    Case {
        name: "the servers of an edge that is away are taken over",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "lose east", "west 10.0.0.0/24: urn:press@10.0.0.1 A"],
        diff: "0 new, 0 gone, 1 changed, 0 as before: edge",
        after: &["urn:press 10.0.0.1 A west discovered"],
    },
    Case {
        name: "two sites have nothing to do with each other",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "north 10.0.0.0/24: urn:press@10.0.0.1 A"],
        diff: "1 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east discovered", "urn:press 10.0.0.1 A north discovered"],
    },
    Case {
        name: "an edge without a site is a place of its own",
        steps: &[
            "alone 10.0.0.0/24: urn:press@10.0.0.1 A; urn:oven@10.0.0.2 B",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "alone 10.0.0.0/24: urn:press@10.0.0.1 A",
        ],
        diff: "0 new, 1 gone, 0 changed, 1 as before",
        after: &[
            "urn:oven 10.0.0.2 B alone discovered gone",
            "urn:press 10.0.0.1 A alone discovered",
            "urn:press 10.0.0.1 A east discovered",
        ],
    },
    Case {
        name: "who was rejected stays so, and is not offered again",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "reject urn:press",
            "east 10.0.0.0/24:",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
        ],
        diff: "0 new, 1 back, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east rejected"],
    },
    Case {
        name: "another server at an address takes nobody's place",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A", "east 10.0.0.0/24: urn:oven@10.0.0.1 B"],
        diff: "1 new, 1 gone, 0 changed, 0 as before",
        after: &["urn:oven 10.0.0.1 B east discovered", "urn:press 10.0.0.1 A east discovered gone"],
    },
    Case {
        name: "what is one server after all is one record, that which was decided about",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:press@10.0.0.2 A",
            "approve urn:press@10.0.0.2",
            "east 10.0.0.0/24: urn:press@10.0.0.1,10.0.0.2 A",
        ],
        diff: "0 new, 1 gone, 1 changed, 0 as before: addresses endpoints findings",
        after: &["urn:press - A east discovered gone", "urn:press 10.0.0.1,10.0.0.2 A east approved"],
    },
    Case {
        name: "what is two servers after all is two records",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1,10.0.0.2 A",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:press@10.0.0.2 B",
        ],
        diff: "1 new, 0 gone, 1 changed, 0 as before: addresses findings",
        after: &["urn:press 10.0.0.1 A east discovered sharedUri", "urn:press 10.0.0.2 B east discovered sharedUri"],
    },
    Case {
        name: "who was found twice in a search is one",
        steps: &["east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:press@10.0.0.1,10.0.0.2 A; urn:press@10.0.0.2 A"],
        diff: "1 new, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1,10.0.0.2 A east discovered"],
    },
    Case {
        name: "an endpoint that is no longer told is no longer used, until it is told again",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A modes=None",
        ],
        diff: "0 new, 0 gone, 1 changed, 0 as before: endpoints",
        after: &["urn:press 10.0.0.1 A east approved *SignAndEncrypt>-!"],
    },
    Case {
        name: "a disabled application is not used when it is back",
        steps: &[
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
            "approve urn:press",
            "activate urn:press",
            "disable urn:press",
            "east 10.0.0.0/24:",
            "east 10.0.0.0/24: urn:press@10.0.0.1 A",
        ],
        diff: "0 new, 1 back, 0 gone, 0 changed, 0 as before",
        after: &["urn:press 10.0.0.1 A east approved disabled"],
    },
];

#[tokio::test]
async fn each_case_comes_out_as_it_should() {
    let mut wrong = Vec::new();
    for case in CASES {
        let mut plant = Plant::new().await;
        let mut diff = None;
        for step in case.steps {
            diff = plant.step(step).await;
        }
        let (diff, after) = (diff.map(|diff| words(&diff)).unwrap_or_default(), plant.told().await);
        if diff != case.diff || after != case.after {
            wrong.push(format!("{}:\n  {diff}\n  {}", case.name, after.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn words(diff: &RunDiff) -> String {
    let what: Vec<&str> =
        diff.changed.iter().flat_map(|one: &NamedApplication| &one.what).map(String::as_str).collect();
    if what.is_empty() { diff.summary.clone() } else { format!("{}: {}", diff.summary, what.join(" ")) }
}

#[tokio::test]
async fn a_search_that_is_entered_twice_changes_nothing_the_second_time() {
    let mut plant = Plant::new().await;
    plant.step(&format!("east {ALL}: urn:a@10.0.0.1 A; urn:b@10.0.0.2 B; urn:c@10.0.0.3 C")).await;
    let findings = plant.findings(&format!("east {ALL}: urn:a@10.0.0.1 X; urn:b@10.0.0.9 B; urn:d@10.0.0.4 D"));
    let first = plant.registrar.merge(findings.clone()).await.unwrap();
    assert_eq!(first.summary, "1 new, 1 gone, 2 changed, 0 as before");
    let (before, run) = (plant.dump().await, recorded_diff(&plant, &findings.id).await);
    let second = plant.registrar.merge(findings.clone()).await.unwrap();
    assert_eq!(second.summary, "0 new, 0 gone, 0 changed, 3 as before");
    assert_eq!(plant.dump().await, before);
    assert_eq!(recorded_diff(&plant, &findings.id).await, run, "the first is what the search has changed");
    assert_eq!(run, first);
}

#[tokio::test]
async fn an_earlier_search_that_is_entered_late_takes_nothing_back() {
    let mut plant = Plant::new().await;
    plant.step(&format!("east {ALL}: urn:a@10.0.0.1 A; urn:b@10.0.0.2 B")).await;
    let early = plant.findings(&format!("east {ALL}: urn:b@10.0.0.2 B name=Old"));
    plant.step(&format!("east {ALL}: urn:a@10.0.0.1 A")).await;
    let before = plant.told().await;
    assert_eq!(before[1], "urn:b 10.0.0.2 B east discovered gone");
    let diff = plant.registrar.merge(early).await.unwrap();
    assert_eq!(diff.summary, "0 new, 0 gone, 0 changed, 1 as before");
    assert_eq!(plant.told().await, before);
}

async fn recorded_diff(plant: &Plant, run: &str) -> RunDiff {
    use crate::registrar::Registrar;
    use crate::registrar::edges::RecordedRunRequest;
    plant.registrar.run(RecordedRunRequest { run: run.to_owned() }).await.unwrap().run.diff.unwrap()
}
