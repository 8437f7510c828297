//! What Python sees. No panic gets past here: one turns the compiled way off for the process, and is counted.

mod headers;
mod recorded;
mod safety;
mod seen;
mod tables;
mod words;
mod writer;

use pyo3::prelude::*;

/// Safe without the interpreter lock: what several threads share is behind atomics and locks that are only tried.
#[pymodule(gil_used = false)]
mod metlo_auto_native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::safety::{fail_in, panics};
    #[pymodule_export]
    use super::words::{quoted, Search};
    #[pymodule_export]
    use super::writer::Writer;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::safety::refuse_second_interpreters()?;
        super::safety::be_silent();
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        module.add("INTERFACE", super::INTERFACE)
    }
}

/// Counted up when what Python and this crate expect of each other changes.
const INTERFACE: u32 = 3;
