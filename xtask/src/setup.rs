//! Installs what the tests need beyond Rust: a broker, and OPC UA peers in five languages, generators of clients.

use std::path::{Path, PathBuf};

mod compiled;

use crate::run::{Failure, Program, program, root, target};

/// Debian packages by the program or header that tells they are there.
const PACKAGES: [(&str, &str); 17] = [
    ("mosquitto", "mosquitto"),
    ("mosquitto_sub", "mosquitto-clients"),
    ("nats-server", "nats-server"),
    ("openssl", "openssl"),
    ("curl", "curl"),
    ("initdb", "postgresql"),
    ("softhsm2-util", "softhsm2"),
    // Networks of hosts that only a test sees.
    ("ip", "iproute2"),
    ("nft", "nftables"),
    // The security policies of old devices are built with OpenSSL, in a stage of their own.
    ("ssl.h", "libssl-dev"),
    ("pkg-config", "pkg-config"),
    ("cmake", "cmake"),
    ("make", "make"),
    ("javac", "default-jdk-headless"),
    ("mvn", "maven"),
    ("go", "golang-go"),
    // Somebody has to look at the pages.
    ("chromium", "chromium"),
];

/// Installs whatever is missing.
pub(crate) fn everything() -> Result<(), Failure> {
    debian_packages()?;
    python_packages("simulation/peers/python/requirements.txt", &peers().join("python"))?;
    python_packages("bindings/python/requirements.txt", &python_package())?;
    for folder in ["node", "clients", "push"] {
        npm_packages(&root().join("simulation/peers").join(folder), folder)?;
    }
    node_tests()?;
    compiled::java_peer()?;
    compiled::go_peer()?;
    compiled::c_peer()
}

/// Tells a program where the peers are.
pub(crate) fn with_peers(program: Program) -> Program {
    program.env("IIOT_PEERS", peers())
}

fn debian_packages() -> Result<(), Failure> {
    let missing: Vec<&str> =
        PACKAGES.into_iter().filter(|(file, _)| !is_there(file)).map(|(_, package)| package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if missing.contains(&"postgresql") {
        without_a_cluster();
    }
    let advice = || Failure::new(format!("please install the Debian packages {}", missing.join(" ")));
    program("apt-get").args(["update", "--quiet"]).run().map_err(|_| advice())?;
    program("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
        .map_err(|_| advice())
}

/// The tests make clusters of their own; the one that Debian's package would make and start takes the usual port. Where we
/// may not say so, it does no harm.
fn without_a_cluster() {
    let folder = Path::new("/etc/postgresql-common");
    let settings = folder.join("createcluster.conf");
    if !settings.exists() {
        let _ = std::fs::create_dir_all(folder);
        let _ = std::fs::write(settings, "create_main_cluster = false\n");
    }
}

/// What packs and tests the Python package.
pub(crate) fn python_package() -> PathBuf {
    peers().join("bindings")
}

/// What a file of requirements names, in an environment of its own.
fn python_packages(requirements: &str, venv: &Path) -> Result<(), Failure> {
    let requirements = root().join(requirements);
    installed_once(venv, &[&requirements], || {
        if !program("python3").args(["-m", "venv"]).args([venv]).works() {
            return Err(Failure::new(
                "please install Python 3.10 or newer with its venv module (Debian: python3-venv)",
            ));
        }
        program(venv.join("bin/pip")).args(["install", "--quiet", "--requirement"]).args([&requirements]).run()
    })
}

/// What the tests and examples of the package for Node.js need beside it; gives its folder.
pub(crate) fn node_tests() -> Result<PathBuf, Failure> {
    npm_packages(&root().join("bindings/node/tests"), "beside")
}

/// What the lock file in `source` names, in a folder of this name.
fn npm_packages(source: &Path, name: &str) -> Result<PathBuf, Failure> {
    let target = peers().join(name);
    installed_once(&target, &[&source.join("package-lock.json")], || {
        if !program("npm").args(["--version"]).works() {
            return Err(Failure::new("please install Node.js 20 or newer with npm"));
        }
        for file in ["package.json", "package-lock.json"] {
            copy(&source.join(file), &target.join(file))?;
        }
        program("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).within(&target).run()
    })?;
    Ok(target)
}

/// Runs `install` unless it has succeeded before with the same `inputs`: lock files, or sources.
fn installed_once(
    folder: &Path,
    inputs: &[&Path],
    install: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mark = folder.join("installed");
    let contents: Vec<Vec<u8>> = inputs.iter().map(|input| read(input)).collect::<Result<_, _>>()?;
    let wanted = contents.concat();
    if read(&mark).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("{} cannot be made: {error}", folder.display())))?;
    install()?;
    std::fs::write(&mark, wanted)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", mark.display())))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::copy(from, to)
        .map(drop)
        .map_err(|error| Failure::new(format!("{} cannot be copied to {}: {error}", from.display(), to.display())))
}

/// Where the peers are installed: beside the build, so that a clean clone can share both.
fn peers() -> PathBuf {
    std::env::var_os("IIOT_PEERS").map_or_else(|| target().join("peers"), PathBuf::from)
}

/// Debian puts daemons into folders that are not on everybody's path.
fn is_there(file: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/usr/include/openssl"].map(Into::into);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let postgres = versions.map(|version| version.path().join("bin"));
    std::env::split_paths(&path).chain(more).chain(postgres).any(|folder| folder.join(file).is_file())
}
