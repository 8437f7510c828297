//! The keyed mark of a credential: letters that stand for the first bytes of its HMAC.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const BYTES: usize = 6;

/// Marks of one key. The states of SHA-256 after both halves of the key are kept and copied for each mark.
pub struct Marks {
    keyed: Hmac<Sha256>,
    before: Vec<u8>,
}

impl Marks {
    /// `before`: what stands before the letters.
    pub fn new(key: &[u8], before: &[u8]) -> Self {
        let keyed = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        Marks { keyed, before: before.to_vec() }
    }

    /// Appends the mark of `secret`: letters a to p, two for each byte.
    pub fn push(&self, out: &mut Vec<u8>, secret: &[u8]) {
        let mut mac = self.keyed.clone();
        mac.update(secret);
        out.extend_from_slice(&self.before);
        for byte in &mac.finalize().into_bytes()[..BYTES] {
            out.extend_from_slice(&[b'a' + (byte >> 4), b'a' + (byte & 15)]);
        }
    }

    /// Whether a value may be a mask already, so that the full rule has to look at it.
    pub fn may_be_mask(&self, value: &[u8]) -> bool {
        let word = self.before.split(|&byte| byte == b'-').next().unwrap_or(b"");
        value.starts_with(word)
    }
}
