# Binary records with struct, and a tiny hex dump.
import binascii, io, struct, zlib
header = struct.Struct("<4sHIq?d")
packed = header.pack(b"KRT1", 7, 2**31, -5, True, 1.5)
print(header.size, packed.hex(), header.unpack(packed))
print(struct.pack(">bBhHiI", -1, 255, -2, 65535, -3, 4), struct.calcsize("@ci"), struct.unpack_from("<H", packed, 4))
for offset in range(0, len(packed), 8):
    chunk = packed[offset:offset + 8]
    print(f"{offset:04x} {chunk.hex(' '):<24}", "".join(chr(b) if 32 <= b < 127 else "." for b in chunk))
print(binascii.crc32(b"hello"), zlib.crc32(b"hello"), zlib.decompress(zlib.compress(b"x" * 100)) == b"x" * 100)
for bad in (lambda: struct.pack("b", 200), lambda: struct.unpack("i", b"abc"), lambda: struct.calcsize("z")):
    try:
        bad()
    except struct.error as error:
        print(error)
import base64, hashlib
print(base64.b64encode(b"Krait!"), base64.b64decode("S3JhaXQh"), hashlib.sha256(b"a").hexdigest()[:16], hashlib.md5(b"").hexdigest())
