//! Plays one case at a port, for clients in other processes.
//!
//! ```text
//! cargo run -p iiot-rogue --example serve               # lists the cases
//! cargo run -p iiot-rogue --example serve -- 4840 "endless chunks in discovery"
//! ```

use std::net::SocketAddr;
use std::process::ExitCode;

use iiot_rogue::{Case, Rogue, cases};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(port), Some(name)) = (arguments.next().and_then(|port| port.parse().ok()), arguments.next()) else {
        cases::all().iter().for_each(list);
        return ExitCode::SUCCESS;
    };
    let Some(case) = cases::all().into_iter().find(|case| case.name == name) else {
        eprintln!("error: there is no case \"{name}\"; without arguments the cases are listed");
        return ExitCode::FAILURE;
    };
    match Rogue::listen(SocketAddr::from(([127, 0, 0, 1], port)), (case.attack)()).await {
        Ok(server) => {
            println!("{} plays \"{name}\"; a client should {:?}: {:?}", server.url(), case.task, case.expect);
            std::future::pending().await
        }
        Err(error) => {
            eprintln!("error: port {port} cannot be listened on: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list(case: &Case) {
    println!("{:>2}  {:<56} {:?}", case.number, case.name, case.expect);
}
