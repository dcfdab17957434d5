//! One line of the table: name, value, unit, ratio to its reference.

use std::{fmt, time::Duration};

/// What stands above the lines.
pub(super) const HEAD: &str =
    "figure                                            value  unit  ratio to its reference (same run)";

/// One measured time.
pub(super) struct Figure {
    name: String,
    time: Duration,
    reference: Option<(&'static str, Duration)>,
    goal: Option<f64>,
}

impl Figure {
    /// A figure that stands for itself.
    pub(super) fn new(name: impl Into<String>, time: Duration) -> Self {
        Self { name: name.into(), time, reference: None, goal: None }
    }

    /// Compared with this reference, measured in the same run.
    pub(super) fn against(mut self, name: &'static str, time: Duration) -> Self {
        self.reference = Some((name, time));
        self
    }

    /// The ratio that is not to be exceeded.
    pub(super) fn goal(mut self, ratio: f64) -> Self {
        self.goal = Some(ratio);
        self
    }

    /// Prints the line.
    pub(super) fn print(&self) {
        println!("{self}");
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.map(|(_, reference)| self.time.as_secs_f64() / reference.as_secs_f64())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44} {:>9.2}  ms  ", self.name, self.time.as_secs_f64() * 1e3)?;
        let (Some((reference, _)), Some(ratio)) = (self.reference, self.ratio()) else {
            return write!(f, "   1.00  (a reference)");
        };
        write!(f, "{ratio:>7.2}  x {reference}")?;
        match self.goal {
            Some(goal) if ratio <= goal => write!(f, " (goal {goal}: met)"),
            Some(goal) => write!(f, " (goal {goal}: MISSED)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_name_value_unit_and_ratio() {
        let ms = Duration::from_millis;
        let figure = Figure::new("get", ms(12)).against("lookup", ms(10)).goal(1.0);
        let line = figure.to_string();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[..6], ["get", "12.00", "ms", "1.20", "x", "lookup"]);
        assert!(line.ends_with("(goal 1: MISSED)"), "{line}");
        assert!(Figure::new("get", ms(9)).against("lookup", ms(10)).goal(1.0).to_string().ends_with("met)"));
    }
}
