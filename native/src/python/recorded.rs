//! What a recording of the agent's edge says when it is over, read in place: nothing of it is changed.

use std::borrow::Cow;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};

use super::seen::{text, Attempt, Kept, Not};
use crate::decline::Reason;

pub type Pairs<'py> = Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

/// One exchange as the edge has recorded it.
pub struct Recorded<'py> {
    pub facts: Bound<'py, PyDict>,
    pub headers: Bound<'py, PyAny>,
    pub status: i64,
    pub route: Bound<'py, PyAny>,
    pub endpoint: Bound<'py, PyAny>,
    pub arguments: Bound<'py, PyDict>,
    pub started: f64,
    /// Seconds since it began.
    pub duration: f64,
    pub traceparent: Bound<'py, PyAny>,
    pub read: Option<Read<'py>>,
    pub given: Given<'py>,
}

/// What the app has read of the request's body; `declared`: its Content-Length, negative for a chunked one.
pub struct Read<'py> {
    pub chunks: Vec<Bound<'py, PyAny>>,
    pub size: i64,
    pub room: i64,
    pub at_end: bool,
    pub declared: i64,
}

/// What has passed of the response's body; `failed`: the server could not go on.
pub struct Given<'py> {
    pub chunks: Vec<Bound<'py, PyAny>>,
    pub size: i64,
    pub room: i64,
    pub ended: bool,
    pub failed: bool,
}

impl<'py> Recorded<'py> {
    /// Of a `Recording`.
    pub fn of(recording: &Bound<'py, PyAny>) -> Attempt<Self> {
        let py = recording.py();
        if !recording.getattr(intern!(py, "exception"))?.is_none() {
            return Err(Reason::Exception.into());
        }
        let status: i64 = recording.getattr(intern!(py, "status"))?.extract()?;
        if status == 0 || recording.getattr(intern!(py, "upgrade"))?.is_truthy()? {
            return Err(Reason::Unfinished.into());
        }
        if recording.getattr(intern!(py, "passthrough"))?.is_truthy()? {
            return Err(Reason::File.into());
        }
        let copy = recording.getattr(intern!(py, "copy"))?;
        let declared = recording.getattr(intern!(py, "declared"))?.extract()?;
        let now: f64 = recording.getattr(intern!(py, "capture"))?.getattr(intern!(py, "clock"))?.call0()?.extract()?;
        Ok(Recorded {
            facts: recording.getattr(intern!(py, "facts"))?.cast_into_exact().map_err(|_| Reason::Headers)?,
            headers: recording.getattr(intern!(py, "headers"))?,
            status,
            route: recording.getattr(intern!(py, "route"))?,
            endpoint: recording.getattr(intern!(py, "endpoint"))?,
            arguments: recording.getattr(intern!(py, "arguments"))?.cast_into_exact().map_err(|_| Reason::Argument)?,
            started: recording.getattr(intern!(py, "started"))?.extract()?,
            duration: now - recording.getattr(intern!(py, "begun"))?.extract::<f64>()?,
            traceparent: recording.getattr(intern!(py, "traceparent"))?,
            read: if copy.is_none() { None } else { Some(Read::of(&copy, declared)?) },
            given: Given {
                chunks: pieces(recording.getattr(intern!(py, "chunks"))?)?,
                size: recording.getattr(intern!(py, "size"))?.extract()?,
                room: recording.getattr(intern!(py, "room"))?.extract()?,
                ended: recording.getattr(intern!(py, "ended"))?.is_truthy()?,
                failed: text(&recording.getattr(intern!(py, "unfinished"))?)? == "failed",
            },
        })
    }

    /// The request's body, where it was read to its end.
    pub fn request(&self) -> Attempt<Kept<'py>> {
        let Some(read) = &self.read else { return Ok(Kept::nothing()) };
        if !(if read.declared >= 0 { read.size >= read.declared } else { read.at_end }) {
            return Err(Reason::Unfinished.into());
        }
        Kept::new(&read.chunks, read.size, read.room < 0)
    }

    /// The response's body, where all of it went out; `length` is what its headers say.
    pub fn response(&self, method: &str, length: Option<i64>) -> Attempt<Kept<'py>> {
        if self.status < 200 || matches!(self.status, 204 | 304) || method == "HEAD" {
            return Ok(Kept::nothing());
        }
        let given = &self.given;
        let went_out = match length {
            // The client takes as much as it was told.
            Some(length) if given.size > length => return Ok(Kept::new(&given.chunks, length, true)?.up_to(length as usize)),
            Some(length) => given.size == length,
            None => given.ended,
        };
        if !went_out || given.failed {
            return Err(Reason::Unfinished.into());
        }
        Kept::new(&given.chunks, given.size, given.room < 0)
    }
}

