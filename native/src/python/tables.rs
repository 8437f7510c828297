//! What is known of things that repeat, bounded, since clients choose some of them.
//!
//! Locks are only tried: a signal handler or a fork may come in the middle, and nobody waits here.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use crate::decline::Reason;

const MOST: usize = 1000;
const LONGEST: usize = 2000;

pub struct Table<V>(RwLock<HashMap<Vec<u8>, Arc<V>>>);

impl<V> Table<V> {
    pub fn new() -> Self {
        Table(RwLock::new(HashMap::new()))
    }

    /// What is kept under a key, or what `find` makes of it, which says whether to keep that; no lock is held meanwhile.
    pub fn get<E: From<Reason>>(&self, key: &[u8], find: impl FnOnce() -> Result<(V, bool), E>) -> Result<Arc<V>, E> {
        let known = self.0.try_read().map_err(|_| Reason::Busy)?.get(key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (value, keeps) = find()?;
        let value = Arc::new(value);
        if keeps && key.len() <= LONGEST {
            self.keep(key, &value);
        }
        Ok(value)
    }

    /// What is dropped for it goes after the lock: the end of a Python object may run code.
    fn keep(&self, key: &[u8], value: &Arc<V>) {
        let mut dropped = HashMap::new();
        if let Ok(mut table) = self.0.try_write() {
            if table.len() >= MOST {
                std::mem::swap(&mut *table, &mut dropped);
            }
            table.insert(key.to_vec(), value.clone());
        }
    }

    pub fn forget(&self, key: &[u8]) {
        let forgotten = self.0.try_write().ok().and_then(|mut table| table.remove(key));
        drop(forgotten);
    }
}
