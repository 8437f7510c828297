//! The search for words, made from what Python gives.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::search;

/// Whether a text may say one of many names: `words` are (ASCII letters or words with a space between them, begins, ends).
#[pyclass(frozen, module = "metlo_auto_native")]
pub struct Search(pub search::Search);

#[pymethods]
impl Search {
    #[new]
    fn new(
        words: Vec<(Vec<u8>, bool, bool)>, dropped: &[u8], literals: Vec<Vec<u8>>, pairs: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> PyResult<Self> {
        let words = words.into_iter().map(|(letters, begins, ends)| search::Word { letters, begins, ends }).collect();
        search::Search::new(words, dropped, &literals, pairs)
            .map(Search)
            .ok_or_else(|| PyValueError::new_err("a word that is not ASCII letters, or nothing"))
    }

    /// False only where none of them stands in the UTF-8 text.
    fn finds(&self, text: &[u8]) -> bool {
        self.0.finds(text)
    }
}

/// A text as JSON, as the traces have it.
#[pyfunction]
pub fn quoted<'py>(text: &Bound<'py, pyo3::types::PyString>) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
    let mut out = Vec::new();
    crate::quote::push_quoted(&mut out, text.to_str()?.as_bytes());
    Ok(pyo3::types::PyBytes::new(text.py(), &out))
}

/// What the agent's `closed_json` returns.
#[pyfunction]
pub fn closed_json(text: &str) -> String {
    crate::cut_json::closed(text)
}