impl<'py> Read<'py> {
    /// Of a `BodyCopy`.
    pub fn of(copy: &Bound<'py, PyAny>, declared: i64) -> Attempt<Self> {
        let py = copy.py();
        if !copy.getattr(intern!(py, "_sieve"))?.is_none() {
            return Err(Reason::Body.into());
        }
        Ok(Read {
            chunks: pieces(copy.getattr(intern!(py, "_chunks"))?)?,
            size: copy.getattr(intern!(py, "size"))?.extract()?,
            room: copy.getattr(intern!(py, "_room"))?.extract()?,
            at_end: copy.getattr(intern!(py, "at_end"))?.is_truthy()?,
            declared,
        })
    }
}

fn pieces<'py>(value: Bound<'py, PyAny>) -> Attempt<Vec<Bound<'py, PyAny>>> {
    Ok(value.cast_exact::<PyList>().map_err(|_| Reason::Body)?.iter().collect())
}

/// What a Content-Length says, None where there is none; a text that only Python can read is declined.
pub fn content_length(said: &str) -> Attempt<Option<i64>> {
    if said.is_ascii() && !said.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(None); // no number for anybody
    }
    let plain = said.len() <= 18 && said.bytes().all(|byte| byte.is_ascii_digit());
    if plain { said.parse().map(Some).map_err(|_| Reason::Headers.into()) } else { Err(Reason::Headers.into()) }
}

/// The facts of an environ that a trace has apart from its headers.
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
}

const FACTS: [&[u8]; 12] = [
    b"HTTP_HOST", b"HTTP_X_FORWARDED_FOR", b"REMOTE_ADDR", b"SERVER_NAME", b"SERVER_PORT", b"REMOTE_PORT", b"REQUEST_METHOD",
    b"SCRIPT_NAME", b"PATH_INFO", b"QUERY_STRING", b"CONTENT_TYPE", b"HTTP_CONTENT_ENCODING",
];

/// An environ, gone through once.
pub struct Asked<'py> {
    facts: [Option<Bound<'py, PyAny>>; FACTS.len()],
    /// Keys and values of its headers, in order.
    pub headers: Pairs<'py>,
}

impl<'py> Asked<'py> {
    pub fn of(environ: &Bound<'py, PyDict>) -> Attempt<Self> {
        let mut asked = Asked { facts: Default::default(), headers: Vec::with_capacity(16) };
        for (key, value) in environ.iter() {
            let Ok(name) = key.cast_exact::<PyString>() else { continue };
            let name = name.to_str().map_err(|_| Reason::Headers)?.as_bytes();
            if let Some(place) = FACTS.iter().position(|fact| *fact == name) {
                asked.facts[place] = Some(value.clone());
            }
            let is_http = name.starts_with(b"HTTP_");
            if !is_http && !matches!(name, b"CONTENT_TYPE" | b"CONTENT_LENGTH") {
                continue;
            }
            let Ok(said) = value.cast_exact::<PyString>() else { return Err(Reason::Headers.into()) };
            // Some servers give these empty where the client sent none.
            if said.is_empty()? && is_of_content(if is_http { &name[5..] } else { name }) {
                continue;
            }
            asked.headers.push((key, value));
        }
        Ok(asked)
    }

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

/// Whether the key of a header is that of one whose name begins with `Content-`.
fn is_of_content(key: &[u8]) -> bool {
    key.len() > 7 && key[..7].eq_ignore_ascii_case(b"CONTENT") && matches!(key[7], b'_' | b'-')
}

/// Names and values of the headers that `start_response` was given.
pub fn told<'py>(headers: &Bound<'py, PyAny>) -> Attempt<Pairs<'py>> {
    let pair = |pair: Bound<'py, PyAny>| {
        let pair = pair.cast_into_exact::<PyTuple>().map_err(|_| Reason::Headers)?;
        if pair.len() != 2 {
            return Err(Not::Mine(Reason::Headers));
        }
        Ok((pair.get_item(0)?, pair.get_item(1)?))
    };
    if let Ok(headers) = headers.cast_exact::<PyList>() {
        return headers.iter().map(pair).collect();
    }
    headers.cast_exact::<PyTuple>().map_err(|_| Reason::Headers)?.iter().map(pair).collect()
}
