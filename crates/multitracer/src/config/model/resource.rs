//! The resource of a tracer: service and attributes.

use std::fmt;
use std::ops::Deref;

use crate::config::secret::{REDACTED, mentions_secret};

/// `service`, recorded as `service.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceConfig {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) instance_id: Option<String>,
}

/// The value of a resource attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AttributeValue {
    String(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    StringArray(Vec<String>),
    BoolArray(Vec<bool>),
    IntArray(Vec<i64>),
    DoubleArray(Vec<f64>),
}

/// `resource.attributes`: names with values.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct ResourceAttributes(Vec<(String, AttributeValue)>);

impl From<Vec<(String, AttributeValue)>> for ResourceAttributes {
    fn from(attributes: Vec<(String, AttributeValue)>) -> Self {
        Self(attributes)
    }
}

impl Deref for ResourceAttributes {
    type Target = [(String, AttributeValue)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

// `Debug` is by hand, because an attribute may carry a credential
impl fmt::Debug for ResourceAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in &self.0 {
            if mentions_secret(name) {
                map.entry(name, &format_args!("{REDACTED}"));
            } else {
                map.entry(name, value);
            }
        }
        map.finish()
    }
}
