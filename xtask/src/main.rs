//! `cargo xtask`: the tasks of this repository.

use std::process::ExitCode;

mod fuzz;
mod node;
mod python;
mod run;
mod setup;
mod slim;
mod stages;

use run::{Failure, Program, cargo, program, root, target};
use stages::Stages;

const USAGE: &str = "\
cargo xtask TASK

  demo [-- FLAGS]  builds and runs the factory: a simulated plant and an edge in one process
  test             everything a change must pass; installs what it needs
  soak             an hour of a thousand faults of which nothing is lost unseen, a full log for ten minutes, scans of
                   65,536 addresses, two thousand kills of authorities, a hundred seeds of reconnects
  python           packs the Python package and tests it; installs what that needs
  node             the same of the package for Node.js
  interop          our client against five foreign stacks, written into docs/interop.md
  bench            the benches, in the bench profile
  fuzz [T] [S]     fuzz target T, or each, for S seconds (half an hour)
  slim             what each crate may and may not depend on
  setup            installs what `test` needs: broker, peers in Python, Node, Java, Go and C
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.skip_while(|argument| argument == "--").collect();
    let outcome = match task.as_str() {
        "demo" => demo(&rest),
        "test" => test(),
        "soak" => soak(),
        "python" => python(),
        "node" => node(),
        "interop" => interop(),
        "bench" => bench(),
        "fuzz" => fuzz::run(&rest),
        "slim" => slim::check(),
        "setup" => setup::everything(),
        _ => Err(Failure::new(format!("there is no task `{task}`\n\n{USAGE}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn demo(flags: &[String]) -> Result<(), Failure> {
    println!("Building the factory; the first time this takes about ten minutes on two cores.");
    // Built with the whole workspace's features, as the tests build it, so that nothing is built twice.
    cargo(["build", "--workspace", "--locked", "--example", "factory"]).run()?;
    program(target().join("debug/examples/factory")).args(flags).run()
}

fn test() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("format", || cargo(["fmt", "--all", "--check"]).run());
    stages.run("dependencies", slim::check);
    stages.run("lints", || {
        cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]).run()
    });
    stages.run("documentation", || {
        cargo(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "--deny warnings").run()
    });
    // Without --all-targets, so that the examples are built as programs, which the stories run.
    stages.run("build", || cargo(["test", "--workspace", "--locked", "--no-run"]).run());
    stages.run("tests", || setup::with_peers(cargo(["test", "--workspace", "--locked"])).run());
    stages.run("libraries of bindings", libraries);
    stages.run("Python package", python::test);
    stages.run("package for Node.js", node::test);
    stages.finish()
}

/// The libraries of the bindings and the programs that their tests start, with the features that the tests have, so that
/// nothing is built twice.
fn libraries() -> Result<(), Failure> {
    cargo(["build", "--workspace", "--locked", "--lib", "--examples"]).run()
}

/// The stages of `test` that the Python package needs.
fn python() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("libraries of bindings", libraries);
    stages.run("Python package", python::test);
    stages.finish()
}

/// The stages of `test` that the package for Node.js needs.
fn node() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("libraries of bindings", libraries);
    stages.run("package for Node.js", node::test);
    stages.finish()
}

fn bench() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("encode", || cargo(["bench", "--bench", "encode"]).run());
    stages.run("Python package", python::bench);
    stages.run("package for Node.js", node::bench);
    stages.finish()
}

fn soak() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("build", || cargo(["build", "--workspace", "--locked", "--examples"]).run());
    stages.run("a thousand faults, an hour", || {
        story("nothing_is_lost")
            .env("IIOT_LINES", "4")
            .env("IIOT_FAULTS", "1000")
            .env("IIOT_SECONDS", "3600")
            .env("IIOT_BROKER_AWAY", "600")
            .env("IIOT_DISK_FULL", "30")
            .run()
    });
    stages.run("a full log, ten minutes", || story("a_full_log").env("IIOT_PAUSE", "600").run());
    stages.run("a network of 65,536 addresses, twice", || {
        let sweep = ["test", "--workspace", "--locked", "--test", "scan", "--", "swept", "--nocapture"];
        setup::with_peers(cargo(sweep)).env("IIOT_FULL_SWEEP", "1").run()
    });
    stages.run("authorities that are killed, two thousand times", || {
        for (which, kills) in [("authority::tests::steps", "20"), ("authority::tests::kill", "240")] {
            let tests = ["test", "--workspace", "--locked", "--lib", "--", which, "--nocapture"];
            setup::with_peers(cargo(tests)).env("IIOT_GDS_KILLS", kills).run()?;
        }
        Ok(())
    });
    stages.run("reconnects, a hundred seeds", || {
        let ladder = ["test", "--workspace", "--locked", "--test", "client", "--", "ladder", "--nocapture"];
        setup::with_peers(cargo(ladder)).env("IIOT_SEEDS", "100").env("IIOT_SECONDS", "60").run()
    });
    stages.run("libraries of bindings", libraries);
    stages.run("Python package", python::soak);
    stages.run("package for Node.js", node::soak);
    stages.finish()
}

/// The stories with this in their names.
fn story(name: &str) -> Program {
    let stories = cargo(["test", "--workspace", "--locked", "--test", "stories", "--"]);
    setup::with_peers(stories.args([name, "--nocapture"]))
}

/// Everything, with the policies of old devices too. A build apart, since nothing else may need OpenSSL.
const LEGACY: [&str; 4] = ["--workspace", "--locked", "--features", "iiot-core/legacy-policies"];

fn interop() -> Result<(), Failure> {
    let mut stages = Stages::default();
    stages.run("set-up", setup::everything);
    stages.run("lints", || cargo(["clippy"]).args(LEGACY).args(["--lib", "--", "--deny", "warnings"]).run());
    stages.run("build", || cargo(["test"]).args(LEGACY).args(["--test", "client", "--no-run"]).run());
    stages.run("every peer, every feature, every way in", || {
        let tests = ["--test", "client", "--", "the_whole_matrix", "legacy", "--nocapture"];
        let page = root().join("docs/interop.md");
        setup::with_peers(cargo(["test"]).args(LEGACY).args(tests)).env("IIOT_INTEROP", page).run()
    });
    stages.finish()
}
