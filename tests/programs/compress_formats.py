# bz2 and lzma: whole, in parts, with limits, and their errors.
import bz2
import io
import lzma
import tarfile

data = b"".join(b"%d bottles; " % number for number in range(3000))

for module, make, break_ in [(bz2, bz2.BZ2Compressor, bz2.BZ2Decompressor), (lzma, lzma.LZMACompressor, lzma.LZMADecompressor)]:
    packed = module.compress(data)
    print(module.__name__, len(packed) < len(data) // 4, module.decompress(packed) == data, module.decompress(packed * 2) == data * 2)
    compressor = make()
    parts = [compressor.compress(data[at:at + 1000]) for at in range(0, len(data), 1000)] + [compressor.flush()]
    decompressor = break_()
    out = b"".join(decompressor.decompress(b"".join(parts)[at:at + 7]) for at in range(0, len(b"".join(parts)), 7))
    print(out == data, decompressor.eof, decompressor.needs_input, decompressor.unused_data)
    decompressor = break_()
    out = [decompressor.decompress(packed + b"more", 100)]
    while not decompressor.eof:
        out.append(decompressor.decompress(b"", 100))
    print(b"".join(out) == data, max(map(len, out)), decompressor.unused_data)
    for call in (lambda: compressor.compress(b""), compressor.flush, lambda: decompressor.decompress(b""), lambda: break_().decompress(b"x" * 50),
                 lambda: module.decompress(packed[:-5]), lambda: make().compress("text")):
        try:
            print(call())
        except Exception as error:
            print(type(error).__name__, error)
    with module.open(io.BytesIO(packed), "rt", encoding="ascii") as file:
        print(file.read(30))

for call in """bz2.BZ2Compressor(0)
lzma.LZMACompressor(format=9)
lzma.LZMACompressor(format=lzma.FORMAT_ALONE, check=1)
lzma.LZMACompressor(check=99)
lzma.LZMACompressor(preset=10)
lzma.LZMACompressor(preset=1, filters=[])
lzma.LZMACompressor(filters=[])
lzma.LZMACompressor(filters=[{}])
lzma.LZMACompressor(filters=[3])
lzma.LZMACompressor(filters=[{'id': 1}])
lzma.LZMACompressor(filters=[{'id': 33, 'foo': 1}])
lzma.LZMACompressor(filters=[{'id': 33}] * 5)
lzma.LZMACompressor(format=lzma.FORMAT_RAW)
lzma.LZMACompressor(format=lzma.FORMAT_ALONE, filters=[{'id': 33}])
lzma.LZMACompressor(format=lzma.FORMAT_RAW, filters=[{'id': 3, 'dist': 300}])
lzma.LZMADecompressor(format=lzma.FORMAT_RAW)
lzma.LZMADecompressor(format=lzma.FORMAT_XZ, filters=[])
lzma.LZMADecompressor(memlimit=1).decompress(lzma.compress(b"x"))
lzma.is_check_supported(99), lzma.is_check_supported(lzma.CHECK_SHA256)
lzma._encode_filter_properties({'id': lzma.FILTER_LZMA2, 'dict_size': 100000})
lzma._encode_filter_properties({'id': lzma.FILTER_LZMA1, 'lc': 1})
lzma._encode_filter_properties({'id': lzma.FILTER_X86, 'start_offset': 16})
lzma._decode_filter_properties(lzma.FILTER_LZMA2, b"\\x10")
lzma._decode_filter_properties(lzma.FILTER_LZMA1, b"\\x5d\\x00\\x00\\x80\\x00")
lzma._decode_filter_properties(lzma.FILTER_DELTA, b"\\x04")
lzma._decode_filter_properties(lzma.FILTER_LZMA2, b"\\x99")""".split("\n"):
    try:
        print(call, "->", type(eval(call)).__name__ if "Compressor(" in call else eval(call))
    except Exception as error:
        print(call, "!!", type(error).__name__, error)

chain = [{"id": lzma.FILTER_DELTA, "dist": 2}, {"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 7, "dict_size": 1 << 16, "mf": lzma.MF_BT3}]
for format in (lzma.FORMAT_XZ, lzma.FORMAT_RAW):
    packed = lzma.compress(data, format=format, filters=chain)
    print(lzma.decompress(packed, format=format, filters=chain if format == lzma.FORMAT_RAW else None) == data)
for check in (-1, lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_SHA256):
    decompressor = lzma.LZMADecompressor()
    before = decompressor.check
    decompressor.decompress(lzma.compress(b"x", check=check))
    print(before, decompressor.check)
decompressor = lzma.LZMADecompressor()
print(decompressor.decompress(lzma.compress(b"alone", format=lzma.FORMAT_ALONE)), decompressor.check)
for mode in ("bz2", "xz"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{mode}") as archive:
        info = tarfile.TarInfo("name")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"inner"))
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        print(archive.getnames(), archive.extractfile("name").read())
