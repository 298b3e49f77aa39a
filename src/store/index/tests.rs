use super::{Kind, RECORD_BYTES, Record, header, is_header};
use crate::logs::Channel;
use crate::time::WallTime;

fn record() -> Record {
    Record {
        kind: Kind::Text { begins: true, ends: false, broken: true },
        channel: Channel::Error,
        at: WallTime { seconds: 1_795_275_000, nanos: 123_456_789, utc_offset: -12_600 },
        order: u64::MAX - 3,
        offset: 1 << 40,
        length: 68_000,
        run: 7,
        missing: 0,
    }
}

#[test]
fn a_record_is_what_was_written() {
    for kind in [record().kind, Kind::Text { begins: false, ends: true, broken: false }, Kind::Run, Kind::Gap]
    {
        for channel in [Channel::Both, Channel::Out, Channel::Error] {
            let record = Record { kind, channel, ..record() };
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
    }
}

#[test]
fn half_a_record_and_zeros_are_none() {
    assert_eq!(Record::decode(&record().encode()[..RECORD_BYTES - 1]), None);
    assert_eq!(Record::decode(&[0; RECORD_BYTES]), None);
    assert!(is_header(&header()));
    assert!(!is_header(&record().encode()));
    let mut later = header();
    later[16] += 1;
    assert!(!is_header(&later));
}
