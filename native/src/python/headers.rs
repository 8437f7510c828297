//! Headers in their order; what each is and how it is masked, Python has said.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::recorded::Pairs;
use super::seen::{text, Attempt, Not};
use super::writer::Writer;
use crate::decline::Reason;
use crate::quote::push_quoted;

/// What is done with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It stays.
    Plain,
    /// It stays unless the search finds something, then Python masks it.
    Look,
    /// A scheme and a credential.
    Authorization,
    /// Cookies of a request.
    Cookies,
    /// A credential.
    Credential,
    /// Python masks it.
    Ask,
}

/// How the values of a cookie of some name are masked.
#[derive(Clone, Copy)]
pub enum Cookie {
    Mark,
    /// Likewise, unless it is a short code, or a mask already.
    Credential,
    Ask,
}

const ACTIONS: [Action; 6] =
    [Action::Plain, Action::Look, Action::Authorization, Action::Cookies, Action::Credential, Action::Ask];

/// One name of a header.
pub struct Slot {
    pub key: Box<[u8]>,
    /// `{"name":"Accept","value":`
    pub before: Box<[u8]>,
    action: Action,
    mask: Option<Py<PyAny>>,
}

/// What is known of keys in this order, and where those stand that describe a body.
pub struct Plan {
    pub slots: Vec<Slot>,
    described: [Option<usize>; 3],
}

const DESCRIBED: [&[u8]; 3] = [b"content-type", b"content-encoding", b"content-length"];

impl Plan {
    /// Of what Python says: for each name (before, action, mask).
    pub fn new(keys: &Bound<'_, PyTuple>, said: &Bound<'_, PyAny>) -> Attempt<Self> {
        let mut slots = Vec::with_capacity(keys.len());
        for (key, said) in keys.iter().zip(said.try_iter()?) {
            let (before, action, mask): (String, usize, Option<Py<PyAny>>) = said?.extract()?;
            slots.push(Slot {
                key: text(&key)?.as_bytes().into(),
                before: before.into_bytes().into(),
                action: ACTIONS[action],
                mask,
            });
        }
        let described = DESCRIBED.map(|name| slots.iter().position(|slot| slot.key.eq_ignore_ascii_case(name)));
        Ok(Plan { slots, described })
    }

    /// Whether these are the keys that it was made for: others may have the same hash.
    pub fn is_of<'a>(&self, keys: impl ExactSizeIterator<Item = &'a Bound<'a, PyAny>>) -> Attempt<bool> {
        if keys.len() != self.slots.len() {
            return Ok(false);
        }
        for (key, slot) in keys.zip(&self.slots) {
            if text(key)?.as_bytes() != &*slot.key {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn content_type<'a>(&self, pairs: &'a Pairs<'_>) -> Attempt<&'a str> {
        self.value(0, pairs)
    }

    pub fn encoding<'a>(&self, pairs: &'a Pairs<'_>) -> Attempt<&'a str> {
        self.value(1, pairs)
    }

    pub fn content_length<'a>(&self, pairs: &'a Pairs<'_>) -> Attempt<&'a str> {
        self.value(2, pairs)
    }

    /// The value of one of those of a response that describe its body, "" where there is none.
    fn value<'a>(&self, which: usize, pairs: &'a Pairs<'_>) -> Attempt<&'a str> {
        self.described[which].map_or(Ok(""), |at| text(&pairs[at].1).map_err(|_| Reason::Headers.into()))
    }
}

/// A hash of keys in their order, made of the hashes that Python has of them.
pub fn hash_of<'a>(keys: impl Iterator<Item = &'a Bound<'a, PyAny>>) -> Attempt<u64> {
    let mut all = 0u64;
    for key in keys {
        if !key.is_exact_instance_of::<PyString>() {
            return Err(Reason::Headers.into());
        }
        all = (all.rotate_left(5) ^ key.hash()? as u64).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    Ok(all)
}

/// Appends a header's value, masked as its slot says.
pub fn push_value(writer: &Writer, slot: &Slot, value: &str, out: &mut Vec<u8>, py: Python<'_>) -> Attempt<()> {
    let bytes = value.as_bytes();
    if slot.action == Action::Look && writer.is_harmless(bytes) {
        push_quoted(out, bytes);
        return Ok(());
    }
    if writer.is_apart(bytes) {
        return Err(Reason::Argument.into());
    }
    match slot.action {
        Action::Plain => push_quoted(out, bytes),
        Action::Authorization => match credential_of(writer, value) {
            Some(at) => push_marked(writer, &bytes[..at], &bytes[at..], out),
            None => push_asked(slot, value, out, py)?,
        },
        Action::Credential if is_long(bytes) && !writer.marks.may_be_mask(bytes) => push_marked(writer, b"", bytes, out),
        Action::Cookies => match cookies(writer, bytes, py)? {
            Some(masked) => push_quoted(out, &masked),
            None => push_asked(slot, value, out, py)?,
        },
        Action::Look | Action::Credential | Action::Ask => push_asked(slot, value, out, py)?,
    }
    Ok(())
}

fn push_asked(slot: &Slot, value: &str, out: &mut Vec<u8>, py: Python<'_>) -> Attempt<()> {
    let mask = slot.mask.as_ref().ok_or(Not::Mine(Reason::Headers))?;
    let masked = mask.bind(py).call1((value,))?;
    push_quoted(out, text(&masked)?.as_bytes());
    Ok(())
}

fn push_marked(writer: &Writer, before: &[u8], secret: &[u8], out: &mut Vec<u8>) {
    let mut masked = Vec::with_capacity(before.len() + 32);
    masked.extend_from_slice(before);
    writer.marks.push(&mut masked, secret);
    push_quoted(out, &masked);
}

/// Where the credential begins in `Bearer abc`; None where the value is not as simple.
fn credential_of(writer: &Writer, value: &str) -> Option<usize> {
    let (scheme, credential) = value.split_once(' ')?;
    let known = writer.schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    let simple = !credential.is_empty() && is_simple(credential.as_bytes()) && !writer.marks.may_be_mask(credential.as_bytes());
    (known && simple).then_some(scheme.len() + 1)
}

/// Visible ASCII without quotes: nothing that a parser of headers would take for more than itself.
fn is_simple(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'"' && byte != b',')
}

/// Whether a credential is none of the short codes that are typed.
fn is_long(value: &[u8]) -> bool {
    is_simple(value) && value.iter().any(|byte| !byte.is_ascii_digit())
}

/// `a=1; b=2` with the values marked; None where it is not as simple, or a rule of a name wants something else.
fn cookies(writer: &Writer, value: &[u8], py: Python<'_>) -> Attempt<Option<Vec<u8>>> {
    let mut masked = Vec::with_capacity(value.len() + 32);
    for pair in value.split(|&byte| byte == b';') {
        if !masked.is_empty() {
            masked.push(b';');
        }
        let Some(equals) = pair.iter().position(|&byte| byte == b'=') else { return Ok(None) };
        let (name, secret) = (&pair[..equals], &pair[equals + 1..]);
        if !is_simple(secret) || !name.iter().all(|&byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Ok(None);
        }
        match writer.cookie(name, py)? {
            Cookie::Mark => {}
            Cookie::Credential if secret.is_empty() || (is_long(secret) && !writer.marks.may_be_mask(secret)) => {}
            _ => return Ok(None),
        }
        masked.extend_from_slice(&pair[..=equals]);
        if !secret.is_empty() {
            writer.marks.push(&mut masked, secret);
        }
    }
    Ok(Some(masked))
}
