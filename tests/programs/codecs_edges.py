# Corners of the codecs, warnings, struct, math and arrays.
import array
import codecs
import math
import struct
import sys
import unicodedata
import warnings
from importlib import reload

# A truncated surrogate waits for its last byte.
decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
print(ascii(decoder.decode(b"\xed\xa4")), ascii(decoder.decode(b"\x81", True)))
print(ascii(b"a+2AE\xffb".decode("utf-7", "replace")))
for decode in (codecs.utf_8_decode, codecs.latin_1_decode, codecs.charmap_decode):
    try:
        print(decode("text"))
    except TypeError as error:
        print(error)
print(codecs.unicode_escape_decode(r"\x41"))
codecs.register_error("test.snake", lambda error: ("\U0001f40d", error.end))
for encoding in ("utf-8", "utf-16", "utf-32", "latin-1"):
    try:
        print("[\udc80]".encode(encoding, "test.snake"))
    except UnicodeEncodeError as error:
        print(error)

# One exception class, however often the module is executed.
error = struct.error
try:
    import _struct
    reload(_struct)
    struct.pack("b", 1000)
except error as caught:
    print("caught", caught)
for format in ("\0", "2\0i", b"\0"):
    try:
        struct.calcsize(format)
    except struct.error as caught:
        print(caught)

print(math.copysign(1, math.nextafter(5e-324, -0.0)), math.copysign(1, math.nextafter(0.0, -0.0)))
print(math.sumprod([0.1] * 20, [True, False] * 10))
for name in ("LATIN CAPITAL LETTER GHA", "LATIN SMALL LETTER A"):
    try:
        print(ascii(unicodedata.ucd_3_2_0.lookup(name)))
    except KeyError as caught:
        print(caught)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    text = array._array_reconstructor(array.array, "u", 18, "ab\U0002030a".encode("utf-16-le"))
    print(text == array.array("u", "ab\U0002030a"), len(text))

with warnings.catch_warnings():
    warnings.simplefilter("error")
    for _ in range(2):
        try:
            warnings.warn("an error")
        except UserWarning as caught:
            print(caught)
        # What was in force last stays so.
        if hasattr(warnings, "filters"):
            del warnings.filters
for prefixes in ([], (b"bytes",)):
    try:
        warnings.warn("text", skip_file_prefixes=prefixes)
    except TypeError as caught:
        print(caught)


class Dying:
    def __del__(self):
        raise ValueError("in __del__")


sys.unraisablehook = lambda args: print(args.err_msg.split(" at ")[0], args.object, args.exc_value)
Dying()
