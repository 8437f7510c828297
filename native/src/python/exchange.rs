//! One exchange while it runs; stands in for `start_response`, as the agent's `Recording` does.
//!
//! What is not ordinary goes on in Python: a `Recording` is made of what is known so far, and takes its place for good.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use pyo3::{intern, PyTraverseError};

use super::edge::Edge;
use super::request_tee::RequestTee;
use super::safety::guarded;
use super::under_way::{Begin, Seen, Start};

/// From this status on an app's response may be dropped, and another app asked.
const PASSED_ON: i64 = 400;

enum State {
    Seen(Box<Seen>),
    /// Its `Recording`.
    Python(Py<PyAny>),
    /// Its trace was written; the server's `start_response` is still there for an app that calls it.
    Over(Py<PyAny>),
}

#[pyclass(frozen, weakref, module = "metlo_auto_native")]
pub struct Exchange {
    edge: Py<Edge>,
    state: Mutex<State>,
}

#[pymethods]
impl Exchange {
    /// `start_response`.
    #[pyo3(signature = (*args, **named))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>, args: &Bound<'py, PyTuple>, named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let start = if named.is_some_and(|named| !named.is_empty()) { None } else { Start::of(args) };
        let forward = match (&*this.lock(), &start) {
            (State::Over(forward), _) => Some(forward.clone_ref(py)),
            (State::Seen(seen), Some(_)) if seen.in_call && seen.status == 0 && seen.size == 0 => Some(seen.forward.clone_ref(py)),
            _ => None,
        };
        let Some(forward) = forward else {
            return match Self::python(slf)? {
                Some(recording) => recording.getattr(intern!(py, "start_response"))?.call(args, named),
                None => Err(PyRuntimeError::new_err("start_response() after the response was closed")),
            };
        };
        let write = match forward.bind(py).call(args, named) {
            Ok(write) => write,
            Err(error) => {
                Self::noted(slf, || Ok(this.is_over()), |recording| recording.call_method0(intern!(py, "note_route")).map(drop))?;
                return Err(error);
            }
        };
        if let Some(start) = start {
            Self::noted(slf, || Self::see_start(slf, &start), |recording| {
                recording.setattr(intern!(py, "status"), start.status)?;
                recording.setattr(intern!(py, "headers"), start.headers.as_sequence().to_list()?)?;
                recording.call_method0(intern!(py, "note_route")).map(drop)
            })?;
        }
        if write.is_none() {
            return Ok(write); // some servers have no write()
        }
        Ok(Bound::new(py, Write { exchange: slf.clone().unbind(), write: write.unbind() })?.into_any())
    }

    /// The `Recording` that goes on from here; None where the trace is written.
    pub fn recording<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        guarded(|| Self::python(slf)).unwrap_or(Ok(None))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.edge)?;
        let Ok(state) = self.state.try_lock() else { return Ok(()) };
        match &*state {
            State::Python(object) | State::Over(object) => visit.call(object),
            State::Seen(seen) => {
                visit.call(&seen.environ)?;
                seen.facts.traverse(&visit)?;
                visit.call(&seen.forward)?;
                visit.call(&seen.rules)?;
                visit.call(&seen.tee)?;
                visit.call(&seen.headers)?;
                if let Some((rule, endpoint, arguments)) = &seen.route {
                    visit.call(rule)?;
                    visit.call(endpoint)?;
                    visit.call(arguments)?;
                }
                visit.call(&seen.traceparent)
            }
        }
    }

    fn __clear__(slf: &Bound<'_, Self>) {
        slf.get().replace(State::Over(slf.py().None()));
    }
}

