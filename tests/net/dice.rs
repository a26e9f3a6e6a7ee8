//! Numbers that look random and are the same each time.

/// Dice for one concern of one pair: what is thrown for another concern does not change what is thrown here.
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of a pair for what this word names.
    pub(crate) fn new(pair: u64, concern: &str) -> Self {
        let mixed = concern.bytes().fold(pair.wrapping_add(1), |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mixed)
    }

    /// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    /// True in so many of a hundred throws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these, of which there is at least one.
    pub(crate) fn pick<'a, Any: ?Sized>(&mut self, of: &[&'a Any]) -> &'a Any {
        of[self.below(of.len())]
    }
}
