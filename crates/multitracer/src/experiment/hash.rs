//! MurmurHash3, the 32-bit variant for x86.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// The state of a hash.
///
/// The state is a plain value, so the state after a constant prefix can be kept and copied. Hashing
/// `prefix` and then `rest` gives the hash of both concatenated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Murmur3 {
    state: u32,
    /// The bytes that do not fill a block yet, in little-endian order.
    tail: u32,
    /// The length in bytes, modulo 2^32 as in the algorithm. Its two low bits count the bytes in
    /// `tail`.
    length: u32,
}

impl Murmur3 {
    pub(super) const fn new(seed: u32) -> Self {
        Self { state: seed, tail: 0, length: 0 }
    }

    /// Hashes `bytes` after the bytes before.
    #[must_use]
    pub(super) fn update(mut self, bytes: &[u8]) -> Self {
        let tail_length = self.length % 4;
        let (blocks, rest) = bytes.as_chunks::<4>();
        // the tail fills the low bytes, and each block pushes as many bytes out at the top
        let mut pending = u64::from(self.tail);
        for block in blocks {
            pending |= u64::from(u32::from_le_bytes(*block)) << (8 * tail_length);
            self.mix(pending as u32);
            pending >>= 32;
        }
        let last = rest.iter().rev().fold(0, |last, &byte| (last << 8) | u64::from(byte));
        pending |= last << (8 * tail_length);
        if tail_length as usize + rest.len() >= 4 {
            self.mix(pending as u32);
            pending >>= 32;
        }
        self.tail = pending as u32;
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self
    }

    /// Returns the hash of all bytes.
    pub(super) fn finish(self) -> u32 {
        let mut h = self.state ^ scramble(self.tail) ^ self.length;
        h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
        h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        h ^ (h >> 16)
    }

    fn mix(&mut self, block: u32) {
        let h = (self.state ^ scramble(block)).rotate_left(13);
        self.state = h.wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
}

/// Scrambles a block. Zero stays zero, so an empty tail does not change the state.
const fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

/// Returns the hash of `prefix` and `rest` concatenated.
#[cfg(test)]
pub(super) fn murmur3_x86_32(seed: u32, prefix: &[u8], rest: &[u8]) -> u32 {
    Murmur3::new(seed).update(prefix).update(rest).finish()
}
