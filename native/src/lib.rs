//! The compiled way of a request for metlo-auto: writes the trace of an ordinary exchange in one pass.
//!
//! It has no rules: names, words and texts come from the Python agent when that is made. What is not ordinary it
//! declines before anything was changed, and the Python way runs as if this were not there.

pub mod cut_json;
pub mod decline;
pub mod harmless;
pub mod marks;
pub mod moments;
pub mod quote;
pub mod search;

#[cfg(feature = "python")]
mod python;
