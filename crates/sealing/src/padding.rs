//! Padding to a multiple of 256 bytes (ISO/IEC 7816-4: one byte 0x80, then zeros), so that a length names no provider.

use zeroize::Zeroizing;

const BLOCK: usize = 256;

/// The text with its padding, with room for the AES-GCM tag so that no copy is left behind by a reallocation.
pub(crate) fn add(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let padded = (text.len() + 1).next_multiple_of(BLOCK);
    let mut bytes = Zeroizing::new(Vec::with_capacity(padded + 16));
    bytes.extend_from_slice(text);
    bytes.push(0x80);
    bytes.resize(padded, 0);
    bytes
}

/// Takes the padding off; `Err` if there is none, which a text that opened cannot be.
pub(crate) fn remove(bytes: &mut Vec<u8>) -> Result<(), ()> {
    let end = bytes.iter().rposition(|byte| *byte != 0).ok_or(())?;
    if bytes[end] != 0x80 || !bytes.len().is_multiple_of(BLOCK) {
        return Err(());
    }
    bytes.truncate(end);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_whatever_they_end_with() {
        for text in [&b""[..], b"a", b"\0\0", b"\x80", &[0x80, 0, 0], &[0; 256], &[7; 255]] {
            let mut bytes = add(text);
            assert_eq!(bytes.len() % BLOCK, 0);
            remove(&mut bytes).unwrap();
            assert_eq!(*bytes, text);
        }
    }

    #[test]
    fn what_was_never_padded_is_refused() {
        for mut bytes in [vec![], vec![0; 256], vec![1; 256], vec![0x80; 255]] {
            assert!(remove(&mut bytes).is_err());
        }
    }
}
