use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{Before, Folder, read_at, write_pieces};

fn place() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory for a test")
}

#[test]
fn what_is_made_is_for_this_user_alone() {
    let place = place();
    let path = place.path().join("a/b");
    let (folder, before) = Folder::make(&path).expect("it can be made");
    assert_eq!(before, Before::Made);
    assert_eq!(Folder::make(&path).expect("it is there").1, Before::There);
    let file = folder.append("x").expect("a file");
    write_pieces(&file, &[b"one", b"", b"two"]).expect("room");
    let mut text = [0; 8];
    assert_eq!(read_at(&file, &mut text, 1).expect("it is open to read"), 5);
    assert_eq!(&text[..5], b"netwo");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o077;
    assert_eq!((mode(&path), mode(&path.join("x")), mode(&place.path().join("a"))), (0, 0, 0));
}

#[test]
fn nothing_is_reached_through_a_link() {
    let place = place();
    let folder = Folder::open(place.path()).expect("it is there");
    fs::write(place.path().join("target"), "kept").expect("room");
    fs::create_dir(place.path().join("elsewhere")).expect("room");
    symlink("target", place.path().join("link")).expect("room");
    symlink("elsewhere", place.path().join("way")).expect("room");
    assert!(folder.append("link").is_err());
    assert!(folder.read("link").is_err());
    assert!(folder.make_inner("way").is_err());
    nix::unistd::mkfifo(&place.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("room");
    assert!(folder.read("fifo").is_err());
    assert!(folder.append("elsewhere").is_err());
    assert_eq!(fs::read_to_string(place.path().join("target")).expect("it is there"), "kept");
}
