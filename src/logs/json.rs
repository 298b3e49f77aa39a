//! Text as the inside of a JSON string, fast: most of it is copied as it is.

/// How many bytes are looked at together: short enough that one special character costs little, long enough for
/// vector instructions.
const BLOCK_BYTES: usize = 32;

/// The first of the two bytes of U+0080 to U+00BF, and so of the C1 controls (U+0080 to U+009F).
const C1_LEAD: u8 = 0xc2;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Returns whether lines that end with LF alone pass as they are. Fast, and right for most.
#[expect(clippy::needless_bitwise_bool, reason = "without branches it compiles to vector instructions")]
pub fn are_plain_lines(lines: &[u8]) -> bool {
    !lines.iter().fold(false, |found, byte| found | (is_special(*byte) & (*byte != b'\n')))
}

/// Returns whether text passes as it is.
fn is_plain(text: &[u8]) -> bool {
    !text.iter().fold(false, |found, byte| found | is_special(*byte))
}

/// Adds text to `out` with everything escaped that has to be (RFC 8259), and DEL and the C1 controls, too: somebody
/// may look at it on a terminal.
pub fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let plain = plain_length(rest);
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let Some((byte, after)) = rest.split_first() else { return };
        rest = after;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            &C1_LEAD => match rest.split_first() {
                Some((control @ 0x80..=0x9f, after)) => {
                    code(*control, out);
                    rest = after;
                }
                Some(_) | None => out.push(C1_LEAD),
            },
            byte => code(*byte, out),
        }
    }
}

/// Adds any bytes to `out` as Base64 (RFC 4648), in which no character needs an escape.
pub fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let [a, b, c] = [three[0], *three.get(1).unwrap_or(&0), *three.get(2).unwrap_or(&0)];
        let all = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
        let four = [18, 12, 6, 0].map(|shift| ALPHABET[(all >> shift & 0x3f) as usize]);
        // Two characters say one byte, three say two.
        out.extend_from_slice(&four[..=three.len()]);
        out.extend_from_slice(&b"=="[..3 - three.len()]);
    }
}

/// Returns the bytes that [`base64`] has written, if it is that.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for four in text.chunks(4) {
        let mut all = 0_u32;
        for place in 0..4 {
            let value = match four.get(place).copied().unwrap_or(b'A') {
                letter @ b'A'..=b'Z' => letter - b'A',
                letter @ b'a'..=b'z' => letter - b'a' + 26,
                digit @ b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            all = all << 6 | u32::from(value);
        }
        bytes.extend_from_slice(&all.to_be_bytes()[1..four.len()]);
    }
    Some(bytes)
}

/// Returns a text as a whole JSON string, with its quotes.
pub fn quoted(text: &str) -> String {
    let mut out = vec![b'"'];
    escape(text, &mut out);
    out.push(b'"');
    String::from_utf8(out).expect("UTF-8 stays UTF-8")
}

/// Returns how many bytes at the beginning need no escape.
fn plain_length(text: &[u8]) -> usize {
    let blocks = text.chunks(BLOCK_BYTES).take_while(|block| is_plain(block)).count();
    let start = (blocks * BLOCK_BYTES).min(text.len());
    let rest = &text[start..];
    start + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches it compiles to vector instructions")]
fn is_special(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte == 0x7f) | (byte == C1_LEAD)
}

/// Adds `\u00XX`.
fn code(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u00");
    out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]]);
}

#[cfg(test)]
mod tests;
