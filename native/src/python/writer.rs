//! Writes the trace of an ordinary exchange in one pass, and hands it to the queue.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::headers::{hash_of, push_value, Cookie, Plan};
use super::safety;
use super::environ::Fact;
use super::recorded::{content_length, told, Pairs, Recorded};
use super::seen::{text, Attempt, Kept, Not};
use super::tables::Table;
use super::words::Search;
use crate::cut_json::closed;
use crate::decline::{Declined, Reason};
use crate::harmless::Harmless;
use crate::marks::Marks;
use crate::moments::{push_hex, push_number, push_padded, push_second};
use crate::quote::push_quoted;
use crate::search::contains;

/// How many pieces stand between the values of a trace.
const PIECES: usize = 22;
const BYTE_ORDER_MARK: u8 = 0xef;

/// What a trace says of those who speak, the same for each client.
struct Peers {
    host: String,
    forwarded: String,
    tail: String,
}

/// What a trace says of a route, also in the place of its path; `name` is for the queue, None where there is no route.
struct Line {
    url: String,
    meta: String,
    path: String,
    name: Option<Py<PyAny>>,
}

/// What a Content-Type says of a body.
#[derive(Clone)]
struct Kind {
    plain: bool,
    name: String,
    /// Whether a cut text is whole wherever its characters are.
    ends_anywhere: bool,
}

/// The functions of the agent that are asked where something is met for the first time, or has to be masked.
struct Agent {
    plan: Py<PyAny>,
    response_plan: Py<PyAny>,
    peers: Py<PyAny>,
    line: Py<PyAny>,
    path: Py<PyAny>,
    masked_path: Py<PyAny>,
    parameters: Py<PyAny>,
    kind: Py<PyAny>,
    cookie: Py<PyAny>,
    body: Py<PyAny>,
    query: Py<PyAny>,
    keep: Option<Py<PyAny>>,
    collector: Py<PyAny>,
    number: Py<PyAny>,
    /// Takes a trace, in whatever way; and how one is put into the queue where there is room for it.
    submit: Py<PyAny>,
    entrance: Option<Entrance>,
    /// What waits for a request that goes the pure way, and what writes in another process.
    waiting: Py<PyAny>,
    elsewhere: Py<PyAny>,
}

/// The agent's queue: counts a trace, has its sizes, appends an item, which weighs so much beside its trace.
type Entrance = (Py<PyAny>, Py<PyAny>, Py<PyAny>, i64);

/// Traces of one process, made from its recordings.
#[pyclass(frozen, module = "metlo_auto_native")]
pub struct Writer {
    process: u32,
    pieces: Vec<Vec<u8>>,
    methods: Vec<String>,
    without_endpoint: Vec<i64>,
    left_alone: Vec<String>,
    apart: Vec<u8>,
    /// Of bodies that Python looks at, whatever is found in them.
    beginnings: Vec<Vec<u8>>,
    limit: usize,
    pub marks: Marks,
    pub schemes: Vec<String>,
    search: Option<Py<Search>>,
    agent: Agent,
    plans: Table<Plan>,
    peers: Table<Peers>,
    lines: Table<Line>,
    kinds: Table<Kind>,
    cookies: Table<Cookie>,
    harmless: Harmless,
    /// The last second that was written, and its text.
    second: Mutex<(i64, Vec<u8>)>,
    written: AtomicU64,
    declined: Declined,
}

