//! Panics: caught at the edge, counted, and the last thing that the compiled way does in this process.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

static BROKEN: AtomicBool = AtomicBool::new(false);
static PANICS: AtomicU64 = AtomicU64::new(0);
/// Guarded calls until one that panics; 0: none does.
static FAILS_IN: AtomicU64 = AtomicU64::new(0);

/// Only the process's first interpreter may load this: what PyO3 keeps in statics belongs to one.
pub fn refuse_second_interpreters() -> PyResult<()> {
    // SAFETY: a module is initialised by a thread that is attached to an interpreter, so there is one to ask. PyO3 has no
    // safe function for it.
    let id = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    if id == 0 { Ok(()) } else { Err(PyImportError::new_err("only the first interpreter of a process may load it")) }
}

/// A panic says nothing on the app's standard error. The hook is that of this library's own copy of std.
pub fn be_silent() {
    std::panic::set_hook(Box::new(|_| {}));
}

pub fn is_broken() -> bool {
    BROKEN.load(Ordering::Relaxed)
}

/// What `work` returns; None where it panicked.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        if FAILS_IN.load(Ordering::Relaxed) > 0 && FAILS_IN.fetch_sub(1, Ordering::Relaxed) == 1 {
            panic!("as asked for");
        }
        work()
    }));
    if done.is_err() {
        BROKEN.store(true, Ordering::Relaxed);
        PANICS.fetch_add(1, Ordering::Relaxed);
    }
    done.ok()
}

/// How often this process has panicked here: once at most for each thread that was inside.
#[pyfunction]
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// For tests: the `number`th guarded call from now on panics.
#[pyfunction]
pub fn fail_in(number: u64) {
    FAILS_IN.store(number, Ordering::Relaxed);
}
