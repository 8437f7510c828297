//! The WSGI edge of an app: begins an exchange, lets the app run, and watches its response.
//!
//! It declines a request that is not ordinary before anything was changed; Python's edge takes that.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyString, PyType};
use pyo3::{intern, PyTraverseError};

use super::environ::{Environ, Fact};
use super::exchange::Exchange;
use super::identity::known_of;
use super::recorded::content_length;
use super::request_tee::RequestTee;
use super::runner::Runner;
use super::safety;
use super::seen::Not;
use super::tables::Table;
use super::under_way::Begin;
use super::writer::Writer;
use crate::decline::Reason;

/// A rule as written, its endpoint, the arguments.
pub type Route = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

#[pyclass(frozen, module = "metlo_auto_native")]
pub struct Edge {
    pub capture: Py<PyAny>,
    pub limit: i64,
    /// The module that says after how many seconds a stream is reported.
    recording: Py<PyAny>,
    /// The class of responses that are watched here.
    ordinary: Py<PyType>,
    /// What the agent returns for a request that is declined.
    declined: Py<PyAny>,
    /// What runs now, by the id of its environ, and what waits for another app's response.
    live: Py<PyDict>,
    waiting: Py<PyDict>,
    modules: Py<PyDict>,
    tracing: Py<PyString>,
    wall: Py<PyAny>,
    span: Py<PyAny>,
    span_of_header: Py<PyAny>,
    response_tee: Py<PyAny>,
    /// Makes the class that stands in for a stream, and those that it has made, by the stream's class.
    request_tee: Py<PyAny>,
    request_tees: Py<PyDict>,
    /// The class of requests whose route is read here, and what is known of rules; None: Python says it.
    matches: Option<(Py<PyType>, Py<PyDict>)>,
    /// Types of bodies that no sieve is for.
    unsieved: Table<()>,
    /// Make a `Recording` or a `BodyCopy` of what is known.
    pub restored: Py<PyAny>,
    pub restored_copy: Py<PyAny>,
    pub seen_attribute: Py<PyAny>,
    watch: Py<PyAny>,
    left: Py<PyAny>,
    has_ended: Py<PyAny>,
    failed: Py<PyAny>,
    is_finalizing: Py<PyAny>,
    writer: Mutex<Option<Py<Writer>>>,
}

#[pymethods]
impl Edge {
    /// The settings are its fields, by name.
    #[new]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let get = |name: &str| settings.get_item(name)?.ok_or_else(|| PyValueError::new_err(name.to_owned()));
        let function = |name: &str| get(name).map(Bound::unbind);
        Ok(Edge {
            capture: function("capture")?,
            limit: get("limit")?.extract()?,
            recording: function("recording")?,
            ordinary: get("ordinary")?.extract()?,
            declined: function("declined")?,
            live: get("live")?.extract()?,
            waiting: get("waiting")?.extract()?,
            modules: get("modules")?.extract()?,
            tracing: get("tracing")?.extract()?,
            wall: function("wall")?,
            span: function("span")?,
            span_of_header: function("span_of_header")?,
            response_tee: function("response_tee")?,
            request_tee: function("request_tee")?,
            request_tees: get("request_tees")?.extract()?,
            matches: get("matches")?.extract()?,
            unsieved: Table::new(),
            restored: function("restored")?,
            restored_copy: function("restored_copy")?,
            seen_attribute: function("seen_attribute")?,
            watch: function("watch")?,
            left: function("left")?,
            has_ended: function("has_ended")?,
            failed: function("failed")?,
            is_finalizing: function("is_finalizing")?,
            writer: Mutex::new(None),
        })
    }

    /// What runs the requests of a WSGI `method` whose place `edge` has taken; `attachments` by the id of an app.
    fn runner(&self, attachments: Py<PyDict>, edge: Py<PyAny>, method: Py<PyAny>, py: Python<'_>) -> Runner {
        Runner::new(attachments, edge, method, self.declined.clone_ref(py))
    }

    /// From now on traces are written by `writer`.
    fn write_by(&self, writer: Py<Writer>) {
        let old = self.writer.lock().unwrap_or_else(PoisonError::into_inner).replace(writer);
        drop(old);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.capture)
    }
}

