//! Positions in text: `TextIOWrapper.tell`, `seek` and `truncate`.
//!
//! A position is an opaque int. Where the decoder's state matters it holds, from the lowest byte on:
//! the position in the buffer (8 bytes), the decoder's flags there (4), how many bytes to feed it (4),
//! how many characters to pass over (4), and whether it must be told that the input ends (1).

use krait_macros::pymethods;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{CompareOp, IntoPy, PyBytes, PyErr, PyLong, PyResult, exc, none, value_error};

use super::bufferedclasses::expect_bytes;
use super::textio::PyTextIOWrapper;
use super::unsupported;

/// The parts of a position.
#[derive(Clone, Copy, Default)]
struct Cookie {
    start: i64,
    flags: i32,
    feed: i32,
    skip: i32,
    end: bool,
}

const LENGTH: usize = 21;

impl Cookie {
    fn pack(self) -> PyResult<Obj> {
        if self.flags == 0 && self.feed == 0 && self.skip == 0 && !self.end {
            return self.start.into_py();
        }
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.feed.to_le_bytes());
        bytes.extend(self.skip.to_le_bytes());
        bytes.push(u8::from(self.end));
        let bytes = PyBytes::new(&bytes)?;
        let class = PyLong::type_object().as_object();
        class.call_method(
            krait_runtime::intern!("from_bytes"),
            &[&bytes, &*"little".into_py()?],
        )
    }

    fn unpack(position: &PyObject) -> PyResult<Cookie> {
        let number = position.index()?;
        if let Some(start) = number.to_i64() {
            return Ok(Cookie {
                start,
                ..Cookie::default()
            });
        }
        let length = PyLong::from_usize(LENGTH)?;
        let order = "little".into_py()?;
        let bytes = number.call_method(krait_runtime::intern!("to_bytes"), &[&length, &order])?;
        let bytes = expect_bytes(bytes, "to_bytes")?;
        let part = |from: usize| {
            let mut part = [0; 4];
            part.copy_from_slice(&bytes.as_bytes()[from..from + 4]);
            i32::from_le_bytes(part)
        };
        let mut start = [0; 8];
        start.copy_from_slice(&bytes.as_bytes()[..8]);
        Ok(Cookie {
            start: i64::from_le_bytes(start),
            flags: part(8),
            feed: part(12),
            skip: part(16),
            end: bytes.as_bytes()[20] != 0,
        })
    }
}

impl PyTextIOWrapper {
    /// Finds the shortest way from a point where the decoder has nothing in hand to the character at
    /// `skip`, in bytes that were decoded from `cookie` on.
    fn locate(&self, cookie: &mut Cookie, bytes: &[u8], mut skip: usize) -> PyResult<()> {
        if self.decoder.is_bytewise(bytes) && cookie.flags == 0 {
            cookie.start += skip as i64;
            return Ok(());
        }
        let errors = self.error_mode()?;
        self.decoder
            .set_state(&PyBytes::new(b"")?, i64::from(cookie.flags))?;
        let (mut decoded, mut fed) = (0, 0);
        for &byte in bytes {
            let text = self
                .decoder
                .decode(&PyBytes::new(&[byte])?, &errors, false)?;
            decoded += text.len();
            fed += 1;
            let (kept, flags) = self.decoder.state()?;
            if kept.is_empty() && decoded <= skip {
                cookie.start += fed;
                skip -= decoded;
                cookie.flags = flags as i32;
                (decoded, fed) = (0, 0);
            }
            if decoded >= skip {
                cookie.feed = fed as i32;
                cookie.skip = skip as i32;
                if skip == 0 {
                    (cookie.feed, cookie.skip) = (0, 0);
                }
                return Ok(());
            }
        }
        let text = self.decoder.decode(&PyBytes::new(b"")?, &errors, true)?;
        cookie.end = true;
        cookie.feed = fed as i32;
        cookie.skip = skip as i32;
        if decoded + text.len() < skip {
            return Err(PyErr::new(
                &exc::OSError,
                "can't reconstruct logical file position",
            ));
        }
        Ok(())
    }

    /// Goes to the end.
    fn seek_to_end(&self, buffer: &PyObject) -> PyResult<Obj> {
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        self.drop_decoded();
        self.decoder.reset()?;
        let (zero, two) = (PyLong::from_i64(0)?, PyLong::from_i64(2)?);
        let position = buffer.call_method(krait_runtime::intern!("seek"), &[&zero, &two])?;
        self.encoder.restart(position.int_value() == Some(0))?;
        Ok(position)
    }

