"""Writes text.txt: what CPython's str and bytes methods and codecs say to random inputs."""

import codecs
import random
import warnings

warnings.simplefilter("ignore")
rng = random.Random(77)


def hexes(text):
    return ".".join(f"{c if isinstance(c, int) else ord(c):X}" for c in text) or "-"


def shown(value):
    if isinstance(value, (str, bytes)):
        return hexes(value)
    if isinstance(value, list):
        return " ".join(map(hexes, value)) or "none"
    return str(value)


def emit(op, *args, result):
    print(op, *map(shown, args), shown(result), sep="|")


ALPHABETS = ["ab", "ab", "aé", "ab\u0100", "a\U0001f600b", "ab \t", "a\n\r\x0b\x85\u2028 ", "a\x1c\u2003b ", "'\"a\\\n\x00\xff\u0378\u20ac"]


def text(limit=14, alphabet=None):
    alphabet = alphabet or rng.choice(ALPHABETS)
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(limit)))


for _ in range(220):
    alphabet = rng.choice(ALPHABETS)
    s, t, u = text(20, alphabet), text(4, alphabet), text(3)
    n = rng.choice([-1, -1, 0, 1, 2, 5])
    emit("find", s, t, result=s.find(t))
    emit("rfind", s, t, result=s.rfind(t))
    emit("count", s, t, result=s.count(t))
    emit("replace", s, t, u, n, result=s.replace(t, u, n))
    if t:
        emit("split", s, t, n, result=s.split(t, n))
        emit("rsplit", s, t, n, result=s.rsplit(t, n))
        emit("strip", s, t, result=s.strip(t))
for _ in range(90):
    s, n = text(16, rng.choice(ALPHABETS[5:8])), rng.choice([-1, -1, 0, 1, 2])
    emit("words", s, n, result=s.split(None, n))
    emit("rwords", s, n, result=s.rsplit(None, n))
    emit("lines", s, 0, result=s.splitlines())
    emit("lines", s, 1, result=s.splitlines(True))
    emit("trim", s, result=s.strip())
    emit("ltrim", s, result=s.lstrip())
    emit("rtrim", s, result=s.rstrip())
    size = rng.choice([0, 1, 4, 8])
    emit("tabs", s, size, result=s.expandtabs(size))
    width = rng.randrange(24)
    emit("center", s, width, result=s.center(width, "*"))
    b = s.encode("latin-1", "replace")
    emit("bwords", b, n, result=b.split(None, n))
    emit("blines", b, 0, result=b.splitlines())
    emit("btrim", b, result=b.strip())
for _ in range(60):
    s = rng.choice(["", "+", "-", "a"]) + text(6, "0123")
    width = rng.randrange(12)
    emit("zfill", s, width, result=s.zfill(width))
for _ in range(90):
    s = text(12, ALPHABETS[8] + "abc\ud800\U0001f600\U000e0001é")
    emit("repr", s, result=repr(s))
    emit("ascii", s, result=ascii(s))
    b = rng.randbytes(rng.randrange(8)) + rng.choice([b"", b"'", b'"', b"\\\n'\""])
    emit("brepr", b, result=repr(b))
    emit("escape", b, result=codecs.escape_encode(b)[0])

log = []


def handler(error):
    log.append(f"{error.start},{error.end},{error.reason}")
    return "?", error.end


codecs.register_error("log", handler)


def decode(codec, data):
    log.clear()
    result = data.decode(codec, "log")
    print("decode", codec, hexes(data), hexes(result), *log, sep="|")


def encode(codec, s):
    log.clear()
    result = s.encode(codec, "log")
    print("encode", codec, hexes(s), hexes(result), *log, sep="|")


pieces8 = [b"a", b"\x80", b"\xbf", b"\xc0", b"\xc3", b"\xa9", b"\xe0", b"\xe2", b"\x82", b"\xac", b"\xed", b"\xa0", b"\xf0", b"\x9f",
           b"\x98", b"\xf4", b"\x90", b"\xf5", b"\xff", "é".encode(), "€".encode(), "😀".encode()]
pieces16 = [b"a\0", b"\0\xd8", b"\0\xdc", b"=\xd8\0\xde", b"\xac\x20", b"x"]
pieces32 = [b"a\0\0\0", b"\0\xd8\0\0", b"\0\xf6\x01\0", b"\0\0\x11\0", b"x"]
pieces7 = [b"a", b"+", b"-", b"AGE", b"A", b"2D3eAA", b"2D0", b"!", b"/", b"\xff", b"+AGE-", b"AOk"]
escapes = [b"a", b"\\", b"n", b"x41", b"x4", b"u20ac", b"u12", b"U0001F600", b"U00110000", b"N{SPACE}", b"N{", b"NOPE}", b"N", b"777", b"12",
           b"8", b"\n", b"'", b"\xe9", b"q", b"{}", b"N{}", b"N{NO}"]
for codec, pieces in (("utf-8", pieces8), ("utf-16-le", pieces16), ("utf-32-le", pieces32), ("utf-7", pieces7),
                      ("unicode_escape", escapes), ("raw_unicode_escape", escapes), ("ascii", pieces8)):
    for _ in range(90):
        data = b"".join(rng.choice(pieces) for _ in range(rng.randrange(1, 9)))
        if "escape" in codec:
            data = b"".join(b"\\" * rng.choice([0, 1, 1, 1, 2]) + rng.choice(escapes) for _ in range(rng.randrange(1, 5)))
        decode(codec, data)
for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-7", "ascii", "latin-1", "unicode_escape", "raw_unicode_escape"):
    for _ in range(60):
        encode(codec, text(10, rng.choice(["aé\n", "a\u20ac+é", "a\U0001f600\ud800\udc00é+-", "a+-/\\~\t\x7f\x00é"])))
for _ in range(90):
    data = b"".join(b"\\" * rng.choice([0, 1, 1, 1, 2]) + rng.choice(escapes) for _ in range(rng.randrange(1, 5)))
    for errors in ("strict", "replace", "ignore"):
        try:
            result = codecs.escape_decode(data, errors)[0]
        except ValueError as error:
            result = str(error)
            if errors == "strict" and "position" in result:
                result = result.split(";")[0]
        print("unescape", errors, hexes(data), hexes(result) if isinstance(result, bytes) else result, sep="|")
