//! The hand-written binary layouts: fixed widths, big-endian, every variable part prefixed with its length.

/// Bytes that are not what a layout says: too short, too long, a wrong magic or an impossible value.
///
/// It says nothing of the content, which may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed bytes")]
pub struct Malformed;

/// Appends to a layout.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty layout that begins with `magic`.
    pub fn new(magic: &[u8]) -> Self {
        Self(magic.to_vec())
    }

    /// The same with room for `bytes` more: a layout that holds secrets must not grow, since growing leaves copies behind.
    pub fn with_room(magic: &[u8], bytes: usize) -> Self {
        let mut room = Vec::with_capacity(magic.len() + bytes);
        room.extend_from_slice(magic);
        Self(room)
    }

    /// Bytes whose length the layout fixes.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// One byte.
    pub fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    /// Two bytes.
    pub fn u16(self, value: u16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// Four bytes.
    pub fn u32(self, value: u32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// Eight bytes.
    pub fn u64(self, value: u64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// A variable part: its length in four bytes, then itself.
    pub fn sized(self, bytes: &[u8]) -> Self {
        debug_assert!(u32::try_from(bytes.len()).is_ok(), "no layout has parts of 4 GiB");
        self.u32(bytes.len() as u32).raw(bytes)
    }

    /// The finished bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a layout from the front; every call fails with [`Malformed`] when the bytes run out.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader past `magic`.
    pub fn new(bytes: &'a [u8], magic: &[u8]) -> Result<Self, Malformed> {
        bytes.strip_prefix(magic).map(Self).ok_or(Malformed)
    }

    /// The next `n` bytes.
    pub fn raw(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.raw(N)?.try_into().map_err(|_| Malformed)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// A variable part written by [`Writer::sized`].
    pub fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let n = self.u32()?;
        self.raw(usize::try_from(n).map_err(|_| Malformed)?)
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Refuses bytes after the layout's end.
    pub fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let bytes = Writer::new(b"KMX1").u8(1).u16(2).u32(3).u64(4).sized(b"five").raw(b"six").finish();
        let mut reader = Reader::new(&bytes, b"KMX1").unwrap();
        assert_eq!((reader.u8(), reader.u16(), reader.u32(), reader.u64()), (Ok(1), Ok(2), Ok(3), Ok(4)));
        assert_eq!(reader.sized(), Ok(b"five".as_slice()));
        assert_eq!(reader.raw(3), Ok(b"six".as_slice()));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_wrong_magic_a_cut_and_a_tail_are_refused() {
        assert!(Reader::new(b"KMY1", b"KMX1").is_err());
        assert_eq!(Reader::new(&[0, 0, 0, 9, 1], b"").unwrap().sized(), Err(Malformed));
        assert_eq!(Reader::new(b"x", b"").unwrap().end(), Err(Malformed));
    }
}
