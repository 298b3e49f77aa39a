//! Free ports for tests that run at the same time.

use std::net::{TcpListener, ToSocketAddrs};
use std::sync::atomic::{AtomicU16, Ordering};

/// Returns a base port for one test: it and the first instances of the five entries after it are free on the
/// loopback, and no other test of this run gets them. Below the range from which the kernel gives out ports.
pub(crate) fn free_base() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        // Two runs at the same time start at different places.
        let start = u16::try_from(std::process::id() % 10).expect("a digit") * 1_000;
        let base = 20_000 + (start + turn / 25 * 1_000) % 10_000 + turn % 25 * 4;
        if (0..6).all(|entry| is_free(base + 100 * entry) && is_free(base + 100 * entry + 1)) {
            return base;
        }
    }
}

/// Returns whether nobody listens on a port, on either loopback.
pub(crate) fn is_free(port: u16) -> bool {
    let mut addresses = [("127.0.0.1", port), ("::1", port)].into_iter();
    addresses.all(|address| {
        let mut found = address.to_socket_addrs().expect("a literal address");
        match TcpListener::bind(found.next().expect("a literal address is one")) {
            Ok(_) => true,
            // A machine without IPv6 has nobody listening there.
            Err(error) => error.kind() == std::io::ErrorKind::AddrNotAvailable,
        }
    })
}
