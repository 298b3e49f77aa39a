//! The forms in which programs print a text that holds special characters.

/// Returns the text as it stands between the quotes of JSON, in the ways that differ from the text itself: nothing but
/// what must be escaped; also `/` (PHP); also all that is not ASCII (PHP, Python); also `<`, `>` and `&` (Go, Rails).
pub(super) fn in_json(text: &[u8]) -> Vec<Vec<u8>> {
    fn none(_: char) -> bool {
        false
    }
    fn foreign(character: char) -> bool {
        !character.is_ascii()
    }
    fn of_html(character: char) -> bool {
        matches!(character, '<' | '>' | '&')
    }
    let forms = [
        json(text, "", none),
        json(text, "/", none),
        json(text, "", foreign),
        json(text, "/", foreign),
        json(text, "", of_html),
    ];
    different(text, forms)
}

/// Returns the text as it stands in a URL, in the ways that differ from the text itself: RFC 3986 with large and with
/// small hex digits; `encodeURIComponent`, which leaves `!'()*` alone; Python's `quote`, which leaves `/` alone;
/// and as a form has it, with `+` for a blank.
pub(super) fn in_urls(text: &[u8]) -> Vec<Vec<u8>> {
    const LARGE: &[u8; 16] = b"0123456789ABCDEF";
    const SMALL: &[u8; 16] = b"0123456789abcdef";
    let habits = [
        ("", LARGE, "%20"),
        ("", SMALL, "%20"),
        ("!'()*", LARGE, "%20"),
        ("/", LARGE, "%20"),
        ("*", LARGE, "+"),
    ];
    different(text, habits.map(|(left, digits, blank)| percent(text, left, digits, blank)))
}

fn different(text: &[u8], forms: [Vec<u8>; 5]) -> Vec<Vec<u8>> {
    let mut different: Vec<Vec<u8>> = Vec::new();
    for form in forms {
        if form != text && !different.contains(&form) {
            different.push(form);
        }
    }
    different
}

/// `backslashed` and `numbered` characters are escaped besides those that must be.
fn json(text: &[u8], backslashed: &str, numbered: fn(char) -> bool) -> Vec<u8> {
    let mut form = Vec::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => form.extend_from_slice(b"\\\""),
                '\\' => form.extend_from_slice(b"\\\\"),
                '\n' => form.extend_from_slice(b"\\n"),
                '\r' => form.extend_from_slice(b"\\r"),
                '\t' => form.extend_from_slice(b"\\t"),
                '\u{8}' => form.extend_from_slice(b"\\b"),
                '\u{c}' => form.extend_from_slice(b"\\f"),
                _ if character < ' ' || numbered(character) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        form.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                _ => {
                    if backslashed.contains(character) {
                        form.push(b'\\');
                    }
                    form.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        form.extend_from_slice(chunk.invalid());
    }
    form
}

/// Letters and digits, `-._~` and those in `left` stay as they are.
fn percent(text: &[u8], left: &str, digits: &[u8; 16], blank: &str) -> Vec<u8> {
    let mut form = Vec::with_capacity(text.len() + 8);
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || left.as_bytes().contains(byte) {
            form.push(*byte);
        } else if *byte == b' ' {
            form.extend_from_slice(blank.as_bytes());
        } else {
            form.extend_from_slice(&[b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
    }
    form
}

/// Returns what a text with `%2F` and its kind means; `None` if there is none.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut meaning = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digit =
            |at: usize| char::from(*after.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            meaning.push(high << 4 | low);
            rest = &after[2..];
        } else {
            meaning.push(*first);
            rest = after;
        }
    }
    (meaning != text).then_some(meaning)
}
