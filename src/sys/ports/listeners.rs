//! The sockets that listen on a port, as the kernel tells it.
//!
//! By `sock_diag(7)`: the kernel then goes through the listening sockets alone and sends those of the one port, some ten
//! microseconds. `/proc/net/tcp` makes it go through the table of all connections; it is there for where netlink is not.

use std::collections::BTreeSet;

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Its number, as it stands in `/proc/PID/fd`: `socket:[…]`.
    pub inode: u64,
    /// Whose it is.
    pub user: u32,
}

/// Returns who listens on a port, on any address.
///
/// # Errors
/// The system does not tell: it is not Linux, or a sandbox without netlink and `/proc`.
#[cfg(target_os = "linux")]
pub fn listeners(port: u16) -> std::io::Result<Vec<Listener>> {
    linux::by_netlink(port).or_else(|_| linux::by_table(port))
}

/// See above.
#[cfg(not(target_os = "linux"))]
pub fn listeners(_port: u16) -> std::io::Result<Vec<Listener>> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Returns whether a process has one of these sockets open; `None` where it may not be known.
pub fn holds(pid: i32, sockets: &BTreeSet<u64>) -> Option<bool> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let is_one = |target: std::path::PathBuf| {
        let inode = target.to_str().and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']'));
        inode.and_then(|inode| inode.parse().ok()).is_some_and(|inode| sockets.contains(&inode))
    };
    Some(descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).any(is_one))
}

/// Returns the sockets that a process has open, by their numbers; none where that may not be known.
pub fn sockets_of(pid: i32) -> Vec<u64> {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let number = |target: std::path::PathBuf| {
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    descriptors.filter_map(|entry| number(std::fs::read_link(entry.ok()?.path()).ok()?)).collect()
}

/// Returns every socket that listens for TCP, with its port.
///
/// # Errors
/// The system does not tell.
#[cfg(target_os = "linux")]
pub fn listening() -> std::io::Result<std::collections::BTreeMap<u64, u16>> {
    let mut tables = std::fs::read_to_string("/proc/net/tcp")?;
    // A kernel without IPv6 has no such table.
    tables.push_str(&std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default());
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_listening = fields.get(3) == Some(&"0A");
        let port = fields.get(1).filter(|_| is_listening)?.rsplit_once(':')?.1;
        Some((fields.get(9)?.parse().ok()?, u16::from_str_radix(port, 16).ok()?))
    };
    Ok(tables.lines().filter_map(socket).collect())
}

/// See above.
#[cfg(not(target_os = "linux"))]
pub fn listening() -> std::io::Result<std::collections::BTreeMap<u64, u16>> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Returns whose a process is, by the user that it acts as.
pub fn user_of(pid: i32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1)?.parse().ok())
}

#[cfg(target_os = "linux")]
pub(super) mod linux {
    use std::fs;
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
    };

    use super::Listener;

    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const TCP_LISTEN: u8 = 10;
    /// `struct inet_diag_req_v2` and `struct inet_diag_msg` of `linux/inet_diag.h`.
    const REQUEST_BYTES: usize = 56;
    const ANSWER_BYTES: usize = 72;
    const HEAD_BYTES: usize = 16;

    pub(in crate::sys::ports) fn by_netlink(port: u16) -> io::Result<Vec<Listener>> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkSockDiag,
        )?;
        let mut found = ask(&socket, port, libc::AF_INET)?;
        match ask(&socket, port, libc::AF_INET6) {
            Ok(more) => found.extend(more),
            // A kernel without IPv6.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            Err(error) => return Err(error),
        }
        Ok(found)
    }

    fn ask(socket: &OwnedFd, port: u16, family: i32) -> io::Result<Vec<Listener>> {
        let kernel = NetlinkAddr::new(0, 0);
        sendto(socket.as_raw_fd(), &request(port, family), &kernel, MsgFlags::empty())?;
        let mut found = Vec::new();
        // As large as the kernel's own pieces, netlink(7).
        let mut buffer = vec![0; 32 * 1024];
        loop {
            // The answer is there when the question has been sent; nothing is waited for.
            let length = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Err(nix::errno::Errno::EINTR) => continue,
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                result => result?,
            };
            if understand(&buffer[..length], port, &mut found)? == More::No {
                return Ok(found);
            }
        }
    }

    fn request(port: u16, family: i32) -> Vec<u8> {
        let length = u32::try_from(HEAD_BYTES + REQUEST_BYTES).unwrap_or_default();
        let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_DUMP).unwrap_or_default();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + REQUEST_BYTES);
        bytes.extend(length.to_ne_bytes());
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        // Family, protocol, no extensions, a gap; which states; the near port; any other.
        bytes.extend([u8::try_from(family).unwrap_or_default(), 6, 0, 0]);
        bytes.extend((1_u32 << TCP_LISTEN).to_ne_bytes());
        bytes.extend(port.to_be_bytes());
        bytes.resize(HEAD_BYTES + REQUEST_BYTES, 0);
        bytes
    }

    #[derive(Debug, PartialEq, Eq)]
    pub(in crate::sys::ports) enum More {
        Yes,
        No,
    }

    /// Reads the messages of one piece of the answer.
    pub(in crate::sys::ports) fn understand(
        mut bytes: &[u8],
        port: u16,
        found: &mut Vec<Listener>,
    ) -> io::Result<More> {
        while let Some(length) = number(bytes, 0).map(|length| length as usize) {
            let Some(message) = bytes.get(HEAD_BYTES..length) else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            let kind = i32::from(u16::from_ne_bytes([bytes[4], bytes[5]]));
            match kind {
                libc::NLMSG_DONE => return Ok(More::No),
                libc::NLMSG_ERROR => {
                    let errno = number(message, 0).map_or(0, u32::cast_signed);
                    return Err(io::Error::from_raw_os_error(-errno));
                }
                _ => found.extend(listener(message, port)),
            }
            bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(More::Yes)
    }

    fn listener(message: &[u8], port: u16) -> Option<Listener> {
        if message.len() < ANSWER_BYTES || message[1] != TCP_LISTEN || message[4..6] != port.to_be_bytes() {
            return None;
        }
        Some(Listener { user: number(message, 64)?, inode: u64::from(number(message, 68)?) })
    }

    fn number(bytes: &[u8], at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
    }

    pub(in crate::sys::ports) fn by_table(port: u16) -> io::Result<Vec<Listener>> {
        let mut found = listeners_of(&fs::read_to_string("/proc/net/tcp")?, port);
        // A kernel without IPv6 has no such table.
        found.extend(listeners_of(&fs::read_to_string("/proc/net/tcp6").unwrap_or_default(), port));
        Ok(found)
    }

    /// Reads a table as `proc_pid_net(5)` describes it.
    pub(in crate::sys::ports) fn listeners_of(table: &str, port: u16) -> Vec<Listener> {
        const LISTEN: &str = "0A";
        let listener = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, local) = fields.get(1)?.rsplit_once(':')?;
            let is_it = u16::from_str_radix(local, 16) == Ok(port) && fields.get(3) == Some(&LISTEN);
            let user = fields.get(7)?.parse().ok()?;
            let inode = fields.get(9).filter(|_| is_it)?.parse().ok()?;
            Some(Listener { inode, user })
        };
        table.lines().filter_map(listener).collect()
    }
}
