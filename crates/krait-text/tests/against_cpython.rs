//! The string algorithms against CPython 3.14 (`text.txt`, written by `make_text.py`).

use std::ops::Range;

use krait_text::codec::*;
use krait_text::escape::*;
use krait_text::split::{Ends, Flavor};
use krait_text::{StrBuf, StrSlice, layout, repr, search, split};

fn text(field: &str) -> StrBuf {
    if field == "-" {
        return StrBuf::new();
    }
    field
        .split('.')
        .map(|code| u32::from_str_radix(code, 16).unwrap())
        .collect()
}

fn bytes(field: &str) -> Vec<u8> {
    text(field)
        .as_slice()
        .iter()
        .map(|code| code as u8)
        .collect()
}

fn shown(text: StrSlice<'_>) -> String {
    if text.is_empty() {
        return "-".into();
    }
    text.iter()
        .map(|code| format!("{code:X}"))
        .collect::<Vec<_>>()
        .join(".")
}

fn pieces(text: StrSlice<'_>, ranges: impl Iterator<Item = Range<usize>>) -> String {
    let ranges: Vec<_> = ranges.collect();
    if ranges.is_empty() {
        return "none".into();
    }
    ranges
        .iter()
        .map(|r| shown(text.sub(r.start, r.end)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Pieces that are found from the right.
fn rpieces(text: StrSlice<'_>, ranges: impl Iterator<Item = Range<usize>>) -> String {
    let mut ranges: Vec<_> = ranges.collect();
    ranges.reverse();
    pieces(text, ranges.into_iter())
}

fn piece(text: StrSlice<'_>, range: Range<usize>) -> String {
    shown(text.sub(range.start, range.end))
}

fn index(found: Option<usize>) -> String {
    found.map_or("-1".into(), |found| found.to_string())
}

fn limit(field: &str) -> usize {
    usize::try_from(field.parse::<isize>().unwrap()).unwrap_or(usize::MAX)
}

fn method(fields: &[&str]) -> String {
    let subject = text_or_empty(fields[1]);
    let s = subject.as_slice();
    let second = if fields.len() > 3 {
        text_or_empty(fields[2])
    } else {
        StrBuf::new()
    };
    let t = second.as_slice();
    match fields[0] {
        "find" => index(search::find(s, t)),
        "rfind" => index(search::rfind(s, t)),
        "count" => search::count(s, t, usize::MAX).to_string(),
        "replace" => {
            let new = text(fields[3]);
            let replaced = search::replace(s, t, new.as_slice(), limit(fields[4]));
            replaced.map_or(shown(s), |replaced| shown(replaced.as_slice()))
        }
        "split" => pieces(s, split::split(s, t, limit(fields[3]))),
        "rsplit" => rpieces(s, split::rsplit(s, t, limit(fields[3]))),
        "strip" => piece(s, split::strip_chars(s, t, Ends::Both)),
        "words" => pieces(s, split::split_whitespace(s, Flavor::Str, limit(fields[2]))),
        "rwords" => rpieces(
            s,
            split::rsplit_whitespace(s, Flavor::Str, limit(fields[2])),
        ),
        "bwords" => pieces(
            s,
            split::split_whitespace(s, Flavor::Bytes, limit(fields[2])),
        ),
        "lines" => pieces(s, split::split_lines(s, Flavor::Str, fields[2] == "1")),
        "blines" => pieces(s, split::split_lines(s, Flavor::Bytes, false)),
        "trim" => piece(s, split::strip_whitespace(s, Flavor::Str, Ends::Both)),
        "ltrim" => piece(s, split::strip_whitespace(s, Flavor::Str, Ends::Left)),
        "rtrim" => piece(s, split::strip_whitespace(s, Flavor::Str, Ends::Right)),
        "btrim" => piece(s, split::strip_whitespace(s, Flavor::Bytes, Ends::Both)),
        "tabs" => shown(layout::expand_tabs(s, limit(fields[2])).unwrap().as_slice()),
        "center" => {
            let (left, right) = layout::center_padding(s.len(), limit(fields[2]));
            let mut out = StrBuf::new();
            out.push_n(0x2A, left);
            out.push_slice(s);
            out.push_n(0x2A, right);
            shown(out.as_slice())
        }
        "zfill" => shown(layout::zero_fill(s, limit(fields[2])).as_slice()),
        "repr" => shown(repr::str_repr(s).as_slice()),
        "ascii" => shown(repr::str_ascii(s).as_slice()),
        "brepr" => shown(StrSlice::Latin1(
            repr::bytes_repr(&bytes(fields[1])).as_bytes(),
        )),
        "escape" => shown(StrSlice::Latin1(&repr::escape_encode(&bytes(fields[1])))),
        "unescape" => {
            let bad_hex = match fields[1] {
                "strict" => BadHex::Strict,
                "replace" => BadHex::Replace,
                _ => BadHex::Ignore,
            };
            match decode_bytes_escape(&bytes(fields[2]), bad_hex) {
                Ok((unescaped, _)) => shown(StrSlice::Latin1(&unescaped)),
                Err(error) => error.message(),
            }
        }
        other => panic!("unknown operation {other}"),
    }
}

/// A field that is a string in some operations and a number in others.
fn text_or_empty(field: &str) -> StrBuf {
    let code = |code: &str| u32::from_str_radix(code, 16).is_ok();
    if field == "-" || field.split('.').all(code) {
        text(field)
    } else {
        StrBuf::new()
    }
}

/// Decodes with a handler that logs each error and writes a question mark.
fn decode(codec: &str, bytes: &[u8]) -> (String, Vec<String>) {
    let (mut out, mut log, mut from) = (StrBuf::new(), Vec::new(), 0);
    loop {
        let result = match codec {
            "utf-8" => decode_utf8(bytes, from, true, &mut out).map(|_| ()),
            "utf-16-le" => decode_utf16(bytes, from, true, ByteOrder::Little, &mut out).map(|_| ()),
            "utf-32-le" => decode_utf32(bytes, from, true, ByteOrder::Little, &mut out).map(|_| ()),
            "utf-7" => utf7::decode_utf7(bytes, from, true, &mut out).map(|_| ()),
            "ascii" => decode_ascii(bytes, from, &mut out),
            "unicode_escape" => decode_unicode_escape(bytes, from, true, &mut out).map(|_| ()),
            _ => decode_raw_unicode_escape(bytes, from, true, &mut out).map(|_| ()),
        };
        let Err(error) = result else {
            return (shown(out.as_slice()), log);
        };
        log.push(format!("{},{},{}", error.start, error.end, error.reason));
        out.push(0x3F);
        from = error.end;
    }
}

fn encode(codec: &str, text: StrSlice<'_>) -> (String, Vec<String>) {
    let (mut out, mut log, mut from) = (Vec::new(), Vec::new(), 0);
    loop {
        let result = match codec {
            "utf-8" => encode_utf8(text, from, &mut out),
            "utf-16-le" => encode_utf16(text, from, ByteOrder::Little, &mut out),
            "utf-16-be" => encode_utf16(text, from, ByteOrder::Big, &mut out),
            "utf-32-le" => encode_utf32(text, from, ByteOrder::Little, &mut out),
            "ascii" => encode_ascii(text, from, &mut out),
            "latin-1" => encode_latin1(text, from, &mut out),
            _ => {
                out = match codec {
                    "utf-7" => utf7::encode_utf7(text),
                    "unicode_escape" => encode_unicode_escape(text),
                    _ => encode_raw_unicode_escape(text),
                };
                Ok(())
            }
        };
        let Err(error) = result else {
            return (shown(StrSlice::Latin1(&out)), log);
        };
        log.push(format!("{},{},{}", error.start, error.end, error.reason));
        match codec {
            "utf-16-le" => out.extend_from_slice(b"?\0"),
            "utf-16-be" => out.extend_from_slice(b"\0?"),
            "utf-32-le" => out.extend_from_slice(b"?\0\0\0"),
            _ => out.push(b'?'),
        }
        from = error.end;
    }
}

#[test]
fn methods_and_codecs_agree_with_cpython() {
    let mut wrong = Vec::new();
    for line in include_str!("text.txt").lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let coded = match fields[0] {
            "decode" => Some(decode(fields[1], &bytes(fields[2]))),
            "encode" => Some(encode(fields[1], text(fields[2]).as_slice())),
            _ => None,
        };
        let right = match &coded {
            Some((out, log)) => out == fields[3] && *log == fields[4..],
            None => method(&fields) == fields[fields.len() - 1],
        };
        if !right {
            let actual = coded.map_or_else(|| method(&fields), |coded| format!("{coded:?}"));
            wrong.push(format!("{line}\n    {actual}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(25)].join("\n")
    );
}

#[test]
fn incomplete_input_waits() {
    let mut out = StrBuf::new();
    assert_eq!(decode_utf8(b"a\xE2\x82", 0, false, &mut out), Ok(1));
    assert_eq!(
        decode_utf16(b"a\0\x00\xD8", 0, false, ByteOrder::Little, &mut out),
        Ok(2)
    );
    assert_eq!(
        decode_utf32(b"a\0\0\0b", 0, false, ByteOrder::Little, &mut out),
        Ok(4)
    );
    assert_eq!(utf7::decode_utf7(b"a+AG", 0, false, &mut out), Ok(1));
    let consumed =
        |bytes, out: &mut StrBuf| decode_unicode_escape(bytes, 0, false, out).map(|r| r.consumed);
    assert_eq!(consumed(b"a\\", &mut out), Ok(1));
    assert_eq!(consumed(b"a\\u12", &mut out), Ok(1));
    assert_eq!(consumed(b"a\\N{SPA", &mut out), Ok(1));
}

#[test]
fn searching_periodic_text_is_right() {
    // Long periodic needles reach the two-way search.
    let wide = |unit: &str, count: usize| {
        unit.repeat(count)
            .chars()
            .map(u32::from)
            .collect::<StrBuf>()
    };
    for (unit, tail) in [
        ("\u{100}a", "b"),
        ("a\u{100}a", "\u{100}"),
        ("aaab\u{101}", "c"),
    ] {
        let mut needle = wide(unit, 30);
        needle.push_str(tail);
        let mut haystack = wide(unit, 200);
        let at = haystack.len() - needle.len() + tail.chars().count();
        assert_eq!(
            search::find(haystack.as_slice(), needle.as_slice()).is_some(),
            unit.starts_with(tail)
        );
        haystack.push_str(tail);
        haystack.push_slice(wide(unit, 100).as_slice());
        let (h, n) = (haystack.as_slice(), needle.as_slice());
        let naive: Vec<usize> = (0..=h.len() - n.len())
            .filter(|&i| h.sub(i, i + n.len()) == n)
            .collect();
        assert!(naive.contains(&at));
        assert_eq!(search::find(h, n), naive.first().copied());
        assert_eq!(search::rfind(h, n), naive.last().copied());
    }
}

#[test]
fn cases_and_classes() {
    use krait_text::{case, classify};
    let buf = |text: &str| StrBuf::from(text);
    for (text, lower, upper, title, capitalized, swapped) in [
        (
            "heLLo wORLD 1st",
            "hello world 1st",
            "HELLO WORLD 1ST",
            "Hello World 1St",
            "Hello world 1st",
            "HEllO World 1ST",
        ),
        (
            "ΑΣ straße ǆ",
            "ας straße ǆ",
            "ΑΣ STRASSE Ǆ",
            "Ας Straße ǅ",
            "Ας straße ǆ",
            "ας STRASSE Ǆ",
        ),
    ] {
        let s = buf(text);
        let s = s.as_slice();
        assert_eq!(case::lower(s), buf(lower));
        assert_eq!(case::upper(s), buf(upper));
        assert_eq!(case::title(s), buf(title));
        assert_eq!(case::capitalize(s), buf(capitalized));
        assert_eq!(case::swapcase(s), buf(swapped));
    }
    for (text, alpha, digit, lower, upper, identifier) in [
        ("", false, false, false, false, false),
        ("ab", true, false, true, false, true),
        ("a1", false, false, true, false, true),
        ("12²", false, true, false, false, false),
        ("ÀΒ", true, false, false, true, true),
        ("_x y", false, false, true, false, false),
    ] {
        let s = buf(text);
        let s = s.as_slice();
        let actual = [
            classify::is_alpha(s),
            classify::is_digit(s),
            classify::is_lower(s),
            classify::is_upper(s),
            classify::is_identifier(s),
        ];
        assert_eq!(actual, [alpha, digit, lower, upper, identifier], "{text:?}");
    }
    assert_eq!(
        classify::to_ascii_number(buf("\u{2003}-١٢_3é\n").as_slice()),
        b" -12_3? "
    );
}
