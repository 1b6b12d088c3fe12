"""Splitting, searching, joining and replacing of text and bytes; sets, wide ints, pickles: what is done in place."""
import binascii
import pickle

TEXTS = ["", " ", "a", "  alpha beta\tgamma\n", "a,b,,c,", "aXbXc" * 9, "naïve café", "x\u0100y\u0100z", "\U0001F600 a \U0001F600",
         "one\ntwo\r\nthree\rfour\x1cfive\x85six\u2028", "\x1f a \x1f b", "abcabcabcabd" * 4, "\xa0nbsp\xa0"]
SEPARATORS = [None, ",", "X", "abc", "\u0100", "\U0001F600", "é", " "]


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for text in TEXTS:
    print(ascii(text))
    for separator in SEPARATORS:
        for limit in (-1, 0, 1, 2):
            print(" ", ascii(text.split(separator, limit)), ascii(text.rsplit(separator, limit)))
        if separator:
            print(" ", text.find(separator), text.rfind(separator), text.count(separator), separator in text,
                  text.startswith(separator), text.endswith(separator, 1), text.find(separator, 2, -1),
                  ascii(text.partition(separator)), ascii(text.rpartition(separator)),
                  ascii(text.replace(separator, "-")), ascii(text.replace(separator, "\u0200\u0201", 1)),
                  ascii(text.replace(separator, "")), ascii(text.strip(separator)))
    print(" ", ascii(text.splitlines()), ascii(text.splitlines(True)), ascii(text.strip()), ascii(text.lstrip()),
          ascii(text.rstrip()), ascii(text.replace("a", "b")), ascii(text.replace("a", "é")), ascii(text.replace("", "|", 3)))
    raw = text.encode("utf-8")
    for data in (raw, bytearray(raw)):
        for separator in (None, b",", b"X", b"abc"):
            for limit in (-1, 0, 1):
                print(" ", data.split(separator, limit), data.rsplit(separator, limit))
            if separator:
                print(" ", data.find(separator), data.rfind(separator, 1), data.count(separator), separator in data,
                      data.partition(separator), data.rpartition(separator), data.replace(separator, b"--"),
                      data.replace(separator, b"", 1), data.strip(separator), data.removeprefix(separator))
        print(" ", data.splitlines(True), data.strip(), data.upper(), data.title(), data.center(20, b"*"), data.zfill(8),
              data.expandtabs(4), data.translate(None, b"aX"), data.translate(bytes(range(255, -1, -1)))[:4])

print(attempt("a".split, ""), attempt(b"a".split, b""), attempt(b"a".split, 1), attempt("a".split, 1))
print(attempt(b"a".find, "a"), attempt(b"abc".find, 98), attempt(b"abc".find, 256), attempt(b"a".find, b"", "x"))
print(b"abc".find(b"", 3), b"abc".find(b"", 4), bytearray(b"abc").rfind(b"", 4), b"abc".count(b"", 4))
print(b", ".join([b"a", bytearray(b"b"), memoryview(b"c")]), bytearray(b"-").join((b"x", b"y")), b"".join([]),
      attempt(b"".join, [b"a", "b"]), b"-".join([b"only"]), b"".join([b"", b"x", b""]))
shared = bytearray(b"abc")
print(shared.join([shared, shared]), shared.replace(shared, b"z"), shared.find(shared), shared.split(shared))


class Shrinks:
    """An index that empties the bytearray that is searched."""

    def __index__(self):
        shared.clear()
        return 0


shared = bytearray(b"abc" * 1000)
print(shared.find(b"c", Shrinks()), shared)
shared = bytearray(b"abc" * 1000)
print(shared.startswith(b"abc", Shrinks()), shared)

for size in (0, 1, 2, 15, 16, 17, 40):
    data = bytes(range(200, 200 + size)) if size < 40 else bytes(range(size))
    print(data.hex(), data.hex(":"), data.hex("-", 3), data.hex("-", -3), binascii.hexlify(data, b"_", 4),
          binascii.unhexlify(data.hex().upper()) == data)
for bad in (b"0", b"0g", b"g0", b"00" * 20 + b"/0", "é0", b":0", b"@a", b"`a"):
    print(attempt(binascii.unhexlify, bad))

a, b = set(range(20)), frozenset(range(10, 30))
print(sorted(a & b), sorted(a | b), sorted(a - b), sorted(a ^ b), a.isdisjoint(b), {1, 2} <= a, sorted(b & a), type(b & a))
a.discard(3), a.add(1.0), a.add(True)
print(sorted(a), sorted(set(a)), len({1, 1.0, True, "1"}), {2**70, 2**70 + 1} & {2**70}, sorted(a.copy() - {5, "x"}))

WIDE = [0, 1, -1, 2**30, -2**30, 2**31 + 5, 2**60 - 1, -2**60, 2**64, -2**64 - 1, 2**90 + 12345, 2**119, -2**120, 2**121 + 7]
for x in WIDE:
    print(x, [x << n for n in (0, 1, 29, 60, 91, 130)], [x >> n for n in (0, 1, 29, 60, 91, 130, 2**40)])
    for y in WIDE:
        print(" ", x & y, x | y, x ^ y, attempt(divmod, x, y), attempt(lambda: (x // y, x % y)))

samples = [{"a": [1, 2, (3,)], "b": (1, 2, 3, 4)}, [None] * 3, {1, 2}, frozenset([1]), "é" * 300, b"x" * 70000, 2**100, [[]], {}, (), [1],
           {"k": 1}]
for protocol in range(6):
    print([pickle.loads(pickle.dumps(sample, protocol)) == sample for sample in samples])
for broken in (b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01\x94.", b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01.", b"(K\x01",
               b"e.", b"(e.", b"](K\x01a.", b"}(K\x01u.", b"\x86.", b"K", b"", b"]K\x01u."):
    print(attempt(pickle.loads, broken))

print("%s %d %r|%5.1f|%-5s|%05d|%x %%" % ("é", 5, "q", 2.25, "ab", 42, 255), "%(a)s" % {"a": 1}, "%c%s" % (0x1F600, "\u0100"))
print("%s" * 200 % tuple(range(200)), "%s" % ("long " * 60), attempt(lambda: "%d" % "x"), attempt(lambda: "%s" % ()), "%s" % (("t",),))
print("{} {:>5} {!r} {:.2f}".format("é", 5, "q", 2.256), "{0[a]} {1.real}".format({"a": "\u0100"}, 3), "{:{}}".format("x", 200))
