//! Where a probe asks: names become addresses, and several addresses are asked at once.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::task::JoinSet;

use super::Refusal;

/// Returns the addresses of a host; both loopback addresses where none is given.
///
/// `localhost` needs no resolver: a probe that waits for one, or starts a thread for it, is not a cheap one.
pub(super) async fn resolve(host: Option<&str>, port: u16) -> Result<Vec<SocketAddr>, Refusal> {
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let Some(host) = host.filter(|host| !host.eq_ignore_ascii_case("localhost")) else {
        return Ok(loopback.map(|address| SocketAddr::new(address, port)).to_vec());
    };
    let plain = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = plain.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = tokio::net::lookup_host((plain, port)).await.map(Iterator::collect::<Vec<_>>);
    match found {
        Ok(addresses) if !addresses.is_empty() => Ok(addresses),
        // The resolver has errors of its own, which are no `errno`.
        Ok(_) | Err(_) => Err(Refusal::UnknownHost),
    }
}

/// Asks at all addresses at once; the first good answer counts, the others are dropped.
///
/// Not one after the other: a program that accepts on `[::1]` and never answers would hide the right one on 127.0.0.1.
pub(super) async fn first<A>(addresses: Vec<SocketAddr>, ask: impl Fn(SocketAddr) -> A) -> Result<(), Refusal>
where
    A: Future<Output = Result<(), Refusal>> + Send + 'static,
{
    let mut attempts = JoinSet::new();
    for address in addresses {
        attempts.spawn(ask(address));
    }
    let mut farthest = Refusal::UnknownHost;
    while let Some(ended) = attempts.join_next().await {
        match ended {
            Ok(Ok(())) => return Ok(()),
            // They end in any order; what is told should not change with it. The kinds stand in the order of how much
            // they tell.
            Ok(Err(refusal)) => farthest = farthest.max(refusal),
            // It has panicked, and the others can still answer.
            Err(_) => {}
        }
    }
    Err(farthest)
}
