//! What `sys` says of the interpreter and never changes: versions, limits, number formats.

use krait_runtime::object::{Obj, Py, PyClass};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{IntoPy, PyDict, PyFrozenSet, PyList, PyLong, PyResult, PyStr, PyTuple, none};

use super::version;

pub(super) static FLAGS: StructSeq = StructSeq::new(
    "sys.flags",
    "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    &[
        ("debug", "-d"),
        ("inspect", "-i"),
        ("interactive", "-i"),
        ("optimize", "-O or -OO"),
        ("dont_write_bytecode", "-B"),
        ("no_user_site", "-s"),
        ("no_site", "-S"),
        ("ignore_environment", "-E"),
        ("verbose", "-v"),
        ("bytes_warning", "-b"),
        ("quiet", "-q"),
        ("hash_randomization", "-R"),
        ("isolated", "-I"),
        ("dev_mode", "-X dev"),
        ("utf8_mode", "-X utf8"),
        ("warn_default_encoding", "-X warn_default_encoding"),
        ("safe_path", "-P"),
        ("int_max_str_digits", "-X int_max_str_digits"),
        ("gil", "-X gil"),
        ("thread_inherit_context", "-X thread_inherit_context"),
        ("context_aware_warnings", "-X context_aware_warnings"),
    ],
)
.visible(18)
.not_instantiable()
.immutable();

static VERSION_INFO: StructSeq = StructSeq::new(
    "sys.version_info",
    "sys.version_info\n\nVersion information as a named tuple.",
    &[
        ("major", "Major release number"),
        ("minor", "Minor release number"),
        ("micro", "Patch release number"),
        ("releaselevel", "'alpha', 'beta', 'candidate', or 'final'"),
        ("serial", "Serial release number"),
    ],
)
.not_instantiable()
.immutable();

static FLOAT_INFO: StructSeq = StructSeq::new(
    "sys.float_info",
    "sys.float_info\n\nWhat the type float can hold, and how exactly.",
    &[
        ("max", "DBL_MAX -- maximum representable finite float"),
        (
            "max_exp",
            "DBL_MAX_EXP -- maximum int e such that radix**(e-1) is representable",
        ),
        (
            "max_10_exp",
            "DBL_MAX_10_EXP -- maximum int e such that 10**e is representable",
        ),
        ("min", "DBL_MIN -- Minimum positive normalized float"),
        (
            "min_exp",
            "DBL_MIN_EXP -- minimum int e such that radix**(e-1) is a normalized float",
        ),
        (
            "min_10_exp",
            "DBL_MIN_10_EXP -- minimum int e such that 10**e is a normalized float",
        ),
        (
            "dig",
            "DBL_DIG -- maximum number of decimal digits that can be faithfully represented in a float",
        ),
        ("mant_dig", "DBL_MANT_DIG -- mantissa digits"),
        (
            "epsilon",
            "DBL_EPSILON -- Difference between 1 and the next representable float",
        ),
        ("radix", "FLT_RADIX -- radix of exponent"),
        (
            "rounds",
            "FLT_ROUNDS -- rounding mode used for arithmetic operations",
        ),
    ],
)
.immutable();

static INT_INFO: StructSeq = StructSeq::new(
    "sys.int_info",
    "sys.int_info\n\nHow integers are represented. The attributes are read only.",
    &[
        ("bits_per_digit", "size of a digit in bits"),
        (
            "sizeof_digit",
            "size in bytes of the C type used to represent a digit",
        ),
        (
            "default_max_str_digits",
            "maximum string conversion digits limitation",
        ),
        (
            "str_digits_check_threshold",
            "minimum positive value for int_max_str_digits",
        ),
    ],
)
.immutable();

static HASH_INFO: StructSeq = StructSeq::new(
    "sys.hash_info",
    "hash_info\n\nThe parameters that hashes are computed with. The attributes are read only.",
    &[
        ("width", "width of the type used for hashing, in bits"),
        (
            "modulus",
            "prime number giving the modulus on which the hash function is based",
        ),
        ("inf", "value to be used for hash of a positive infinity"),
        ("nan", "value to be used for hash of a nan"),
        (
            "imag",
            "multiplier used for the imaginary part of a complex number",
        ),
        (
            "algorithm",
            "name of the algorithm for hashing of str, bytes and memoryviews",
        ),
        ("hash_bits", "internal output size of hash algorithm"),
        ("seed_bits", "seed size of hash algorithm"),
        ("cutoff", "small string optimization cutoff"),
    ],
)
.immutable();

static THREAD_INFO: StructSeq = StructSeq::new(
    "sys.thread_info",
    "sys.thread_info\n\nWhat threads are made with.",
    &[
        ("name", "name of the thread implementation"),
        ("lock", "name of the lock implementation"),
        ("version", "name and version of the thread library"),
    ],
)
.immutable();

