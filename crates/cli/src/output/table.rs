//! Aligned columns, without lines or colours.

use unicode_width::UnicodeWidthStr as _;

const GAP: usize = 2;

/// The rows under their header. Cells must be plain already.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].width()).max().unwrap_or(0).max(header[column].width())
    });
    let mut text = String::new();
    line(&mut text, &header, &widths);
    for row in rows {
        line(&mut text, &row.each_ref().map(String::as_str), &widths);
    }
    text
}

fn line<const N: usize>(text: &mut String, cells: &[&str; N], widths: &[usize; N]) {
    let last = cells.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
    for (column, cell) in cells.iter().enumerate().take(last + 1) {
        text.push_str(cell);
        if column < last {
            text.extend(std::iter::repeat_n(' ', widths[column] - cell.width() + GAP));
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_and_lines_end_with_their_text() {
        let rows = [["work", "openai", "one"], ["日本", "aws", ""]].map(|row| row.map(String::from));
        let expected = "NAME  PROVIDER  LABELS\nwork  openai    one\n日本  aws\n";
        assert_eq!(table(["NAME", "PROVIDER", "LABELS"], &rows), expected);
    }
}
