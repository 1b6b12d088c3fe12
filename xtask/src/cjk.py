"""Prints what CPython's multibyte codecs map to what, for `cargo xtask cjk`.

A map goes from a key (two bytes; 0x8F0000 more for those after a lead byte 8F) to a code point, or to a pair of
them (the first times 65536, plus the second). Every map is printed as what sets it apart from its base:

    map NAME                followed by its bases, of which a later one wins
    base NAME SHIFT         SHIFT says how the base's keys become this map's: none, euc, euc3 or sjis
    key KEY VALUE           (VALUE - for a key of the base that means nothing here)
    code VALUE KEY          what is encoded otherwise than as the first key that means it (KEY - for not at all)
    single BYTE VALUE       what a byte alone means: a code point, or how many bytes it needs: n2, n3, n4
    whole KEY               a key without meaning that is one error, not one for each byte
    only CODE BYTE          a code point that is encoded as one byte that does not mean it
    range LINEAR CODE LEN   runs of GB18030's four-byte keys
"""
import itertools


def text_value(text):
    codes = [ord(c) for c in text]
    if len(codes) == 1:
        return codes[0]
    if len(codes) == 2:
        return codes[0] << 16 | codes[1]
    raise ValueError(text)


def value_text(value):
    return chr(value) if value <= 0x10FFFF else chr(value >> 16) + chr(value & 0xFFFF)


def key_bytes(key):
    return bytes([key >> 16, key >> 8 & 255, key & 255]) if key > 0xFFFF else bytes([key >> 8, key & 255])


def decode(data, codec):
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def charset(codec, escape):
    """The 94 by 94 characters that an escape sequence of ISO 2022 designates."""
    shift_out = b"\x0e" if codec == "iso2022_kr" else b""
    found = {}
    for high, low in itertools.product(range(0x21, 0x7F), repeat=2):
        text = decode(escape + shift_out + bytes([high, low]), codec)
        if text:
            found[high << 8 | low] = text_value(text)
    return found


def charset_codes(codec, escape, mapping):
    """How characters of the set are encoded, where it is this set that the codec takes for them."""
    prefix = escape + (b"\x0e" if codec == "iso2022_kr" else b"")
    codes = {}
    for value in set(mapping.values()):
        try:
            data = value_text(value).encode(codec)
        except UnicodeEncodeError:
            codes[value] = None
            continue
        if data.startswith(prefix) and len(data) >= len(prefix) + 2:
            codes[value] = int.from_bytes(data[len(prefix):len(prefix) + 2], "big")
    return codes


def double_bytes(codec, singles):
    found = {}
    for lead in range(256):
        if singles.get(lead) in ("n2", "n4"):
            for trail in range(256):
                text = decode(bytes([lead, trail]), codec)
                if text and not (lead < 0x80):
                    found[lead << 8 | trail] = text_value(text)
        elif singles.get(lead) == "n3":
            for second, third in itertools.product(range(0x80, 256), repeat=2):
                text = decode(bytes([lead, second, third]), codec)
                if text:
                    found[lead << 16 | second << 8 | third] = text_value(text)
    return found


def singles_of(codec):
    singles = {}
    for byte in range(256):
        try:
            singles[byte] = text_value(bytes([byte]).decode(codec))
        except UnicodeDecodeError as error:
            if error.reason == "illegal multibyte sequence":
                continue
            singles[byte] = "n2"
            if codec == "gb18030":
                singles[byte] = "n4"
            else:
                try:
                    bytes([byte, 0xA1]).decode(codec)
                except UnicodeDecodeError as error:
                    if error.reason == "incomplete multibyte sequence" and error.start == 0 and error.end == 2:
                        singles[byte] = "n3"
    return singles


def all_codes(codec, mapping):
    """How every character is encoded that is not the first key that means it."""
    first = {}
    for key in sorted(mapping):
        first.setdefault(mapping[key], key)
    codes = {}
    values = itertools.chain(range(0x110000), (value for value in first if value > 0x10FFFF))
    for value in values:
        try:
            data = value_text(value).encode(codec)
        except UnicodeEncodeError:
            data = None
        if data is not None and (len(data) == 1 or len(data) > 3):
            continue
        codes[value] = None if data is None else int.from_bytes(data, "big")
    return codes


