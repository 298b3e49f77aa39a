//! The forms in which programs print a text that holds special characters.

/// Returns the text as it stands between the quotes of JSON, in the ways that differ from the text itself: nothing but
/// what must be escaped; also `/` (PHP); also all that is not ASCII (PHP, Python); also `<`, `>` and `&` (Go, Rails).
pub(super) fn in_json(text: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for (slashes, ascii, html) in [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (true, true, false),
        (false, false, true),
    ] {
        let form = json(text, slashes, ascii, html);
        if form != text && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

#[expect(
    clippy::fn_params_excessive_bools,
    reason = "each is one habit of those who write JSON, any may come with any"
)]
fn json(text: &[u8], slashes: bool, ascii: bool, html: bool) -> Vec<u8> {
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
                '/' if slashes => form.extend_from_slice(b"\\/"),
                _ if character < ' '
                    || (ascii && !character.is_ascii())
                    || (html && matches!(character, '<' | '>' | '&')) =>
                {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        form.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                _ => form.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        form.extend_from_slice(chunk.invalid());
    }
    form
}

/// Returns the text as it stands in a URL, in the ways that differ from the text itself: RFC 3986 with large and with
/// small hex digits; `encodeURIComponent`, which leaves `!'()*` alone; Python's `quote`, which leaves `/` alone;
/// and as a form has it, with `+` for a blank.
pub(super) fn in_urls(text: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for (left, small, plus) in [
        ("", false, false),
        ("", true, false),
        ("!'()*", false, false),
        ("/", false, false),
        ("*", false, true),
    ] {
        let form = percent(text, left, small, plus);
        if form != text && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

fn percent(text: &[u8], left: &str, small: bool, plus: bool) -> Vec<u8> {
    let mut form = Vec::with_capacity(text.len() + 8);
    for byte in text {
        match byte {
            b' ' if plus => form.push(b'+'),
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || left.as_bytes().contains(byte) => {
                form.push(*byte);
            }
            _ if small => form.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            _ => form.extend_from_slice(format!("%{byte:02X}").as_bytes()),
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
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                meaning.push(high << 4 | low);
                rest = &after[2..];
            }
            _ => {
                meaning.push(*first);
                rest = after;
            }
        }
    }
    (meaning != text).then_some(meaning)
}
