//! The resource of a tracer: service and attributes.

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
