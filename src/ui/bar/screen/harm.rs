//! What a process that has the keyboard can do to the bar below it.

/// What a process that has the keyboard may have done to the bar below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Harm {
    None,
    Erased,
    Region,
}

/// Says what some bytes may do to the bar: ED erases it, and scrolling without a region (DECSTBM, DECSTR, RIS) moves it away.
pub(super) fn harm(bytes: &[u8]) -> Harm {
    let harm = |place: usize| {
        let rest = &bytes[place + 1..];
        let Some(parameters) = rest.strip_prefix(b"[") else {
            return if rest.first() == Some(&b'c') { Harm::Region } else { Harm::None };
        };
        let last = parameters.iter().find(|byte| (0x40..0x7f).contains(*byte));
        match (last, parameters.first()) {
            (Some(b'J'), _) => Harm::Erased,
            (Some(b'p'), Some(b'!')) => Harm::Region,
            (Some(b'r'), first) if first != Some(&b'?') => Harm::Region,
            _ => Harm::None,
        }
    };
    memchr::memchr_iter(0x1b, bytes).map(harm).max().unwrap_or(Harm::None)
}
