use std::io::{Read, Write};

use super::*;
use crate::sys::private_dir::own_user;

#[test]
fn a_name_far_down_is_listened_to_and_found() {
    let place = tempfile::tempdir().expect("a directory");
    let mut deep = place.path().to_owned();
    while deep.as_os_str().len() <= 200 {
        deep.push("a-directory-with-a-long-name");
    }
    std::fs::create_dir_all(deep.parent().expect("it is deep")).expect("directories");
    let directory = PrivateDir::make(&deep).expect("a directory of our own");
    let listener = listen(&directory, &deep, "it").expect("a name to listen to");
    for mut client in [connect_in(&directory, &deep, "it"), connect_to(&deep.join("it"))].map(Result::unwrap)
    {
        let (mut server, _) = listener.accept().expect("somebody has come");
        assert_eq!(peer(&server).expect("the kernel knows").user, own_user());
        client.write_all(b"hello").expect("there is room");
        drop(client);
        let mut said = String::new();
        server.set_nonblocking(false).expect("a socket");
        server.read_to_string(&mut said).expect("it is text");
        assert_eq!(said, "hello");
    }
}

#[test]
fn nobody_else_can_open_the_name() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("ours");
    let directory = PrivateDir::make(&path).expect("a directory of our own");
    let _listener = listen(&directory, &path, "it").expect("a name to listen to");
    let mode = std::fs::metadata(path.join("it")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_name_that_nobody_listens_to_any_more_refuses() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("ours");
    let directory = PrivateDir::make(&path).expect("a directory of our own");
    drop(listen(&directory, &path, "it").expect("a name to listen to"));
    let refused = connect_in(&directory, &path, "it").expect_err("nobody is there");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert!(listen(&directory, &path, "it").is_err());
}
