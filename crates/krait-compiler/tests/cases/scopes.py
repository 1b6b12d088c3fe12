def outer(a, b):
    c = 1
    def inner():
        nonlocal c
        global d
        d = c = a
        return [lambda: e for e in b]
    class K:
        b = b
        z = [a for _ in b]
    del c
    return inner, (yy := [n for m in b if (n := m)])
x = {i: j for i in range(3) for j in [i]}
