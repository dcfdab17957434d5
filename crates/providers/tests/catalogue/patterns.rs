//! Patterns compile, and samples match the pattern they stand beside and nobody else's.

use keymoor_providers::{Recognise, providers, services};
use regex::bytes::{Regex, RegexBuilder};

use super::none;

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).unicode(false).build()
}

fn matches(shape: &Recognise, sample: &str) -> bool {
    let is = |pattern: &str| compile(pattern).unwrap().is_match(sample.as_bytes());
    is(&shape.pattern) && !shape.except.as_deref().is_some_and(is)
}

#[test]
fn every_pattern_compiles_and_leaves_its_ends_open() {
    let mut all = Vec::new();
    for provider in providers() {
        all.extend(provider.fields.iter().filter_map(|field| Some((&provider.id, field.pattern.as_ref()?))));
        all.extend(provider.recognise.iter().map(|shape| (&provider.id, &shape.pattern)));
        all.extend(
            provider.recognise.iter().filter_map(|shape| Some((&provider.id, shape.except.as_ref()?))),
        );
        let checks = provider.verify.iter().flat_map(|check| &check.instead);
        all.extend(checks.flat_map(|instead| instead.when.values()).map(|pattern| (&provider.id, pattern)));
    }
    for service in services() {
        all.extend(
            service.settings.iter().filter_map(|setting| Some((&service.id, setting.pattern.as_ref()?))),
        );
    }
    assert!(all.len() > 100);
    let mut wrong = Vec::new();
    for (id, pattern) in all {
        if pattern.starts_with('^') || pattern.ends_with('$') {
            wrong.push(format!("{id}: {pattern} matches the whole value as it is; leave out ^ and $"));
        }
        match compile(pattern) {
            Ok(regex) if regex.is_match(b"") => wrong.push(format!("{id}: {pattern} matches nothing at all")),
            Ok(_) => {}
            Err(error) => wrong.push(format!("{id}: {error}")),
        }
    }
    none(&wrong);
}

#[test]
fn what_takes_a_setting_out_of_an_address_has_one_group() {
    let extracts = services()
        .flat_map(|service| &service.settings)
        .filter_map(|setting| Some((setting.extract.as_ref()?, setting.pattern.is_some())));
    for (extract, pattern) in extracts {
        let regex = RegexBuilder::new(extract).unicode(false).build().unwrap();
        assert_eq!(regex.captures_len(), 2, "{extract}");
        assert!(pattern, "{extract}: what is taken out is looked at, too");
    }
}

#[test]
fn recognised_fields_exist_and_their_samples_fit_them() {
    let mut wrong = Vec::new();
    for provider in providers() {
        for shape in &provider.recognise {
            let Some(field) = provider.field(&shape.field) else {
                wrong.push(format!("{}: no field {}", provider.id, shape.field));
                continue;
            };
            if shape.samples.is_empty() {
                wrong.push(format!("{}: {} has no sample", provider.id, shape.pattern));
            }
            for sample in &shape.samples {
                if !matches(shape, sample) {
                    wrong.push(format!("{}: {sample} does not match {}", provider.id, shape.pattern));
                }
                let pattern = field.pattern.as_deref().map(compile);
                if pattern.is_some_and(|pattern| !pattern.unwrap().is_match(sample.as_bytes())) {
                    wrong.push(format!("{}: {sample} does not match its field's own pattern", provider.id));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn a_sample_matches_nobody_elses_pattern_unless_that_is_ambiguous() {
    let shapes: Vec<_> = providers()
        .flat_map(|provider| provider.recognise.iter().map(|shape| (&provider.id, shape)))
        .filter(|(_, shape)| !shape.ambiguous)
        .map(|(id, shape)| {
            (id, compile(&shape.pattern).unwrap(), shape.except.as_deref().map(|it| compile(it).unwrap()))
        })
        .collect();
    let mut wrong = Vec::new();
    for provider in providers() {
        for sample in provider.recognise.iter().flat_map(|shape| &shape.samples) {
            for (other, pattern, except) in shapes.iter().filter(|(id, ..)| **id != provider.id) {
                let is = |regex: &Regex| regex.is_match(sample.as_bytes());
                if is(pattern) && !except.as_ref().is_some_and(is) {
                    wrong.push(format!("{sample} of {} matches a pattern of {other}", provider.id));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn no_sample_is_twice_in_the_catalogue() {
    let mut samples: Vec<_> =
        providers().flat_map(|provider| &provider.recognise).flat_map(|shape| &shape.samples).collect();
    let count = samples.len();
    samples.sort();
    samples.dedup();
    assert_eq!(samples.len(), count);
}
