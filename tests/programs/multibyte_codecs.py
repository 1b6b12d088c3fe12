# The codecs of East Asia: whole texts, in parts, and their errors.
import codecs
import io

ENCODINGS = """gb2312 gbk gb18030 hz big5hkscs cp932 shift_jis euc_jp euc_jisx0213 shift_jisx0213 euc_jis_2004
shift_jis_2004 cp949 euc_kr johab big5 cp950 iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3
iso2022_jp_ext iso2022_kr""".split()
TEXTS = ["plain ~ \\ text\n", "\u65e5\u672c\u8a9e", "\u4e2d\u6587\u7b80\u4f53", "\ud55c\uad6d\uc5b4\uac02", "\u304b\u309a\u00e6\u0300\u02e9\u02e5",
         "\u00ca\u0304\U00020000\U0002a6d6", "\uff76\uff9e\u00a5\u203e"]

for encoding in ENCODINGS:
    for text in TEXTS:
        try:
            data = text.encode(encoding)
        except UnicodeEncodeError as error:
            print(encoding, ascii(text), error)
            print("   ", text.encode(encoding, "replace"), text.encode(encoding, "xmlcharrefreplace"))
        else:
            print(encoding, ascii(text), data, ascii(data.decode(encoding)))

for encoding, data in [("gb2312", b"a\xff"), ("gbk", b"\x81"), ("gb18030", b"\x81\x30\x81"), ("gb18030", b"\x84\x32\xff\x30"),
                       ("euc_jp", b"\x8f\xa1"), ("shift_jis", b"\x80"), ("euc_jisx0213", b"\xae\xa1x"), ("euc_kr", b"\xa4\xd4\xa4"),
                       ("hz", b"~{ab"), ("hz", b"~x"), ("iso2022_jp", b"\x1b$B!"), ("iso2022_jp", b"\x1b$Zab"),
                       ("iso2022_jp_2", b"\x1b.A\x1bN\xff"), ("iso2022_kr", b"\x0e\x30\x21"), ("big5", b"\xa1")]:
    for errors in ("strict", "replace", "ignore", "backslashreplace"):
        try:
            print(encoding, data, ascii(data.decode(encoding, errors)))
        except UnicodeDecodeError as error:
            print(encoding, data, error)

encoder = codecs.getincrementalencoder("iso2022_jp")()
print([encoder.encode(char) for char in "a\u4e16\u4e16b\u4e16"], encoder.getstate(), encoder.encode("", True))
encoder = codecs.getincrementalencoder("euc_jis_2004")()
print(encoder.encode("\u00e6"), encoder.getstate(), encoder.encode("\u0300"), encoder.encode("\u00e6", True))
decoder = codecs.getincrementaldecoder("cp949")()
print([ascii(decoder.decode(bytes([byte]))) for byte in "\ud55c\uad6d!".encode("cp949")], decoder.getstate())
writer = codecs.getwriter("shift_jis")(io.BytesIO())
writer.writelines(["\u65e5", "\u672c\n"])
print(writer.stream.getvalue())
reader = codecs.getreader("euc_kr")(io.BytesIO("\ud55c\n\uad6d\n".encode("euc_kr")))
print([ascii(line) for line in reader.readlines()])

codecs.register_error("test.twice", lambda error: (b"<>" if isinstance(error, UnicodeEncodeError) else "<>", error.end))
print("a\u0e01b".encode("euc_jp", "test.twice"), b"a\xffb".decode("euc_jp", "test.twice"))
for call in (lambda: b"".decode("euc_jp", "nosuch"), lambda: b"\xff".decode("euc_jp", "nosuch"), lambda: codecs.getdecoder("gbk")(""),
             lambda: decoder.setstate(1), lambda: encoder.setstate(-1), lambda: encoder.setstate(9)):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
