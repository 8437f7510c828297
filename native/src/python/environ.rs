//! An environ as it was at the beginning, gone through once: the app and some servers change theirs.

use std::borrow::Cow;

use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString};
use pyo3::PyTraverseError;

use super::recorded::Pairs;
use super::seen::{text, Attempt};
use crate::decline::Reason;

/// What is asked of an environ by name.
#[derive(Clone, Copy)]
pub enum Fact {
    Host,
    ForwardedFor,
    RemoteAddr,
    ServerName,
    ServerPort,
    RemotePort,
    Method,
    ScriptName,
    PathInfo,
    QueryString,
    ContentType,
    ContentEncoding,
    ContentLength,
    Protocol,
    Traceparent,
    Input,
    /// What makes a request unusual.
    Request,
    Upgrade,
    TransferEncoding,
    /// What some servers say of the body once more.
    ContentTypeAgain,
    ContentLengthAgain,
}

const FACTS: usize = Fact::ContentLengthAgain as usize + 1;
/// Those that a trace has.
const SAID: usize = Fact::ContentEncoding as usize + 1;
const ABSENT: u16 = u16::MAX;

impl Fact {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"HTTP_HOST" => Fact::Host,
            b"HTTP_X_FORWARDED_FOR" => Fact::ForwardedFor,
            b"REMOTE_ADDR" => Fact::RemoteAddr,
            b"SERVER_NAME" => Fact::ServerName,
            b"SERVER_PORT" => Fact::ServerPort,
            b"REMOTE_PORT" => Fact::RemotePort,
            b"REQUEST_METHOD" => Fact::Method,
            b"SCRIPT_NAME" => Fact::ScriptName,
            b"PATH_INFO" => Fact::PathInfo,
            b"QUERY_STRING" => Fact::QueryString,
            b"CONTENT_TYPE" => Fact::ContentType,
            b"HTTP_CONTENT_ENCODING" => Fact::ContentEncoding,
            b"CONTENT_LENGTH" => Fact::ContentLength,
            b"SERVER_PROTOCOL" => Fact::Protocol,
            b"HTTP_TRACEPARENT" => Fact::Traceparent,
            b"wsgi.input" => Fact::Input,
            b"werkzeug.request" => Fact::Request,
            b"HTTP_UPGRADE" => Fact::Upgrade,
            b"HTTP_TRANSFER_ENCODING" => Fact::TransferEncoding,
            b"HTTP_CONTENT_TYPE" => Fact::ContentTypeAgain,
            b"HTTP_CONTENT_LENGTH" => Fact::ContentLengthAgain,
            _ => return None,
        })
    }
}

/// All items, in order, and where among them the facts and the headers are.
pub struct Environ {
    items: Vec<(Py<PyAny>, Py<PyAny>)>,
    facts: [u16; FACTS],
    headers: Vec<u16>,
}

impl Environ {
    /// Declined where it has headers that are no plain strings.
    pub fn of(environ: &Bound<'_, PyDict>) -> Attempt<Self> {
        if environ.len() >= usize::from(ABSENT) {
            return Err(Reason::Headers.into());
        }
        let mut read = Environ { items: Vec::with_capacity(environ.len()), facts: [ABSENT; FACTS], headers: Vec::with_capacity(16) };
        for (key, value) in environ.iter() {
            let at = read.items.len() as u16;
            if let Ok(name) = key.cast_exact::<PyString>() {
                let name = name.to_str().map_err(|_| Reason::Headers)?.as_bytes();
                if let Some(fact) = Fact::of(name) {
                    read.facts[fact as usize] = at;
                }
                if is_header(name, &value)? {
                    read.headers.push(at);
                }
            }
            read.items.push((key.unbind(), value.unbind()));
        }
        for (once, again) in [(Fact::ContentType, Fact::ContentTypeAgain), (Fact::ContentLength, Fact::ContentLengthAgain)] {
            if read.has(again) && read.is_equal(once, again, environ.py())? {
                let at = read.facts[again as usize];
                read.headers.retain(|header| *header != at);
            }
        }
        Ok(read)
    }

    /// Whether two facts have the same text; both are known to be strings where they are there.
    fn is_equal(&self, one: Fact, other: Fact, py: Python<'_>) -> Attempt<bool> {
        match (self.get(one, py), self.get(other, py)) {
            (Some(one), Some(other)) => Ok(text(one)? == text(other)?),
            _ => Ok(false),
        }
    }

