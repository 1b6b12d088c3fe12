//! Every codec's map exists, and text comes back from a round trip.

use super::{MODULES, State, find};
use crate::StrBuf;

fn encode(name: &str, text: &str) -> Vec<u8> {
    let codec = MODULES
        .iter()
        .find_map(|(module, _)| find(module, name))
        .expect("a known codec");
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    let (mut state, mut at, mut out) = (codec.encoder_state(), 0, Vec::new());
    codec
        .encode(&mut state, &codes, &mut at, true, &mut out)
        .unwrap_or_else(|stop| panic!("{name} {text:?}: {stop:?}"));
    codec.finish(&mut state, &mut out);
    out
}

#[test]
fn every_codec_has_its_map() {
    for (_, codecs) in MODULES {
        for codec in *codecs {
            let mut state: State = codec.decoder_state();
            let (mut at, mut out) = (0, StrBuf::default());
            codec
                .decode(&mut state, b"plain text", &mut at, &mut out)
                .expect("ASCII");
            assert_eq!((at, out.len()), (10, 10), "{}", codec.name);
        }
    }
}

#[test]
fn text_is_encoded_as_by_cpython() {
    assert_eq!(
        encode("gb18030", "\u{4e2d}\u{20000}"),
        b"\xd6\xd0\x95\x32\x82\x36"
    );
    assert_eq!(encode("shift_jis", "\u{3042}"), b"\x82\xa0");
    assert_eq!(encode("euc_jp", "\u{4e02}"), b"\x8f\xb0\xa1");
    assert_eq!(encode("iso2022_jp", "a\u{4e16}"), b"a\x1b$B@$\x1b(B");
    assert_eq!(encode("iso2022_kr", "\u{ac00}"), b"\x1b$)C\x0e0!\x0f");
    assert_eq!(encode("hz", "\u{804a}~"), b"~{AD~}~~");
    assert_eq!(
        encode("euc_kr", "\u{ac02}"),
        b"\xa4\xd4\xa4\xa1\xa4\xbf\xa4\xa2"
    );
    assert_eq!(encode("euc_jis_2004", "\u{e6}\u{300}"), b"\xab\xc4");
}

#[test]
fn characters_of_a_later_edition_are_one_error() {
    let codec = find("_codecs_jp", "euc_jisx0213").expect("a known codec");
    let (mut state, mut at, mut out) = (codec.decoder_state(), 0, StrBuf::default());
    let stop = codec.decode(&mut state, b"a\xae\xa1", &mut at, &mut out);
    assert_eq!((stop, at), (Err(super::Stop::Illegal(2)), 1));
}
