//! How much memory this process seems to take: what its start has read of the program is given back.

/// Lets go of the code that has run so far. What is needed again comes back from the page cache, without reading a
/// disk; what only the start needed (the command line, the files of the user) does not. `madvise(2)`.
pub fn forget_what_has_run() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the callback keeps to the signature that dl_iterate_phdr(3) wants, and no pointer outlives it.
        unsafe { libc::dl_iterate_phdr(Some(forget_code), std::ptr::null_mut()) };
    }
}

/// Looks at the first object only, which is the program itself.
#[cfg(target_os = "linux")]
unsafe extern "C" fn forget_code(
    object: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the caller hands over a description that lives as long as this call.
    let object = unsafe { &*object };
    // SAFETY: so does its table, which has as many rows as it says.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)) };
    for header in headers {
        // Code alone: it is never written to, so that the file still has all of it.
        let is_code = header.p_type == libc::PT_LOAD
            && header.p_flags & libc::PF_X != 0
            && header.p_flags & libc::PF_W == 0;

        let (Ok(start), Ok(length)) = (usize::try_from(header.p_vaddr), usize::try_from(header.p_memsz))
        else {
            continue;
        };
        if is_code {
            let start = usize::try_from(object.dlpi_addr).unwrap_or(0) + start;
            let (first, end) = (start.next_multiple_of(PAGE), (start + length) / PAGE * PAGE);
            // SAFETY: these pages are mapped from the program's file and were never changed, so dropping them changes no
            // memory: the next look at one brings it back.
            unsafe {
                libc::madvise(first as *mut libc::c_void, end.saturating_sub(first), libc::MADV_DONTNEED);
            }
        }
    }
    // No more objects.
    1
}

/// Pages are this large or smaller wherever this runs; a multiple of the true size is right as well.
#[cfg(target_os = "linux")]
const PAGE: usize = 64 * 1024;
