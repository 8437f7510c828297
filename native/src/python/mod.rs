//! What Python sees. No panic gets past here: one turns the compiled way off for the process, and is counted.

mod edge;
mod environ;
mod exchange;
mod headers;
mod identity;
mod recorded;
mod request_tee;
mod response_tee;
mod runner;
mod safety;
mod seen;
mod tables;
mod under_way;
mod words;
mod writer;

use pyo3::prelude::*;

/// Safe without the interpreter lock: what several threads share is behind atomics and locks that are only tried.
#[pymodule(gil_used = false)]
mod metlo_auto_native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::edge::Edge;
    #[pymodule_export]
    use super::exchange::Exchange;
    #[pymodule_export]
    use super::request_tee::RequestTee;
    #[pymodule_export]
    use super::response_tee::ResponseTee;
    #[pymodule_export]
    use super::runner::Runner;
    #[pymodule_export]
    use super::safety::{fail_in, panics};
    #[pymodule_export]
    use super::words::{closed_json, quoted, Search};
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
const INTERFACE: u32 = 6;
