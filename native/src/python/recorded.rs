//! What a recording of the agent's edge says when it is over, read in place: nothing of it is changed.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::environ::{Asked, Environ};
use super::seen::{text, Attempt, Kept, Not};
use crate::decline::Reason;

pub type Pairs<'py> = Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

/// One exchange as the edge has recorded it.
pub struct Recorded<'py> {
    pub asked: Asked<'py>,
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
            asked: Environ::of(recording.getattr(intern!(py, "facts"))?.cast_exact().map_err(|_| Reason::Headers)?)?.asked(py),
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
