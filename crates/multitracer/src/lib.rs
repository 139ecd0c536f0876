//! Lib.

mod config;

pub use self::config::{
    Config, ConfigError, ConfigLoader, OnSwitch, Problem, ProcessEnv, RemoteParent, UndefinedVariables,
    UnknownTracer, Variables,
};
