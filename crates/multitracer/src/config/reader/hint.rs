//! Hints at the right form of a wrong value: percent, units, `yes`.

use crate::config::schema::Kind;

/// Returns help for a value with a likely meaning: a share in percent, a number with its unit, a
/// `yes`.
pub(crate) fn hint(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Ratio => {
            let (number, marked) = text.strip_suffix('%').map_or((text, false), |number| (number, true));
            let percent: f64 = number.trim().parse().ok()?;
            let likely = marked || (percent >= 2.0 && percent.fract() == 0.0);
            let share = (likely && (0.0..=100.0).contains(&percent)).then_some(percent / 100.0)?;
            Some(format!("a share of the whole: {percent} % is written `{share}`"))
        }
        Kind::Millis(_) => {
            let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
            let (number, unit) = text.split_at(end);
            let scale = match unit.trim() {
                "ms" => 1.0,
                "s" | "sec" => 1000.0,
                "m" | "min" => 60_000.0,
                "h" => 3_600_000.0,
                _ => return None,
            };
            let millis = number.parse::<f64>().ok()? * scale;
            Some(format!("a number without its unit: {text} is written `{millis}`"))
        }
        Kind::Count(..) => {
            let end = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = text.split_at(end);
            let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
                "k" | "kb" | "kib" => 1 << 10,
                "m" | "mb" | "mib" => 1 << 20,
                "g" | "gb" | "gib" => 1 << 30,
                _ => return None,
            };
            let bytes = number.parse::<u64>().ok()?.checked_mul(scale)?;
            Some(format!("a number without its unit: {text} is written `{bytes}`"))
        }
        Kind::Flag => match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "1" => Some("write `true`".to_owned()),
            "no" | "n" | "off" | "0" => Some("write `false`".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_likely_mistake_gets_a_hint() {
        let hint = |kind, text| super::hint(kind, text).unwrap_or_default();
        assert_eq!(hint(Kind::Ratio, "10%"), "a share of the whole: 10 % is written `0.1`");
        assert_eq!(hint(Kind::Ratio, "50"), "a share of the whole: 50 % is written `0.5`");
        assert_eq!(hint(Kind::Ratio, "101") + &hint(Kind::Ratio, "1.5") + &hint(Kind::Ratio, "a lot"), "");
        assert_eq!(hint(Kind::Millis(0), "1.5s"), "a number without its unit: 1.5s is written `1500`");
        assert_eq!(hint(Kind::Millis(0), "2 min"), "a number without its unit: 2 min is written `120000`");
        assert_eq!(
            hint(Kind::Millis(0), "s")
                + &hint(Kind::Millis(0), "5 parsecs")
                + &hint(Kind::Millis(0), "1.2.3s"),
            ""
        );
        assert_eq!(
            hint(Kind::Count(0, 9), "64 MB"),
            "a number without its unit: 64 MB is written `67108864`"
        );
        assert_eq!(hint(Kind::Count(0, 9), "64") + &hint(Kind::Count(0, 9), "99999999999999999999G"), "");
        assert_eq!(hint(Kind::Flag, "Yes") + &hint(Kind::Flag, "off"), "write `true`write `false`");
    }
}
