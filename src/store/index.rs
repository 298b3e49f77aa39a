//! The index beside each log file: fixed records that say when, in which order and by which run its bytes came.
//!
//! Whole records are appended, behind the bytes that they speak of. What a killed forge has left behind of a
//! record, at the very end, is no record; and bytes that no record speaks of have come in its last moment.

use crate::logs::Channel;
use crate::time::WallTime;

/// How long a record is, and the header, too.
pub const RECORD_BYTES: usize = 48;

/// The first bytes of an index.
const MAGIC: &[u8; 16] = b"forge log index\n";
/// What the rest means.
const VERSION: u32 = 1;

/// What a record speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes: whole lines, or a piece of a line.
    Text {
        /// Whether they begin at the beginning of a line of the process.
        begins: bool,
        /// Whether they end at the end of a line of the process.
        ends: bool,
        /// Whether forge has put a line end behind them that the process has not written (it is counted in the length).
        broken: bool,
    },
    /// A run has begun, or it goes on in this file. Its length is the process id.
    Run,
    /// A run has said its last word on this channel.
    End,
    /// Lines are missing here. Its bytes tell of it to people.
    Gap,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// What it speaks of.
    pub kind: Kind,
    /// Which output of the process the bytes are.
    pub channel: Channel,
    /// When, with local time.
    pub at: WallTime,
    /// Its place in the order of everything in the directory.
    pub order: u64,
    /// Where its bytes begin.
    pub offset: u64,
    /// How many bytes it speaks of.
    pub length: u64,
    /// Which run of the instance, counted from 1 over all that is remembered.
    pub run: u32,
    /// How many lines are missing, in a gap.
    pub missing: u32,
}

/// The header of every index.
pub fn header() -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..16].copy_from_slice(MAGIC);
    bytes[16..20].copy_from_slice(&VERSION.to_le_bytes());
    bytes
}

/// Returns whether these are the first bytes of an index that this version understands.
pub fn is_header(bytes: &[u8]) -> bool {
    bytes.len() >= 20 && bytes[..16] == *MAGIC && bytes[16..20] == VERSION.to_le_bytes()
}

impl Record {
    /// Returns how many bytes of the file it speaks of.
    pub fn text_bytes(&self) -> u64 {
        match self.kind {
            Kind::Text { .. } | Kind::Gap => self.length,
            Kind::Run | Kind::End => 0,
        }
    }

    /// Returns its bytes.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let (kind, flags) = match self.kind {
            Kind::Text { begins, ends, broken } => {
                (1, u8::from(begins) | u8::from(ends) << 1 | u8::from(broken) << 2)
            }
            Kind::Run => (2, 0),
            Kind::Gap => (3, 0),
            Kind::End => (4, 0),
        };
        let nanos = self.at.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(self.at.nanos));
        let mut bytes = [0; RECORD_BYTES];
        bytes[0] = kind;
        bytes[1] = match self.channel {
            Channel::Both => 0,
            Channel::Out => 1,
            Channel::Error => 2,
        };
        bytes[2] = flags;
        bytes[4..8].copy_from_slice(&self.at.utc_offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.order.to_le_bytes());
        bytes[16..24].copy_from_slice(&nanos.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.offset.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.length.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.run.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.missing.to_le_bytes());
        bytes
    }

    /// Reads the first record of these bytes; `None` if it is none, as zeros are where the machine has lost its power.
    pub fn decode(bytes: &[u8]) -> Option<Record> {
        let bytes: &[u8; RECORD_BYTES] = bytes.get(..RECORD_BYTES)?.try_into().ok()?;
        let flag = |bit: u8| bytes[2] & (1 << bit) != 0;
        let kind = match bytes[0] {
            1 => Kind::Text { begins: flag(0), ends: flag(1), broken: flag(2) },
            2 => Kind::Run,
            3 => Kind::Gap,
            4 => Kind::End,
            _ => return None,
        };
        let channel = match bytes[1] {
            0 => Channel::Both,
            1 => Channel::Out,
            2 => Channel::Error,
            _ => return None,
        };
        let four = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let eight = |at: usize| {
            let (low, high) = (u32::from_le_bytes(four(at)), u32::from_le_bytes(four(at + 4)));
            u64::from(high) << 32 | u64::from(low)
        };
        let nanos = i64::from_le_bytes(eight(16).to_le_bytes());
        Some(Record {
            kind,
            channel,
            at: crate::logs::when::Moment(nanos).wall(i32::from_le_bytes(four(4))),
            order: eight(8),
            offset: eight(24),
            length: eight(32),
            run: u32::from_le_bytes(four(40)),
            missing: u32::from_le_bytes(four(44)),
        })
    }
}

#[cfg(test)]
mod tests;
