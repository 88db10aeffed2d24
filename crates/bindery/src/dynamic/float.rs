//! Numbers as `float4out` and `float8out` print them.

/// The shortest digits that read back as the same number, with an exponent where it is less than -4 or as great as the
/// digits that the type surely holds (`FLT_DIG` and `DBL_DIG` in PostgreSQL's `ryu`).
fn shortest(scientific: &str, most: i32) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific.to_owned() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    if !(-4..most).contains(&exponent) {
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{exponent_sign}{:02}", exponent.unsigned_abs());
    }
    let point = usize::try_from(exponent + 1).unwrap_or(0);
    let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
    match digits.len() {
        _ if exponent < 0 => format!("{sign}0.{}{digits}", "0".repeat(zeros)),
        length if length > point => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        length => format!("{sign}{digits}{}", "0".repeat(point - length)),
    }
}

/// The digits that PostgreSQL prints where Rust prints `rust`, for a number that `is_same` knows, with `steps` to the next
/// one above and below.
///
/// PostgreSQL takes no digits that lie halfway to another number, which Rust does.
fn digits(rust: String, value: f64, steps: (f64, f64), is_same: &dyn Fn(&str) -> bool) -> String {
    if !is_halfway(&rust, value, steps) {
        return rust;
    }
    let mut longer = (0..20).map(|precision| format!("{value:.precision$e}"));
    longer.find(|text| is_same(text) && !is_halfway(text, value, steps)).unwrap_or(rust)
}

/// Only whole numbers can be: between others the middle has more digits than they have.
fn is_halfway(scientific: &str, value: f64, (above, below): (f64, f64)) -> bool {
    let Some(text) = whole(scientific) else { return false };
    let number = value.abs() as u128;
    // Steps to both sides, counted from zero on.
    let (away, toward) = if value < 0.0 { (below, above) } else { (above, below) };
    let step = if text > number { away } else { toward };
    step >= 2.0 && text.abs_diff(number) == (step / 2.0) as u128
}

/// The size of a number in digits with an exponent, if it is whole and not too great.
fn whole(scientific: &str) -> Option<u128> {
    let (mantissa, exponent) = scientific.trim_start_matches('-').split_once('e')?;
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.parse::<i32>().ok()? - i32::try_from(rest.len()).ok()?;
    let digits: u128 = format!("{first}{rest}").parse().ok()?;
    digits.checked_mul(10u128.checked_pow(u32::try_from(zeros).ok()?)?)
}

/// `float8`
pub(super) fn double(value: f64) -> String {
    let steps = (value.next_up() - value, value - value.next_down());
    let is_same = |text: &str| text.parse() == Ok(value);
    special(value).unwrap_or_else(|| shortest(&digits(format!("{value:e}"), value, steps, &is_same), 15))
}

/// `float4`
pub(super) fn single(value: f32) -> String {
    let (rust, wide) = (format!("{value:e}"), f64::from(value));
    let steps = (f64::from(value.next_up()) - wide, wide - f64::from(value.next_down()));
    let is_same = |text: &str| text.parse() == Ok(value);
    special(wide).unwrap_or_else(|| shortest(&digits(rust, wide, steps, &is_same), 6))
}

fn special(value: f64) -> Option<String> {
    let name = match value {
        _ if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_where_the_server_has_them() {
        let doubles = [0.0, -0.0, 1.0, 0.0001, 0.00001, 123_456.5, 1e14, 1e15, -1.5e300];
        let texts = ["0", "-0", "1", "0.0001", "1e-05", "123456.5", "100000000000000", "1e+15", "-1.5e+300"];
        assert_eq!(doubles.map(double), texts);
        assert_eq!([1.5, 100_000.0, 1_000_000.0].map(single), ["1.5", "100000", "1e+06"]);
        // Halfway to the next one.
        assert_eq!([274_054_000.0, -274_054_000.0].map(single), ["2.7405402e+08", "-2.7405402e+08"]);
    }
}
