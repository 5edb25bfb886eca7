//! Ties the targets of `iiot_core::fuzz`, `iiot_gds::fuzz` and `iiot_publisher::fuzz` to libFuzzer.

#[doc(hidden)]
pub use libfuzzer_sys;

/// Where the seeds of a target are written before the fuzzer reads its corpus.
const SEEDS: &str = "IIOT_FUZZ_SEEDS";

/// Makes a program of the target of this name.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(init: $crate::write_seeds($name), |data: &[u8]| {
            $crate::run($name, data);
        });
    };
}

/// Runs a target.
pub fn run(name: &str, data: &[u8]) {
    (target(name).0)(data);
}

/// What a target runs, and its seeds.
fn target(name: &str) -> (fn(&[u8]), fn() -> Vec<Vec<u8>>) {
    let mut others = iiot_publisher::fuzz::TARGETS.iter().chain(iiot_gds::fuzz::TARGETS);
    match others.find(|(known, ..)| *known == name) {
        Some((_, run, seeds)) => (*run, *seeds),
        None => {
            let target = iiot_core::fuzz::target(name);
            (target.run, target.seeds)
        }
    }
}

/// Writes the seeds of a target to the folder that `IIOT_FUZZ_SEEDS` names, if it does.
pub fn write_seeds(name: &str) {
    let Some(folder) = std::env::var_os(SEEDS) else { return };
    std::fs::create_dir_all(&folder).expect("the folder of the seeds can be made");
    for (index, seed) in (target(name).1)().into_iter().enumerate() {
        let file = std::path::Path::new(&folder).join(format!("seed-{index}"));
        std::fs::write(file, seed).expect("the folder of the seeds can be written to");
    }
}
