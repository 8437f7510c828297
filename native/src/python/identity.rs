//! The agent's tables by identity: `id` of a thing -> (weak reference to it, what is known of it).

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// What such a table has for this very thing, None where it has nothing.
pub fn known_of<'py>(entries: &Bound<'py, PyDict>, thing: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(entry) = entries.get_item(thing.as_ptr() as usize)? else { return Ok(None) };
    let entry = entry.cast_into::<PyTuple>()?;
    if !entry.get_item(0)?.call0()?.is(thing) {
        return Ok(None); // of one that is gone
    }
    entry.get_item(1).map(Some)
}
