//! Pearson's chi-square test.

/// The result of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChiSquare {
    pub(crate) value: f64,
    /// The degrees of freedom: the number of cells minus one.
    pub(crate) degrees: u32,
    /// The probability of a value at least this large if the expected counts are right.
    pub(crate) p: f64,
}

/// A count and the count that was expected, which must be above zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) count: f64,
    pub(crate) expected: f64,
}

/// Compares counts with the expected counts. Returns `None` for fewer than two cells.
pub(crate) fn chi_square(cells: &[Cell]) -> Option<ChiSquare> {
    let degrees = u32::try_from(cells.len().checked_sub(1)?).ok().filter(|degrees| *degrees > 0)?;
    let value = cells.iter().map(|cell| (cell.count - cell.expected).powi(2) / cell.expected).sum();
    Some(ChiSquare { value, degrees, p: upper_tail(degrees, value) })
}

/// Returns the probability that a chi-square variable exceeds `value`.
///
/// This is the regularized upper incomplete gamma function `Q(degrees / 2, value / 2)`. It is
/// computed by its recurrence, from one or two degrees of freedom upwards.
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

/// Returns the complementary error function of a value that is not negative.
///
/// Below 2.5 it uses the series, above it the continued fraction, which is precise for small
/// results.
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

    /// The values come from printed tables of critical values.
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
        let cells = |pairs: &[(f64, f64)]| -> Vec<Cell> {
            pairs.iter().map(|&(count, expected)| Cell { count, expected }).collect()
        };
        let test = chi_square(&cells(&[(55.0, 50.0), (45.0, 50.0)]));
        assert!(test.is_some_and(|test| test.degrees == 1 && (test.value - 1.0).abs() < 1e-12));
        assert!(test.is_some_and(|test| (test.p - 0.317_310_5).abs() < 1e-6));
        assert!(chi_square(&cells(&[(1.0, 1.0)])).is_none() && chi_square(&[]).is_none());
        assert!(chi_square(&cells(&[(5.0, 5.0), (5.0, 5.0)])).is_some_and(|test| test.p >= 1.0));
    }
}
