//! Seeded chance: the same seed gives the same story on every machine.

use std::f64::consts::TAU;

/// A small generator (SplitMix64). Not for secrets.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// A generator for one purpose; the label keeps streams of the same seed apart, so that adding one leaves the others alone.
    pub fn new(seed: u64, label: &str) -> Self {
        // FNV-1a spreads the label over 64 bits.
        let hash =
            label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut chance = Chance { state: seed ^ hash };
        chance.bits();
        chance
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Uniform in `from..=to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.bits() % (to - from + 1) as u64) as i64
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[(self.bits() % choices.len() as u64) as usize]
    }

    /// The index of one weight, in proportion to the weights.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.share() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (TAU * self.share()).cos()
    }

    /// Lognormal with this median.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Negative binomial with this mean and dispersion, as a Poisson count whose rate is gamma distributed.
    pub fn negative_binomial(&mut self, mean: f64, dispersion: f64) -> u32 {
        let rate = self.gamma(dispersion) * mean / dispersion;
        self.poisson(rate)
    }

    /// Gamma of unit scale (Marsaglia and Tsang; shapes below one are boosted).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.share()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.share()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Poisson by counting exponential gaps; rates here are small.
    fn poisson(&mut self, rate: f64) -> u32 {
        let limit = (-rate).exp();
        let mut product = 1.0 - self.share();
        let mut count = 0;
        while product > limit && count < 200 {
            product *= 1.0 - self.share();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same() {
        let (mut one, mut two, mut other) = (Chance::new(7, "a"), Chance::new(7, "a"), Chance::new(7, "b"));
        let first: Vec<u64> = (0..8).map(|_| one.bits()).collect();
        assert_eq!(first, (0..8).map(|_| two.bits()).collect::<Vec<_>>());
        assert_ne!(first, (0..8).map(|_| other.bits()).collect::<Vec<_>>());
    }

    #[test]
    fn means_come_out() {
        let mut chance = Chance::new(1, "means");
        let draws = 20_000;
        let mean = (0..draws).map(|_| f64::from(chance.negative_binomial(4.2, 0.9))).sum::<f64>() / f64::from(draws);
        assert!((mean - 4.2).abs() < 0.2, "mean {mean}");
        let mut days: Vec<f64> = (0..draws).map(|_| chance.lognormal(12.0, 0.7)).collect();
        days.sort_by(f64::total_cmp);
        assert!((days[10_000] - 12.0).abs() < 0.6, "median {}", days[10_000]);
    }
}
