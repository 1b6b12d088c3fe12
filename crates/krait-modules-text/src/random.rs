//! `_random`: the Mersenne Twister MT19937, number for number as CPython has it.

use std::cell::RefCell;

use krait_macros::{pyclass, pymethods};
use krait_numbers::BigInt;
use krait_runtime::{
    IntoPy, Obj, Py, PyDict, PyLong, PyObject, PyResult, PyTuple, PyType, err, overflow_error,
    pymodule, type_error, value_error,
};

pymodule! {
    pub RANDOM = "_random", "Module implements the Mersenne Twister random number generator.",
    functions: [],
    classes: [Random],
    exec: None
}

/// Words of state.
const N: usize = 624;
/// The other word that a new word is made of.
const M: usize = 397;

/// The generator.
struct Twister {
    state: [u32; N],
    index: usize,
}

impl Twister {
    fn seed_word(&mut self, seed: u32) {
        self.state[0] = seed;
        for index in 1..N {
            let before = self.state[index - 1];
            self.state[index] = (before ^ before >> 30)
                .wrapping_mul(1_812_433_253)
                .wrapping_add(index as u32);
        }
        self.index = N;
    }

    /// Seeds with a key of at least one word.
    fn seed(&mut self, key: &[u32]) {
        self.seed_word(19_650_218);
        let state = &mut self.state;
        let mut at = 1;
        let mut step = |at: &mut usize, mix: u32, add: u32, subtract: bool| {
            let before = state[*at - 1];
            let mixed = state[*at] ^ (before ^ before >> 30).wrapping_mul(mix);
            state[*at] = if subtract {
                mixed.wrapping_sub(add)
            } else {
                mixed.wrapping_add(add)
            };
            *at += 1;
            if *at >= N {
                state[0] = state[N - 1];
                *at = 1;
            }
        };
        for count in 0..N.max(key.len()) {
            let word = count % key.len();
            step(
                &mut at,
                1_664_525,
                key[word].wrapping_add(word as u32),
                false,
            );
        }
        for _ in 1..N {
            let index = at as u32;
            step(&mut at, 1_566_083_941, index, true);
        }
        state[0] = 0x8000_0000;
    }

    fn refill(&mut self) {
        for index in 0..N {
            let next = self.state[(index + 1) % N];
            let joined = self.state[index] & 0x8000_0000 | next & 0x7FFF_FFFF;
            let odd = if next & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[index] = self.state[(index + M) % N] ^ joined >> 1 ^ odd;
        }
        self.index = 0;
    }

    fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut word = self.state[self.index];
        self.index += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9D2C_5680;
        word ^= word << 15 & 0xEFC6_0000;
        word ^ word >> 18
    }

    /// A float in [0, 1) with 53 random bits.
    fn next_f64(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// Random(seed=None)
///
/// A random number generator of its own.
#[pyclass(name = "Random", module = "_random", flags(BASETYPE))]
#[repr(C)]
pub(super) struct Random {
    ob_base: PyObject,
    twister: RefCell<Twister>,
}

/// The words of a seed: of its magnitude if it is an int, else of its hash.
fn key_of(seed: &PyObject) -> PyResult<Vec<u32>> {
    let Some(int) = seed.downcast::<PyLong>() else {
        let hash = seed.hash()? as u64;
        let (low, high) = (hash as u32, (hash >> 32) as u32);
        return Ok(if high == 0 {
            vec![low]
        } else {
            vec![low, high]
        });
    };
    let magnitude = int.as_int_ref().abs();
    let words = (magnitude.bit_length() as usize).div_ceil(32).max(1);
    let bytes = magnitude
        .to_le_bytes(words * 4, false)
        .map_err(|error| overflow_error!("{}", error.message()))?;
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |word, &b| word << 8 | u32::from(b))
    };
    Ok(bytes.chunks(4).map(word).collect())
}