#[pymethods]
impl Writer {
    /// `pieces` stand between the values of a trace, in its order; the functions are those of `Agent`, by name.
    #[new]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let get = |name: &str| settings.get_item(name)?.ok_or_else(|| PyValueError::new_err(name.to_owned()));
        let function = |name: &str| get(name).map(Bound::unbind);
        let pieces: Vec<Vec<u8>> = get("pieces")?.extract()?;
        if pieces.len() != PIECES {
            return Err(PyValueError::new_err("pieces"));
        }
        Ok(Writer {
            process: std::process::id(),
            pieces,
            methods: get("methods")?.extract()?,
            without_endpoint: sorted(get("without_endpoint")?.extract()?),
            apart: get("apart")?.extract()?,
            beginnings: get("beginnings")?.extract()?,
            left_alone: get("left_alone")?.extract()?,
            limit: get("limit")?.extract()?,
            marks: Marks::new(get("key")?.extract()?, get("before_marks")?.extract()?),
            schemes: get("schemes")?.extract()?,
            search: get("search")?.extract()?,
            agent: Agent {
                plan: function("plan")?,
                response_plan: function("response_plan")?,
                peers: function("peers")?,
                line: function("line")?,
                path: function("path")?,
                masked_path: function("masked_path")?,
                parameters: function("parameters")?,
                kind: function("kind")?,
                cookie: function("cookie")?,
                body: function("body")?,
                query: function("query")?,
                keep: get("keep")?.extract()?,
                collector: function("collector")?,
                number: function("number")?,
                submit: function("submit")?,
                entrance: get("entrance")?.extract()?,
                waiting: function("waiting")?,
                elsewhere: function("elsewhere")?,
            },
            plans: Table::new(),
            peers: Table::new(),
            lines: Table::new(),
            kinds: Table::new(),
            cookies: Table::new(),
            harmless: Harmless::new(),
            second: Mutex::default(),
            written: AtomicU64::new(0),
            declined: Declined::default(),
        })
    }

    /// Whether the trace of a recording that is over was queued; where not, nothing has happened.
    fn write(&self, recording: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = recording.py();
        if !self.is_of_this_process() {
            return self.agent.elsewhere.bind(py).call1((recording,))?.is_truthy();
        }
        self.queued(&recording.getattr(intern!(py, "rules"))?, || Recorded::of(recording))
    }

    /// How many traces it has written.
    fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// How many exchanges it has declined, by reason.
    fn declined(&self) -> std::collections::HashMap<&'static str, u64> {
        self.declined.counts().collect()
    }
}

impl Writer {
    pub fn is_of_this_process(&self) -> bool {
        std::process::id() == self.process
    }

    /// Whether the trace of what `record` gives was queued; `rules` are those of its app.
    pub fn queued<'py>(
        &self, rules: &Bound<'py, PyAny>, record: impl FnOnce() -> Attempt<Recorded<'py>>,
    ) -> PyResult<bool> {
        let py = rules.py();
        if !self.agent.waiting.bind(py).is_empty()? || !self.is_simple(rules)? {
            return Ok(false);
        }
        self.tried(py, || self.attempt(&record()?, py))
    }

    /// Whether no route of the app has a secret argument, which would have to be masked in all of the exchange.
    fn is_simple(&self, rules: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = rules.py();
        if self.search.is_none() || rules.is_none() {
            return Ok(true);
        }
        let kept = rules.getattr(intern!(py, "kept"))?;
        Ok(kept.cast_exact::<PyTuple>().is_ok_and(|kept| kept.is_empty()))
    }

    /// The outcome of an attempt, counted.
    fn tried(&self, py: Python<'_>, attempt: impl FnOnce() -> Attempt<()>) -> PyResult<bool> {
        if safety::is_broken() {
            self.declined.add(Reason::Panic);
            return Ok(false);
        }
        let reason = match safety::guarded(attempt) {
            Some(Ok(())) => {
                self.written.fetch_add(1, Ordering::Relaxed);
                return Ok(true);
            }
            Some(Err(Not::Mine(reason))) => reason,
            // A server that is told to quit raises SystemExit wherever it is.
            Some(Err(Not::Failed(error))) if !error.is_instance_of::<PyException>(py) => return Err(error),
            Some(Err(Not::Failed(_))) => Reason::Error,
            None => Reason::Panic,
        };
        self.declined.add(reason);
        Ok(false)
    }
}

