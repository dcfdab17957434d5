//! One line of the table: name, value, unit, ratio to its reference.

use std::{fmt, time::Duration};

/// What stands above the lines.
pub(super) const HEAD: &str =
    "figure                                            value  unit  ratio to its reference (same run)";

/// One measured value.
pub(super) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    reference: Option<(&'static str, f64)>,
    goal: Option<Goal>,
}

/// What the ratio to the reference is to be.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// A time that stands for itself.
    pub(super) fn new(name: impl Into<String>, time: Duration) -> Self {
        Self::of(name, milliseconds(time), "ms")
    }

    /// A value in another unit.
    pub(super) fn of(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, reference: None, goal: None }
    }

    /// Compared with this reference, measured in the same run.
    pub(super) fn against(self, name: &'static str, time: Duration) -> Self {
        self.against_value(name, milliseconds(time))
    }

    /// The same for a value in the figure's own unit.
    pub(super) fn against_value(mut self, name: &'static str, value: f64) -> Self {
        self.reference = Some((name, value));
        self
    }

    /// The ratio that is not to be exceeded.
    pub(super) fn goal(mut self, ratio: f64) -> Self {
        self.goal = Some(Goal::AtMost(ratio));
        self
    }

    /// The ratio that is to be reached.
    pub(super) fn at_least(mut self, ratio: f64) -> Self {
        self.goal = Some(Goal::AtLeast(ratio));
        self
    }

    /// Prints the line.
    pub(super) fn print(&self) {
        println!("{self}");
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.map(|(_, reference)| self.value / reference)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44} {:>9.2}  {:<3} ", self.name, self.value, self.unit)?;
        let (Some((reference, _)), Some(ratio)) = (self.reference, self.ratio()) else {
            return write!(f, "   1.00  (a reference)");
        };
        write!(f, "{ratio:>7.2}  x {reference}")?;
        let (words, goal, met) = match self.goal {
            Some(Goal::AtMost(goal)) => ("goal", goal, ratio <= goal),
            Some(Goal::AtLeast(goal)) => ("goal at least", goal, ratio >= goal),
            None => return Ok(()),
        };
        write!(f, " ({words} {goal}: {})", if met { "met" } else { "MISSED" })
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

    #[test]
    fn a_rate_is_to_be_reached_and_not_to_be_stayed_below() {
        let rate = |value| Figure::of("commits", value, "/s").against_value("loop", 1000.0).at_least(0.7);
        assert!(rate(700.0).to_string().ends_with("0.70  x loop (goal at least 0.7: met)"));
        assert!(rate(690.0).to_string().ends_with("MISSED)"));
    }
}
