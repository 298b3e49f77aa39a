//! Which colour a process has, by its place in the Procfile: foreman's (compat section 8), unless others are asked for.

/// The SGR parameters, in turn: cyan, yellow, green, magenta, red, blue, then the same six bright.
const IN_TURN: [u8; 12] = [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94];

/// The SGR parameter of forge's own remarks: white.
pub const SYSTEM: u8 = 37;

/// The SGR parameter of what marks a line of stderr: red.
pub(super) const STDERR: u8 = 31;

/// Ends all colour.
pub const RESET: &[u8] = b"\x1b[0m";

/// The colours of the names, in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette(Vec<u8>);

impl Palette {
    /// Makes a palette of numbers of the sixteen colours that every terminal has; of none, foreman's.
    pub fn new(colours: &[u8]) -> Palette {
        if colours.is_empty() {
            return Palette(IN_TURN.to_vec());
        }
        Palette(
            colours
                .iter()
                .map(|number| if *number < 8 { 30 + number } else { 82 + number.min(&15) })
                .collect(),
        )
    }

    /// Returns the SGR parameter of the process at `position` of the Procfile, counted from 0.
    pub fn sgr(&self, position: usize) -> u8 {
        self.0[position % self.0.len()]
    }
}

#[cfg(test)]
mod tests;