impl Random {
    fn reseed(&self, seed: Option<&PyObject>) -> PyResult<()> {
        let key = match seed {
            Some(seed) => key_of(seed)?,
            None => {
                let mut bytes = [0; N * 4];
                krait_host::process::urandom(&mut bytes)
                    .map_err(|errno| err::os_error(errno.0, None, None))?;
                bytes
                    .chunks_exact(4)
                    .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                    .collect()
            }
        };
        self.twister.borrow_mut().seed(&key);
        Ok(())
    }
}

#[pymethods]
impl Random {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let random = Py::new_in(
            class,
            Random {
                ob_base: PyObject::HEADER,
                twister: RefCell::new(Twister {
                    state: [0; N],
                    index: 0,
                }),
            },
        )?;
        Ok(random.into_object())
    }

    #[pyinit(signature = "(seed=None, /)")]
    fn init(&self, seed: Option<&PyObject>) -> PyResult<()> {
        self.reseed(seed)
    }

    /// random() -> x in the interval [0, 1).
    #[pymethod(signature = "($self, /)")]
    fn random(&self) -> f64 {
        self.twister.borrow_mut().next_f64()
    }

    /// Seed the generator: with an int, with another object's hash, or with None from the system.
    #[pymethod(signature = "($self, n=None, /)")]
    fn seed(&self, n: Option<&PyObject>) -> PyResult<()> {
        self.reseed(n)
    }

    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[pymethod(signature = "($self, k, /)")]
    fn getrandbits(&self, k: &PyObject) -> PyResult<Obj> {
        let bits = k.index()?;
        if bits.is_negative() {
            return Err(value_error!("Cannot convert negative int"));
        }
        let bits = bits
            .to_u64()
            .ok_or_else(|| overflow_error!("Python int too large for C uint64_t"))?;
        let mut twister = self.twister.borrow_mut();
        if bits <= 32 {
            return match bits {
                0 => 0u32.into_py(),
                _ => (twister.next_u32() >> (32 - bits)).into_py(),
            };
        }
        let words = usize::try_from(bits.div_ceil(32)).map_err(|_| err::no_memory())?;
        let mut bytes = Vec::new();
        words
            .checked_mul(4)
            .filter(|&len| bytes.try_reserve_exact(len).is_ok())
            .ok_or_else(err::no_memory)?;
        for word in 0..words as u64 {
            let left = bits - word * 32;
            let mut random = twister.next_u32();
            if left < 32 {
                random >>= 32 - left;
            }
            bytes.extend(random.to_le_bytes());
        }
        Ok(PyLong::from_bigint(&BigInt::from_le_bytes(&bytes, false))?.into_object())
    }

    /// getstate() -> tuple containing the current state.
    #[pymethod(signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Py<PyTuple>> {
        let twister = self.twister.borrow();
        let mut words = Vec::with_capacity(N + 1);
        for &word in &twister.state {
            words.push(word.into_py()?);
        }
        words.push(twister.index.into_py()?);
        PyTuple::from_vec(words)
    }

    /// setstate(state) -> None.  Restores generator state.
    #[pymethod(signature = "($self, state, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let Some(state) = state.downcast::<PyTuple>() else {
            return Err(type_error!("state vector must be a tuple"));
        };
        if state.len() != N + 1 {
            return Err(value_error!("state vector is the wrong size"));
        }
        let mut words = [0; N];
        for (word, item) in words.iter_mut().zip(state.as_slice()) {
            *word = number(item)?.to_u64().ok_or_else(|| unfit(item))? as u32;
        }
        let index = number(&state.as_slice()[N])?.to_i64().unwrap_or(-1);
        let index = usize::try_from(index)
            .ok()
            .filter(|&index| index <= N)
            .ok_or_else(|| value_error!("invalid state"))?;
        *self.twister.borrow_mut() = Twister {
            state: words,
            index,
        };
        Ok(())
    }
}

fn number(item: &PyObject) -> PyResult<&PyLong> {
    item.downcast::<PyLong>()
        .ok_or_else(|| type_error!("an integer is required"))
}

fn unfit(item: &PyObject) -> krait_runtime::PyErr {
    if item.downcast::<PyLong>().is_some_and(PyLong::is_negative) {
        overflow_error!("can't convert negative value to unsigned int")
    } else {
        overflow_error!("Python int too large to convert to C unsigned long")
    }
}
