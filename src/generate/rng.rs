//! Seeded randomness: the same seed gives the same values on every machine.

/// A splitmix64 generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finish(self.0)
    }

    /// A number in `0..bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.draw()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index in `0..length`; 0 where `length` is 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// A number in `low..=high`; `low` where the range is empty.
    pub fn between(&mut self, low: i128, high: i128) -> i128 {
        let width = u128::try_from(high.saturating_sub(low)).unwrap_or(0);
        match u64::try_from(width).ok().and_then(|width| width.checked_add(1)) {
            Some(choices) => low + i128::from(self.below(choices)),
            None => low + i128::from(self.draw()),
        }
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u8) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// One of `items`, `None` where there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

/// A seed made of another one and some bytes: the same parts give the same seed.
pub fn derive_seed(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ finish(seed);
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    finish(hash ^ u64::try_from(bytes.len()).unwrap_or(0))
}

fn finish(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_sequence() {
        let mut rng = Rng::new(1_234_567);
        // The reference values of the algorithm's published test vector.
        assert_eq!([rng.draw(), rng.draw()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn ranges_are_kept() {
        let mut rng = Rng::new(7);
        for _ in 0..1000 {
            assert!((-3..=3).contains(&rng.between(-3, 3)));
            assert!(rng.below(5) < 5);
        }
        assert_eq!((rng.below(0), rng.between(4, 2)), (0, 4));
        assert_eq!(rng.pick::<u8>(&[]), None);
    }

    #[test]
    fn derived_seeds_depend_on_every_part() {
        let seeds = [derive_seed(1, b"a"), derive_seed(2, b"a"), derive_seed(1, b"b"), derive_seed(1, b"ab")];
        for (at, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..at].contains(seed));
        }
    }
}
