//! What expressions see: names with values, some of them made only when asked for; chance and time.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use minijinja::value::Value as Engine;
use minijinja::value::{Enumerator, Object};
use serde_json::Value;

use super::random::Random;
use super::values;

/// Tells the time; handed in, so that it can stand still.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The name that the session has in the engine; no expression can spell it.
const SESSION: &str = "\0session";

/// What the functions of a series of evaluations share: chance and time.
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    random: Mutex<Random>,
    clock: Clock,
}

impl Session {
    /// A session whose random values follow from `seed` and `id`, in the order they are asked for.
    pub fn new(seed: u64, id: &str, clock: Clock) -> Self {
        Self(Arc::new(Shared { random: Mutex::new(Random::new(seed, id)), clock }))
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        (self.0.clock)()
    }

    pub(super) fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.0.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The session of the evaluation that `state` belongs to.
    pub(super) fn of(state: &minijinja::State) -> Option<Self> {
        state.lookup(SESSION)?.downcast_object_ref::<Self>().cloned()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl Object for Session {}

/// A value as expressions see it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Var(pub(super) Engine);

impl Var {
    /// Nothing: reading it is an error, but under `default` and `is defined`.
    pub fn undefined() -> Self {
        Self(Engine::UNDEFINED)
    }

    /// A value that is made when first asked for, once; `None` is undefined.
    ///
    /// Only inside a [`Var::record`] or a [`Context`].
    pub fn lazy(make: impl Fn() -> Option<Value> + Send + Sync + 'static) -> Self {
        Self::later(move || make().map_or_else(Self::undefined, Self::from))
    }

    /// The same for any variable.
    pub fn later(make: impl Fn() -> Self + Send + Sync + 'static) -> Self {
        Self(Engine::from_object(Lazy { made: OnceLock::new(), make: Box::new(make) }))
    }

    /// A mapping of these fields.
    pub fn record<N: Into<String>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.0)).collect();
        Self(Engine::from_object(Record(fields)))
    }

    /// A list of these items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(items.into_iter().map(|item| item.0).collect())
    }

    /// Whether there is nothing.
    pub fn is_undefined(&self) -> bool {
        force(self.0.clone()).is_undefined()
    }

    /// Whether a condition of this value holds: not empty, not zero, not false, not nothing.
    pub fn is_true(&self) -> bool {
        force(self.0.clone()).is_true()
    }

    /// As JSON; `None` where it is undefined or has no JSON form.
    pub fn to_json(&self) -> Option<Value> {
        values::to_json(&force(self.0.clone())).ok()
    }
}

impl From<&Value> for Var {
    fn from(value: &Value) -> Self {
        Self(values::from_json(value))
    }
}

impl From<Value> for Var {
    fn from(value: Value) -> Self {
        Self(values::from_json(&value))
    }
}

impl From<&str> for Var {
    fn from(text: &str) -> Self {
        Self(Engine::from(text))
    }
}

impl From<String> for Var {
    fn from(text: String) -> Self {
        Self(Engine::from(text))
    }
}

struct Lazy {
    made: OnceLock<Engine>,
    make: Box<dyn Fn() -> Var + Send + Sync>,
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lazy")
    }
}

impl Object for Lazy {}

fn force(value: Engine) -> Engine {
    match value.downcast_object_ref::<Lazy>() {
        Some(lazy) => lazy.made.get_or_init(|| (lazy.make)().0).clone(),
        None => value,
    }
}

struct Record(IndexMap<String, Engine>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

impl Object for Record {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        // The names of members are texts, whatever number they were made of.
        match key.as_str() {
            Some(name) => self.get_value_by_str(name),
            None => self.get_value_by_str(&i64::try_from(key.clone()).ok()?.to_string()),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Engine> {
        self.0.get(key).cloned().map(force).filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let defined = |value: &Engine| !force(value.clone()).is_undefined();
        let keys: Vec<Engine> =
            self.0.iter().filter(|(_, value)| defined(value)).map(|(key, _)| Engine::from(key)).collect();
        Enumerator::Values(keys)
    }
}

/// The names that an expression may use, with chance and time. Cheap to clone; a clone is changed on its own.
#[derive(Clone)]
pub struct Context {
    /// Few, so that to look through them costs less than to hash.
    names: Arc<Vec<(Cow<'static, str>, Engine)>>,
    session: Session,
}

impl Context {
    /// A context without names.
    pub fn new(session: Session) -> Self {
        Self { names: Arc::default(), session }
    }

    /// Gives `name` a value; an earlier one is replaced.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Var>) {
        let (name, value) = (name.into(), value.into().0);
        let names = Arc::make_mut(&mut self.names);
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => names.push((name, value)),
        }
    }

    /// The same with one more name.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Var>) -> Self {
        self.set(name, value);
        self
    }

    /// What `name` is; `None` where it is undefined.
    pub fn get(&self, name: &str) -> Option<Var> {
        self.lookup(name).map(Var)
    }

    /// Every name that is defined, in the order they were set.
    pub fn names(&self) -> Vec<String> {
        self.names.iter().map(|(name, _)| name.to_string()).collect()
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Engine> {
        let found = self.names.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| force(value.clone())).filter(|value| !value.is_undefined())
    }

    pub(super) fn root(&self) -> Engine {
        Engine::from_object(self.clone())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names.iter().map(|(name, _)| name)).finish()
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Engine) -> Option<Engine> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Engine> {
        if key == SESSION { Some(Engine::from_object(self.session.clone())) } else { self.lookup(key) }
    }
}
