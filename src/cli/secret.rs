//! Which values are nobody's business, and what is shown in their place.

/// Shown instead of a secret.
const MASK: &str = "•••";

/// Words in a name that promise a secret.
const WORDS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL"];

/// Ends of a name that promise a secret.
const ENDS: &[&str] = &["_KEY", "_PASS", "APIKEY"];

/// Returns what may be shown of a value, or `None` if all of it may.
pub(crate) fn masked(name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    let name = name.to_ascii_uppercase();
    if WORDS.iter().any(|word| name.contains(word)) || ENDS.iter().any(|end| name.ends_with(end)) {
        return Some(MASK.to_owned());
    }
    without_url_password(value)
}

/// `postgres://app:hunter2@db/app` becomes `postgres://app:•••@db/app`.
fn without_url_password(value: &str) -> Option<String> {
    let (before, rest) = value.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len())];
    // A password may hold an `@` itself, so the last one counts.
    let (user, host) = authority.rsplit_once('@')?;
    let (user, password) = user.split_once(':')?;
    if password.is_empty() {
        return None;
    }
    let after = &rest[authority.len()..];
    Some(format!("{before}://{user}:{MASK}@{host}{after}"))
}

#[cfg(test)]
mod tests;