    /// Its value, None where there is none.
    pub fn get<'a, 'py>(&'a self, fact: Fact, py: Python<'py>) -> Option<&'a Bound<'py, PyAny>> {
        self.items.get(usize::from(self.facts[fact as usize])).map(|item| item.1.bind(py))
    }

    pub fn has(&self, fact: Fact) -> bool {
        self.facts[fact as usize] != ABSENT
    }

    /// As it was.
    pub fn dictionary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let made = PyDict::new(py);
        for (key, value) in &self.items {
            made.set_item(key, value)?;
        }
        Ok(made)
    }

    pub fn asked<'py>(&self, py: Python<'py>) -> Asked<'py> {
        let item = |at: &u16| self.items.get(usize::from(*at)).map(|(key, value)| (key.bind(py).clone(), value.bind(py).clone()));
        Asked {
            facts: std::array::from_fn(|fact| item(&self.facts[fact]).map(|found| found.1)),
            headers: self.headers.iter().filter_map(item).collect(),
        }
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.items.iter().try_for_each(|(key, value)| visit.call(key).and_then(|()| visit.call(value)))
    }
}

/// Whether a trace has this item among the headers.
fn is_header(name: &[u8], value: &Bound<'_, PyAny>) -> Attempt<bool> {
    let is_http = name.starts_with(b"HTTP_");
    if !is_http && !matches!(name, b"CONTENT_TYPE" | b"CONTENT_LENGTH") {
        return Ok(false);
    }
    let Ok(said) = value.cast_exact::<PyString>() else { return Err(Reason::Headers.into()) };
    // Some servers give these empty where the client sent none.
    Ok(!(said.is_empty()? && is_of_content(if is_http { &name[5..] } else { name })))
}

/// Whether the key of a header is that of one whose name begins with `Content-`.
fn is_of_content(key: &[u8]) -> bool {
    key.len() > 7 && key[..7].eq_ignore_ascii_case(b"CONTENT") && matches!(key[7], b'_' | b'-')
}

/// What the client has asked.
pub struct Asked<'py> {
    facts: [Option<Bound<'py, PyAny>>; SAID],
    /// Keys and values of its headers, in order.
    pub headers: Pairs<'py>,
}

impl<'py> Asked<'py> {
    /// The text of a fact, "" where there is none.
    pub fn text(&self, fact: Fact) -> Attempt<&str> {
        match &self.facts[fact as usize] {
            Some(value) if !value.is_none() => text(value).map_err(|_| Reason::Headers.into()),
            _ => Ok(""),
        }
    }

    pub fn method(&self) -> Attempt<&str> {
        self.text(Fact::Method).map(|method| if method.is_empty() { "GET" } else { method })
    }

    pub fn peers(&self) -> Attempt<[&str; 5]> {
        Ok([
            self.text(Fact::Host)?, self.text(Fact::ForwardedFor)?, self.text(Fact::RemoteAddr)?, self.text(Fact::ServerName)?,
            self.text(Fact::ServerPort)?,
        ])
    }

    /// The client's port as digits, "" where the server does not know it.
    pub fn remote_port(&self) -> Attempt<Cow<'_, str>> {
        let port = match &self.facts[Fact::RemotePort as usize] {
            Some(value) if value.is_exact_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() => {
                Cow::Owned(value.extract::<i64>()?.to_string())
            }
            _ => Cow::Borrowed(self.text(Fact::RemotePort)?),
        };
        if !port.is_ascii() {
            return Err(Reason::Headers.into());
        }
        Ok(if port.bytes().all(|byte| byte.is_ascii_digit()) && port != "0" { port } else { Cow::Borrowed("") })
    }

    pub fn script_name(&self) -> Attempt<&str> {
        self.text(Fact::ScriptName).map(|name| name.trim_end_matches('/'))
    }

    /// The path, "" or with a slash at its beginning; what a percent in it means depends on the server.
    pub fn path(&self) -> Attempt<Cow<'_, str>> {
        let path = self.text(Fact::PathInfo)?;
        if path.contains('%') {
            return Err(Reason::Path.into());
        }
        let needs_slash = !path.starts_with('/') && (!path.is_empty() || self.script_name()?.is_empty());
        Ok(if needs_slash { Cow::Owned(format!("/{path}")) } else { Cow::Borrowed(path) })
    }
}
