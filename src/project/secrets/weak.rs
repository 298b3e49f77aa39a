//! Secrets that are none: to mask them would hide words that everybody may read, and hide nothing from anybody.

use super::SecretRules;

/// What everybody would guess, in small letters; at least 8 characters each, because shorter ones are never masked.
const WELL_KNOWN: &[&str] = &[
    "00000000",
    "01234567",
    "0123456789",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "administrator",
    "anonymous",
    "changeit",
    "changeme",
    "database",
    "development",
    "disabled",
    "elasticsearch",
    "guestguest",
    "insecure",
    "localhost",
    "minioadmin",
    "opensearch",
    "passw0rd",
    "password",
    "password1",
    "password12",
    "password123",
    "password1234",
    "placeholder",
    "postgres",
    "postgresql",
    "production",
    "qwertyui",
    "qwertyuiop",
    "rabbitmq",
    "required",
    "root1234",
    "rootroot",
    "secretkey",
    "secret_key",
    "secretsecret",
    "supersecret",
    "test1234",
    "testtest",
    "undefined",
    "username",
];

/// Fewer different characters than this make no secret: `xxxxxxxx`, `--------`.
const FEWEST_CHARACTERS: usize = 3;

/// What a value is compared with.
pub(super) struct Surroundings<'a> {
    pub(super) rules: &'a SecretRules,
    /// All variables, the secret ones too.
    pub(super) variables: &'a [(&'a [u8], &'a [u8])],
    /// Words of the user's own: names of processes, of the project.
    pub(super) names: &'a [&'a [u8]],
}

impl Surroundings<'_> {
    /// Returns whether a value is too weak to be masked wherever it stands: hardly any different characters, a word that
    /// everybody knows, or a word of letters alone that stands in plain sight elsewhere, as in
    /// `POSTGRES_USER=bookshop`, `POSTGRES_PASSWORD=bookshop`.
    pub(super) fn is_weak(&self, value: &[u8]) -> bool {
        let different = value.iter().enumerate().filter(|(at, byte)| !value[..*at].contains(byte));
        different.take(FEWEST_CHARACTERS).count() < FEWEST_CHARACTERS
            || WELL_KNOWN.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(value))
            || (value.iter().copied().all(is_of_word) && self.is_in_plain_sight(value))
    }

    fn is_in_plain_sight(&self, word: &[u8]) -> bool {
        if self.names.iter().any(|name| name.eq_ignore_ascii_case(word)) {
            return true;
        }
        self.variables.iter().any(|(name, value)| {
            let mut from = 0;
            let mut open = Vec::new();
            for part in self.rules.parts(name, value) {
                open.push(&value[from..part.start]);
                from = part.end;
            }
            open.push(&value[from..]);
            let has_it = |text: &&[u8]| {
                text.split(|byte| !is_of_word(*byte)).any(|other| other.eq_ignore_ascii_case(word))
            };
            open.iter().any(has_it)
        })
    }
}

/// Letters, and what joins them. A word with digits may be a secret, wherever else it stands.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-')
}
