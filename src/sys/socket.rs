//! Unix sockets: a connected pair over which descriptors travel too, and datagrams that say who has sent them.
//! `unix(7)`, `cmsg(3)`.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, socketpair};

/// Makes two connected sockets; what one writes the other reads.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    // Not in one step everywhere: macOS has no SOCK_CLOEXEC. forge has one thread when it calls this.
    let (one, other) = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::empty())?;
    for end in [&one, &other] {
        nix::fcntl::fcntl(end, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    }
    Ok((one, other))
}

/// Sends bytes, and descriptors with the first of them; returns how many bytes went.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[RawFd]) -> io::Result<usize> {
    let rights = [ControlMessage::ScmRights(descriptors)];
    let control = if descriptors.is_empty() { &rights[..0] } else { &rights[..] };
    #[cfg(target_os = "linux")]
    let flags = MsgFlags::MSG_NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    let flags = MsgFlags::empty();
    Ok(sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(bytes)], control, flags, None)?)
}

/// Receives bytes into `buffer`, and what descriptors came with them; returns how many bytes came, 0 at the end.
///
/// What was sent together is one entry of `descriptors`, also where the table of this process had no room for some
/// or all of it, which the kernel then drops.
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    descriptors: &mut VecDeque<Vec<OwnedFd>>,
) -> io::Result<usize> {
    let mut control = [0; CONTROL_WORDS];
    receive_with(socket, buffer, &mut control, |length, header| {
        let came = take_descriptors(header);
        if !came.is_empty() || header.msg_flags & libc::MSG_CTRUNC != 0 {
            descriptors.push_back(came);
        }
        length
    })
}

/// Room for a message of descriptors; in words, because its header must be aligned.
const CONTROL_WORDS: usize = 8;

/// Receives once, and has `take` look at what came beside the bytes.
fn receive_with<T>(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u64],
    take: impl FnOnce(usize, &libc::msghdr) -> T,
) -> io::Result<T> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: zeroes are a valid `msghdr`, which has padding on some systems and so no literal of its own.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(control) as _;
    #[cfg(target_os = "linux")]
    let flags = libc::MSG_CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = 0;
    // SAFETY: the header names one buffer of bytes and one of control data; both live until the call returns.
    let length = Errno::result(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) })?;
    Ok(take(usize::try_from(length).unwrap_or(0), &header))
}

/// Who has sent a datagram, in the kernel's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The process.
    pub pid: i32,
    /// Its user.
    pub user: u32,
}

/// Receives one datagram of a socket that asks who sends (`SO_PASSCRED`); returns its length and who it was. Descriptors
/// that came along are closed.
#[cfg(target_os = "linux")]
pub fn receive_datagram(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, Option<Sender>)> {
    /// As many descriptors as one message can carry (`SCM_MAX_FD`, 253), and who has sent it.
    const WORDS: usize = 140;
    let mut control = [0; WORDS];
    receive_with(socket, buffer, &mut control, |length, header| {
        drop(take_descriptors(header));
        (length, sender(header))
    })
}

/// The size of a `ucred`: three numbers.
#[cfg(target_os = "linux")]
const CREDENTIALS_BYTES: u32 = 12;

#[cfg(target_os = "linux")]
fn sender(header: &libc::msghdr) -> Option<Sender> {
    // SAFETY: recvmsg(2) has filled the header, and its control data has not moved since.
    let mut control = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !control.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR return null or a whole header within the control data.
        let (level, kind, length) =
            unsafe { ((*control).cmsg_level, (*control).cmsg_type, (*control).cmsg_len) };
        // SAFETY: CMSG_LEN only calculates.
        let whole = unsafe { libc::CMSG_LEN(CREDENTIALS_BYTES) };
        if level == libc::SOL_SOCKET && kind == libc::SCM_CREDENTIALS && length >= whole as _ {
            // SAFETY: the length says that a `ucred` stands there.
            let who: libc::ucred = unsafe { std::ptr::read_unaligned(libc::CMSG_DATA(control).cast()) };
            return Some(Sender { pid: who.pid, user: who.uid });
        }
        // SAFETY: as above.
        control = unsafe { libc::CMSG_NXTHDR(header, control) };
    }
    None
}

/// Owns the descriptors that a message has brought. By hand, because nix lists none where the kernel dropped some.
fn take_descriptors(header: &libc::msghdr) -> Vec<OwnedFd> {
    let mut came = Vec::new();
    // SAFETY: recvmsg(2) has filled the header, and its control data has not moved since.
    let mut control = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !control.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR return null or a whole header within the control data.
        let (level, kind, length) =
            unsafe { ((*control).cmsg_level, (*control).cmsg_type, (*control).cmsg_len as usize) };
        if level == libc::SOL_SOCKET && kind == libc::SCM_RIGHTS {
            // SAFETY: as above; CMSG_LEN only calculates.
            let (data, head) = unsafe { (libc::CMSG_DATA(control), libc::CMSG_LEN(0) as usize) };
            for index in 0..length.saturating_sub(head) / size_of::<RawFd>() {
                // SAFETY: the length says that so many numbers stand there. The kernel has just put these
                // descriptors into our table, for us alone.
                let number = unsafe { std::ptr::read_unaligned(data.add(index * size_of::<RawFd>()).cast()) };
                // SAFETY: as above.
                came.push(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
        // SAFETY: as above.
        control = unsafe { libc::CMSG_NXTHDR(header, control) };
    }
    came
}
