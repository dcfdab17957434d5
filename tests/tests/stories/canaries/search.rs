//! A text in bytes, however it was written there.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// A way in which a text may come to lie somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Raw,
    Base64,
    Base64Url,
    Hex,
    HexUpper,
    Utf16Little,
    Utf16Big,
    /// As in a URL: only what must be is escaped.
    Percent,
    /// Every byte is escaped.
    PercentAll,
    /// As a form sends it.
    Form,
    /// As JSON writes it, with everything beyond ASCII escaped.
    Json,
}

impl Encoding {
    pub(crate) const ALL: [Self; 11] = [
        Self::Raw,
        Self::Base64,
        Self::Base64Url,
        Self::Hex,
        Self::HexUpper,
        Self::Utf16Little,
        Self::Utf16Big,
        Self::Percent,
        Self::PercentAll,
        Self::Form,
        Self::Json,
    ];

    /// The text as it leaks: in base64 as part of something longer, after `before` other bytes.
    pub(crate) fn leak(self, text: &str, before: usize) -> Vec<u8> {
        let longer = [&b"abc"[..before], text.as_bytes(), b"and more"].concat();
        match self {
            Self::Base64 => STANDARD.encode(longer).into_bytes(),
            Self::Base64Url => URL_SAFE.encode(longer).into_bytes(),
            _ => self.write(text),
        }
    }

    fn write(self, text: &str) -> Vec<u8> {
        let each = |write: &dyn Fn(u8) -> String| text.bytes().map(write).collect::<String>().into_bytes();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        match self {
            Self::Raw | Self::Base64 | Self::Base64Url => text.as_bytes().to_vec(),
            Self::Hex => each(&|byte| format!("{byte:02x}")),
            Self::HexUpper => each(&|byte| format!("{byte:02X}")),
            Self::Utf16Little => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Big => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::PercentAll => each(&|byte| format!("%{byte:02X}")),
            Self::Percent => each(&|byte| match plain(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            }),
            Self::Form => each(&|byte| match byte {
                b' ' => "+".to_owned(),
                _ if plain(byte) => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            }),
            Self::Json => {
                let letter = |letter: char| match letter.is_ascii() {
                    true => letter.to_string(),
                    false => {
                        letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
                    }
                };
                text.chars().map(letter).collect::<String>().into_bytes()
            }
        }
    }
}

/// A text with all the forms in which it would be recognised.
pub(crate) struct Canary(Vec<(Encoding, Vec<u8>)>);

impl Canary {
    pub(crate) fn new(text: &str) -> Self {
        let mut forms = Vec::new();
        for encoding in Encoding::ALL {
            match encoding {
                Encoding::Base64 => forms.extend(parts(&STANDARD, text).map(|part| (encoding, part))),
                Encoding::Base64Url => forms.extend(parts(&URL_SAFE, text).map(|part| (encoding, part))),
                _ => forms.push((encoding, encoding.write(text))),
            }
        }
        Self(forms)
    }
}

/// The characters that depend on the text alone, for each of the three ways in which it can lie.
fn parts(engine: &impl base64::Engine, text: &str) -> impl Iterator<Item = Vec<u8>> {
    let written = [0, 1, 2].map(|before| {
        let encoded = engine.encode([&[0; 2][..before], text.as_bytes()].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + text.len()) * 8 / 6);
        encoded.as_bytes()[from..to].to_vec()
    });
    written.into_iter()
}

/// The first form of the canary that is in the bytes.
pub(crate) fn find(bytes: &[u8], canary: &Canary) -> Option<Encoding> {
    canary.0.iter().find(|(_, form)| contains(bytes, form)).map(|(encoding, _)| *encoding)
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let first = form[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(form) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