impl Edge {
    /// Calls the WSGI `method` of `app`, and returns what the server gets; `declined` where that is left to Python.
    pub fn run<'py>(
        slf: &Bound<'py, Self>, attachment: &Bound<'py, PyAny>, method: &Bound<'py, PyAny>, app: &Bound<'py, PyAny>,
        environ: &Bound<'py, PyAny>, forward: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let begun = if safety::is_broken() { None } else { safety::guarded(|| Self::begin(slf, attachment, environ, forward)) };
        let exchange = match begun {
            Some(Ok(Some(exchange))) => exchange,
            Some(Err(error)) if !error.is_instance_of::<PyException>(py) => return Err(error),
            _ => return Ok(this.declined.bind(py).clone()),
        };
        match method.call1((app, environ, &exchange)) {
            Ok(result) => this.watched(&exchange, result),
            Err(error) => {
                Exchange::noted(&exchange, || Ok(false), |recording| {
                    this.left.bind(py).call1((attachment, app, recording, error.value(py))).map(drop)
                })?;
                Err(error)
            }
        }
    }

    /// None, with nothing changed, where the request is not ordinary.
    fn begin<'py>(
        slf: &Bound<'py, Self>, attachment: &Bound<'py, PyAny>, environ: &Bound<'py, PyAny>, forward: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, Exchange>>> {
        let (py, this) = (slf.py(), slf.get());
        let Ok(environ) = environ.cast_exact::<PyDict>() else { return Ok(None) };
        let (live, key) = (this.live.bind(py), key_of(environ));
        if forward.is_none() || !this.waiting.bind(py).is_empty() || live.contains(key)? || !attachment.getattr(intern!(py, "declare"))?.is_none() {
            return Ok(None);
        }
        let Ok(facts) = Environ::of(environ) else { return Ok(None) };
        if facts.has(Fact::Request) || facts.has(Fact::Upgrade) || facts.has(Fact::TransferEncoding) {
            return Ok(None);
        }
        if !facts.get(Fact::Protocol, py).is_some_and(|said| text(said).is_some_and(|said| said.starts_with("HTTP/1"))) {
            return Ok(None);
        }
        if this.is_ignored(&facts, py)? {
            return Ok(None);
        }
        let (tee, declared) = match facts.get(Fact::ContentLength, py) {
            None => (None, 0),
            Some(length) => match Self::tee(slf, &facts, length)? {
                None => return Ok(None),
                Some(found) => found,
            },
        };
        let started = this.wall.bind(py).call0()?.extract()?;
        let begun = this.now(py)?;
        let rules = attachment.getattr(intern!(py, "rules"))?;
        let exchange = Exchange::begin(slf, Begin { environ, facts, forward, rules, started, begun, tee: tee.clone(), declared })?;
        if let Some(tee) = tee {
            environ.set_item(intern!(py, "wsgi.input"), tee)?;
        }
        live.set_item(key, &exchange)?;
        Ok(Some(exchange))
    }

    /// The tee on the request's body, None where it has none, and its Content-Length; None where that is Python's to say.
    #[allow(clippy::type_complexity)]
    fn tee<'py>(
        slf: &Bound<'py, Self>, facts: &Environ, length: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Option<Bound<'py, RequestTee>>, i64)>> {
        let (py, this) = (slf.py(), slf.get());
        let Some(length) = text(length) else { return Ok(None) };
        let Some(stream) = facts.get(Fact::Input, py) else { return Ok(Some((None, 0))) };
        if length.is_empty() || length == "0" {
            return Ok(Some((None, 0)));
        }
        let Ok(Some(declared)) = content_length(length) else { return Ok(None) };
        let kind = match facts.get(Fact::ContentType, py) {
            Some(kind) if text(kind).is_some() => kind.clone(),
            Some(_) => return Ok(None),
            None => PyString::new(py, "").into_any(),
        };
        if this.is_sieved(&kind)? {
            return Ok(None);
        }
        let kind = match known_of(this.request_tees.bind(py), &stream.get_type())? {
            Some(kind) => kind,
            None => this.request_tee.bind(py).call1((stream,))?,
        };
        let tee = kind.call1((slf, stream))?.cast_into::<RequestTee>()?;
        Ok(Some((Some(tee), declared)))
    }

    /// Whether a body of this type needs a sieve, or that is not known.
    fn is_sieved(&self, kind: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = kind.py();
        let Some(said) = text(kind) else { return Ok(true) };
        let unsieved = self.unsieved.get(said.as_bytes(), || {
            let sieve = self.capture.bind(py).getattr(intern!(py, "sieve"))?.call1((kind, self.limit))?;
            if sieve.is_none() { Ok(((), true)) } else { Err(Not::Mine(Reason::Body)) }
        });
        match unsieved {
            Err(Not::Failed(error)) => Err(error),
            unsieved => Ok(unsieved.is_err()),
        }
    }

    fn is_ignored(&self, facts: &Environ, py: Python<'_>) -> PyResult<bool> {
        let ignored = self.capture.bind(py).getattr(intern!(py, "ignored"))?;
        if ignored.is_none() {
            return Ok(false);
        }
        let said = |fact| facts.get(fact, py).map_or(Some(""), text);
        let (Some(root), Some(path)) = (said(Fact::ScriptName), said(Fact::PathInfo)) else { return Ok(true) };
        let path = format!("{}{path}", root.trim_end_matches('/'));
        ignored.call1((if path.starts_with('/') { path } else { format!("/{path}") },))?.is_truthy()
    }

    fn watched<'py>(&self, exchange: &Bound<'py, Exchange>, result: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = exchange.py();
        let (seen, recorded) = (Cell::new(None), Cell::new(None));
        Exchange::noted(
            exchange,
            || {
                let ordinary = result.get_type().is(&self.ordinary) && Exchange::returned(exchange);
                if ordinary {
                    seen.set(Some(self.response_tee.bind(py).call1((&result, exchange))?));
                }
                Ok(ordinary)
            },
            |recording| {
                recording.setattr(intern!(py, "in_call"), false)?;
                recorded.set(Some(self.watch.bind(py).call1((&result, recording))?));
                Ok(())
            },
        )?;
        Ok(seen.take().or(recorded.take()).unwrap_or(result))
    }

    pub fn now(&self, py: Python<'_>) -> PyResult<f64> {
        self.capture.bind(py).getattr(intern!(py, "clock"))?.call0()?.extract()
    }

    /// Whether an exchange that began at `begun` has run on for so long that it is reported before its end.
    pub fn runs_on(&self, begun: f64, py: Python<'_>) -> PyResult<bool> {
        let most: f64 = self.recording.bind(py).getattr(intern!(py, "STREAM_SECONDS"))?.extract()?;
        Ok(self.now(py)? - begun > most)
    }

    /// What writes traces in this process, where that is known and nothing waits.
    pub fn writer<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Writer>>> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|writer| writer.clone_ref(py));
        let Some(writer) = writer else { return Ok(None) };
        let usable = self.waiting.bind(py).is_empty() && writer.get().is_of_this_process();
        Ok(usable.then(|| writer.into_bound(py)))
    }

    /// The rule that matched, its endpoint and arguments.
    pub fn route_of(&self, environ: &Bound<'_, PyDict>) -> PyResult<Route> {
        let py = environ.py();
        match &self.matches {
            Some((kind, rules)) => match Self::matched(environ, kind.bind(py), rules.bind(py))? {
                Some(route) => Ok(route),
                None => self.route_by_python(environ),
            },
            None => self.route_by_python(environ),
        }
    }

    fn route_by_python(&self, environ: &Bound<'_, PyDict>) -> PyResult<Route> {
        let py = environ.py();
        self.capture.bind(py).getattr(intern!(py, "route_of"))?.call1((environ,))?.extract()
    }

    /// As the agent's `route_of` says it; None where the request is of another class, or its rule is not known yet.
    fn matched(environ: &Bound<'_, PyDict>, kind: &Bound<'_, PyType>, rules: &Bound<'_, PyDict>) -> PyResult<Option<Route>> {
        let py = environ.py();
        let nothing = || (py.None(), py.None(), PyDict::new(py).into_any().unbind());
        let Some(request) = environ.get_item(intern!(py, "werkzeug.request"))? else { return Ok(Some(nothing())) };
        if !request.get_type().is(kind) {
            return Ok(None);
        }
        let rule = request.getattr(intern!(py, "url_rule"))?;
        if rule.is_none() {
            return Ok(Some(nothing()));
        }
        let arguments = request.getattr(intern!(py, "view_args"))?;
        let (Ok(arguments), Some(said)) = (arguments.cast_exact::<PyDict>(), known_of(rules, &rule)?) else { return Ok(None) };
        let (path, endpoint) = said.extract()?;
        Ok(Some((path, endpoint, arguments.copy()?.into_any().unbind())))
    }

    /// The distributed trace that is current in this thread, where the app follows those.
    pub fn current_span(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if !self.modules.bind(py).contains(&self.tracing)? {
            return Ok(None);
        }
        let said = self.span.bind(py).call0()?;
        Ok((!said.is_none()).then(|| said.unbind()))
    }

    /// That of a request's header, None where there is none.
    pub fn span_of<'py>(&self, facts: &Environ, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match facts.get(Fact::Traceparent, py) {
            Some(said) => self.span_of_header.bind(py).call1((said,)),
            None => Ok(py.None().into_bound(py)),
        }
    }

    /// An exchange that was this environ's is `recording`'s from now on.
    pub fn goes_on_as(&self, environ: &Bound<'_, PyDict>, exchange: &Bound<'_, Exchange>, recording: &Bound<'_, PyAny>) -> PyResult<()> {
        let (live, key) = (self.live.bind(environ.py()), key_of(environ));
        if live.get_item(key)?.is_some_and(|running| running.is(exchange)) {
            live.set_item(key, recording)?;
        }
        Ok(())
    }

    /// The exchange of this environ is over.
    pub fn is_over(&self, environ: &Bound<'_, PyDict>, exchange: &Bound<'_, Exchange>) -> PyResult<()> {
        let (live, key) = (self.live.bind(environ.py()), key_of(environ));
        if live.get_item(key)?.is_some_and(|running| running.is(exchange)) {
            live.del_item(key)?;
        }
        Ok(())
    }

    /// The response of a `Recording` has come to its end.
    pub fn ended(&self, recording: &Bound<'_, PyAny>) -> PyResult<()> {
        self.has_ended.bind(recording.py()).call1((recording,)).map(drop)
    }

    /// Whether the interpreter is ending: modules are torn down, and nothing of Python's works any more.
    pub fn is_finalizing(&self, py: Python<'_>) -> bool {
        self.is_finalizing.bind(py).call0().and_then(|said| said.is_truthy()).unwrap_or(true)
    }

    /// Counts a failure of ours, and has it said once; given back is what is no `Exception`.
    pub fn swallow(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        if !error.is_instance_of::<PyException>(py) {
            return Err(error);
        }
        let _ = self.failed.bind(py).call1((error.value(py),));
        Ok(())
    }
}

/// The `id` of an environ.
fn key_of(environ: &Bound<'_, PyDict>) -> usize {
    environ.as_ptr() as usize
}

fn text<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    value.cast_exact::<PyString>().ok()?.to_str().ok()
}
