//! "Did you mean": the closest of several names, by CPython's measure.

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
/// Longer names are not compared.
const MAX_SIZE: usize = 40;
/// Among more candidates there is no search.
const MAX_CANDIDATES: usize = 750;

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for (index, candidate) in candidates.into_iter().enumerate() {
        if index >= MAX_CANDIDATES {
            return None;
        }
        if candidate == name {
            continue;
        }
        let mut limit = (name.len() + candidate.len() + 3) * MOVE_COST / 6;
        if let Some((distance, _)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        if let Some(distance) = distance_within(name.as_bytes(), candidate.as_bytes(), limit) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The edit distance of two names if it is at most `limit`; a change of case is half a step.
fn distance_within(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    let prefix = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.len() > MAX_SIZE || b.len() > MAX_SIZE {
        return None;
    }
    let mut row: Vec<usize> = (0..=a.len()).map(|index| index * MOVE_COST).collect();
    for (b_index, b_char) in b.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (b_index + 1) * MOVE_COST;
        let mut least = row[0];
        for (a_index, a_char) in a.iter().enumerate() {
            let substituted = diagonal + substitution_cost(*a_char, *b_char);
            diagonal = row[a_index + 1];
            row[a_index + 1] = substituted.min(row[a_index + 1].min(row[a_index]) + MOVE_COST);
            least = least.min(row[a_index + 1]);
        }
        if least > limit {
            return None;
        }
    }
    row.last().copied().filter(|&distance| distance <= limit)
}

fn substitution_cost(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggestions_of_cpython() {
        // From CPython's own answers for a misspelt keyword or attribute.
        for (name, candidates, expected) in [
            ("kez", &["a", "x", "lo", "hi", "key"][..], Some("key")),
            ("b", &["a", "x", "lo", "hi", "key"], None),
            ("seps", &["sep", "maxsplit"], Some("sep")),
            ("keepend", &["keepends"], Some("keepends")),
            ("stric", &["strict"], Some("strict")),
            ("foo", &["rel_tol", "abs_tol"], None),
            ("KEY", &["key"], Some("key")),
        ] {
            assert_eq!(
                closest(name, candidates.iter().copied()),
                expected,
                "{name}"
            );
        }
    }
}
