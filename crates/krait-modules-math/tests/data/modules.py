def equal(got, expected):
    assert got == expected, f"{got!r}, not {expected!r}"

def raises(expected, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        assert got == expected, f"{got!r}, not {expected!r}"
    else:
        assert False, f"{expected!r} was not raised but {result!r} given"

# _bisect
equal([_bisect.bisect_right([1, 2, 2, 3], 2), _bisect.bisect_left([1, 2, 2, 3], 2)], [3, 1])
equal(_bisect.bisect_left([3, 2, 1], -2, key=lambda x: -x), 1)
raises("ValueError: lo must be non-negative", _bisect.bisect_left, [], 1, lo=-1)
numbers = []
for each in [3, 1, 2, 2, 0]:
    _bisect.insort_right(numbers, each)
    _bisect.insort_left(numbers, each)
equal(numbers, [0, 0, 1, 1, 2, 2, 2, 2, 3, 3])

# _heapq
heap = [5, 3, 8, 1, 9, 2]
_heapq.heapify(heap)
_heapq.heappush(heap, 0)
equal(_heapq.heapreplace(heap, 7), 0)
equal(_heapq.heappushpop(heap, -1), -1)
equal([_heapq.heappop(heap) for _ in range(7)], [1, 2, 3, 5, 7, 8, 9])
raises("IndexError: index out of range", _heapq.heappop, heap)
heap = [5, 3, 8]
_heapq.heapify_max(heap)
_heapq.heappush_max(heap, 6)
equal([_heapq.heappop_max(heap) for _ in range(4)], [8, 6, 5, 3])
raises("TypeError: heappush() argument 1 must be list, not tuple", _heapq.heappush, (), 1)

# _statistics
equal(_statistics._normal_dist_inv_cdf(0.975, 0.0, 1.0), 1.9599639845400536)
equal(_statistics._normal_dist_inv_cdf(1e-20, 5.0, 2.0), -13.52468017959681)
equal(_statistics._normal_dist_inv_cdf(0.5, 5.0, 2.0), 5.0)
raises("ValueError: inv_cdf undefined for these parameters", _statistics._normal_dist_inv_cdf, 0.0, 0.0, 1.0)

# _queue
queue = _queue.SimpleQueue()
queue.put(1)
queue.put_nowait(2)
equal([queue.qsize(), queue.get(), queue.get(timeout=1), queue.empty()], [2, 1, 2, True])
raises("Empty: ", queue.get_nowait)
raises("Empty: ", queue.get, True, 0.01)
raises("ValueError: 'timeout' must be a non-negative number", queue.get, timeout=-1)
raises("TypeError: 'str' object cannot be interpreted as an integer or float", queue.get, timeout="a")

# hashes
equal(_md5.md5(b"abc").hexdigest(), "900150983cd24fb0d6963f7d28e17f72")
equal(_sha1.sha1(b"abc").hexdigest(), "a9993e364706816aba3e25717850c26c9cd0d89d")
equal(_sha2.sha224(b"abc").hexdigest(), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")
equal(_sha2.sha256(b"abc").hexdigest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
equal(_sha3.sha3_224(b"abc").hexdigest(), "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf")
equal(_sha3.shake_128(b"").hexdigest(4), "7f9c2ba4")
equal(_blake2.blake2s(b"abc", digest_size=8).hexdigest(), "972e9d2cd6de6402")
digest = _sha2.sha512()
copy = digest.copy()
digest.update(bytearray(b"abc"))
equal(digest.digest()[:4], b"\xdd\xaf\x35\xa1")
equal((copy.hexdigest()[:8], copy.name, copy.digest_size, copy.block_size), ("cf83e135", "sha512", 64, 128))
shake = _sha3.shake_128()
equal((shake._capacity_bits, shake._rate_bits, shake._suffix, shake.block_size), (256, 1344, b"\x1f", 168))
raises("TypeError: Strings must be encoded before hashing", _md5.md5, "a")
raises("TypeError: object supporting the buffer API required", _md5.md5, None)
raises("TypeError: md5() takes at most 1 positional argument (2 given)", _md5.md5, b"", 1)
raises("TypeError: md5() got an unexpected keyword argument 'x'", _md5.md5, x=1)
raises("ValueError: digest_size for Blake2b must be between 1 and 64 bytes, here it is 65", _blake2.blake2b, digest_size=65)
raises("ValueError: maximum salt length is 16 bytes", _blake2.blake2b, salt=bytes(17))
raises("TypeError: cannot create '_md5.md5' instances", _md5.MD5Type)

# array
new = array.array
a = new("i", [1, 2, 3])
equal(repr(a), "array('i', [1, 2, 3])")
equal((a[::2], a[-1], a * 2, a + a, 2 in a, a.count(2)), (new("i", [1, 3]), 3, new("i", [1, 2, 3, 1, 2, 3]), new("i", [1, 2, 3, 1, 2, 3]), True, 1))
equal(repr(new("w", "h\xe9y")), "array('w', 'h\xe9y')")
equal((a.typecode, a.itemsize, a.tobytes()), ("i", 4, b"\1\0\0\0\2\0\0\0\3\0\0\0"))
equal([memoryview(new(code)).format for code in "bwdQ"], ["b", "w", "d", "Q"])
equal(array._array_reconstructor(new, "i", 9, b"\0\0\0\5"), new("i", [5]))
equal(array._array_reconstructor(new, "d", 14, b"\0\0\xc0\x3f"), new("d", [1.5]))
equal((a < new("i", [1, 3]), a == [1, 2, 3], a != new("d", [1, 2, 3])), (True, False, False))
raises("OverflowError: signed char is greater than maximum", new, "b", [300])
raises("OverflowError: unsigned short is less than minimum", new, "H", [-1])
raises("OverflowError: can't convert negative value to unsigned int", new, "I", [-1])
raises("TypeError: array item must be a unicode character, not a string of length 2", new, "w", ["ab"])
raises("TypeError: array indices must be integers", lambda: a["x"])
raises("TypeError: bad argument type for built-in operation", lambda: a + new("d"))
raises('TypeError: can only append array (not "list") to array', lambda: a + [1])
raises("IndexError: pop index out of range", a.pop, 10)
raises("ValueError: array.index(x): x not in array", a.index, 99)
raises("ValueError: bytes length not a multiple of item size", a.frombytes, b"abc")
raises("ValueError: bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)", new, "x")
view = memoryview(a)
raises("BufferError: cannot resize an array that is exporting buffers", a.append, 1)
view[0] = 7
view.release()
a.insert(1, 9)
del a[::2]
equal(a, new("i", [9, 3]))
a[1:1] = new("i", [4, 5])
a.reverse()
equal(a.tolist(), [3, 5, 4, 9])
equal(list(iter(a)), [3, 5, 4, 9])

# zlib
text = bytes(range(256)) * 300
packed = zlib.compress(text)
equal(zlib.decompress(packed), text)
equal((zlib.crc32(b"abc"), zlib.adler32(b"abc"), zlib.crc32(b"", -1)), (891568578, 38600999, 4294967295))
equal(zlib.decompress(zlib.compress(text, 9, wbits=-15), -15), text)
equal(zlib.decompress(zlib.compress(text, wbits=31), 47), text)
for data in (b"", b"x", packed[:-3]):
    raises("error: Error -5 while decompressing data: incomplete or truncated stream", zlib.decompress, data)
raises("error: Error -3 while decompressing data: incorrect header check", zlib.decompress, b"xx" + packed)
raises("error: Bad compression level", zlib.compress, b"x", level=10)
raises("ValueError: Invalid initialization option", zlib.compressobj, memLevel=0)
raises("TypeError: a bytes-like object is required, not 'str'", zlib.compress, "x")
c = zlib.compressobj(zdict=b"hello")
half = c.compress(b"hello ")
other = c.copy()
packed = half + c.compress(b"hello") + c.flush()
raises("error: Error -2 while flushing: inconsistent stream state", c.flush)
equal(zlib.decompressobj(zdict=b"hello").decompress(half + other.flush()), b"hello ")
raises("error: Error 2 while decompressing data", zlib.decompress, packed)
d = zlib.decompressobj(zdict=b"hello")
equal((d.decompress(packed + b"more", 4), d.eof, d.unused_data), (b"hell", False, b""))
equal((d.decompress(d.unconsumed_tail), d.eof, d.unused_data, d.unconsumed_tail), (b"o hello", True, b"more", b""))
d = zlib._ZlibDecompressor()
packed = zlib.compress(b"hello hello")
equal((d.decompress(packed + b"ab", 4), d.needs_input, d.decompress(b""), d.eof, d.unused_data), (b"hell", False, b"o hello", True, b"ab"))
raises("EOFError: End of stream already reached", d.decompress, b"")