impl Exchange {
    pub fn begin<'py>(edge: &Bound<'py, Edge>, x: Begin<'_, 'py>) -> PyResult<Bound<'py, Self>> {
        let seen = Seen::new(x, edge.get().limit);
        Bound::new(edge.py(), Exchange { edge: edge.clone().unbind(), state: Mutex::new(State::Seen(Box::new(seen))) })
    }

    /// Never for long: nothing of Python's runs while it is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The old state goes after the lock: the end of a Python object may run code.
    fn replace(&self, state: State) {
        let old = std::mem::replace(&mut *self.lock(), state);
        drop(old);
    }

    /// What `look` makes of what is known; None where that is Python's, or nobody's any more.
    fn see<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> Option<T> {
        match &mut *self.lock() {
            State::Seen(seen) => Some(look(seen)),
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(&*self.lock(), State::Over(_))
    }

    /// Takes note of something: by `seen`, which says whether it could, or by `otherwise` with the `Recording`.
    ///
    /// No failure gets out, but for what is no `Exception`: a server that is told to quit raises wherever it is.
    pub fn noted<'py>(
        slf: &Bound<'py, Self>, seen: impl FnOnce() -> PyResult<bool>,
        otherwise: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        let py = slf.py();
        let by_python = || Self::python(slf)?.map_or(Ok(()), |recording| otherwise(&recording));
        let outcome = match guarded(seen) {
            Some(Ok(true)) => return Ok(()),
            Some(Err(error)) if !error.is_instance_of::<PyException>(py) => return Err(error),
            _ => guarded(by_python).unwrap_or(Ok(())),
        };
        outcome.or_else(|error| slf.get().edge.get().swallow(py, error))
    }

    /// The `Recording`, made of what is known where there is none yet; None where the trace is written.
    pub fn python<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (py, this) = (slf.py(), slf.get());
        let fields = PyDict::new(py);
        let known = match &*this.lock() {
            State::Over(_) => return Ok(None),
            State::Python(recording) => return Ok(Some(recording.bind(py).clone())),
            State::Seen(seen) => seen.known(py),
        };
        let (environ, facts, forward, tee) = known.fill(&fields)?;
        let copy = tee.map(|tee| RequestTee::python(tee.bind(py))).transpose()?;
        fields.set_item(intern!(py, "copy"), copy)?;
        let edge = this.edge.get();
        let made = edge.restored.bind(py).call1((&edge.capture, &environ, facts, forward, fields))?;
        {
            let mut state = this.lock();
            if let State::Python(recording) = &*state {
                return Ok(Some(recording.bind(py).clone()));
            }
            let old = std::mem::replace(&mut *state, State::Python(made.clone().unbind()));
            drop(state);
            drop(old);
        }
        edge.goes_on_as(&environ, slf, &made)?;
        Ok(Some(made))
    }

    fn see_start(slf: &Bound<'_, Self>, start: &Start<'_>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let Some(environ) = this.see(|seen| seen.environ.clone_ref(py)) else { return Ok(this.is_over()) };
        let edge = this.edge.get();
        // A copy: layers around the app may have added to the list, and may go on to use it.
        let headers = start.headers.get_slice(0, start.headers.len());
        let traceparent = edge.current_span(py)?;
        let route = edge.route_of(environ.bind(py))?;
        let old = this.see(|seen| {
            seen.status = start.status;
            (seen.headers.replace(headers.unbind()), seen.route.replace(route),
             std::mem::replace(&mut seen.traceparent, traceparent))
        });
        Ok(old.is_some() || this.is_over())
    }

    /// A piece of the response goes out.
    pub fn take<'py>(slf: &Bound<'py, Self>, piece: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = slf.py();
        Self::noted(slf, || Self::see_piece(slf, piece), |recording| {
            if !recording.getattr(intern!(py, "done"))?.is_truthy()? {
                recording.call_method1(intern!(py, "take"), (piece,))?;
            }
            Ok(())
        })
    }

    fn see_piece<'py>(slf: &Bound<'py, Self>, piece: &Bound<'py, PyAny>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let Ok(piece) = piece.cast_exact::<PyBytes>() else { return Ok(this.is_over()) };
        let edge = this.edge.get();
        let size = piece.as_bytes().len() as i64;
        let Some((room, begun)) = this.see(|seen| (seen.room, seen.begun)) else { return Ok(this.is_over()) };
        if edge.runs_on(begun, py)? {
            return Ok(false);
        }
        let kept = (room > 0 && size > 0).then(|| {
            if size <= room { piece.clone() } else { PyBytes::new(py, &piece.as_bytes()[..room as usize]) }.unbind()
        });
        let taken = this.see(|seen| {
            seen.size += size;
            seen.room -= size;
            seen.chunks.extend(kept);
        });
        Ok(taken.is_some())
    }

    /// The response is iterated.
    pub fn iterated(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.see(|seen| seen.iterated = true).is_some() {
            return Ok(());
        }
        Self::noted(slf, || Ok(this.is_over()), |recording| recording.setattr(intern!(py, "iterated"), true))
    }

    /// The response has come to its end; one that gave nothing is Python's, since some servers fail on it.
    pub fn ended(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        let seen = this.see(|seen| {
            seen.ended = seen.size > 0;
            seen.ended
        });
        if seen == Some(true) {
            return Ok(());
        }
        Self::noted(slf, || Ok(this.is_over()), |recording| this.edge.get().ended(recording))
    }

    /// The app has returned its response; false where Python has to take note of that.
    pub fn returned(slf: &Bound<'_, Self>) -> bool {
        slf.get().see(|seen| seen.in_call = false).is_some()
    }

    /// The server has closed the response; `failed`: and that raised.
    pub fn closed(slf: &Bound<'_, Self>, failed: bool) -> PyResult<()> {
        let py = slf.py();
        Self::noted(slf, || Self::see_close(slf), |recording| {
            if failed && !recording.getattr(intern!(py, "ended"))?.is_truthy()? {
                recording.setattr(intern!(py, "unfinished"), "failed")?;
            }
            recording.call_method0(intern!(py, "closed")).map(drop)
        })
    }

    /// The server lets the response go.
    pub fn dropped(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.is_over() || this.edge.get().is_finalizing(py) {
            return Ok(());
        }
        Self::noted(slf, || Ok(false), |recording| {
            if !recording.getattr(intern!(py, "done"))?.is_truthy()? {
                recording.call_method0(intern!(py, "finish"))?;
            }
            Ok(())
        })
    }

    /// Has the trace written and queued; false where Python has to see to the end.
    fn see_close(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let edge = this.edge.get();
        let ordinary = |seen: &mut Seen| seen.ended && !seen.done && (seen.status < PASSED_ON || seen.iterated);
        match this.see(ordinary) {
            None => return Ok(this.is_over()),
            Some(false) => return Ok(false),
            Some(true) => {}
        }
        let Some(writer) = edge.writer(py)? else { return Ok(false) };
        let Some(known) = this.see(|seen| { seen.done = true; seen.known(py) }) else { return Ok(false) };
        edge.is_over(known.environ.bind(py), slf)?;
        let rules = known.rules.bind(py).clone();
        match writer.get().queued(&rules, || known.recorded(edge, py)) {
            Ok(true) => {
                this.replace(State::Over(known.forward));
                return Ok(true);
            }
            outcome => {
                let recording = Self::python(slf)?;
                let Some(recording) = recording else { return outcome.map(|_| true) };
                if outcome.is_err() {
                    recording.call_method0(intern!(py, "finish_again"))?;
                    return outcome;
                }
                recording.setattr(intern!(py, "write"), py.None())?; // it has been asked
                recording.call_method0(intern!(py, "_finish_now"))?;
            }
        }
        Ok(true)
    }
}

/// What a server's `start_response` has returned; an exchange in which somebody calls it goes on in Python.
#[pyclass(frozen, weakref, module = "metlo_auto_native")]
struct Write {
    exchange: Py<Exchange>,
    write: Py<PyAny>,
}

#[pymethods]
impl Write {
    #[pyo3(signature = (*args, **named))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>, args: &Bound<'py, PyTuple>, named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let result = this.write.bind(py).call(args, named)?;
        let exchange = this.exchange.bind(py);
        let taken = args.get_item(0).unwrap_or_else(|_| py.None().into_bound(py));
        Exchange::noted(exchange, || Ok(exchange.get().is_over()), |recording| {
            recording.call_method1(intern!(py, "take"), (taken,)).map(drop)
        })?;
        Ok(result)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exchange)?;
        visit.call(&self.write)
    }
}