pub(super) static ASYNCGEN_HOOKS: StructSeq = StructSeq::new(
    "asyncgen_hooks",
    "asyncgen_hooks\n\nThe hooks of asynchronous generators. The attributes are read only.",
    &[
        ("firstiter", "Hook to intercept first iteration"),
        ("finalizer", "Hook to intercept finalization"),
    ],
)
.not_instantiable()
.immutable();

fn int(value: i64) -> PyResult<Obj> {
    Ok(PyLong::from_i64(value)?.into_object())
}

fn float(value: f64) -> PyResult<Obj> {
    value.into_py()
}

fn text(value: &str) -> PyResult<Obj> {
    Ok(PyStr::new(value)?.into_object())
}

fn version_info() -> PyResult<Obj> {
    let (major, minor, micro) = version::VERSION_INFO;
    VERSION_INFO.make(vec![
        int(major.into())?,
        int(minor.into())?,
        int(micro.into())?,
        text("final")?,
        int(0)?,
    ])
}

fn implementation(version_info: &Obj) -> PyResult<Obj> {
    let dict = PyDict::new()?;
    dict.set("name", &*text("cpython")?)?;
    dict.set("cache_tag", &*text("cpython-314")?)?;
    dict.set("version", version_info)?;
    dict.set("hexversion", &*int(version::HEXVERSION.into())?)?;
    dict.set("_multiarch", &*text(version::MULTIARCH)?)?;
    dict.set("supports_isolated_interpreters", krait_runtime::true_())?;
    Ok(krait_runtime::namespace::PyNamespace::with_dict(dict)?.into_object())
}

fn float_info() -> PyResult<Obj> {
    FLOAT_INFO.make(vec![
        float(f64::MAX)?,
        int(f64::MAX_EXP.into())?,
        int(f64::MAX_10_EXP.into())?,
        float(f64::MIN_POSITIVE)?,
        int(f64::MIN_EXP.into())?,
        int(f64::MIN_10_EXP.into())?,
        int(f64::DIGITS.into())?,
        int(f64::MANTISSA_DIGITS.into())?,
        float(f64::EPSILON)?,
        int(f64::RADIX.into())?,
        int(1)?,
    ])
}

fn hash_info() -> PyResult<Obj> {
    HASH_INFO.make(vec![
        int(64)?,
        int((1 << 61) - 1)?,
        int(314_159)?,
        int(0)?,
        int(1_000_003)?,
        text("siphash13")?,
        int(64)?,
        int(128)?,
        int(0)?,
    ])
}

/// Adds what needs neither command line nor environment.
pub(super) fn add_constants(dict: &PyDict) -> PyResult<()> {
    let version_info = version_info()?;
    dict.set("implementation", &*implementation(&version_info)?)?;
    dict.set("version_info", &version_info)?;
    dict.set("hexversion", &*int(version::HEXVERSION.into())?)?;
    dict.set("version", &*text(version::FULL_VERSION)?)?;
    dict.set("api_version", &*int(version::API_VERSION)?)?;
    dict.set("_git", &*("Krait", "", "").into_py()?)?;
    dict.set("_framework", &*text("")?)?;
    dict.set("abiflags", &*text("")?)?;
    dict.set("copyright", &*text(COPYRIGHT)?)?;
    dict.set("platform", &*text("linux")?)?;
    dict.set(
        "byteorder",
        &*text(if cfg!(target_endian = "little") {
            "little"
        } else {
            "big"
        })?,
    )?;
    dict.set("maxsize", &*int(isize::MAX as i64)?)?;
    dict.set("maxunicode", &*int(0x10_FFFF)?)?;
    dict.set("float_repr_style", &*text("short")?)?;
    dict.set("float_info", &*float_info()?)?;
    dict.set(
        "int_info",
        &*INT_INFO.make(vec![int(30)?, int(4)?, int(4300)?, int(640)?])?,
    )?;
    dict.set("hash_info", &*hash_info()?)?;
    let thread_info = vec![text("pthread")?, text("semaphore")?, none().to_obj()];
    dict.set("thread_info", &*THREAD_INFO.make(thread_info)?)?;
    let names = super::stdlib_names::STDLIB_MODULE_NAMES.iter();
    let names = names.map(|name| Ok(PyStr::intern(name)?.into_object()));
    let names = PyTuple::from_vec(names.collect::<PyResult<Vec<_>>>()?)?;
    let names = PyFrozenSet::type_object().instantiate(&[&*names])?;
    dict.set("stdlib_module_names", &names)?;
    // Lists that the import system and `site` fill.
    for name in ["meta_path", "path_hooks", "path"] {
        dict.set(name, &*PyList::new()?)?;
    }
    dict.set("path_importer_cache", &*PyDict::new()?)
}

const COPYRIGHT: &str = "Copyright (c) the authors of Krait.\n\nThe standard library is\nCopyright (c) 2001 Python Software Foundation.\nAll Rights Reserved.\n\nCopyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\nCopyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\nCopyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.";

/// A list of strings.
pub(super) fn string_list(items: &[Py<PyStr>]) -> PyResult<Obj> {
    Ok(PyList::from_vec(items.iter().map(|item| item.to_obj()).collect())?.into_object())
}
