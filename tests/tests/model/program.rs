//! The grammar of the programs: a tree of steps.

use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The number of a step. It is the name of the step's span, and of the value that the step saves.
pub(crate) type Id = u32;

pub(crate) type Block = Arc<Vec<Step>>;

/// A tracer: the number of its registry, and its place in that registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Who {
    pub(crate) registry: usize,
    pub(crate) tracer: usize,
}

/// The names of the tracers of both registries. The first is the default tracer.
pub(crate) const TRACERS: [[&str; 3]; 2] =
    [["production", "canary", "beta"], ["main", "canary", "production"]];

/// The names that functions use. No registry has the last one.
pub(crate) const NAMES: [&str; 5] = ["production", "canary", "beta", "main", "nowhere"];

/// A span of another process: the number of its trace, and its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Remote {
    pub(crate) trace: u8,
    pub(crate) span: u8,
    pub(crate) is_sampled: bool,
}

/// A program, and the number of the world that it runs in.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) world: u64,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
}

/// The tracer that a function chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Ambient,
    /// A name in the source.
    Literal(usize),
    /// A name that is computed.
    Name(usize),
    Handle(Who),
}

/// The parent that a function chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    Nearest,
    Root,
    /// The span of a saved context.
    Saved(Id),
    Remote(Remote),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) choice: Choice,
    pub(crate) parent: Parent,
    pub(crate) is_enabled: bool,
}

/// The ways to make a span around a block of code that is not `async`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    Traced,
    Macro,
    Builder,
}

/// The ways to make a span around a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsyncSite {
    AsyncFn,
    Boxed,
    Macro,
    Builder,
    Stream,
}

/// The parent of a span of `tracing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracingParent {
    Contextual,
    Root,
    /// A saved span of `tracing`.
    Span(Id),
    /// `set_parent` with a saved context.
    Set(Id),
    /// `set_parent` with a context that was extracted into `Context::new()`.
    Extracted(Remote),
}

/// The context that is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attach {
    /// A saved context.
    Saved(Id),
    /// The current context with the span of a saved context.
    SpanOf(Id),
    Remote(Remote),
    /// A remote span in an empty context.
    OnlyRemote(Remote),
    /// A local span context that somebody made by hand.
    HandMade,
    /// A span that a library started, in the current context.
    Started(Id),
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thread {
    Plain,
    /// `carry` on a plain thread.
    Carry,
    SpawnThread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spawn {
    Tokio,
    Multitracer,
    Local,
    Blocking,
    MultitracerBlocking,
}

/// The executor of a block of async code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drive {
    Plain,
    /// The local tasks are polled inside of `with_tracer`.
    LocalUnder(Who),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) registry: usize,
    pub(crate) remote: Option<Remote>,
    /// The tracer whose route the headers ask for.
    pub(crate) route: Option<usize>,
    /// The tracer whose route the baggage names.
    pub(crate) baggage: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Saves the current context.
    Save,
    StartManual(Options),
    StartLibrary(usize),
    StartForeign,
    StartTracing(TracingParent),
    /// Calls a future, to be awaited elsewhere.
    Call {
        future: Future,
        is_shared: bool,
    },
    /// Suspends until the future is dropped.
    Pending,
    Panic,
    Yield,

    Scope(Who, Block),
    RegistryScope(usize, Block),
    InSpan(Who, Block),
    Function(Site, Options, Block),
    InManual(Id, Block),
    InTracing(Id, Block),
    Library(usize, Block),
    Foreign(Block),
    Tracing(TracingParent, Block),
    Attach(Attach, Block),
    Receive(Message, Block),
    Thread(Thread, Block),
    Catch(Block),
    Subscriber(usize, Block),
    BlockOn(Drive, Block),

    Await(Future),
    Spawn {
        how: Spawn,
        future: Future,
        meanwhile: Block,
    },
    Join(Vec<Future>),
    Unordered(Vec<Future>),
    /// Awaits the future until it is done or pending.
    Select(Future),
    CatchAsync(Future),
}

