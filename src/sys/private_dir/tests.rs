use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{PrivateDir, is_own, own_user};

#[test]
fn what_was_noted_is_found_until_it_is_forgotten() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("forge");
    assert!(PrivateDir::open(&path).is_err(), "it is not there yet");
    let directory = PrivateDir::make(&path).expect("it can be made");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o7777, 0o700);
    directory.note("1.2").expect("there is room");
    directory.note("1.2").expect("once more is as good");
    let names = || {
        let again = PrivateDir::make(&path).expect("it is there");
        let mut names = again.names().expect("it can be read");
        names.retain(|name| !name.starts_with(b"."));
        names
    };
    assert_eq!(names(), [b"1.2"]);
    assert_eq!(fs::metadata(path.join("1.2")).expect("it is there").permissions().mode() & 0o7777, 0o600);
    directory.forget("1.2");
    directory.forget("1.2");
    assert_eq!(names(), [b""; 0]);
}

#[test]
fn a_directory_that_others_may_open_is_refused() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("forge");
    for mode in [0o777, 0o755, 0o710, 0o701, 0o720] {
        let _ = fs::create_dir(&path);
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
        assert!(PrivateDir::make(&path).is_err(), "{mode:o}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o700)).expect("it is ours");
    assert!(PrivateDir::make(&path).is_ok());
}

#[test]
fn a_link_or_a_file_in_its_place_is_refused() {
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("real")).expect("the place is empty");
    fs::set_permissions(place.path().join("real"), Permissions::from_mode(0o700)).expect("it is ours");
    symlink("real", place.path().join("link")).expect("the place is empty");
    fs::write(place.path().join("file"), "").expect("the place is empty");
    assert!(PrivateDir::make(&place.path().join("real")).is_ok());
    for name in ["link", "file"] {
        assert!(PrivateDir::make(&place.path().join(name)).is_err(), "{name}");
    }
}

#[test]
fn a_link_inside_is_not_followed() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = PrivateDir::make(&place.path().join("forge")).expect("it can be made");
    let victim = place.path().join("victim");
    symlink(&victim, place.path().join("forge/1.2")).expect("it is empty");
    let _ = directory.note("1.2");
    assert!(!victim.exists(), "nothing was made through the link");
    fs::write(&victim, "text").expect("there is room");
    directory.forget("1.2");
    assert_eq!(fs::read(&victim).expect("it is there"), b"text");
}

#[test]
#[cfg(target_os = "linux")]
fn a_directory_of_another_user_is_refused() {
    if own_user() != 0 {
        assert!(!is_own("/".as_ref()));
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("forge");
    drop(PrivateDir::make(&path).expect("it can be made"));
    std::os::unix::fs::chown(&path, Some(65534), None).expect("root may");
    assert!(PrivateDir::make(&path).is_err());
    assert!(!is_own(path.as_os_str()));
}
