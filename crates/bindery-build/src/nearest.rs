//! The names nearest to one that is misspelt, for `did you mean`.

/// How many are offered at most.
const MOST: usize = 3;

/// ``did you mean `owner_id`?``, or nothing if no candidate is near.
pub(crate) fn did_you_mean<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let near = nearest(wrong, candidates);
    (!near.is_empty()).then(|| format!("did you mean {}?", one_of(&near)))
}

/// The candidates that are near, the nearest first; letters count alike in upper and lower case.
pub(crate) fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let wrong: Vec<char> = wrong.to_lowercase().chars().collect();
    // As rustc has it: a letter in three may be wrong.
    let limit = wrong.len().max(3) / 3;
    let measured = candidates.into_iter().filter_map(|candidate| {
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        let may_be_near = letters.len().abs_diff(wrong.len()) <= limit;
        let distance = may_be_near.then(|| distance(&wrong, &letters))?;
        (distance <= limit).then_some((distance, candidate))
    });
    let mut near: Vec<(usize, &str)> = measured.collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

/// `` `a`, `b` or `c` ``
pub(crate) fn one_of(names: &[impl AsRef<str>]) -> String {
    let mut quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} or {last}", quoted.join(", ")) }
}

/// How many letters have to be put in, left out, replaced or swapped with the next (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    // Rows of the table of distances between beginnings: the one before the last, the last, the current one.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(from != to);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(a: &str, b: &str) -> usize {
        distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    }

    #[test]
    fn distances() {
        let table = [("", "", 0), ("", "abc", 3), ("plate", "plate", 0), ("plaet", "plate", 1)];
        let more = [("ownerid", "owner_id", 1), ("kitten", "sitting", 3), ("größe", "grösse", 2)];
        for (a, b, expected) in table.into_iter().chain(more) {
            assert_eq!(between(a, b), expected, "{a} {b}");
            assert_eq!(between(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_near_is_offered() {
        let columns = ["id", "plate", "owner_id", "plates", "plats", "plato"];
        assert_eq!(nearest("plate", columns), ["plate", "plates", "plato"]);
        assert_eq!(nearest("OwnerID", columns), ["owner_id"]);
        assert_eq!(nearest("wheels", columns), [""; 0]);
        assert_eq!(did_you_mean("plat", columns).unwrap(), "did you mean `plate`, `plato` or `plats`?");
        assert_eq!(did_you_mean("colour", columns), None);
    }
}
