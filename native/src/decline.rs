//! Why an exchange is left to the Python way.

use std::sync::atomic::{AtomicU64, Ordering};

/// The reasons, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Argument,
    Body,
    Busy,
    Error,
    Exception,
    File,
    First,
    Headers,
    Method,
    Panic,
    Path,
    Text,
    Unfinished,
}

pub const NAMES: [&str; 13] = [
    "argument", "body", "busy", "error", "exception", "file", "first", "headers", "method", "panic", "path", "text", "unfinished",
];

/// How often something was declined, by reason.
#[derive(Default)]
pub struct Declined([AtomicU64; NAMES.len()]);

impl Declined {
    pub fn add(&self, reason: Reason) {
        self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Names and numbers of the reasons that there were.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        NAMES.iter().copied().zip(self.0.iter().map(|count| count.load(Ordering::Relaxed))).filter(|&(_, count)| count > 0)
    }
}
