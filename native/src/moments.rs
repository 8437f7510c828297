//! Moments as RFC 3339 in UTC, and numbers, as the trace has them.

/// Appends `2026-11-29T16:01:31` for seconds since the epoch.
pub fn push_second(out: &mut Vec<u8>, seconds: i64) {
    let (days, second) = (seconds.div_euclid(86400), seconds.rem_euclid(86400));
    let (year, month, day) = date(days);
    push_padded(out, year, 4);
    out.push(b'-');
    push_padded(out, month, 2);
    out.push(b'-');
    push_padded(out, day, 2);
    out.push(b'T');
    push_padded(out, second / 3600, 2);
    out.push(b':');
    push_padded(out, second / 60 % 60, 2);
    out.push(b':');
    push_padded(out, second % 60, 2);
}

/// Year, month and day of days since the epoch, in the proleptic Gregorian calendar.
fn date(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last one; eras have 400 years.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends a number of at least `width` digits; it is not negative.
pub fn push_padded(out: &mut Vec<u8>, number: i64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut at, mut left) = (digits.len(), number.unsigned_abs());
    while left > 0 || digits.len() - at < width {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a whole number.
pub fn push_number(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_padded(out, number, 1);
}

/// Appends a number in hexadecimal.
pub fn push_hex(out: &mut Vec<u8>, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    out.extend((0..digits).rev().map(|at| b"0123456789abcdef"[(number >> (4 * at) & 15) as usize]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: i64) -> String {
        let mut out = Vec::new();
        push_second(&mut out, seconds);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        assert_eq!(second(0), "1970-01-01T00:00:00");
        assert_eq!(second(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(second(1_795_968_091), "2026-11-29T16:01:31");
        assert_eq!(second(4_102_444_799), "2099-12-31T23:59:59");
    }

    #[test]
    fn numbers_have_their_width() {
        let mut out = Vec::new();
        push_padded(&mut out, 7, 3);
        push_number(&mut out, -12);
        push_hex(&mut out, 255);
        push_hex(&mut out, 0);
        push_hex(&mut out, 0x1234_5678_9abc_def0);
        assert_eq!(out, b"007-12ff0123456789abcdef0");
    }
}
