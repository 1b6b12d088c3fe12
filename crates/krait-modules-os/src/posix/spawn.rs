//! `posix_spawn` and `posix_spawnp`.

use krait_host::process::Strings;
use krait_host::signal::SigSet;
use krait_host::spawn::{self, FileAction, SpawnAttributes};
use krait_macros::pyfunction;
use krait_runtime::object::PyObject;
use krait_runtime::{OptionalArg, PyResult, PyTuple, none, type_error, value_error};

use super::path::{PATH, PathArg};
use super::process;
use super::system::sched_priority;
use crate::common::fs_path;

/// `posix.POSIX_SPAWN_*`.
pub(crate) const OPEN: i64 = 0;
pub(crate) const CLOSE: i64 = 1;
pub(crate) const DUP2: i64 = 2;
pub(crate) const CLOSEFROM: i64 = 3;

fn file_action(item: &PyObject) -> PyResult<FileAction> {
    let malformed = || type_error!("Each file_actions element must be a non-empty tuple");
    let Some(tuple) = item.downcast::<PyTuple>().filter(|tuple| !tuple.is_empty()) else {
        return Err(malformed());
    };
    let Some((kind, arguments)) = tuple.as_slice().split_first() else {
        return Err(malformed());
    };
    let expect = |name: &str, count: usize| {
        if arguments.len() == count {
            return Ok(());
        }
        Err(type_error!(
            "A {name} file_action tuple must have {} elements",
            count + 1
        ))
    };
    match kind.int_value() {
        Some(OPEN) => {
            expect("open", 4)?;
            Ok(FileAction::Open {
                fd: arguments[0].extract()?,
                path: fs_path(&arguments[1])?,
                flags: arguments[2].extract()?,
                mode: arguments[3].extract::<i64>()? as u32,
            })
        }
        Some(CLOSE) => {
            expect("close", 1)?;
            Ok(FileAction::Close(arguments[0].extract()?))
        }
        Some(DUP2) => {
            expect("dup2", 2)?;
            Ok(FileAction::Dup2(
                arguments[0].extract()?,
                arguments[1].extract()?,
            ))
        }
        Some(CLOSEFROM) => {
            expect("closefrom", 1)?;
            Ok(FileAction::CloseFrom(arguments[0].extract()?))
        }
        _ => Err(type_error!("Unknown file_actions identifier")),
    }
}

/// A set of signals from an iterable of their numbers.
pub(crate) fn signal_set(signals: &PyObject) -> PyResult<SigSet> {
    let mut set = SigSet(0);
    for signal in signals.to_vec()? {
        let number = signal.index()?.to_i64().unwrap_or(0);
        if !(1..i64::from(krait_host::signal::NSIG)).contains(&number) {
            return Err(value_error!("signal number {number} out of range [1; 64]"));
        }
        set.add(number as i32);
    }
    Ok(set)
}

/// What the keywords of both functions say.
struct Keywords<'a> {
    file_actions: OptionalArg<&'a PyObject>,
    setpgroup: Option<i32>,
    resetids: bool,
    setsid: bool,
    setsigmask: OptionalArg<&'a PyObject>,
    setsigdef: OptionalArg<&'a PyObject>,
    scheduler: Option<&'a PyObject>,
}

fn run(
    function: &str,
    path: &PyObject,
    argv: &PyObject,
    env: &PyObject,
    keywords: &Keywords<'_>,
) -> PyResult<i32> {
    let path = PathArg::new(function, "path", path, PATH)?;
    let arguments = process::arguments(&format!("{function}: argv"), argv)?;
    let environment = if env.is(none()) {
        krait_host::env::all()
            .iter()
            .map(|variable| crate::common::c_string(variable))
            .collect::<PyResult<Vec<_>>>()?
    } else {
        process::environment(function, env)?
    };
    let actions = match keywords.file_actions.present() {
        Some(actions) if !actions.is(none()) => actions
            .to_vec_or("file_actions must be a sequence or None")?
            .iter()
            .map(|action| file_action(action))
            .collect::<PyResult<Vec<_>>>()?,
        _ => Vec::new(),
    };
    let scheduler = match keywords.scheduler {
        None => None,
        Some(scheduler) => {
            let Some(pair) = scheduler.downcast::<PyTuple>() else {
                return Err(type_error!("{function}: scheduler must be a tuple or None"));
            };
            let [policy, param] = pair.as_slice() else {
                return Err(type_error!("A scheduler tuple must have two elements"));
            };
            let policy = if policy.is(none()) {
                None
            } else {
                Some(policy.extract()?)
            };
            Some((policy, sched_priority(param)?))
        }
    };
    let attributes = SpawnAttributes {
        process_group: keywords.setpgroup,
        reset_ids: keywords.resetids,
        new_session: keywords.setsid,
        mask: keywords.setsigmask.present().map(signal_set).transpose()?,
        defaults: keywords.setsigdef.present().map(signal_set).transpose()?,
        scheduler,
    };
    let (list, variables) = (Strings::new(&arguments), Strings::new(&environment));
    spawn::posix_spawn(
        path.c(),
        function == "posix_spawnp",
        &list,
        &variables,
        &actions,
        &attributes,
    )
    .map_err(|errno| path.error(errno))
}

macro_rules! spawn_functions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[pyfunction(
            signature = "(path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)"
        )]
        pub(crate) fn $name(
            path: &PyObject,
            argv: &PyObject,
            env: &PyObject,
            file_actions: OptionalArg<&PyObject>,
            setpgroup: Option<i32>,
            resetids: bool,
            setsid: bool,
            setsigmask: OptionalArg<&PyObject>,
            setsigdef: OptionalArg<&PyObject>,
            scheduler: Option<&PyObject>,
        ) -> PyResult<i32> {
            let keywords = Keywords {
                file_actions,
                setpgroup,
                resetids,
                setsid,
                setsigmask,
                setsigdef,
                scheduler,
            };
            run(stringify!($name), path, argv, env, &keywords)
        }
    )*};
}

spawn_functions! {
    /// Execute the program specified by path in a new process.
    posix_spawn;
    /// Execute the program specified by path in a new process, looking for it along PATH.
    posix_spawnp;
}
