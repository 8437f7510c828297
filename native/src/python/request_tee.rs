//! A tee on `wsgi.input` that keeps what is read at once; what is read in another way Python takes note of.
//!
//! The agent makes classes below it, one for each kind of stream.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyString, PyTuple};
use pyo3::{intern, PyTraverseError};

use super::edge::Edge;
use super::recorded::Read;
use super::safety::guarded;
use super::seen::Attempt;

/// What was read. No Python code runs, and no object goes, while it is locked.
enum Copy {
    Seen { chunks: Vec<Py<PyBytes>>, size: i64, room: i64, at_end: bool, broken: bool },
    /// Its `BodyCopy`.
    Python(Py<PyAny>),
}

#[pyclass(frozen, subclass, module = "metlo_auto_native")]
pub struct RequestTee {
    edge: Py<Edge>,
    source: Py<PyAny>,
    copy: Mutex<Copy>,
}

#[pymethods]
impl RequestTee {
    #[new]
    fn new(edge: Py<Edge>, source: Py<PyAny>) -> Self {
        let room = edge.get().limit;
        RequestTee { edge, source, copy: Mutex::new(Copy::Seen { chunks: Vec::new(), size: 0, room, at_end: false, broken: false }) }
    }

    /// `read`, in the classes whose streams have it.
    #[pyo3(signature = (*args, **named))]
    fn _metlo_read<'py>(
        slf: &Bound<'py, Self>, args: &Bound<'py, PyTuple>, named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let result = this.source.bind(py).getattr(intern!(py, "read")).and_then(|read| read.call(args, named));
        match &result {
            Err(_) => Self::noted(slf, || this.see_failure(), |copy| copy.setattr(intern!(py, "broken"), true)),
            Ok(data) => Self::noted(slf, || this.see_data(data, args, named), |copy| {
                let named = named.cloned().unwrap_or_else(|| PyDict::new(py));
                copy.call_method1(intern!(py, "took"), (data, args, named)).map(drop)
            }),
        }?;
        result
    }

    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let attribute = this.source.bind(py).getattr(name)?;
        this.edge.get().seen_attribute.bind(py).call1((slf, name, attribute))
    }

    #[getter]
    fn _metlo_source<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyAny> {
        slf.get().source.bind(slf.py()).clone()
    }

    #[getter]
    fn _metlo_copy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| Self::python(slf)).unwrap_or_else(|| Ok(slf.py().None().into_bound(slf.py())))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.edge)?;
        visit.call(&self.source)?;
        match self.copy.try_lock().as_deref() {
            Ok(Copy::Python(copy)) => visit.call(copy),
            _ => Ok(()),
        }
    }
}

impl RequestTee {
    fn lock(&self) -> MutexGuard<'_, Copy> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of something: by `seen`, which says whether it could, or by `otherwise` with the `BodyCopy`.
    fn noted<'py>(
        slf: &Bound<'py, Self>, seen: impl FnOnce() -> Option<()>, otherwise: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        if guarded(seen).flatten().is_some() {
            return Ok(());
        }
        match guarded(|| Self::python(slf).and_then(|copy| otherwise(&copy))) {
            Some(Err(error)) => slf.get().edge.get().swallow(slf.py(), error),
            _ => Ok(()),
        }
    }

    fn see_failure(&self) -> Option<()> {
        match &mut *self.lock() {
            Copy::Seen { broken, .. } => {
                *broken = true;
                Some(())
            }
            Copy::Python(_) => None,
        }
    }

    /// What `read` gave for these arguments; None where Python has to see to it.
    fn see_data(&self, data: &Bound<'_, PyAny>, args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> Option<()> {
        let data = data.cast_exact::<PyBytes>().ok()?;
        if named.is_some_and(|named| !named.is_empty()) {
            return None;
        }
        let wanted = match args.get_item(0) {
            Err(_) => -1,
            Ok(size) if size.is_exact_instance_of::<PyInt>() && !size.is_instance_of::<PyBool>() => size.extract::<i64>().ok()?,
            Ok(_) => -1,
        };
        let length = data.as_bytes().len() as i64;
        match &mut *self.lock() {
            Copy::Seen { chunks, size, room, at_end, .. } if length <= *room => {
                *room -= length;
                *size += length;
                if length > 0 {
                    chunks.push(data.clone().unbind());
                }
                *at_end = (length == 0 && wanted != 0) || wanted < 0 || length < wanted;
                Some(())
            }
            _ => None,
        }
    }

    /// The `BodyCopy`, made of what was read where there is none yet.
    pub fn python<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let (chunks, size, room, at_end, broken) = match &*this.lock() {
            Copy::Python(copy) => return Ok(copy.bind(py).clone()),
            Copy::Seen { chunks, size, room, at_end, broken } => {
                (chunks.iter().map(|chunk| chunk.clone_ref(py)).collect::<Vec<_>>(), *size, *room, *at_end, *broken)
            }
        };
        let made = this.edge.get().restored_copy.bind(py).call1((chunks, size, room, at_end, broken))?;
        let mut copy = this.lock();
        if let Copy::Python(copy) = &*copy {
            return Ok(copy.bind(py).clone());
        }
        let old = std::mem::replace(&mut *copy, Copy::Python(made.clone().unbind()));
        drop(copy);
        drop(old);
        Ok(made)
    }

    /// What was read of a body of this Content-Length.
    pub fn read<'py>(&self, declared: i64, py: Python<'py>) -> Attempt<Read<'py>> {
        let copy = match &*self.lock() {
            Copy::Python(copy) => copy.clone_ref(py),
            Copy::Seen { chunks, size, room, at_end, .. } => {
                let chunks = chunks.iter().map(|chunk| chunk.bind(py).clone().into_any()).collect();
                return Ok(Read { chunks, size: *size, room: *room, at_end: *at_end, declared });
            }
        };
        Read::of(copy.bind(py), declared)
    }
}
