use super::in_front::descriptor_read;

#[test]
fn a_read_is_told_from_other_waits() {
    let read = libc::SYS_read;
    assert_eq!(descriptor_read(&format!("{read} 0x0 0x7ffe 0x400 0x0 0x0 0x0 0x7ffd 0x7f11\n")), Some(0));
    assert_eq!(descriptor_read(&format!("{read} 0xb 0x7ffe")), Some(11));
    assert_eq!(descriptor_read(&format!("{} 0x0 0x7ffe", libc::SYS_write)), None);
    for other in ["running\n", "-1 0x7ffe 0x7f11\n", "", "0", "read 0x0"] {
        assert_eq!(descriptor_read(other), None, "{other:?}");
    }
}
