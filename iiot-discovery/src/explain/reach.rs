//! How addresses are reached.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::SystemClock;
use iiot_core::ua::client::{Greeting, greet};
use tokio::net::UdpSocket;

/// Reaches addresses.
#[async_trait]
pub trait Reach: Debug + Send + Sync + 'static {
    /// The address of this machine from which another is reached. Nothing is sent.
    async fn route(&self, to: SocketAddr) -> io::Result<IpAddr>;

    /// What an address and port turn out to be when they are told Hello for a URL.
    async fn greet(&self, at: SocketAddr, url: &str, timeout: Duration) -> Greeting;
}

/// The network of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkReach;

#[async_trait]
impl Reach for NetworkReach {
    async fn route(&self, to: SocketAddr) -> io::Result<IpAddr> {
        let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(to).await?;
        Ok(socket.local_addr()?.ip())
    }

    async fn greet(&self, at: SocketAddr, url: &str, timeout: Duration) -> Greeting {
        greet(at, url, timeout, &SystemClock).await
    }
}
