//! The Python package: packed from the library that is built anyway, and tried as its users have it.

use std::path::{Path, PathBuf};

use crate::run::{Failure, Program, cargo, program, root, target};
use crate::setup;

/// Packs the wheel, installs it into an environment with nothing else, and runs the tests of the package in it.
pub(crate) fn test() -> Result<(), Failure> {
    with_package("debug", ["-m", "unittest", "discover", "--start-directory", "bindings/python/tests", "--verbose"])?
        .run()
}

/// Processes that end in every way, a thousand of each kind, and an hour of streams that come and go.
pub(crate) fn soak() -> Result<(), Failure> {
    with_package("debug", ["bindings/python/tests/exits.py", "--processes", "1000"])?.run()?;
    with_package("debug", ["bindings/python/tests/memory.py", "--seconds", "3600"])?.run()
}

/// Figures beside those of the same work in asyncua, and of Rust itself, all of it optimized.
pub(crate) fn bench() -> Result<(), Failure> {
    let packages = ["--package", "iiot-python", "--package", "iiot-bindings", "--package", "iiot-simulation"];
    let programs = ["--example", "plant", "--example", "reads"];
    cargo(["build", "--release", "--locked", "--lib"]).args(packages).args(programs).run()?;
    with_package("release", ["bindings/python/bench/main.py"])?.env("IIOT_PROFILE", "release").run()
}

/// The Python of an environment that has the package alone; what the tests need besides is lent to it.
fn with_package<const N: usize>(profile: &str, arguments: [&str; N]) -> Result<Program, Failure> {
    let python = installed(profile)?;
    let lent = lent(&setup::python_package())?;
    Ok(setup::with_peers(program(python).args(arguments)).env("PYTHONPATH", lent).env("CARGO_TARGET_DIR", target()))
}

fn installed(profile: &str) -> Result<PathBuf, Failure> {
    let wheel = packed(profile)?;
    let environment = std::path::absolute(target().join("python/environment"))
        .map_err(|error| Failure::new(format!("the build's folder has no path: {error}")))?;
    program("python3").args(["-m", "venv", "--clear"]).args([&environment]).run()?;
    let pip = ["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"];
    let python = environment.join("bin/python");
    program(&python).args(pip).args([wheel]).run()?;
    Ok(python)
}

fn packed(profile: &str) -> Result<String, Failure> {
    let library = target().join(profile).join("libiiot_python.so");
    let pack = root().join("bindings/python/pack.py");
    let wheel = program(setup::python_package().join("bin/python"))
        .args([pack, library])
        .args([env!("CARGO_PKG_VERSION").into(), target().join("python/wheels")])
        .output()?;
    Ok(wheel.trim().to_owned())
}

/// Where the packages of an environment lie.
fn lent(environment: &Path) -> Result<String, Failure> {
    let where_ = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let path = program(environment.join("bin/python")).args(["-c", where_]).output()?;
    Ok(path.trim().to_owned())
}
