//! "Did you mean": the nearest of the words that are allowed.

/// How many candidates are looked at.
const MOST_CANDIDATES: usize = 1000;

/// The candidate that `word` is most likely a misspelling of.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let folded = fold(word);
    // A word of one or two letters is near everything.
    let limit = if folded.len() < 3 { 0 } else { (folded.len() / 3).max(1) };
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `maxQueueSize`, `max-queue-size` and `max_queue_size` are the same word.
fn fold(word: &str) -> Vec<char> {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_word_that_was_meant() {
        let words = ["sampler", "sample_rate", "source", "service", "max_queue_size"];
        assert_eq!(nearest("samplr", words), Some("sampler"));
        assert_eq!(nearest("smapler", words), Some("sampler"));
        assert_eq!(nearest("sampleRate", words), Some("sample_rate"));
        assert_eq!(nearest("max-queue-size", words), Some("max_queue_size"));
        assert_eq!(nearest("exporter", words), None);
        assert_eq!(nearest("x", words), None);
    }
}
