//! Sizes as people write them: `512K`, `20M`, `1.5G`, `4096`.

/// Reads a size in bytes; the units are powers of 1024, and a number without one means bytes.
///
/// The error is a clause for a message: "expected a size such as 20M".
pub fn parse(text: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 512K, 20M or 1G".to_owned();
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.to_ascii_uppercase();
    let factor: u64 = match unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit) {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return Err(expected()),
    };
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return Err(expected());
    }
    let whole: u64 = whole.parse().map_err(|_| expected())?;
    let (part, scale): (u64, u32) =
        (part.parse().map_err(|_| expected())?, u32::try_from(part.len()).unwrap_or(6));
    let part = u64::try_from(u128::from(part) * u128::from(factor) / 10_u128.pow(scale)).unwrap_or(0);
    whole.checked_mul(factor).and_then(|bytes| bytes.checked_add(part)).ok_or_else(expected)
}

#[cfg(test)]
mod tests;
