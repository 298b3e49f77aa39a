use super::*;

#[test]
fn every_word_is_understood() {
    for word in [
        Word::Runs,
        Word::NotStarted(libc::ENOENT),
        Word::Ended(Exit::Code(0)),
        Word::Ended(Exit::Code(255)),
        Word::Ended(Exit::Signal { number: 9, core_dumped: false }),
        Word::Ended(Exit::Signal { number: 11, core_dumped: true }),
    ] {
        assert_eq!(Word::decode(word.encode()), Some(word));
    }
    assert_eq!(Word::decode([0; 5]), None);
}
