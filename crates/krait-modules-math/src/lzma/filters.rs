//! Filter chains: as Python gives them, as liblzma takes them, and as `.7z` and other formats store their properties.

use krait_runtime::{
    IntoPy, Obj, Py, PyDict, PyObject, PyResult, PyStr, exc, type_error, value_error,
};
use liblzma::stream::{Filters, LzmaOptions, MatchFinder, Mode, PRESET_DEFAULT};

use super::{invalid_options, raise};

pub(super) const DELTA: u64 = 3;
pub(super) const X86: u64 = 4;
pub(super) const POWERPC: u64 = 5;
pub(super) const IA64: u64 = 6;
pub(super) const ARM: u64 = 7;
pub(super) const ARM_THUMB: u64 = 8;
pub(super) const SPARC: u64 = 9;
pub(super) const LZMA2: u64 = 0x21;
pub(super) const LZMA1: u64 = 0x4000_0000_0000_0001;
/// So many filters may a chain have.
const MOST: usize = 4;

/// What a filter of LZMA1 or LZMA2 is set to.
#[derive(Clone, Copy)]
struct Lzma {
    preset: u32,
    dict_size: u32,
    lc: u32,
    lp: u32,
    pb: u32,
    mode: Option<u32>,
    nice_len: Option<u32>,
    mf: Option<u32>,
    depth: Option<u32>,
}

/// One filter.
#[derive(Clone, Copy)]
enum Filter {
    Lzma1(Lzma),
    Lzma2(Lzma),
    Delta {
        distance: u32,
    },
    /// A converter of branches in machine code, by its number.
    Branch {
        id: u64,
        start_offset: u32,
    },
}

/// A filter chain.
pub(super) struct Chain(Vec<Filter>);

/// The size of the dictionary of a preset.
fn preset_dict_size(preset: u32) -> u32 {
    const BITS: [u32; 10] = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26];
    let bits = BITS.get((preset & 0x1F) as usize).copied().unwrap_or(23);
    1 << bits
}

