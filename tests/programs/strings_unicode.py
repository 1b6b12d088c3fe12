# Code points beyond ASCII, escapes, encodings and their errors.
text = "na\u00efve \u4e16\u754c \U0001f40d"
print(text, len(text), text.encode("utf-8"), text.encode("utf-16-le")[:6], ascii(text))
print([hex(ord(c)) for c in "\N{SNAKE}\N{LATIN SMALL LETTER E WITH ACUTE}"])
print(b"\xff\xfe".decode("utf-8", "replace"), b"abc\xe9".decode("latin-1"))
print("caf\u00e9".encode("ascii", "ignore"), "caf\u00e9".encode("ascii", "xmlcharrefreplace"),
      "caf\u00e9".encode("ascii", "backslashreplace"))
for action in (lambda: b"\x80".decode(), lambda: "\u20ac".encode("latin-1")):
    try:
        action()
    except UnicodeError as error:
        print(type(error).__name__, error)
print(repr("quote ' and \" \t \x00 \x7f \u200b \ud800"))
import unicodedata
print(unicodedata.name("\u00e9"), unicodedata.normalize("NFD", "\u00e9").encode(), unicodedata.category("A"))
