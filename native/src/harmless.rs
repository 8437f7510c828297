//! Which short texts were found to be harmless: by keyed hashes, so that none of the texts is kept.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Texts that are remembered, at most: each has one place.
const PLACES: usize = 256;

/// The key is this process's alone: nobody outside can find two texts of the same hash.
pub struct Harmless {
    key: RandomState,
    seen: Box<[AtomicU64]>,
}

impl Default for Harmless {
    fn default() -> Self {
        Self::new()
    }
}

impl Harmless {
    pub fn new() -> Self {
        Harmless { key: RandomState::new(), seen: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// What `look` says of the text, which is asked where that is not known to be true.
    pub fn is(&self, text: &[u8], look: impl FnOnce(&[u8]) -> bool) -> bool {
        let hash = self.key.hash_one(text) | 1; // 0: nothing is known
        let place = &self.seen[(hash >> 1) as usize % PLACES];
        if place.load(Ordering::Relaxed) == hash {
            return true;
        }
        let harmless = look(text);
        if harmless {
            place.store(hash, Ordering::Relaxed);
        }
        harmless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_text_is_looked_at_once() {
        let harmless = Harmless::new();
        assert!(harmless.is(b"gzip, deflate", |_| true));
        assert!(harmless.is(b"gzip, deflate", |_| panic!("looked again")));
    }

    #[test]
    fn another_text_is_looked_at() {
        let harmless = Harmless::new();
        for number in 0..10_000u32 {
            assert!(harmless.is(format!("text {number}").as_bytes(), |_| true));
            assert!(!harmless.is(format!("secret {number}").as_bytes(), |_| false));
        }
    }
}
