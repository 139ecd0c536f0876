//! The faults of a host in the order in which connections and requests draw them.

use std::sync::{Mutex, PoisonError};

use crate::faults::{ConnectionFault, RequestFault};
use crate::plan::HostPlan;

/// The faults that are left.
#[derive(Debug)]
pub(crate) struct Script {
    connections: Drawn<Option<ConnectionFault>>,
    requests: Drawn<RequestFault>,
}

#[derive(Debug)]
struct Drawn<T> {
    all: Vec<T>,
    next: Mutex<usize>,
    is_endless: bool,
}

impl<T: Copy> Drawn<T> {
    fn draw(&self) -> Option<T> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *next;
        *next += 1;
        if self.is_endless && !self.all.is_empty() {
            return Some(self.all[index % self.all.len()]);
        }
        self.all.get(index).copied()
    }

    fn is_over(&self) -> bool {
        !self.is_endless && *self.next.lock().unwrap_or_else(PoisonError::into_inner) >= self.all.len()
    }
}

impl Script {
    pub(crate) fn new(plan: &HostPlan) -> Self {
        let is_endless = plan.is_endless;
        Self {
            connections: Drawn { all: plan.connections.clone(), next: Mutex::default(), is_endless },
            requests: Drawn { all: plan.requests.clone(), next: Mutex::default(), is_endless },
        }
    }

    /// Returns the fault of the next connection, if it has one.
    pub(crate) fn next_connection(&self) -> Option<ConnectionFault> {
        self.connections.draw().flatten()
    }

    /// Returns the fault of the next request, if it has one.
    pub(crate) fn next_request(&self) -> Option<RequestFault> {
        self.requests.draw()
    }

    /// Returns `true` if all requests had their faults.
    pub(crate) fn has_no_requests_left(&self) -> bool {
        self.requests.is_over()
    }
}
