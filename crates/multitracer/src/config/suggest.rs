//! Suggestions in messages: the nearest word, and lists of words.

/// The most candidates to compare.
const MAX_CANDIDATES: usize = 1000;

/// Returns the candidate that `word` is most likely a misspelling of.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const MAX_LEN: usize = 64;
    if word.len() > MAX_LEN {
        return None;
    }
    let folded = fold(word);
    // a word of one or two letters is near every word
    let length = folded.chars().count();
    let limit = if length < 3 { 0 } else { (length / 3).max(1) };
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len() <= MAX_LEN)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the words as a list: `` `a`, `b`, `c` ``.
pub(crate) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The most names in one list.
const MAX_NAMES: usize = 8;

/// Returns the first names, quoted, with the number of the others.
pub(crate) fn quoted_some(names: &[&str]) -> String {
    let listed = quoted(names.iter().take(MAX_NAMES).map(|name| &name[..]));
    if names.len() > MAX_NAMES { format!("{listed} and {} more", names.len() - MAX_NAMES) } else { listed }
}

/// Makes `maxQueueSize`, `max-queue-size` and `max_queue_size` the same word.
fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_word_is_suggested() {
        let words = ["sampler", "sample_rate", "source", "service", "max_queue_size"];
        assert_eq!(nearest("samplr", words), Some("sampler"));
        assert_eq!(nearest("smapler", words), Some("sampler"));
        assert_eq!(nearest("sampleRate", words), Some("sample_rate"));
        assert_eq!(nearest("max-queue-size", words), Some("max_queue_size"));
        assert_eq!(nearest("exporter", words), None);
        assert_eq!(nearest("x", words), None);
    }
}
