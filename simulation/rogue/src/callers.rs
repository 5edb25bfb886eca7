//! Those who connect to a client that waits for its server.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Somebody who connects, says something, and stays until he is sent away; then he comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// An address of this machine.
    pub from: Ipv4Addr,
    /// What he says, perhaps not to the end.
    pub says: Vec<u8>,
    /// How many connections he has at a time.
    pub at_once: usize,
}

const PAUSE: Duration = Duration::from_millis(2);

/// Lets them connect to an address until the set is dropped.
pub(crate) fn bother(address: SocketAddr, callers: Vec<Caller>) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for caller in callers {
        for _ in 0..caller.at_once {
            all.spawn(call_again_and_again(address, caller.clone()));
        }
    }
    all
}

async fn call_again_and_again(address: SocketAddr, caller: Caller) {
    loop {
        // Whatever happens to him, he comes again.
        let _ = call(address, &caller).await;
        sleep(PAUSE).await;
    }
}

async fn call(address: SocketAddr, caller: &Caller) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((caller.from, 0)))?;
    let mut connection = socket.connect(address).await?;
    connection.write_all(&caller.says).await?;
    while connection.read(&mut [0; 512]).await? > 0 {}
    Ok(())
}
