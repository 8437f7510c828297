//! What stands at one WSGI method of a class: finds out to whom an app's requests are reported.

use pyo3::exceptions::PyException;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict};
use pyo3::{intern, PyTraverseError};

use super::edge::Edge;
use super::identity::known_of;
use super::safety;

#[pyclass(frozen, module = "metlo_auto_native")]
pub struct Runner {
    /// By the id of an app, as the agent has them: whose requests it reports.
    attachments: Py<PyDict>,
    /// What stands in the place of `method`: an app has one edge that counts.
    edge: Py<PyAny>,
    method: Py<PyAny>,
    declined: Py<PyAny>,
}

#[pymethods]
impl Runner {
    /// Calls the method, and returns what the server gets; `declined` where that is left to Python.
    fn run<'py>(
        &self, app: &Bound<'py, PyAny>, environ: &Bound<'py, PyAny>, forward: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = app.py();
        let found = if safety::is_broken() { None } else { safety::guarded(|| self.reported(app)) };
        match found {
            Some(Ok(Some((attachment, edge)))) => {
                Edge::run(&edge, &attachment, self.method.bind(py), app, environ, forward)
            }
            Some(Err(error)) if !error.is_instance_of::<PyException>(py) => Err(error),
            _ => Ok(self.declined.bind(py).clone()),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.attachments)?;
        visit.call(&self.edge)?;
        visit.call(&self.method)
    }
}

impl Runner {
    pub fn new(attachments: Py<PyDict>, edge: Py<PyAny>, method: Py<PyAny>, declined: Py<PyAny>) -> Self {
        Runner { attachments, edge, method, declined }
    }

    /// Whose requests are reported here, and the compiled edge of where they are; None where that is not so.
    #[allow(clippy::type_complexity)]
    fn reported<'py>(&self, app: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, Edge>)>> {
        let py = app.py();
        let Some(attachment) = known_of(self.attachments.bind(py), app)? else { return Ok(None) };
        if !attachment.getattr(intern!(py, "edge"))?.is(&self.edge) {
            return Ok(None);
        }
        let capture = attachment.getattr(intern!(py, "capture"))?;
        if capture.is_none() {
            return Ok(None);
        }
        let edge = capture.getattr(intern!(py, "compiled"))?.cast_into::<Edge>().ok();
        Ok(edge.map(|edge| (attachment, edge)))
    }
}
