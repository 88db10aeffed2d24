//! Compares what was with what is, name by name.

use crate::verify::drift::Drift;

/// A name and its type, or an empty text where it has none.
type Entry<'e> = (&'e str, &'e str);

/// A drift made from `blank` for each entry that is missing, new or of another type; if there is none of these, one for the
/// order, should it differ.
pub(crate) fn compare(blank: &Drift, expected: &[Entry<'_>], found: &[Entry<'_>]) -> Vec<Drift> {
    if expected == found {
        return Vec::new();
    }
    let mut drifts: Vec<Drift> =
        expected.iter().filter_map(|entry| missing_or_changed(blank, *entry, found)).collect();
    let is_new = |(name, _): &&Entry<'_>| expected.iter().all(|(known, _)| known != name);
    drifts.extend(found.iter().filter(is_new).map(|(name, ty)| blank.clone().part(*name).is(*ty)));
    if drifts.is_empty() {
        drifts.push(blank.clone().was(listed(expected)).is(listed(found)));
    }
    drifts
}

fn missing_or_changed(blank: &Drift, (name, ty): Entry<'_>, found: &[Entry<'_>]) -> Option<Drift> {
    let drift = || blank.clone().part(name).was(ty);
    let mut same_name = found.iter().filter(|(other, _)| *other == name).map(|(_, ty)| *ty);
    // A result may have a name twice; which of them was meant is not known.
    let Some(first) = same_name.next() else { return Some(drift()) };
    let is_there = first == ty || same_name.any(|other| other == ty);
    (!is_there).then(|| drift().is(first))
}

fn listed(entries: &[Entry<'_>]) -> String {
    let entries = entries.iter().map(|(name, ty)| format!("{name} {ty}"));
    entries.map(|entry| entry.trim_end().to_owned()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::drift::DriftKind;

    fn told(expected: &[Entry<'_>], found: &[Entry<'_>]) -> Vec<String> {
        let drifts = compare(&Drift::new(DriftKind::QueryColumn, "Q"), expected, found);
        drifts.iter().map(Drift::difference).collect()
    }

    #[test]
    fn each_entry_is_told_once() {
        assert_eq!(told(&[("a", "int4"), ("b", "text")], &[("a", "int4"), ("b", "text")]), [""; 0]);
        assert_eq!(
            told(
                &[("a", "int4"), ("b", "text"), ("c", "text")],
                &[("b", "varchar"), ("c", "text"), ("d", "x")]
            ),
            ["column `a` is missing", "column `b` was text, is varchar", "column `d` is new"]
        );
    }

    #[test]
    fn the_order_is_told_where_nothing_else_is() {
        let (a, b) = (("a", "int4"), ("b", "text"));
        assert_eq!(told(&[a, b], &[b, a]), ["the columns were `a int4, b text`, are `b text, a int4`"]);
        assert_eq!(told(&[a, a], &[a]), ["the columns were `a int4, a int4`, are `a int4`"]);
        // Which of two of the same name has changed.
        let other = ("a", "text");
        assert_eq!(
            told(&[a, other], &[other, a]),
            ["the columns were `a int4, a text`, are `a text, a int4`"]
        );
    }
}