    fn seek_to(&self, buffer: &PyObject, position: &PyObject) -> PyResult<()> {
        let cookie = Cookie::unpack(position)?;
        buffer.call_method(
            krait_runtime::intern!("seek"),
            &[&*PyLong::from_i64(cookie.start)?],
        )?;
        self.drop_decoded();
        let at_start = cookie.start == 0 && cookie.flags == 0;
        if self.decoder.exists() {
            let empty = PyBytes::new(b"")?;
            if at_start {
                self.decoder.reset()?;
            } else {
                self.decoder.set_state(&empty, i64::from(cookie.flags))?;
            }
            if cookie.skip > 0 {
                let count = PyLong::from_i64(i64::from(cookie.feed))?;
                let bytes = expect_bytes(
                    buffer.call_method(krait_runtime::intern!("read"), &[&count])?,
                    "read",
                )?;
                let errors = self.error_mode()?;
                let text = self.decoder.decode(&bytes, &errors, cookie.end)?;
                if text.len() < cookie.skip as usize {
                    return Err(PyErr::new(
                        &exc::OSError,
                        "can't restore logical file position",
                    ));
                }
                self.snapshot
                    .replace(Some((i64::from(cookie.flags), bytes)));
                self.decoded.set(Some(text));
                self.used.set(cookie.skip as usize);
            } else {
                self.snapshot
                    .replace(Some((i64::from(cookie.flags), empty)));
            }
        }
        self.encoder.restart(at_start)
    }
}

#[pymethods(POSITION)]
impl PyTextIOWrapper {
    /// Return the stream position as an opaque number.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<Obj> {
        let buffer = self.check_open()?;
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        if !self.telling.get() {
            return Err(PyErr::new(
                &exc::OSError,
                "telling position disabled by next() call",
            ));
        }
        self.write_pending()?;
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        let position = buffer.call_method(krait_runtime::intern!("tell"), &[])?;
        let snapshot = self.snapshot.borrow().clone();
        let (true, Some((flags, bytes))) = (self.decoder.exists(), snapshot) else {
            return Ok(position);
        };
        let mut cookie = Cookie {
            start: position.extract::<i64>()? - bytes.len() as i64,
            flags: flags as i32,
            ..Cookie::default()
        };
        let skip = self.used.get();
        if !self.decoded.is_some() || skip == 0 {
            return cookie.pack();
        }
        let (kept, state) = self.decoder.state()?;
        let located = self
            .locate(&mut cookie, bytes.as_bytes(), skip)
            .map_err(PyErr::take);
        self.decoder.set_state(&kept, state)?;
        located.map_err(PyErr::restore)?;
        cookie.pack()
    }

    /// Set the stream position, and return the new stream position.
    #[pymethod(
        signature = "($self, cookie, whence=0, /)",
        text_signature = "($self, cookie, whence=os.SEEK_SET, /)"
    )]
    fn seek(&self, cookie: &PyObject, whence: i32) -> PyResult<Obj> {
        let buffer = self.check_open()?;
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        let zero = PyLong::from_i64(0)?;
        let mut target = cookie.to_obj();
        match whence {
            0 => {}
            1 => {
                if !cookie.eq(&zero)? {
                    return Err(unsupported("can't do nonzero cur-relative seeks"));
                }
                // Where we are; that also brings the buffer there.
                target = self.call_method(krait_runtime::intern!("tell"), &[])?;
            }
            2 => {
                if !cookie.eq(&zero)? {
                    return Err(unsupported("can't do nonzero end-relative seeks"));
                }
                return self.seek_to_end(&buffer);
            }
            _ => {
                return Err(value_error!(
                    "invalid whence ({whence}, should be 0, 1 or 2)"
                ));
            }
        }
        if target.compare_bool(&zero, CompareOp::Lt)? {
            return Err(value_error!(
                "negative seek position {}",
                target.repr()?.to_string_lossy()
            ));
        }
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        self.seek_to(&buffer, &target)?;
        Ok(target)
    }

    /// Truncate the buffer.
    #[pymethod(signature = "($self, pos=None, /)")]
    fn truncate(&self, pos: Option<&PyObject>) -> PyResult<Obj> {
        let buffer = self.attached()?;
        self.call_method(krait_runtime::intern!("flush"), &[])?;
        buffer.call_method(krait_runtime::intern!("truncate"), &[pos.unwrap_or(none())])
    }
}
