//! Pearson's chi-square test.

/// The outcome of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChiSquare {
    pub(crate) value: f64,
    /// One less than the number of cells.
    pub(crate) degrees: u32,
    /// How likely a value this large is if the cells are filled as expected.
    pub(crate) p: f64,
}

/// Compares counts with those that were expected, which must be above zero; `None`: there is nothing to compare.
pub(crate) fn chi_square(cells: &[(f64, f64)]) -> Option<ChiSquare> {
    let degrees = u32::try_from(cells.len().checked_sub(1)?).ok().filter(|degrees| *degrees > 0)?;
    let value = cells.iter().map(|(count, expected)| (count - expected).powi(2) / expected).sum();
    Some(ChiSquare { value, degrees, p: upper_tail(degrees, value) })
}

/// The chance that a chi-square variable exceeds `value`: the regularized upper incomplete gamma function of half of both,
/// by its recurrence from one or two degrees of freedom up.
fn upper_tail(degrees: u32, value: f64) -> f64 {
    let x = value / 2.0;
    // Q(a + 1, x) = Q(a, x) + x^a e^-x / gamma(a + 1)
    let (mut a, mut q, mut log_gamma) = if degrees.is_multiple_of(2) {
        (1.0, (-x).exp(), 0.0)
    } else {
        // gamma(3/2) = sqrt(pi) / 2
        (0.5, erfc(x.sqrt()), (std::f64::consts::PI.sqrt() / 2.0).ln())
    };
    if x <= 0.0 {
        return 1.0;
    }
    while a < f64::from(degrees) / 2.0 {
        q += (a * x.ln() - x - log_gamma).exp();
        a += 1.0;
        log_gamma += a.ln();
    }
    q.clamp(0.0, 1.0)
}

/// The complementary error function for values from zero up: its series, and its continued fraction where that is small.
fn erfc(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200_u32 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - 2.0 * scale * sum;
    }
    let tail = (1..=60).rev().fold(x, |tail, n| x + f64::from(n) / 2.0 / tail);
    scale / tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the printed tables of critical values.
    #[test]
    fn agrees_with_the_tables() {
        for (degrees, value, p) in [
            (1, 3.841_459, 0.05),
            (1, 10.827_566, 0.001),
            (1, 0.003_932, 0.95),
            (2, 5.991_465, 0.05),
            (3, 7.814_728, 0.05),
            (3, 16.266_236, 0.001),
            (4, 0.710_723, 0.95),
            (9, 16.918_978, 0.05),
            (10, 29.588_298, 0.001),
            (99, 123.225_221, 0.05),
            (100, 77.929_465, 0.95),
        ] {
            let got = upper_tail(degrees, value);
            assert!((got - p).abs() < 2e-5, "{degrees} {value}: {got} for {p}");
        }
    }

    #[test]
    fn compares_counts() {
        let test = chi_square(&[(55.0, 50.0), (45.0, 50.0)]);
        assert!(test.is_some_and(|test| test.degrees == 1 && (test.value - 1.0).abs() < 1e-12));
        assert!(test.is_some_and(|test| (test.p - 0.317_310_5).abs() < 1e-6));
        assert!(chi_square(&[(1.0, 1.0)]).is_none() && chi_square(&[]).is_none());
        assert!(chi_square(&[(5.0, 5.0), (5.0, 5.0)]).is_some_and(|test| test.p >= 1.0));
    }
}
