"""Prints what CPython knows of each code point, one line each, for `cargo xtask unicode`.

C lines: the current database. O lines: the database of Unicode 3.2. N lines: checked aliases and
named sequences. Code points that are unassigned and have default values have no line.
"""

import re
import sys
import unicodedata as ucd
from unicodedata import ucd_3_2_0 as old

import _sre


def hexes(text):
    return " ".join(f"{ord(c):X}" for c in text)


def case_ignorable(c):
    return f" {c}Σ".lower()[-1] == "σ" and f"A{c}Σ".lower()[-1] == "ς"


seconds = set()
for cp in range(0x110000):
    c = chr(cp)
    parts = ucd.decomposition(c).split()
    if len(parts) == 2 and parts[0][0] != "<" and ucd.normalize("NFC", c) == c:
        seconds.add(int(parts[1], 16))
seconds |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))


def flags(c):
    def changes(form):
        return ucd.normalize(form, c) != c

    title = ucd.category(c) == "Lt"
    maybe = ord(c) in seconds
    tests = [
        c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.isspace(),
        len(f"a{c}a".splitlines()) == 2, c.isprintable(), c.isupper() and not title, c.islower(), title,
        c.isupper() or c.islower() or title, case_ignorable(c), c.isidentifier() and c != "_",
        f"a{c}".isidentifier(), ucd.mirrored(c), changes("NFD"), changes("NFKD"), changes("NFC"),
        maybe, changes("NFKC"), maybe,
    ]
    return sum(1 << i for i, test in enumerate(tests) if test)


def simple_upper(c):
    for mapped in (c.upper(), c.title()):
        if len(mapped) == 1:
            return mapped
    return c


def number(value):
    return "-" if value is None else repr(value)


DERIVED = ("CJK UNIFIED IDEOGRAPH-", "TANGUT IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-", "NUSHU CHARACTER-",
           "KHITAN SMALL SCRIPT CHARACTER-", "EGYPTIAN HIEROGLYPH-")


def derived(c):
    for prefix in DERIVED:
        try:
            if ucd.lookup(f"{prefix}{ord(c):04X}") == c:
                return prefix
        except KeyError:
            pass
    return ""


default = None
for cp in range(0x110000):
    c = chr(cp)
    common = [
        ucd.category(c), ucd.bidirectional(c), str(ucd.combining(c)), ucd.east_asian_width(c), str(flags(c)),
        number(ucd.decimal(c, None)), number(ucd.digit(c, None)), number(ucd.numeric(c, None)),
        ucd.decomposition(c),
    ]
    simple = [chr(_sre.unicode_tolower(cp)), simple_upper(c), c.title() if len(c.title()) == 1 else c]
    full = [c.lower(), c.upper(), c.title(), c.casefold()]
    deltas = [str(ord(m) - cp) for m in simple]
    full = [hexes(m) if m != c else "" for m in full]
    name = ucd.name(c, "")
    line = "\t".join(common + deltas + full)
    if default is None:
        default = "\t".join(["Cn", "", "0", "N", "0", "-", "-", "-", "", "0", "0", "0", "", "", "", ""])
    if line != default or name:
        print("C", f"{cp:X}", line, name, "" if common[0] in ("Cn", "Co", "Cs") else derived(c), sep="\t")
    common = [
        old.category(c), old.bidirectional(c), str(old.combining(c)), old.east_asian_width(c),
        str(old.mirrored(c)), number(old.decimal(c, None)), number(old.digit(c, None)),
        number(old.numeric(c, None)), old.decomposition(c), hexes(old.normalize("NFKD", c)),
        hexes(old.normalize("NFC", c)),
    ]
    if common[0] != "Cn" or common[3] != "N" or common[6] != "-":
        print("O", f"{cp:X}", *common, sep="\t")

for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("#"):
        continue
    codes, name = line.strip().split(";")
    text = "".join(chr(int(code, 16)) for code in codes.split())
    if ucd.lookup(name) != text:
        sys.exit(f"{name} is not {codes}")
    print("N", codes, name, sep="\t")
print("V", ucd.unidata_version, sep="\t")
