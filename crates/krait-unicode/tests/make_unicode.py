"""Writes unicode.txt: a checksum of each property over all code points, and samples, by CPython 3.14."""

import random
import unicodedata as ucd
import zlib

import _sre

old = ucd.ucd_3_2_0
ALL = [chr(cp) for cp in range(0x110000)]


def hexes(text):
    return " ".join(f"{ord(c):X}" for c in text)


def check(name, fn):
    def shown(c):
        value = fn(c)
        return str(int(value)) if isinstance(value, bool) else "-" if value is None else str(value)

    print("sum", name, zlib.adler32("\n".join(map(shown, ALL)).encode()))


check("alpha", str.isalpha)
check("alnum", str.isalnum)
check("decimal", str.isdecimal)
check("digit", str.isdigit)
check("numeric", str.isnumeric)
check("space", str.isspace)
check("printable", str.isprintable)
check("upper", str.isupper)
check("lower", str.islower)
check("title", str.istitle)
check("identifier", str.isidentifier)
check("continues", lambda c: f"a{c}".isidentifier())
check("to_lower", lambda c: hexes(c.lower()))
check("to_upper", lambda c: hexes(c.upper()))
check("to_title", lambda c: hexes(c.title()))
check("to_folded", lambda c: hexes(c.casefold()))
check("swapcase", lambda c: hexes(c.swapcase()))
check("simple_lower", lambda c: f"{_sre.unicode_tolower(ord(c)):X}")
check("category", ucd.category)
check("bidirectional", ucd.bidirectional)
check("combining", ucd.combining)
check("width", ucd.east_asian_width)
check("mirrored", ucd.mirrored)
check("decimal_value", lambda c: ucd.decimal(c, None))
check("digit_value", lambda c: ucd.digit(c, None))
check("numeric_value", lambda c: None if (n := ucd.numeric(c, None)) is None else n.hex())
check("decomposition", ucd.decomposition)
check("name", lambda c: ucd.name(c, None))
for form in ("NFC", "NFKC", "NFD", "NFKD"):
    check(form, lambda c: hexes(ucd.normalize(form, c)))
    check("is_" + form, lambda c: ucd.is_normalized(form, c))
    check("old_" + form, lambda c: hexes(old.normalize(form, c)))
check("old_category", old.category)
check("old_bidirectional", old.bidirectional)
check("old_combining", old.combining)
check("old_width", old.east_asian_width)
check("old_mirrored", old.mirrored)
check("old_decimal", lambda c: old.decimal(c, None))
check("old_digit", lambda c: old.digit(c, None))
check("old_numeric", lambda c: None if (n := old.numeric(c, None)) is None else n.hex())
check("old_decomposition", old.decomposition)
check("old_name", lambda c: old.name(c, None))

rng = random.Random(16)
interesting = [c for c in ALL if ucd.decomposition(c) or ucd.combining(c)]
interesting += [chr(c) for c in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))] * 4
for _ in range(400):
    text = "".join(rng.choice(interesting) if rng.random() < 0.9 else "e" for _ in range(rng.randrange(2, 9)))
    form = rng.choice(("NFC", "NFKC", "NFD", "NFKD"))
    print(f"norm {form} {ucd.is_normalized(form, text):d}", hexes(text), hexes(ucd.normalize(form, text)), sep="|")
cased = "aAbΣσςßŉǆǅ'.\u0301 ʰİıﬁ1Ა"
for _ in range(300):
    text = "".join(rng.choice(cased) for _ in range(rng.randrange(1, 7)))
    for method in ("lower", "upper", "title", "capitalize", "swapcase", "casefold"):
        print(f"case {method} {text.istitle():d}", hexes(text), hexes(getattr(text, method)()), sep="|")
for name in ("SPACE", "nul", "BELL", "ALERT", "LATIN SMALL LETTER E WITH ACUTE", "latin small letter gha", "KEYCAP DIGIT ONE",
             "HANGUL SYLLABLE GGAG", "hangul syllable weo", "HANGUL SYLLABLE", "HANGUL SYLLABLE Q", "CJK UNIFIED IDEOGRAPH-4E00",
             "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-2", "TANGUT IDEOGRAPH-17000", "TIBETAN MARK BKA- SHOG GI MGO RGYAN",
             "", "é", "SPACE ", "NO SUCH NAME", "GREEK SMALL LETTER ALPHA", "VS256", "LATIN SMALL LETTER R WITH TILDE"):
    try:
        print("lookup", name, hexes(ucd.lookup(name)), sep="|")
    except KeyError:
        print("lookup", name, "-", sep="|")