/// The text of a body: as it came, or as Python has masked it.
enum Body<'a, 'py> {
    Plain(Cow<'a, [u8]>),
    Masked(Bound<'py, PyAny>),
}

impl Body<'_, '_> {
    fn push(&self, out: &mut Vec<u8>) -> Attempt<()> {
        match self {
            Body::Plain(bytes) => push_quoted(out, bytes),
            Body::Masked(masked) => push_quoted(out, text(masked)?.as_bytes()),
        }
        Ok(())
    }

    fn len(&self) -> usize {
        match self {
            Body::Plain(bytes) => bytes.len(),
            Body::Masked(masked) => text(masked).map_or(0, str::len),
        }
    }
}

/// What its headers say of a body.
struct Described<'a> {
    content_type: &'a str,
    encoding: &'a str,
}

/// One side of an exchange: its headers, and what was kept of its body.
struct Side<'a, 'py> {
    plan: &'a Plan,
    pairs: &'a Pairs<'py>,
    kept: &'a Kept<'py>,
    described: Described<'a>,
}

/// All that a trace is made of; `peers` as the agent has them.
struct Exchange<'a, 'py> {
    method: &'a str,
    peers: [&'a str; 5],
    remote_port: &'a str,
    script_name: &'a str,
    path: &'a str,
    query: &'a str,
    asked: Side<'a, 'py>,
    status: i64,
    told: Side<'a, 'py>,
    route: &'a Bound<'py, PyAny>,
    endpoint: &'a Bound<'py, PyAny>,
    arguments: &'a Bound<'py, PyDict>,
    started: f64,
    duration: f64,
    traceparent: &'a Bound<'py, PyAny>,
}

impl Writer {
    fn attempt<'py>(&self, recorded: &Recorded<'py>, py: Python<'py>) -> Attempt<()> {
        let asked = &recorded.asked;
        let request_plan = self.plan(&asked.headers, &self.agent.plan, py)?;
        let told = told(&recorded.headers)?;
        let response_plan = self.plan(&told, &self.agent.response_plan, py)?;
        let response_length = content_length(response_plan.content_length(&told)?)?;
        let method = asked.method()?;
        let (request, response) = (recorded.request()?, recorded.response(method, response_length)?);
        let remote_port = asked.remote_port()?;
        let exchange = Exchange {
            method,
            peers: asked.peers()?,
            remote_port: &remote_port,
            script_name: asked.script_name()?,
            path: &asked.path()?,
            query: asked.text(Fact::QueryString)?,
            asked: Side {
                plan: &request_plan, pairs: &asked.headers, kept: &request,
                described: Described { content_type: asked.text(Fact::ContentType)?, encoding: asked.text(Fact::ContentEncoding)? },
            },
            status: recorded.status,
            told: Side {
                plan: &response_plan, pairs: &told, kept: &response,
                described: Described { content_type: response_plan.content_type(&told)?, encoding: response_plan.encoding(&told)? },
            },
            route: &recorded.route,
            endpoint: &recorded.endpoint,
            arguments: &recorded.arguments,
            started: recorded.started,
            duration: recorded.duration,
            traceparent: &recorded.traceparent,
        };
        self.queue(&exchange, py)
    }

    /// Writes the trace and hands it to the queue, unless the exchange is not ordinary.
    fn queue<'py>(&self, x: &Exchange<'_, 'py>, py: Python<'py>) -> Attempt<()> {
        if !self.methods.iter().any(|known| known == x.method) {
            return Err(Reason::Method.into());
        }
        if self.left_alone.iter().any(|end| x.path.ends_with(end)) {
            return Err(Reason::Path.into());
        }
        if self.is_apart(x.query.as_bytes()) || self.is_apart(x.path.as_bytes()) {
            return Err(Reason::Argument.into());
        }
        let request = self.body(x.asked.kept, &x.asked.described, py)?;
        let response = self.body(x.told.kept, &x.told.described, py)?;
        let line = self.line(x, py)?;
        let peers = self.peers(x.peers, py)?;
        let name = if self.without_endpoint.binary_search(&x.status).is_ok() { None } else { line.name.as_ref() };
        if let Some(keep) = self.agent.keep.as_ref().filter(|_| x.status < 500) {
            if !keep.bind(py).call0()?.is_truthy()? {
                return Ok(());
            }
        }

        let mut out = Vec::with_capacity(2048 + 2 * (request.len() + response.len()));
        let mut pieces = self.pieces.iter();
        macro_rules! piece {
            () => {
                out.extend_from_slice(pieces.next().ok_or(Reason::Error)?)
            };
        }
        // By which of them is first the sender tells a path that is a route.
        let templated = name.is_some() && !self.agent.collector.bind(py).getattr(intern!(py, "ours"))?.is_truthy()?;
        piece!();
        out.extend_from_slice(if templated { line.path.as_bytes() } else { peers.host.as_bytes() });
        piece!();
        if templated {
            out.extend_from_slice(peers.host.as_bytes());
        } else {
            self.push_path(x.script_name, x.path, &mut out, py)?;
        }
        piece!();
        out.extend_from_slice(line.url.as_bytes());
        piece!();
        self.push_parameters(x.query, &mut out, py)?;
        piece!();
        self.push_headers(&x.asked, &mut out, py)?;
        piece!();
        out.extend_from_slice(x.method.as_bytes());
        piece!();
        request.push(&mut out)?;
        piece!();
        push_number(&mut out, x.status);
        piece!();
        self.push_headers(&x.told, &mut out, py)?;
        piece!();
        response.push(&mut out)?;
        piece!();
        out.extend_from_slice(peers.tail.as_bytes());
        piece!();
        push_quoted(&mut out, x.remote_port.as_bytes());
        let times = [milliseconds(x.started)?, milliseconds(x.started + x.duration)?];
        for moment in times {
            piece!();
            self.push_second(moment / 1000, &mut out);
            piece!();
            push_padded(&mut out, moment % 1000, 3);
        }
        let took = milliseconds(x.duration * 1000.0)?;
        piece!();
        push_number(&mut out, took / 1000);
        piece!();
        push_padded(&mut out, took % 1000, 3);
        piece!();
        push_hex(&mut out, self.agent.number.bind(py).call0()?.extract()?);
        piece!();
        out.extend_from_slice(line.meta.as_bytes());
        out.extend_from_slice(peers.forwarded.as_bytes());
        if !x.traceparent.is_none() {
            out.extend_from_slice(b",\"traceparent\":");
            push_quoted(&mut out, text(x.traceparent)?.as_bytes());
        }
        push_cut("requestBody", x.asked.kept, &mut out);
        push_cut("responseBody", x.told.kept, &mut out);
        if templated {
            out.push(b',');
            self.push_path(x.script_name, x.path, &mut out, py)?;
        }
        piece!();
        piece!();

        self.submit(PyBytes::new(py, &out), name.map(|name| name.bind(py)))?;
        Ok(())
    }

