//! Lending memory to a child, where the way to ask the kernel for it is written down.

use std::arch::asm;
use std::io;
use std::os::raw::c_void;

use super::Life;
use crate::sys::cgroup::{CloneArguments, Group};
use crate::sys::process;

/// Enough for everything between birth and exec, in 16 bytes: 64 KiB, of which the kernel gives what is touched.
const STACK_WORDS: usize = 4096;

/// The stack of a child until it has one of its own.
#[derive(Debug, Default)]
pub(super) struct Stack(Vec<u128>);

impl Stack {
    pub(super) unsafe fn bear(&mut self, group: Option<&Group>, life: &mut Life<'_>) -> io::Result<i32> {
        self.0.reserve(STACK_WORDS);
        let mut arguments = CloneArguments::like_fork();
        arguments.flags = (libc::CLONE_VM | libc::CLONE_VFORK).cast_unsigned().into();
        arguments.stack = self.0.as_mut_ptr() as u64;
        arguments.stack_size = (STACK_WORDS * size_of::<u128>()) as u64;
        if let Some(group) = group {
            arguments.enter(group);
        }
        // SAFETY: the kernel reads the arguments, which live until it returns here, and then the child uses this memory
        // no more. The child has a stack that nobody else uses, and the caller vouches for what it does.
        let result = unsafe { clone_onto_stack(&raw const arguments, (&raw mut *life).cast()) };
        match i32::try_from(result) {
            Ok(child @ 1..) => Ok(child),
            Ok(errno) => Err(io::Error::from_raw_os_error(-errno)),
            Err(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        }
    }
}

/// What the child does first, on its own stack.
unsafe extern "C" fn begin(life: *mut c_void) -> ! {
    // SAFETY: `bear` has handed over exactly this, and waits.
    let life = unsafe { &mut *life.cast::<Life<'_>>() };
    life();
    process::leave(super::FAILED)
}

/// Returns in the parent alone, with the number of the child or a negative error. By hand, because a function of libc that returns
/// in the child returns onto the stack of the parent.
#[cfg(target_arch = "x86_64")]
unsafe fn clone_onto_stack(arguments: *const CloneArguments, life: *mut c_void) -> i64 {
    let result: i64;
    // SAFETY: the kernel keeps all registers but rax, rcx and r11. The child comes out of it with an empty stack, which is aligned
    // as a call wants it, and never leaves `begin`.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, {life}",
            "call {begin}",
            "ud2",
            "2:",
            life = in(reg) life,
            begin = sym begin,
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
unsafe fn clone_onto_stack(arguments: *const CloneArguments, life: *mut c_void) -> i64 {
    let result: i64;
    // SAFETY: the kernel keeps all registers but x0. The child comes out of it with an empty stack, which is aligned, and never
    // leaves `begin`.
    unsafe {
        asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x30, xzr",
            "mov x0, {life}",
            "bl {begin}",
            "brk #1",
            "2:",
            life = in(reg) life,
            begin = sym begin,
            in("x8") libc::SYS_clone3,
            inlateout("x0") arguments => result,
            in("x1") size_of::<CloneArguments>(),
            out("x30") _,
        );
    }
    result
}
