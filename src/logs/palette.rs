//! Which colour a process has: foreman's, by its place in the Procfile (compat section 8).

/// The SGR parameters, in turn: cyan, yellow, green, magenta, red, blue, then the same six bright.
const IN_TURN: [u8; 12] = [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94];

/// The SGR parameter of forge's own remarks: white.
pub const SYSTEM: u8 = 37;

/// The SGR parameter of what marks a line of stderr: red.
pub(super) const STDERR: u8 = 31;

/// Ends all colour.
pub const RESET: &[u8] = b"\x1b[0m";

/// Returns the SGR parameter of the process at `position` of the Procfile, counted from 0.
pub fn sgr_of_position(position: usize) -> u8 {
    IN_TURN[position % IN_TURN.len()]
}

#[cfg(test)]
mod tests;
