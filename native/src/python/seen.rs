//! What Python gives: plain strings and bytes, borrowed; what is not ordinary is declined.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::decline::Reason;

/// Why there is no trace: the exchange is left to Python, or Python raised.
pub enum Not {
    Mine(Reason),
    Failed(PyErr),
}

pub type Attempt<T> = Result<T, Not>;

impl From<Reason> for Not {
    fn from(reason: Reason) -> Self {
        Not::Mine(reason)
    }
}

impl From<PyErr> for Not {
    fn from(error: PyErr) -> Self {
        Not::Failed(error)
    }
}

/// The text of a plain Python string.
pub fn text<'a>(value: &'a Bound<'_, PyAny>) -> Attempt<&'a str> {
    let value = value.cast_exact::<PyString>().map_err(|_| Reason::Text)?;
    value.to_str().map_err(|_| Reason::Text.into())
}

/// What was kept of a body.
pub struct Kept<'py> {
    data: Bound<'py, PyBytes>,
    pub size: i64,
    /// Whether more passed by than was kept.
    pub cut: bool,
}

impl<'py> Kept<'py> {
    pub fn one(data: Bound<'py, PyBytes>, size: i64, cut: bool) -> Self {
        Kept { data, size, cut }
    }

    /// Bytes that were kept.
    pub fn captured(&self) -> usize {
        self.bytes().len()
    }

    pub fn bytes(&self) -> &[u8] {
        self.data.as_bytes()
    }
}