#[derive(Clone, Debug)]
pub(crate) enum Future {
    Block(Block),
    Traced {
        id: Id,
        site: AsyncSite,
        options: Options,
        body: Block,
    },
    WithTracer(Choice, Box<Self>),
    WithCurrent(Box<Self>),
    Received(Message, Box<Self>),
    WithContext(Attach, Box<Self>),
    Instrument {
        id: Id,
        parent: TracingParent,
        future: Box<Self>,
    },
    /// The future is called inside of the scope of a tracer.
    CalledIn(Who, Box<Self>),
    /// The future is moved into an `async` block.
    Moved(Box<Self>),
    /// The future polls its inner one with another subscriber.
    Subscriber(usize, Box<Self>),
    /// A future that was called earlier.
    Called(Id),
}

impl Kind {
    /// Returns the blocks and the futures inside.
    pub(crate) fn children(&self) -> (Vec<&Block>, Vec<&Future>) {
        match self {
            Self::Save
            | Self::StartManual(_)
            | Self::StartLibrary(_)
            | Self::StartForeign
            | Self::StartTracing(_)
            | Self::Pending
            | Self::Panic
            | Self::Yield => (Vec::new(), Vec::new()),
            Self::Scope(_, block)
            | Self::RegistryScope(_, block)
            | Self::InSpan(_, block)
            | Self::Function(_, _, block)
            | Self::InManual(_, block)
            | Self::InTracing(_, block)
            | Self::Library(_, block)
            | Self::Foreign(block)
            | Self::Tracing(_, block)
            | Self::Attach(_, block)
            | Self::Receive(_, block)
            | Self::Thread(_, block)
            | Self::Catch(block)
            | Self::Subscriber(_, block)
            | Self::BlockOn(_, block) => (vec![block], Vec::new()),
            Self::Call { future, .. }
            | Self::Await(future)
            | Self::Select(future)
            | Self::CatchAsync(future) => (Vec::new(), vec![future]),
            Self::Spawn { future, meanwhile, .. } => (vec![meanwhile], vec![future]),
            Self::Join(futures) | Self::Unordered(futures) => (Vec::new(), futures.iter().collect()),
        }
    }
}

impl Future {
    /// Returns the block or the future inside.
    pub(crate) fn inside(&self) -> (Option<&Block>, Option<&Self>) {
        match self {
            Self::Block(block) | Self::Traced { body: block, .. } => (Some(block), None),
            Self::WithTracer(_, future)
            | Self::WithCurrent(future)
            | Self::Received(_, future)
            | Self::WithContext(_, future)
            | Self::Instrument { future, .. }
            | Self::CalledIn(_, future)
            | Self::Moved(future)
            | Self::Subscriber(_, future) => (None, Some(future)),
            Self::Called(_) => (None, None),
        }
    }
}

/// Writes the indented tree of a program.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "world {}", self.world)?;
        write_block(f, &self.body, 1)
    }
}

fn write_block(f: &mut fmt::Formatter<'_>, block: &Block, depth: usize) -> fmt::Result {
    for step in block.iter() {
        let (blocks, futures) = step.kind.children();
        writeln!(f, "{:1$}{2}: {3}", "", depth * 2, step.id, head(&format!("{:?}", step.kind)))?;
        for future in futures {
            write_future(f, future, depth + 1)?;
        }
        for block in blocks {
            write_block(f, block, depth + 1)?;
        }
    }
    Ok(())
}

fn write_future(f: &mut fmt::Formatter<'_>, future: &Future, depth: usize) -> fmt::Result {
    writeln!(f, "{:1$}~ {2}", "", depth * 2, head(&format!("{future:?}")))?;
    match future.inside() {
        (Some(block), _) => write_block(f, block, depth + 1),
        (_, Some(future)) => write_future(f, future, depth + 1),
        _ => Ok(()),
    }
}

/// Returns the text of a step without the steps inside.
fn head(text: &str) -> String {
    let end =
        ["[Step", "[]", "Block(", "Traced {", "WithTracer(", "WithCurrent(", "Received(", "WithContext("]
            .iter()
            .chain(&["Instrument {", "CalledIn(", "Moved(", "Subscriber(", "Called("])
            .filter_map(|inside| text[1..].find(inside).map(|at| at + 1))
            .min()
            .unwrap_or(text.len());
    let mut head = String::new();
    let _ = write!(head, "{}", text[..end].trim_end_matches([' ', ',', '(', '[']));
    head
}
