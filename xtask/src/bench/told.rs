//! What programs that measure from inside tell: a name and a value a line.

use crate::Outcome;

/// The value of that name.
pub(super) fn value(told: &str, name: &str) -> Outcome<f64> {
    let line = told.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok()).ok_or_else(|| format!("no {name} in:\n{told}"))
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_value_is_read_by_its_name() {
        let told = "commits_a_second 3210.5\nplain_a_second 99.0\n";
        assert_eq!(value(told, "plain_a_second"), Ok(99.0));
        assert!(value(told, "poll_us").is_err());
    }
}
