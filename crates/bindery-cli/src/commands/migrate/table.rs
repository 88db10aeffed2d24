//! Columns of text.

/// Rows below `titles`, each column as wide as its widest text.
pub fn text<const N: usize>(titles: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut lines = vec![titles.map(str::to_owned)];
    lines.extend(rows);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let rows = [["1".to_owned(), "größe".to_owned()], ["100".to_owned(), String::new()]];
        assert_eq!(super::text(["NO", "NAME"], rows), "NO   NAME\n1    größe\n100\n");
    }
}
