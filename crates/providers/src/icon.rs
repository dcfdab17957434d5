//! An icon for every provider, drawn here: two letters on the colour of its category. Nobody's trademark, and no network.

use crate::Provider;

/// The ground of each category. White letters on it can be read in light and dark themes.
const COLOURS: &[(&str, &str)] = &[
    ("analytics", "#8a4b08"),
    ("automation", "#7a3e9d"),
    ("cloud", "#1d5fa8"),
    ("commerce", "#3f6b1f"),
    ("crm", "#a8432a"),
    ("data", "#0b6b78"),
    ("database", "#2b6a4f"),
    ("dev", "#3d4658"),
    ("email", "#9a3412"),
    ("generic", "#5c5f66"),
    ("llm", "#5b3fb5"),
    ("marketing", "#b02a5b"),
    ("messaging", "#0f6e5c"),
    ("payments", "#4453b8"),
    ("productivity", "#6b5a00"),
    ("search", "#96420a"),
    ("vector", "#7c2d72"),
    ("voice", "#a3265f"),
];

/// The icon as an SVG document of 32 by 32. It says nothing that the name beside it does not.
pub fn icon(provider: &Provider) -> String {
    let colour = colour(&provider.category);
    let letters = monogram(provider);
    // Letters and digits only; nothing in them has to be escaped.
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"8\" \
         fill=\"{colour}\"/><text x=\"16\" y=\"21\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" \
         font-size=\"14\" font-weight=\"600\" fill=\"#fff\">{letters}</text></svg>"
    )
}

fn colour(category: &str) -> &'static str {
    let known = COLOURS.iter().find(|(name, _)| *name == category);
    known.map_or("#5c5f66", |(_, colour)| colour)
}

/// The letters of its icon: the first of the name, and that of its second word or the next one; or its own.
pub fn monogram(provider: &Provider) -> String {
    if let Some(own) = &provider.monogram {
        return own.chars().filter(char::is_ascii_alphanumeric).take(2).collect();
    }
    let mut words = provider.name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let second = words.next().and_then(|word| word.chars().next()).or_else(|| first.chars().nth(1));
    first.chars().take(1).chain(second).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{provider, providers};

    #[test]
    fn no_two_providers_have_the_same_icon() {
        let mut icons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for provider in providers() {
            icons.entry(icon(provider)).or_default().push(&provider.id);
        }
        let same: Vec<_> = icons.values().filter(|ids| ids.len() > 1).collect();
        assert!(same.is_empty(), "give them a monogram: {same:?}");
    }

    #[test]
    fn every_category_has_a_colour_on_which_white_can_be_read() {
        for provider in providers() {
            let category = &provider.category;
            assert!(COLOURS.iter().any(|(name, _)| name == category), "{}: {category}", provider.id);
        }
        for (category, colour) in COLOURS {
            assert!(contrast_with_white(colour) >= 4.5, "{category}: {}", contrast_with_white(colour));
        }
    }

    /// As WCAG 2 defines it.
    fn contrast_with_white(colour: &str) -> f64 {
        let part = |at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let luminance = 0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5));
        1.05 / (luminance + 0.05)
    }

    #[test]
    fn letters_are_those_of_the_name() {
        let letters = |id| monogram(provider(id).unwrap());
        assert_eq!(letters("groq"), "Gr");
        assert_eq!(letters("brave_search"), "BS");
        let mut own = provider("groq").unwrap().clone();
        own.monogram = Some("<x>&y".into());
        assert_eq!(monogram(&own), "xy");
        assert!(icon(&own).ends_with(">xy</text></svg>"));
    }
}