def shifted(mapping, how):
    if how == "none":
        return dict(mapping)
    if how == "euc":
        return {key | 0x8080: value for key, value in mapping.items()}
    if how == "euc3":
        return {key | 0x8F8080: value for key, value in mapping.items()}
    result = {}
    for key, value in mapping.items():
        row, cell = (key >> 8) - 0x21, (key & 255) - 0x21
        trail = cell + (94 if row & 1 else 0)
        trail += 0x40 if trail < 0x3F else 0x41
        lead = row >> 1
        lead += 0x81 if lead < 0x1F else 0xC1
        result[lead << 8 | trail] = value
    return result


MAPS = {}


def show(name, bases, mapping, codes):
    MAPS[name] = mapping
    print("map", name)
    before = {}
    for base in bases.split():
        base, how = base.split(":")
        print("base", base, how)
        before |= shifted(MAPS[base], how)
    for key in sorted(before.keys() | mapping.keys()):
        if before.get(key) != mapping.get(key):
            print("key", key, mapping.get(key, "-"))
    first = {}
    for key in sorted(mapping):
        first.setdefault(mapping[key], key)
    for value in sorted(codes):
        if codes[value] != first.get(value):
            print("code", value, "-" if codes[value] is None else codes[value])


CHARSETS = [
    ("jisx0208", "", "iso2022_jp", b"\x1b$B"),
    ("jisx0212", "", "iso2022_jp_1", b"\x1b$(D"),
    ("jisx0213_2000_1", "jisx0208:none", "iso2022_jp_3", b"\x1b$(O"),
    ("jisx0213_2004_1", "jisx0213_2000_1:none", "iso2022_jp_2004", b"\x1b$(Q"),
    ("jisx0213_2", "", "iso2022_jp_2004", b"\x1b$(P"),
    ("ksx1001", "", "iso2022_kr", b"\x1b$)C"),
    ("gb2312", "", "iso2022_jp_2", b"\x1b$A"),
]
CODECS = [
    ("euc_jp", "jisx0208:euc jisx0212:euc3"),
    ("shift_jis", "jisx0208:sjis"),
    ("cp932", "jisx0208:sjis"),
    ("euc_jisx0213", "jisx0213_2000_1:euc jisx0212:euc3 jisx0213_2:euc3"),
    ("euc_jis_2004", "euc_jisx0213:none"),
    ("shift_jisx0213", "jisx0213_2000_1:sjis"),
    ("shift_jis_2004", "shift_jisx0213:none"),
    ("euc_kr", "ksx1001:euc"),
    ("cp949", "euc_kr:none"),
    ("johab", ""),
    ("gb2312_euc", "gb2312:euc"),
    ("gbk", "gb2312:euc"),
    ("gb18030", "gbk:none"),
    ("big5", ""),
    ("cp950", "big5:none"),
    ("big5hkscs", "big5:none"),
]


def print_ranges():
    previous = None
    for linear in range(39420):
        rest, d = divmod(linear, 10)
        rest, c = divmod(rest, 126)
        a, b = divmod(rest, 10)
        text = decode(bytes([a + 0x81, b + 0x30, c + 0x81, d + 0x30]), "gb18030")
        code = None if text is None else ord(text)
        if code is None:
            if previous:
                print("range", *previous)
            previous = None
        elif previous and code == previous[1] + previous[2]:
            previous = (previous[0], previous[1], previous[2] + 1)
        else:
            if previous:
                print("range", *previous)
            previous = (linear, code, 1)
    if previous:
        print("range", *previous)


def main():
    for name, bases, codec, escape in CHARSETS:
        mapping = charset(codec, escape)
        show(name, bases, mapping, charset_codes(codec, escape, mapping))
    for name, bases in CODECS:
        codec = name.removesuffix("_euc")
        singles = singles_of(codec)
        mapping = double_bytes(codec, singles)
        show(name, bases, mapping, all_codes(codec, mapping))
        for byte, value in singles.items():
            if byte >= 0x80 or value != byte:
                print("single", byte, value)
        for lead, trail in itertools.product(range(0x80, 256), range(256)):
            try:
                bytes([lead, trail]).decode(codec)
            except UnicodeDecodeError as error:
                if error.reason == "illegal multibyte sequence" and error.end - error.start == 2:
                    print("whole", lead << 8 | trail)
        for code in range(0x110000):
            try:
                data = chr(code).encode(codec)
            except UnicodeEncodeError:
                continue
            if len(data) == 1 and singles.get(data[0]) != code:
                print("only", code, data[0])
        if name == "gb18030":
            print_ranges()


main()
