use super::*;

fn names(path: &Path) -> Vec<Vec<u8>> {
    PrivateDir::open(path).and_then(|directory| directory.names()).unwrap_or_default()
}

#[test]
fn who_listens_is_found_by_the_project_alone() {
    let place = tempfile::tempdir().expect("a directory");
    let directories = [place.path().join("missing/forge"), place.path().join("forge")];
    let seat = claim(&directories, 7, 12).expect("a socket");
    let other = claim(&directories, 7, 9).expect("a second one");
    let _stranger = claim(&directories, 8, 12).expect("one of another project");
    let found = find(&directories, 7);
    assert_eq!(found.iter().map(|one| one.pid).collect::<Vec<_>>(), [Some(9), Some(12)]);
    assert_eq!(found[1].path, seat.path());
    found[1].connect().expect("somebody listens");
    drop((seat, other));
    assert_eq!(find(&directories, 7), []);
    assert_eq!(names(&directories[1]).iter().filter(|name| name.starts_with(b"0")).count(), 1);
}

#[test]
fn what_a_dead_forge_left_is_removed_without_a_word() {
    let place = tempfile::tempdir().expect("a directory");
    let directories = [place.path().join("forge")];
    // No process has a number as large as that, and process 1 is always there.
    for pid in [i32::MAX as u32, 1] {
        let mut seat = claim(&directories, 7, pid).expect("a socket");
        drop(seat.take());
        std::mem::forget(seat);
    }
    assert_eq!(find(&directories, 7), []);
    let left: Vec<Vec<u8>> =
        names(&directories[0]).into_iter().filter(|name| name.starts_with(b"0")).collect();
    assert_eq!(left, [name(7, 1).into_bytes()]);
    claim(&directories, 7, 1).expect("the process of that number is the one that asks");
}

#[test]
fn a_name_is_read_as_it_is_written_and_not_otherwise() {
    assert_eq!(pid_of(b"0000000000000007-12.sock", 7), Some(("0000000000000007-12.sock", 12)));
    for other in ["7-12.sock", "0000000000000007-012.sock", "0000000000000007-12", "0000000000000008-12.sock"]
    {
        assert_eq!(pid_of(other.as_bytes(), 7), None, "{other}");
    }
}
