//! The texts of `-h`, `-V` and their kin.

use krait_modules_core::sys::{FULL_VERSION, VERSION};

/// Which help is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Help {
    Options,
    Environment,
    Implementation,
    All,
}

/// The line that every message about the command line ends with.
pub(super) fn line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}

/// A help text.
pub(super) fn help(kind: Help, program: &str) -> String {
    match kind {
        Help::Options => format!("{}{OPTIONS}", line(program)),
        Help::Environment => ENVIRONMENT.to_owned(),
        Help::Implementation => IMPLEMENTATION.to_owned(),
        Help::All => format!(
            "{}{OPTIONS}\n{ENVIRONMENT}\n{IMPLEMENTATION}",
            line(program)
        ),
    }
}

/// What `-V` prints.
pub(super) fn version(full: bool) -> String {
    format!("Python {}\n", if full { FULL_VERSION } else { VERSION })
}

const OPTIONS: &str = "\
Options (and corresponding environment variables):
-b     : warn where bytes are mixed with str or int by conversion or
         comparison (-bb: make that an error)
-B     : write no .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : the program is this text (ends the options)
-d     : debug the parser (no effect here); also PYTHONDEBUG=x
-E     : ignore all PYTHON* environment variables
-h     : print this text and exit (also -? or --help)
-i     : go on interactively after the program, also without a terminal;
         also PYTHONINSPECT=x
-I     : isolate the program from the user's surroundings: -E, -P and -s
-m mod : run a module of the library as a script (ends the options)
-O     : leave assert statements out and set __debug__ to False; .pyc files
         get the ending .opt-1; also PYTHONOPTIMIZE=x
-OO    : leave docstrings out, too; .pyc files get the ending .opt-2
-P     : put no folder of unknown content at the front of sys.path; also
         PYTHONSAFEPATH
-q     : start interactively without a word about version and copyright
-s     : leave the user's own packages out of sys.path; also
         PYTHONNOUSERSITE=x
-S     : do without 'import site' at start
-u     : write to stdout and stderr at once; also PYTHONUNBUFFERED=x
-v     : tell of each import (more often: tell more); also PYTHONVERBOSE=x
-V     : print the version and exit (also --version); twice: the whole of it
-W arg : control warnings by action:message:category:module:lineno; also
         PYTHONWARNINGS=arg
-x     : skip the first line of the program
-X opt : set an option of this implementation
--check-hash-based-pycs always|default|never:
         when .pyc files that go by a hash of the source are checked
--help-env: print which environment variables count and exit
--help-xoptions: print the options of -X and exit
--help-all: print all of these and exit

Arguments:
file   : the program is this script
-      : the program comes from stdin (the default; interactive on a terminal)
arg ...: what the program finds in sys.argv[1:]
";

const ENVIRONMENT: &str = "\
Environment variables that change behavior:
PYTHON_BASIC_REPL: use the plain interactive loop
PYTHONBREAKPOINT: what breakpoint() calls; 0 for nothing
PYTHON_COLORS   : 1 for colored output, 0 for plain
PYTHONHASHSEED  : where the hashes of str and bytes come from: 'random', or an
                  integer in the range [0,4294967295]
PYTHON_HISTORY  : the file that keeps the interactive history
PYTHONHOME      : the prefix under which lib/python3.14 is the library
PYTHONIOENCODING: encoding[:errors] of stdin, stdout and stderr
PYTHONMALLOC    : where memory comes from: 'malloc' for the C library, else the
                  allocator of this implementation
PYTHONPATH      : folders to search for modules first, separated by ':'
PYTHONPLATLIBDIR: the name of the folder for libraries of the platform
PYTHONSTARTUP   : a file that is run at the start of an interactive session
PYTHONUSERBASE  : the folder of the user's own packages

These variables have equivalent command-line options (see --help for details):
PYTHON_CONTEXT_AWARE_WARNINGS: warnings that mind the context (-X
                  context_aware_warnings)
PYTHON_CPU_COUNT: how many processors the program is told of (-X cpu_count)
PYTHONDEBUG     : debug the parser (-d)
PYTHONDEVMODE   : development mode (-X dev)
PYTHONDONTWRITEBYTECODE: write no .pyc files (-B)
PYTHONFAULTHANDLER: show where the program is on a fatal signal (-X faulthandler)
PYTHONINSPECT   : go on interactively after the program (-i)
PYTHONINTMAXSTRDIGITS: the limit of digits between int and str
                  (-X int_max_str_digits=N)
PYTHONNODEBUGRANGES: keep no columns in code objects (-X no_debug_ranges)
PYTHONNOUSERSITE: leave the user's own packages out (-s)
PYTHONOPTIMIZE  : leave asserts out (-O)
PYTHONPROFILEIMPORTTIME: tell how long each import takes (-X importtime)
PYTHONPYCACHEPREFIX: where .pyc files go (-X pycache_prefix)
PYTHONSAFEPATH  : put no unknown folder on sys.path (-P)
PYTHON_THREAD_INHERIT_CONTEXT: threads that inherit the context (-X
                  thread_inherit_context)
PYTHONTRACEMALLOC: trace allocations (-X tracemalloc)
PYTHONUNBUFFERED: write at once (-u)
PYTHONUTF8      : UTF-8 mode (-X utf8)
PYTHONVERBOSE   : tell of each import (-v)
PYTHONWARNDEFAULTENCODING: warn where a file's encoding is not given
                  (-X warn_default_encoding)
PYTHONWARNINGS  : control warnings (-W)

These variables are for tests of this implementation itself:
KRAIT_GC_STRESS : collect at every allocation of a container
KRAIT_SPECIALIZE: 'off' to leave every instruction in its general form, 'eager'
                  to specialize each the first time that it runs
";

const IMPLEMENTATION: &str = "\
The following implementation-specific options are available:
-X context_aware_warnings=[0|1]: whether warnings mind the context; also
         PYTHON_CONTEXT_AWARE_WARNINGS
-X cpu_count=N: tell the program of N processors; also PYTHON_CPU_COUNT
-X dev : development mode; also PYTHONDEVMODE
-X faulthandler: show where the program is on a fatal signal; also
         PYTHONFAULTHANDLER
-X importtime[=2]: tell how long each import takes (2: and what was loaded
         already); also PYTHONPROFILEIMPORTTIME
-X int_max_str_digits=N: the limit of digits between int and str, 0 for none;
         also PYTHONINTMAXSTRDIGITS
-X no_debug_ranges: keep no columns in code objects; also
         PYTHONNODEBUGRANGES
-X pycache_prefix=PATH: put .pyc files into a tree of their own; also
         PYTHONPYCACHEPREFIX
-X thread_inherit_context=[0|1]: whether threads inherit the context; also
         PYTHON_THREAD_INHERIT_CONTEXT
-X tracemalloc[=N]: trace allocations with N frames each; also
         PYTHONTRACEMALLOC=N
-X utf8[=0|1]: UTF-8 mode; also PYTHONUTF8
-X warn_default_encoding: warn where a file's encoding is not given; also
         PYTHONWARNDEFAULTENCODING
";
