//! The peers that are programs: fetched and built once for each state of their sources.

use std::path::{Path, PathBuf};

use super::{copy, installed_once, peers};
use crate::run::{Failure, cargo, program, root};

/// The crate whose package carries the sources of open62541.
const OPEN62541: &str = "open62541-sys-0.6.6";
/// All of namespace 0, which a package of Node.js carries.
const NODESET: &str = "node/node_modules/node-opcua-nodesets/nodesets/Opc.Ua.NodeSet2.xml";
/// What gopcua asks for.
const GO: (u32, u32) = (1, 23);

/// Eclipse Milo, as a folder of libraries and one of classes.
pub(super) fn java_peer() -> Result<(), Failure> {
    let source = sources("java");
    let target = peers().join("java");
    let classes = ["Server", "AddressSpace", "History"].map(|name| source.join(format!("peer/{name}.java")));
    let pom = source.join("pom.xml");
    installed_once(&target, &inputs(&pom, &classes), || {
        program("mvn")
            .args(["--quiet", "--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime"])
            .args([format!("-DoutputDirectory={}", target.join("lib").display())])
            .within(&source)
            .run()?;
        program("javac")
            .args(["--release", "17", "-Xlint:all,-processing,-classfile,-options", "-Werror", "-d"])
            .args([target.join("classes"), PathBuf::from("-cp"), target.join("lib/*")])
            .args(&classes)
            .run()
    })
}

/// gopcua, as one program.
pub(super) fn go_peer() -> Result<(), Failure> {
    let source = sources("go");
    let target = peers().join("go");
    let others = ["go.mod", "main.go", "space.go"].map(|name| source.join(name));
    let sums = source.join("go.sum");
    installed_once(&target, &inputs(&sums, &others), || {
        let version = program("go").args(["env", "GOVERSION"]).output()?;
        if go_version(&version).is_none_or(|version| version < GO) {
            let found = version.trim();
            return Err(Failure::new(format!("please install Go {}.{} or newer; found {found}", GO.0, GO.1)));
        }
        program("go").args(["build", "-o"]).args([target.join("server"), ".".into()]).within(&source).run()
    })
}

/// open62541, as a server and as a device under push management: two programs, each with a library of its own.
pub(super) fn c_peer() -> Result<(), Failure> {
    let source = sources("c");
    let target = peers().join("c");
    let others = ["CMakeLists.txt", "server.c", "device.c"].map(|name| source.join(name));
    let lock = source.join("Cargo.lock");
    let packages = peers().join("node/package-lock.json");
    let inputs = [inputs(&lock, &others), vec![packages.as_path()]].concat();
    installed_once(&target, &inputs, || {
        let library = open62541(&source)?;
        ["server", "device"].into_iter().try_for_each(|program| c_program(program, &source, &target, &library))
    })
}

fn c_program(name: &str, source: &Path, target: &Path, library: &Path) -> Result<(), Failure> {
    let build = target.join(format!("build-{name}"));
    program("cmake")
        .args(["-S".into(), source.to_owned(), "-B".into(), build.clone()])
        .args(["-DCMAKE_BUILD_TYPE=Release", "--log-level=ERROR", "-Wno-dev"])
        .args([format!("-DOPEN62541={}", library.display()), format!("-DPEER={name}")])
        .args([format!("-DNODESET={}", peers().join(NODESET).display())])
        .run()?;
    program("cmake").args(["--build".as_ref(), build.as_path()]).args(["--parallel", "2", "--target", name]).run()?;
    copy(&build.join(name), &target.join(name))
}

fn sources(language: &str) -> PathBuf {
    root().join("simulation/peers").join(language)
}

fn inputs<'a>(lock: &'a Path, sources: &'a [PathBuf]) -> Vec<&'a Path> {
    std::iter::once(lock).chain(sources.iter().map(PathBuf::as_path)).collect()
}

/// Lets cargo fetch the crate and tells where it lies.
fn open62541(manifest: &Path) -> Result<PathBuf, Failure> {
    let metadata = cargo(["metadata", "--locked", "--format-version", "1", "--manifest-path"])
        .args([manifest.join("Cargo.toml")])
        .output()?;
    metadata
        .split('"')
        .find_map(|text| text.strip_suffix("/Cargo.toml").filter(|folder| folder.ends_with(OPEN62541)))
        .map(|folder| Path::new(folder).join("open62541"))
        .ok_or_else(|| Failure::new(format!("cargo does not tell where {OPEN62541} lies")))
}

/// Major and minor of `go1.26.8`.
fn go_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix("go")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_compare_as_numbers() {
        assert_eq!(go_version("go1.26.8\n"), Some((1, 26)));
        assert!(go_version("go1.9.7") < Some(GO));
        assert!(go_version("go1.100") > Some(GO));
        assert_eq!(go_version("devel"), None);
    }
}
