//! What the server gets instead of a response of Werkzeug's own kind, which is its own iterator.
//!
//! The agent makes a class below it: what is asked for seldom is Python's there.

use pyo3::exceptions::PyGeneratorExit;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use pyo3::{intern, PyTraverseError};

use super::exchange::Exchange;

#[pyclass(frozen, subclass, module = "metlo_auto_native")]
pub struct ResponseTee {
    source: Py<PyAny>,
    exchange: Py<Exchange>,
}

#[pymethods]
impl ResponseTee {
    #[new]
    fn new(source: Py<PyAny>, exchange: Py<Exchange>) -> Self {
        ResponseTee { source, exchange }
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        Exchange::iterated(slf.get().exchange.bind(slf.py()))?;
        Ok(slf.clone())
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (py, this) = (slf.py(), slf.get());
        let exchange = this.exchange.bind(py);
        let next = match this.source.bind(py).cast::<PyIterator>() {
            Ok(source) => source.clone().next().transpose(),
            Err(error) => Err(error.into()),
        };
        match next {
            Ok(None) => Exchange::ended(exchange)?,
            Ok(Some(ref piece)) => Exchange::take(exchange, piece)?,
            Err(ref error) if error.is_instance_of::<PyGeneratorExit>(py) => {}
            Err(ref error) => Exchange::noted(exchange, || Ok(false), |recording| {
                recording.call_method1(intern!(py, "broken_by"), (error.value(py),)).map(drop)
            })?,
        }
        next
    }

    fn close<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let result = this.source.bind(py).call_method0(intern!(py, "close"));
        Exchange::closed(this.exchange.bind(py), result.is_err())?;
        result
    }

    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, pyo3::types::PyString>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().source.bind(slf.py()).getattr(name)
    }

    #[getter(__class__)]
    fn class_of_source<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyAny> {
        slf.get().source.bind(slf.py()).get_type().into_any()
    }

    #[getter]
    fn _metlo_source<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyAny> {
        slf.get().source.bind(slf.py()).clone()
    }

    /// None where the trace is written.
    #[getter]
    fn _metlo_recording<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Exchange::recording(slf.get().exchange.bind(slf.py()))
    }

    /// The class that the agent makes has it as its `__del__`: a server, or a test client, may never close this.
    fn _metlo_dropped(slf: &Bound<'_, Self>) -> PyResult<()> {
        Exchange::dropped(slf.get().exchange.bind(slf.py()))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.source)?;
        visit.call(&self.exchange)
    }
}
