//! zlib's streams, owned: a safe face of zlib-rs's C interface.
//!
//! Invariant: the stream was initialised, and its pointers to input and output are set anew for each call
//! and not looked at between calls.

use libz_rs_sys as z;

/// Whether a stream compresses or decompresses.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Direction {
    Deflate,
    Inflate,
}

/// A stream of either kind.
pub(super) struct Stream {
    raw: Box<z::z_stream>,
    direction: Direction,
    ended: bool,
}

/// How a compressor is set up.
pub(super) struct Setup {
    pub(super) level: i32,
    pub(super) method: i32,
    pub(super) window_bits: i32,
    pub(super) memory_level: i32,
    pub(super) strategy: i32,
}

impl Stream {
    /// A compressor, or zlib's error.
    pub(super) fn deflate(setup: &Setup) -> Result<Stream, i32> {
        let mut raw = Box::<z::z_stream>::default();
        // SAFETY: the stream is plain data without allocator functions, which zlib fills in.
        let status = unsafe {
            z::deflateInit2_(
                &raw mut *raw,
                setup.level,
                setup.method,
                setup.window_bits,
                setup.memory_level,
                setup.strategy,
                z::zlibVersion(),
                size_of::<z::z_stream>() as i32,
            )
        };
        Stream::checked(raw, Direction::Deflate, status)
    }

    /// A decompressor, or zlib's error.
    pub(super) fn inflate(window_bits: i32) -> Result<Stream, i32> {
        let mut raw = Box::<z::z_stream>::default();
        // SAFETY: as in `deflate`.
        let status = unsafe {
            z::inflateInit2_(
                &raw mut *raw,
                window_bits,
                z::zlibVersion(),
                size_of::<z::z_stream>() as i32,
            )
        };
        Stream::checked(raw, Direction::Inflate, status)
    }

    fn checked(raw: Box<z::z_stream>, direction: Direction, status: i32) -> Result<Stream, i32> {
        if status != z::Z_OK {
            return Err(status);
        }
        Ok(Stream {
            raw,
            direction,
            ended: false,
        })
    }

    /// A copy with the same state.
    pub(super) fn copy(&self) -> Result<Stream, i32> {
        if self.ended {
            return Err(z::Z_STREAM_ERROR);
        }
        let mut raw = Box::<z::z_stream>::default();
        let source: *const z::z_stream = &raw const *self.raw;
        // SAFETY: the source is initialised, and the target is zlib's to fill in.
        let status = unsafe {
            match self.direction {
                Direction::Deflate => z::deflateCopy(&raw mut *raw, source.cast_mut()),
                Direction::Inflate => z::inflateCopy(&raw mut *raw, source),
            }
        };
        Stream::checked(raw, self.direction, status)
    }

    /// Sets the dictionary; zlib's status.
    pub(super) fn set_dictionary(&mut self, dictionary: &[u8]) -> i32 {
        let (data, len) = (dictionary.as_ptr(), dictionary.len() as u32);
        // SAFETY: the stream is initialised, and the dictionary lives through the call.
        unsafe {
            match self.direction {
                Direction::Deflate => z::deflateSetDictionary(&raw mut *self.raw, data, len),
                Direction::Inflate => z::inflateSetDictionary(&raw mut *self.raw, data, len),
            }
        }
    }

    /// Moves on: takes input from the front, adds at most `room` bytes of output. Zlib's status.
    pub(super) fn step(
        &mut self,
        input: &mut &[u8],
        output: &mut Vec<u8>,
        room: usize,
        flush: i32,
    ) -> i32 {
        if self.ended {
            return z::Z_STREAM_ERROR;
        }
        let room = room.min(u32::MAX as usize);
        let given = input.len().min(u32::MAX as usize);
        let before = output.len();
        output.resize(before + room, 0);
        self.raw.next_in = input.as_ptr().cast_mut();
        self.raw.avail_in = given as u32;
        self.raw.next_out = output[before..].as_mut_ptr();
        self.raw.avail_out = room as u32;
        // SAFETY: the stream is initialised; both areas live through the call.
        let status = unsafe {
            match self.direction {
                Direction::Deflate => z::deflate(&raw mut *self.raw, flush),
                Direction::Inflate => z::inflate(&raw mut *self.raw, flush),
            }
        };
        output.truncate(before + room - self.raw.avail_out as usize);
        *input = &input[given - self.raw.avail_in as usize..];
        status
    }

    /// Zlib's own words about the last error.
    pub(super) fn message(&self) -> Option<String> {
        if self.raw.msg.is_null() {
            return None;
        }
        // SAFETY: zlib's messages are static C strings.
        let text = unsafe { std::ffi::CStr::from_ptr(self.raw.msg) };
        Some(text.to_string_lossy().into_owned())
    }

    /// Ends the stream; it refuses everything from now on.
    pub(super) fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        // SAFETY: the stream is initialised and ends once.
        unsafe {
            match self.direction {
                Direction::Deflate => z::deflateEnd(&raw mut *self.raw),
                Direction::Inflate => z::inflateEnd(&raw mut *self.raw),
            }
        };
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

/// The Adler-32 checksum of bytes after others.
pub(super) fn adler32(start: u32, bytes: &[u8]) -> u32 {
    // SAFETY: the area lives through the call.
    unsafe { z::adler32_z(start.into(), bytes.as_ptr(), bytes.len()) as u32 }
}

/// The CRC-32 checksum of bytes after others.
pub(super) fn crc32(start: u32, bytes: &[u8]) -> u32 {
    // SAFETY: the area lives through the call.
    unsafe { z::crc32_z(start.into(), bytes.as_ptr(), bytes.len()) as u32 }
}
