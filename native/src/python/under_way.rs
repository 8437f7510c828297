//! What is known of an exchange while it runs.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::edge::Edge;
use super::environ::Environ;
use super::recorded::{Given, Recorded};
use super::request_tee::RequestTee;
use super::seen::{Attempt, Not};
use crate::decline::Reason;

/// What is known so far: no Python code runs, and no object goes, while it is locked.
pub struct Seen {
    pub environ: Py<PyDict>,
    pub facts: Arc<Environ>,
    pub forward: Py<PyAny>,
    pub rules: Py<PyAny>,
    pub started: f64,
    pub begun: f64,
    pub tee: Option<Py<RequestTee>>,
    pub declared: i64,
    pub status: i64,
    pub headers: Option<Py<PyList>>,
    /// The rule as written, its endpoint, the arguments.
    pub route: Option<(Py<PyAny>, Py<PyAny>, Py<PyAny>)>,
    pub traceparent: Option<Py<PyAny>>,
    pub chunks: Vec<Py<PyBytes>>,
    pub size: i64,
    pub room: i64,
    pub ended: bool,
    pub in_call: bool,
    pub iterated: bool,
    pub done: bool,
}

/// What begins an exchange.
pub struct Begin<'a, 'py> {
    pub environ: &'a Bound<'py, PyDict>,
    pub facts: Environ,
    pub forward: &'a Bound<'py, PyAny>,
    pub rules: Bound<'py, PyAny>,
    pub started: f64,
    pub begun: f64,
    pub tee: Option<Bound<'py, RequestTee>>,
    pub declared: i64,
}

impl Seen {
    pub fn new(x: Begin<'_, '_>, limit: i64) -> Self {
        Seen {
            environ: x.environ.clone().unbind(),
            facts: Arc::new(x.facts),
            forward: x.forward.clone().unbind(),
            rules: x.rules.unbind(),
            started: x.started,
            begun: x.begun,
            tee: x.tee.map(Bound::unbind),
            declared: x.declared,
            status: 0,
            headers: None,
            route: None,
            traceparent: None,
            chunks: Vec::new(),
            size: 0,
            room: limit,
            ended: false,
            in_call: true,
            iterated: false,
            done: false,
        }
    }

    /// All of it, for use without the lock.
    pub fn known(&self, py: Python<'_>) -> Seen {
        Seen {
            environ: self.environ.clone_ref(py),
            facts: self.facts.clone(),
            forward: self.forward.clone_ref(py),
            rules: self.rules.clone_ref(py),
            tee: self.tee.as_ref().map(|tee| tee.clone_ref(py)),
            headers: self.headers.as_ref().map(|headers| headers.clone_ref(py)),
            route: self.route.as_ref().map(|(rule, endpoint, arguments)| {
                (rule.clone_ref(py), endpoint.clone_ref(py), arguments.clone_ref(py))
            }),
            traceparent: self.traceparent.as_ref().map(|said| said.clone_ref(py)),
            chunks: self.chunks.iter().map(|chunk| chunk.clone_ref(py)).collect(),
            ..*self
        }
    }

    /// The fields of a `Recording`; what it is made of besides: environ, facts, start_response, tee.
    #[allow(clippy::type_complexity)]
    pub fn fill<'py>(
        self, fields: &Bound<'py, PyDict>,
    ) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>, Py<PyAny>, Option<Py<RequestTee>>)> {
        let py = fields.py();
        fields.set_item("started", self.started)?;
        fields.set_item("begun", self.begun)?;
        fields.set_item("rules", self.rules)?;
        fields.set_item("declared", self.declared)?;
        fields.set_item("status", self.status)?;
        match self.headers {
            Some(headers) => fields.set_item("headers", headers)?,
            None => fields.set_item("headers", PyTuple::empty(py))?,
        }
        if let Some((rule, endpoint, arguments)) = self.route {
            fields.set_item("route", rule)?;
            fields.set_item("endpoint", endpoint)?;
            fields.set_item("arguments", arguments)?;
        }
        fields.set_item("traceparent", self.traceparent)?;
        fields.set_item("chunks", self.chunks)?;
        fields.set_item("size", self.size)?;
        fields.set_item("room", self.room)?;
        fields.set_item("ended", self.ended)?;
        fields.set_item("in_call", self.in_call)?;
        fields.set_item("iterated", self.iterated)?;
        fields.set_item("done", self.done)?;
        Ok((self.environ.into_bound(py), self.facts.dictionary(py)?, self.forward, self.tee))
    }

    pub fn recorded<'py>(&self, edge: &Edge, py: Python<'py>) -> Attempt<Recorded<'py>> {
        let (Some((rule, endpoint, arguments)), Some(headers)) = (&self.route, &self.headers) else {
            return Err(Reason::Unfinished.into());
        };
        if self.status == 0 {
            return Err(Reason::Unfinished.into());
        }
        let traceparent = match &self.traceparent {
            Some(said) => said.bind(py).clone(),
            None => edge.span_of(&self.facts, py)?,
        };
        Ok(Recorded {
            asked: self.facts.asked(py),
            headers: headers.bind(py).clone().into_any(),
            status: self.status,
            route: rule.bind(py).clone(),
            endpoint: endpoint.bind(py).clone(),
            arguments: arguments.bind(py).cast_exact::<PyDict>().map_err(|_| Not::Mine(Reason::Argument))?.clone(),
            started: self.started,
            duration: edge.now(py)? - self.begun,
            traceparent,
            read: self.tee.as_ref().map(|tee| tee.get().read(self.declared, py)).transpose()?,
            given: Given {
                chunks: self.chunks.iter().map(|chunk| chunk.bind(py).clone().into_any()).collect(),
                size: self.size,
                room: self.room,
                ended: self.ended,
                failed: false,
            },
        })
    }
}

/// What `start_response` is given as nearly always.
pub struct Start<'py> {
    pub status: i64,
    pub headers: Bound<'py, PyList>,
}

impl<'py> Start<'py> {
    /// None where only Python can say.
    pub fn of(args: &Bound<'py, PyTuple>) -> Option<Self> {
        if args.len() != 2 {
            return None;
        }
        let status = args.get_item(0).ok()?;
        let digits = status.cast_exact::<PyString>().ok()?.to_str().ok()?.as_bytes().get(..3)?;
        let headers = args.get_item(1).ok()?.cast_into_exact::<PyList>().ok()?;
        let number = |number, digit: &u8| number * 10 + i64::from(digit - b'0');
        digits.iter().all(u8::is_ascii_digit).then(|| Start { status: digits.iter().fold(0, number), headers })
    }
}
