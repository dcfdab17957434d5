//! How long it takes to say whose a pasted secret is.

use std::process::Command;

use super::{Bench, figure::Figure, told::value};
use crate::Outcome;

/// The samples of all providers, and as many strings that are nobody's.
pub(super) fn recognise(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let output = Command::new(&bench.recognise)
            .output()
            .map_err(|error| format!("{}: {error}", bench.recognise.display()))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = |name: &str, of| -> Outcome<Figure> { Ok(Figure::of(name, value(&told, of)?, "us")) };
        figure("recognise, the first secret of a process", "first_us")?.print();
        let limit = |figure: Figure| figure.against_value("50 us", 50.0).goal(1.0).print();
        limit(figure("recognise one secret, median", "median_us")?);
        limit(figure("recognise one secret, the slowest", "slowest_us")?);
        Ok(())
    };
    measured().map_err(|why| format!("recognising: {why}"))
}
