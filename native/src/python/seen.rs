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
    data: Data<'py>,
    most: usize,
    pub size: i64,
    /// Whether more passed by than was kept.
    pub cut: bool,
}

enum Data<'py> {
    None,
    One(Bound<'py, PyBytes>),
    Joined(Vec<u8>),
}

impl<'py> Kept<'py> {
    pub fn nothing() -> Self {
        Kept { data: Data::None, most: 0, size: 0, cut: false }
    }

    /// Of its pieces.
    pub fn new(pieces: &[Bound<'py, PyAny>], size: i64, cut: bool) -> Attempt<Self> {
        let data = match pieces {
            [] => Data::None,
            [one] => Data::One(one.cast_exact::<PyBytes>().map_err(|_| Reason::Body)?.clone()),
            _ => {
                let mut joined = Vec::with_capacity(size.clamp(0, 1 << 20) as usize);
                for piece in pieces {
                    joined.extend_from_slice(piece.cast_exact::<PyBytes>().map_err(|_| Reason::Body)?.as_bytes());
                }
                Data::Joined(joined)
            }
        };
        Ok(Kept { data, most: usize::MAX, size, cut })
    }

    /// No more than so many bytes of it.
    pub fn up_to(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Bytes that were kept.
    pub fn captured(&self) -> usize {
        self.bytes().len()
    }

    pub fn bytes(&self) -> &[u8] {
        let bytes = match &self.data {
            Data::None => b"",
            Data::One(bytes) => bytes.as_bytes(),
            Data::Joined(bytes) => bytes,
        };
        &bytes[..bytes.len().min(self.most)]
    }
}