    /// Most requests are of the same second as the last one.
    fn push_second(&self, second: i64, out: &mut Vec<u8>) {
        let Ok(mut last) = self.second.try_lock() else { return push_second(out, second) };
        if last.0 != second || last.1.is_empty() {
            last.0 = second;
            last.1.clear();
            push_second(&mut last.1, second);
        }
        out.extend_from_slice(&last.1);
    }

    fn submit<'py>(&self, trace: Bound<'py, PyBytes>, name: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        let py = trace.py();
        if let Some(entrance) = &self.agent.entrance {
            if Self::put(entrance, &trace, name)? {
                return Ok(());
            }
        }
        self.agent.submit.bind(py).call1((trace, name)).map(drop)
    }

    /// As the agent's `submit` and `offer` do it where there is room, else false; no signal comes in between.
    fn put<'py>(entrance: &Entrance, trace: &Bound<'py, PyBytes>, name: Option<&Bound<'py, PyAny>>) -> PyResult<bool> {
        let py = trace.py();
        let (count, queue, append, overhead) = (entrance.0.bind(py), entrance.1.bind(py), entrance.2.bind(py), entrance.3);
        let number = |name| queue.getattr(name)?.extract::<i64>();
        let size = trace.as_bytes().len() as i64 + overhead;
        let put = number(intern!(py, "_put"))? + size;
        if put - number(intern!(py, "_settled"))? > number(intern!(py, "_limit"))? {
            return Ok(false);
        }
        count.call0()?;
        queue.setattr(intern!(py, "_put"), put)?;
        append.call1(((trace, name, py.None()),))?;
        if put as f64 >= queue.getattr(intern!(py, "wake_at"))?.extract::<f64>()? {
            queue.setattr(intern!(py, "wake_at"), f64::INFINITY)?;
            queue.call_method0(intern!(py, "_wake"))?;
        }
        Ok(true)
    }

    /// Whether a value has to be masked in other parts of its exchange, too.
    pub fn is_apart(&self, value: &[u8]) -> bool {
        contains(value, &self.apart)
    }

    pub fn finds(&self, text: &[u8]) -> bool {
        !self.is_harmless(text) && self.is_found(text)
    }

    /// Whether nothing in a short text has to be masked, here or elsewhere; those repeat.
    pub fn is_harmless(&self, text: &[u8]) -> bool {
        self.harmless.is(text, |text| !self.is_apart(text) && !self.is_found(text))
    }

    fn is_found(&self, text: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.get().0.finds(text))
    }

    /// What is known of these headers; `ask` says it where nothing is.
    fn plan<'py>(&self, pairs: &Pairs<'py>, ask: &Py<PyAny>, py: Python<'py>) -> Attempt<std::sync::Arc<Plan>> {
        let hash = hash_of(pairs.iter().map(|(key, _)| key))?.to_ne_bytes();
        let plan = self.plans.get(&hash, || {
            let keys = PyTuple::new(py, pairs.iter().map(|(key, _)| key))?;
            let said = ask.bind(py).call1((&keys,))?;
            if said.is_none() {
                return Err(Not::Mine(Reason::Headers));
            }
            let length: usize = pairs.iter().map(|(key, _)| text(key).map_or(0, str::len)).sum();
            Ok::<_, Not>((Plan::new(&keys, &said)?, length <= 2000))
        })?;
        if !plan.is_of(pairs.iter().map(|(key, _)| key))? {
            self.plans.forget(&hash);
            return Err(Reason::Busy.into());
        }
        Ok(plan)
    }

    fn body<'a, 'py>(&self, kept: &'a Kept<'py>, described: &Described<'_>, py: Python<'py>) -> Attempt<Body<'a, 'py>> {
        let bytes = kept.bytes();
        if bytes.is_empty() && !kept.cut {
            return Ok(Body::Plain(Cow::Borrowed(b"")));
        }
        let kind = self.kind(described.content_type, py)?;
        let ordinary = kind.plain && described.encoding.is_empty() && bytes.len() <= self.limit && !bytes.is_empty();
        if !ordinary || bytes[0] == BYTE_ORDER_MARK || bytes.iter().take(4).any(|&byte| byte == 0) {
            return Err(Reason::Body.into());
        }
        let is_json = kind.name == "json";
        if kept.cut && !kind.ends_anywhere && !is_json {
            return Err(Reason::Body.into());
        }
        let said = match std::str::from_utf8(bytes) {
            Ok(said) => said,
            // Half a character at the end.
            Err(error) if kept.cut && error.error_len().is_none() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).map_err(|_| Reason::Text)?
            }
            Err(_) => return Err(Reason::Text.into()),
        };
        let said = if kept.cut && is_json { Cow::Owned(closed(said)) } else { Cow::Borrowed(said) };
        let bytes = said.as_bytes();
        let may_say_a_secret = self.search.as_ref().is_some_and(|search| {
            self.beginnings.iter().any(|beginning| bytes.starts_with(beginning)) || search.get().0.finds(bytes)
        });
        if !may_say_a_secret {
            return Ok(Body::Plain(match said {
                Cow::Borrowed(said) => Cow::Borrowed(said.as_bytes()),
                Cow::Owned(said) => Cow::Owned(said.into_bytes()),
            }));
        }
        Ok(Body::Masked(self.agent.body.bind(py).call1((&*said, &kind.name, described.content_type))?))
    }

    fn kind(&self, content_type: &str, py: Python<'_>) -> Attempt<std::sync::Arc<Kind>> {
        self.kinds.get(content_type.as_bytes(), || {
            let (plain, name, ends_anywhere) = self.agent.kind.bind(py).call1((content_type,))?.extract()?;
            Ok((Kind { plain, name, ends_anywhere }, true))
        })
    }

    pub fn cookie(&self, name: &[u8], py: Python<'_>) -> Attempt<Cookie> {
        self.cookies
            .get(name, || {
                let said = std::str::from_utf8(name).map_err(|_| Reason::Text)?;
                let number: u8 = self.agent.cookie.bind(py).call1((said,))?.extract()?;
                Ok::<_, Not>(([Cookie::Mark, Cookie::Credential, Cookie::Ask][usize::from(number.min(2))], true))
            })
            .map(|cookie| *cookie)
    }

    fn peers(&self, asked: [&str; 5], py: Python<'_>) -> Attempt<std::sync::Arc<Peers>> {
        let mut key = Vec::with_capacity(128);
        asked.iter().for_each(|part| push_part(&mut key, part));
        self.peers.get(&key, || {
            let [host, forwarded, remote, name, port] = asked;
            let (host, forwarded, tail) = self.agent.peers.bind(py).call1((host, forwarded, remote, name, port))?.extract()?;
            Ok((Peers { host, forwarded, tail }, true))
        })
    }

    fn line(&self, x: &Exchange<'_, '_>, py: Python<'_>) -> Attempt<std::sync::Arc<Line>> {
        if x.route.is_none() {
            return Ok(std::sync::Arc::new(Line { url: String::new(), meta: String::new(), path: String::new(), name: None }));
        }
        let (host, names) = (x.peers[0], x.arguments.keys());
        let mut key = Vec::with_capacity(128);
        for part in [host, x.method, x.script_name, text(x.route)?, if x.endpoint.is_none() { "" } else { text(x.endpoint)? }] {
            push_part(&mut key, part);
        }
        for name in names.iter() {
            push_part(&mut key, text(&name)?);
        }
        let without = self.without_endpoint.binary_search(&x.status).is_ok();
        self.lines.get(&key, || {
            let said = self.agent.line.bind(py).call1((host, x.method, x.script_name, x.route, x.endpoint, names))?;
            if said.is_none() {
                return Err(Not::Mine(Reason::Argument));
            }
            let (url, meta, path, name, known): (String, String, String, Py<PyAny>, u8) = said.extract()?;
            let first = known == 0 || (known == 1 && (200..300).contains(&x.status));
            if first && !without {
                return Err(Not::Mine(Reason::First));
            }
            Ok((Line { url, meta, path, name: Some(name) }, known == 2))
        })
    }

    fn push_path(&self, script_name: &str, path: &str, out: &mut Vec<u8>, py: Python<'_>) -> Attempt<()> {
        let masked = if self.finds(path.as_bytes()) { Some(self.agent.masked_path.bind(py).call1((path,))?) } else { None };
        let path = masked.as_ref().map_or(Ok(path), |masked| text(masked))?;
        if script_name.is_empty() && is_plain_path(path) || is_plain_path(script_name) && is_plain_path(path) {
            out.extend_from_slice(b"\"path\":");
            push_quoted(out, &[script_name.as_bytes(), path.as_bytes()].concat());
            return Ok(());
        }
        let quoted = self.agent.path.bind(py).call1((format!("{script_name}{path}"),))?;
        out.extend_from_slice(text(&quoted)?.as_bytes());
        Ok(())
    }

    fn push_parameters(&self, query: &str, out: &mut Vec<u8>, py: Python<'_>) -> Attempt<()> {
        if query.is_empty() {
            return Ok(());
        }
        let found = self.finds(query.as_bytes());
        if found || query.bytes().any(|byte| !byte.is_ascii() || byte == b'%' || byte == b'+') {
            let masked = if found { self.agent.query.bind(py).call1((query,))? } else { query.into_pyobject(py).unwrap().into_any() };
            let written = self.agent.parameters.bind(py).call1((masked,))?;
            out.extend_from_slice(text(&written)?.as_bytes());
            return Ok(());
        }
        let mut first = true;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            out.extend_from_slice(if first { b"{\"name\":" } else { b",{\"name\":" });
            first = false;
            push_quoted(out, name.as_bytes());
            out.extend_from_slice(b",\"value\":");
            push_quoted(out, value.as_bytes());
            out.push(b'}');
        }
        Ok(())
    }

    fn push_headers(&self, side: &Side<'_, '_>, out: &mut Vec<u8>, py: Python<'_>) -> Attempt<()> {
        let mut first = true;
        for (slot, (_, value)) in side.plan.slots.iter().zip(side.pairs) {
            let value = text(value).map_err(|_| Reason::Headers)?;
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(&slot.before);
            push_value(self, slot, value, out, py)?;
            out.push(b'}');
        }
        Ok(())
    }
}

fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers
}

fn push_part(key: &mut Vec<u8>, part: &str) {
    key.extend_from_slice(part.as_bytes());
    key.push(0xff); // which UTF-8 never has
}

/// Whether a path is written as it is.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && !path.contains("//")
        && path.bytes().all(|byte| (b' '..0x7f).contains(&byte) && !b"\\?<>&=%\"".contains(&byte))
}

/// A moment in seconds as whole milliseconds.
fn milliseconds(seconds: f64) -> Attempt<i64> {
    let milliseconds = seconds * 1000.0;
    if (0.0..9e15).contains(&milliseconds) { Ok(milliseconds as i64) } else { Err(Reason::Error.into()) }
}

fn push_cut(name: &str, kept: &Kept<'_>, out: &mut Vec<u8>) {
    if kept.cut {
        let (size, captured) = (kept.size, kept.captured());
        out.extend_from_slice(format!(",\"{name}\":{{\"size\":{size},\"captured\":{captured},\"omitted\":\"cut\"}}").as_bytes());
    }
}
