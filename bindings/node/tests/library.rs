//! With it `cargo test --workspace` builds the library that the tests in JavaScript load, with the features that it builds
//! everything else with.

use std::path::PathBuf;

/// What Node asks a library for when it loads it.
const ENTRY: &[u8] = b"napi_register_module_v1";

#[test]
fn the_library_is_one_that_node_loads() {
    let name = format!("{}iiot_node{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let tests = std::env::current_exe().expect("a test has a file");
    let library: PathBuf = tests.with_file_name(name);
    let bytes = std::fs::read(&library).expect("the library was built");
    assert!(bytes.windows(ENTRY.len()).any(|window| window == ENTRY), "{}", library.display());
}
