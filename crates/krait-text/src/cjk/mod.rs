//! The multibyte codecs of East Asia: double-byte encodings, HZ and ISO 2022.
//!
//! What means what is in `tables.bin`, which `cargo xtask cjk` makes; here are the machines that read it. A codec
//! works in steps: it goes on from a position in its input until the end or the first error, with a [`State`]
//! that the caller keeps between calls.

mod double;
mod hangul;
mod hz;
mod iso2022;
mod tables;
#[cfg(test)]
mod tests;

use crate::StrBuf;
pub use iso2022::Iso2022;
pub use tables::Charset;

/// Why a codec stopped before the end of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// So many bytes, or characters, mean nothing here.
    Illegal(usize),
    /// What is left is the start of something.
    Incomplete,
}

/// What a stateful encoding remembers; encodings without state leave it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State(pub [u8; 8]);

/// One codec.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// CPython's name for it.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One to four bytes a character, by the map of this name.
    Double(&'static str),
    Hz,
    Iso2022(&'static Iso2022),
}

const fn double(name: &'static str, map: &'static str) -> Codec {
    Codec {
        name,
        kind: Kind::Double(map),
    }
}

const fn iso2022(name: &'static str, config: &'static Iso2022) -> Codec {
    Codec {
        name,
        kind: Kind::Iso2022(config),
    }
}

/// Codecs by the native module that has them.
pub const MODULES: &[(&str, &[Codec])] = &[
    (
        "_codecs_cn",
        &[
            double("gb2312", "gb2312_euc"),
            double("gbk", "gbk"),
            double("gb18030", "gb18030"),
            Codec {
                name: "hz",
                kind: Kind::Hz,
            },
        ],
    ),
    ("_codecs_hk", &[double("big5hkscs", "big5hkscs")]),
    (
        "_codecs_iso2022",
        &[
            iso2022("iso2022_kr", &iso2022::KR),
            iso2022("iso2022_jp", &iso2022::JP),
            iso2022("iso2022_jp_1", &iso2022::JP_1),
            iso2022("iso2022_jp_2", &iso2022::JP_2),
            iso2022("iso2022_jp_2004", &iso2022::JP_2004),
            iso2022("iso2022_jp_3", &iso2022::JP_3),
            iso2022("iso2022_jp_ext", &iso2022::JP_EXT),
        ],
    ),
    (
        "_codecs_jp",
        &[
            double("shift_jis", "shift_jis"),
            double("cp932", "cp932"),
            double("euc_jp", "euc_jp"),
            double("shift_jis_2004", "shift_jis_2004"),
            double("euc_jis_2004", "euc_jis_2004"),
            double("euc_jisx0213", "euc_jisx0213"),
            double("shift_jisx0213", "shift_jisx0213"),
        ],
    ),
    (
        "_codecs_kr",
        &[
            double("euc_kr", "euc_kr"),
            double("cp949", "cp949"),
            double("johab", "johab"),
        ],
    ),
    (
        "_codecs_tw",
        &[double("big5", "big5"), double("cp950", "cp950")],
    ),
];

/// The codec of this name in a native module.
pub fn find(module: &str, name: &str) -> Option<&'static Codec> {
    MODULES
        .iter()
        .find(|(each, _)| *each == module)
        .and_then(|(_, codecs)| codecs.iter().find(|codec| codec.name == name))
}

impl Codec {
    /// The state at the start of text to encode.
    pub fn encoder_state(&self) -> State {
        match self.kind {
            Kind::Iso2022(_) => iso2022::ENCODER,
            Kind::Double(_) | Kind::Hz => State::default(),
        }
    }

    /// The state at the start of text to decode.
    pub fn decoder_state(&self) -> State {
        match self.kind {
            Kind::Iso2022(_) => iso2022::DECODER,
            Kind::Double(_) | Kind::Hz => State::default(),
        }
    }

    /// Decodes from `at` on; `at` is then where it stopped.
    pub fn decode(
        &self,
        state: &mut State,
        input: &[u8],
        at: &mut usize,
        out: &mut StrBuf,
    ) -> Result<(), Stop> {
        match self.kind {
            Kind::Double(map) => double::decode(tables::charset(map), input, at, out),
            Kind::Hz => hz::decode(state, input, at, out),
            Kind::Iso2022(config) => config.decode(state, input, at, out),
        }
    }

    /// Encodes from `at` on; `at` is then where it stopped. At the end of all text (`last`) nothing is waited for.
    pub fn encode(
        &self,
        state: &mut State,
        input: &[u32],
        at: &mut usize,
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        match self.kind {
            Kind::Double(map) => double::encode(tables::charset(map), input, at, last, out),
            Kind::Hz => hz::encode(state, input, at, out),
            Kind::Iso2022(config) => config.encode(state, input, at, last, out),
        }
    }

    /// Ends encoded text: writes what brings a decoder back to its first state.
    pub fn finish(&self, state: &mut State, out: &mut Vec<u8>) {
        match self.kind {
            Kind::Double(_) => {}
            Kind::Hz => hz::finish(state, out),
            Kind::Iso2022(_) => iso2022::finish(state, out),
        }
    }

    /// Forgets what a decoder has seen.
    pub fn reset_decoder(&self, state: &mut State) {
        match self.kind {
            Kind::Double(_) => {}
            Kind::Hz => *state = State::default(),
            Kind::Iso2022(_) => iso2022::reset_decoder(state),
        }
    }
}
