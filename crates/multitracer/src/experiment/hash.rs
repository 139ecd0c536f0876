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
    /// In bytes, modulo 2^32 as the algorithm has it; its low two bits count the bytes in `tail`.
    length: u32,
}

impl Murmur3 {
    pub(super) const fn new(seed: u32) -> Self {
        Self { state: seed, tail: 0, length: 0 }
    }

    #[must_use]
    pub(super) fn update(mut self, bytes: &[u8]) -> Self {
        let missing = (4 - self.length % 4) % 4;
        let (head, rest) = bytes.split_at(bytes.len().min(missing as usize));
        for &byte in head {
            self.push(byte);
        }
        let (blocks, tail) = rest.as_chunks::<4>();
        for block in blocks {
            self.mix(u32::from_le_bytes(*block));
        }
        // Only the low 32 bits count.
        self.length = self.length.wrapping_add((blocks.len() as u32).wrapping_mul(4));
        for &byte in tail {
            self.push(byte);
        }
        self
    }

    pub(super) fn finish(self) -> u32 {
        let mut h = self.state ^ scramble(self.tail) ^ self.length;
        h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
        h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        h ^ (h >> 16)
    }

    fn push(&mut self, byte: u8) {
        self.tail |= u32::from(byte) << (8 * (self.length % 4));
        self.length = self.length.wrapping_add(1);
        if self.length.is_multiple_of(4) {
            let block = std::mem::take(&mut self.tail);
            self.mix(block);
        }
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
