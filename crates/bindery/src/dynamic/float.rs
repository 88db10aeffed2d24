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

/// `float8`
pub(super) fn double(value: f64) -> String {
    special(value).unwrap_or_else(|| shortest(&format!("{value:e}"), 15))
}

/// `float4`
pub(super) fn single(value: f32) -> String {
    special(value.into()).unwrap_or_else(|| shortest(&format!("{value:e}"), 6))
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
    }
}
