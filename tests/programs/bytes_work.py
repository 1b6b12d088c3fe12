# bytes, bytearray, memoryview.
data = bytes([72, 101, 108, 108, 111])
print(data, data[0], data[1:3], data.hex(" "), bytes.fromhex("48 69"), b"%s=%d" % (b"x", 3))
array = bytearray(data)
array[0] = 74
array.extend(b"!!")
array[1:3] = b"E"
del array[-1]
print(array, len(array), array.find(b"l"), bytes(reversed(array)))
view = memoryview(array)
view[1:3] = b"zz"
print(array, view[0], view.tolist(), view.readonly)
try:
    array.append(1)
except BufferError as error:
    print(error)
view.release()
array.append(33)
print(array, b"a-b-c".split(b"-"), b"".join([b"x", b"y"]), b"abc".translate(None, b"b"), b"\x00\n'")
