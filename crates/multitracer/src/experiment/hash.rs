//! MurmurHash3, the 32-bit variant for x86.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// A hash under way. It is a plain value, so that the state after a constant prefix can be kept and copied:
/// hashing `prefix` then `rest` gives the hash of the two concatenated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Murmur3 {
    state: u32,
    /// Bytes that do not fill a block yet, little end first.
    tail: u32,
    /// In bytes, modulo 2^32 as the algorithm has it; its two low bits count the bytes in `tail`.
    length: u32,
}

impl Murmur3 {
    pub(super) const fn new(seed: u32) -> Self {
        Self { state: seed, tail: 0, length: 0 }
    }

    #[must_use]
    pub(super) fn update(mut self, bytes: &[u8]) -> Self {
        let held = self.length % 4;
        let (blocks, rest) = bytes.as_chunks::<4>();
        // What was held back fills the low bytes; every block pushes as many bytes out at the top.
        let mut pending = u64::from(self.tail);
        for block in blocks {
            pending |= u64::from(u32::from_le_bytes(*block)) << (8 * held);
            self.mix(pending as u32);
            pending >>= 32;
        }
        let last = rest.iter().rev().fold(0, |last, &byte| (last << 8) | u64::from(byte));
        pending |= last << (8 * held);
        if held as usize + rest.len() >= 4 {
            self.mix(pending as u32);
            pending >>= 32;
        }
        self.tail = pending as u32;
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self
    }

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

/// Zero for zero, so that an empty tail leaves the state as it is.
const fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

/// `murmur3_x86_32` of `prefix` and `rest`, as if concatenated.
#[cfg(test)]
pub(super) fn murmur3_x86_32(seed: u32, prefix: &[u8], rest: &[u8]) -> u32 {
    Murmur3::new(seed).update(prefix).update(rest).finish()
}
