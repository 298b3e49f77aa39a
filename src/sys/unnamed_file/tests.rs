use std::io::{Read, Seek, Write};

use super::make;

#[test]
fn it_keeps_what_is_written_and_leaves_no_name() {
    let place = tempfile::tempdir().expect("a directory");
    let mut file = make(place.path()).expect("room");
    file.write_all(b"lines").expect("room");
    file.rewind().expect("a file");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("what was written");
    assert_eq!(text, "lines");
    let names = std::fs::read_dir(place.path()).expect("a directory").count();
    assert_eq!(names, 0);
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let place = tempfile::tempdir().expect("a directory");
    assert!(make(&place.path().join("nowhere")).is_err());
}
