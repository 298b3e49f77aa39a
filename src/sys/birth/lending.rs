//! Lending memory to a child, where the way to ask the kernel for it is written down.

use std::arch::asm;
use std::io;
use std::num::NonZeroUsize;
use std::os::raw::c_void;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::sys::bare;
use crate::sys::cgroup::{CloneArguments, Group};
use crate::sys::signals;

/// More than enough for a few system calls; the kernel gives what is touched.
const STACK_BYTES: NonZeroUsize = NonZeroUsize::new(32 * 1024).expect("not zero");

/// The stack of a child until it has one of its own.
#[derive(Debug)]
pub(super) struct Stack(NonNull<c_void>);

impl Stack {
    fn new() -> io::Result<Stack> {
        let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_STACK | MapFlags::MAP_NORESERVE;
        // SAFETY: a new place, of which nobody knows.
        let place =
            unsafe { mmap_anonymous(None, STACK_BYTES, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, flags) };
        Ok(Stack(place?))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: whoever drops it knows that nobody is on it.
        let _ = unsafe { munmap(self.0, STACK_BYTES.get()) };
    }
}

/// A life to lead, and with what.
struct Way<'a, T> {
    life: fn(&T),
    needs: &'a T,
}

/// # Safety
/// As with [`super::bear`]; `needs` and the stack stay where they are until the child needs them no more.
pub(super) unsafe fn bear<T>(group: Option<&Group>, needs: &T, life: fn(&T)) -> io::Result<(i32, Stack)> {
    let stack = Stack::new()?;
    let top = STACK_BYTES.get() - size_of::<Way<'_, T>>().next_multiple_of(16);
    // SAFETY: within the stack, which nobody else uses, and aligned.
    let way = unsafe { stack.0.byte_add(top).cast::<Way<'_, T>>() };
    // SAFETY: as above.
    unsafe { way.write(Way { life, needs }) };
    let mut arguments = CloneArguments::like_fork();
    arguments.flags = libc::CLONE_VM.cast_unsigned().into();
    arguments.stack = stack.0.as_ptr() as u64;
    arguments.stack_size = top as u64;
    if let Some(group) = group {
        arguments.enter(group);
    }
    // A handler of ours would run on the memory of both; the child unblocks what it has reset.
    let blocked = signals::block_all();
    // SAFETY: the kernel reads the arguments, which live until it returns here. The child has a stack that nobody else
    // uses, and the caller vouches for what it does.
    let result = unsafe { clone_onto_stack(&raw const arguments, begin::<T>, way.as_ptr().cast()) };
    drop(blocked);
    match i32::try_from(result) {
        Ok(child @ 1..) => Ok((child, stack)),
        Ok(errno) => Err(io::Error::from_raw_os_error(-errno)),
        Err(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

/// What the child does first, on its own stack.
unsafe extern "C" fn begin<T>(way: *const c_void) -> ! {
    // SAFETY: `bear` has put exactly this there.
    let way = unsafe { &*way.cast::<Way<'_, T>>() };
    (way.life)(way.needs);
    bare::leave(super::FAILED)
}

/// Where a child begins.
type Begin = unsafe extern "C" fn(*const c_void) -> !;

/// Returns in the parent alone, with the number of the child or a negative error. By hand, because a function of libc
/// that returns in the child would return onto the stack of the parent.
#[cfg(target_arch = "x86_64")]
unsafe fn clone_onto_stack(arguments: *const CloneArguments, begin: Begin, way: *const c_void) -> i64 {
    let result: i64;
    // SAFETY: the kernel keeps all registers but rax, rcx and r11. The child comes out of it with an empty stack, which
    // is aligned as a call wants it, and never leaves `begin`.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r8",
            "call r9",
            "ud2",
            "2:",
            in("r8") way,
            in("r9") begin,
            inlateout("rax") libc::SYS_clone3 => result,
            in("rdi") arguments,
            in("rsi") size_of::<CloneArguments>(),
            out("rcx") _,
            out("r11") _,
        );
    }
    result
}

/// See above.
#[cfg(target_arch = "aarch64")]
unsafe fn clone_onto_stack(arguments: *const CloneArguments, begin: Begin, way: *const c_void) -> i64 {
    let result: i64;
    // SAFETY: the kernel keeps all registers but x0. The child comes out of it with an empty stack, which is aligned, and
    // never leaves `begin`.
    unsafe {
        asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x30, xzr",
            "mov x0, x9",
            "blr x10",
            "brk #1",
            "2:",
            in("x9") way,
            in("x10") begin,
            in("x8") libc::SYS_clone3,
            inlateout("x0") arguments => result,
            in("x1") size_of::<CloneArguments>(),
            out("x30") _,
        );
    }
    result
}