/// An entry of a filter's specification.
fn entry(spec: &PyObject, name: &str) -> PyResult<Option<Obj>> {
    let key = PyStr::intern(name)?;
    match spec.call_method_str("__getitem__", &[&*key]) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.matches(&exc::KeyError) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn number(spec: &PyObject, name: &str) -> PyResult<Option<u32>> {
    entry(spec, name)?.map(|value| value.extract()).transpose()
}

/// Refuses entries that a filter does not have.
fn check_names(spec: &PyObject, known: &[&str], kind: &str) -> PyResult<()> {
    for key in spec.try_iter()? {
        let key = key?;
        let name = key.downcast::<PyStr>().map(PyStr::to_string_lossy);
        if !name.is_some_and(|name| known.contains(&&*name)) {
            return Err(value_error!("Invalid filter specifier for {kind} filter"));
        }
    }
    Ok(())
}

impl Lzma {
    fn parse(spec: &PyObject) -> PyResult<Lzma> {
        let preset = number(spec, "preset")?.unwrap_or(PRESET_DEFAULT);
        if LzmaOptions::new_preset(preset).is_err() {
            return Err(raise(&format!("Invalid compression preset: {preset}")));
        }
        let names = [
            "id",
            "preset",
            "dict_size",
            "lc",
            "lp",
            "pb",
            "mode",
            "nice_len",
            "mf",
            "depth",
        ];
        check_names(spec, &names, "LZMA")?;
        Ok(Lzma {
            preset,
            dict_size: number(spec, "dict_size")?.unwrap_or_else(|| preset_dict_size(preset)),
            lc: number(spec, "lc")?.unwrap_or(3),
            lp: number(spec, "lp")?.unwrap_or(0),
            pb: number(spec, "pb")?.unwrap_or(2),
            mode: number(spec, "mode")?,
            nice_len: number(spec, "nice_len")?,
            mf: number(spec, "mf")?,
            depth: number(spec, "depth")?,
        })
    }

    fn options(&self) -> PyResult<LzmaOptions> {
        let mut options = LzmaOptions::new_preset(self.preset).map_err(super::failed)?;
        options
            .dict_size(self.dict_size)
            .literal_context_bits(self.lc)
            .literal_position_bits(self.lp)
            .position_bits(self.pb);
        match self.mode {
            None => {}
            Some(1) => drop(options.mode(Mode::Fast)),
            Some(2) => drop(options.mode(Mode::Normal)),
            Some(_) => return Err(invalid_options()),
        }
        if let Some(nice_len) = self.nice_len {
            options.nice_len(nice_len);
        }
        match self.mf {
            None => {}
            Some(3) => drop(options.match_finder(MatchFinder::HashChain3)),
            Some(4) => drop(options.match_finder(MatchFinder::HashChain4)),
            Some(18) => drop(options.match_finder(MatchFinder::BinaryTree2)),
            Some(19) => drop(options.match_finder(MatchFinder::BinaryTree3)),
            Some(20) => drop(options.match_finder(MatchFinder::BinaryTree4)),
            Some(_) => return Err(invalid_options()),
        }
        if let Some(depth) = self.depth {
            options.depth(depth);
        }
        Ok(options)
    }

    /// The one byte of LZMA1's parameters; `None` if they are out of range.
    fn packed(&self) -> Option<u8> {
        let fits = self.lc <= 4 && self.lp <= 4 && self.lc + self.lp <= 4 && self.pb <= 4;
        fits.then(|| ((self.pb * 5 + self.lp) * 9 + self.lc) as u8)
    }
}

impl Filter {
    fn parse(spec: &PyObject) -> PyResult<Filter> {
        if !spec.is_instance_of::<PyDict>() && spec.lookup_attr_str("__getitem__")?.is_none() {
            return Err(type_error!(
                "Filter specifier must be a dict or dict-like object"
            ));
        }
        let Some(id) = entry(spec, "id")? else {
            return Err(value_error!("Filter specifier must have an \"id\" entry"));
        };
        let id: u64 = id.extract()?;
        Ok(match id {
            LZMA1 => Filter::Lzma1(Lzma::parse(spec)?),
            LZMA2 => Filter::Lzma2(Lzma::parse(spec)?),
            DELTA => {
                check_names(spec, &["id", "dist"], "delta")?;
                Filter::Delta {
                    distance: number(spec, "dist")?.unwrap_or(1),
                }
            }
            X86 | POWERPC | IA64 | ARM | ARM_THUMB | SPARC => {
                check_names(spec, &["id", "start_offset"], "BCJ")?;
                Filter::Branch {
                    id,
                    start_offset: number(spec, "start_offset")?.unwrap_or(0),
                }
            }
            _ => return Err(value_error!("Invalid filter ID: {id}")),
        })
    }

    fn add_to(&self, filters: &mut Filters) -> PyResult<()> {
        let added = match self {
            Filter::Lzma1(lzma) => Ok(filters.lzma1(&lzma.options()?)),
            Filter::Lzma2(lzma) => Ok(filters.lzma2(&lzma.options()?)),
            Filter::Delta { .. } => filters.delta_properties(&self.properties()?),
            Filter::Branch { id, .. } => {
                let properties = self.properties()?;
                match *id {
                    X86 => filters.x86_properties(&properties),
                    POWERPC => filters.powerpc_properties(&properties),
                    IA64 => filters.ia64_properties(&properties),
                    ARM => filters.arm_properties(&properties),
                    ARM_THUMB => filters.arm_thumb_properties(&properties),
                    _ => filters.sparc_properties(&properties),
                }
            }
        };
        added.map(drop).map_err(super::failed)
    }

    /// The properties as files store them.
    fn properties(&self) -> PyResult<Vec<u8>> {
        Ok(match self {
            Filter::Lzma1(lzma) => {
                let mut bytes = vec![lzma.packed().ok_or_else(invalid_options)?];
                bytes.extend_from_slice(&lzma.dict_size.to_le_bytes());
                bytes
            }
            Filter::Lzma2(lzma) => vec![dict_size_byte(lzma.dict_size)],
            Filter::Delta { distance } => {
                let stored = distance
                    .checked_sub(1)
                    .and_then(|stored| u8::try_from(stored).ok());
                vec![stored.ok_or_else(invalid_options)?]
            }
            Filter::Branch {
                start_offset: 0, ..
            } => Vec::new(),
            Filter::Branch { start_offset, .. } => start_offset.to_le_bytes().to_vec(),
        })
    }
}

/// LZMA2's dictionary size as one byte: the next larger of 2^n and 2^n + 2^(n-1).
fn dict_size_byte(size: u32) -> u8 {
    (0..40)
        .find(|&byte| dict_size_of(byte) >= size)
        .unwrap_or(40)
}

fn dict_size_of(byte: u8) -> u32 {
    if byte == 40 {
        return u32::MAX;
    }
    (2 | u32::from(byte & 1)) << (byte / 2 + 11)
}

impl Chain {
    pub(super) fn parse(specs: &PyObject) -> PyResult<Chain> {
        let len = specs.length()?;
        if !specs.is_sequence() {
            return Err(type_error!("{} is not a sequence", specs.type_().tp_name()));
        }
        if len > MOST {
            return Err(value_error!(
                "Too many filters - liblzma supports a maximum of {MOST}"
            ));
        }
        let mut chain = Vec::with_capacity(len);
        for index in 0..len {
            chain.push(Filter::parse(&*specs.sequence_get(index as isize)?)?);
        }
        Ok(Chain(chain))
    }

    pub(super) fn filters(&self) -> PyResult<Filters> {
        if self.0.is_empty() {
            return Err(raise("Internal error"));
        }
        let mut filters = Filters::new();
        for filter in &self.0 {
            filter.add_to(&mut filters)?;
        }
        Ok(filters)
    }

    /// The options of a chain of one LZMA1 filter.
    pub(super) fn single_lzma1(&self) -> PyResult<LzmaOptions> {
        match &self.0[..] {
            [Filter::Lzma1(lzma)] => lzma.options(),
            _ => Err(value_error!(
                "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter"
            )),
        }
    }
}

/// The stored properties of a filter.
pub(super) fn encode_properties(spec: &PyObject) -> PyResult<Vec<u8>> {
    Filter::parse(spec)?.properties()
}

/// The specification of a filter, from its stored properties.
pub(super) fn decode_properties(id: u64, bytes: &[u8]) -> PyResult<Py<PyDict>> {
    let mut rows: Vec<(&str, u64)> = Vec::new();
    match (id, bytes) {
        (LZMA1, &[packed, a, b, c, d]) if packed < 9 * 5 * 5 => {
            let (pb, rest) = (packed / 45, packed % 45);
            let (lp, lc) = (rest / 9, rest % 9);
            if lc + lp > 4 {
                return Err(invalid_options());
            }
            rows.extend([("lc", lc.into()), ("lp", lp.into()), ("pb", pb.into())]);
            rows.push(("dict_size", u32::from_le_bytes([a, b, c, d]).into()));
        }
        (LZMA2, &[byte @ 0..=40]) => rows.push(("dict_size", dict_size_of(byte).into())),
        (DELTA, &[distance]) => rows.push(("dist", u64::from(distance) + 1)),
        (X86 | POWERPC | IA64 | ARM | ARM_THUMB | SPARC, []) => {}
        (X86 | POWERPC | IA64 | ARM | ARM_THUMB | SPARC, &[a, b, c, d]) => {
            let offset = u32::from_le_bytes([a, b, c, d]);
            if offset != 0 {
                rows.push(("start_offset", offset.into()));
            }
        }
        _ => return Err(invalid_options()),
    }
    let dict = PyDict::new()?;
    dict.set("id", &*id.into_py()?)?;
    for (name, value) in rows {
        dict.set(name, &*value.into_py()?)?;
    }
    Ok(dict)
}
