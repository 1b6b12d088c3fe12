# Names: global, class bodies, exec, locals, del, builtins shadowing.
x = "global"
class C:
    y = x
    x = "class"
    z = x
    def method(self): return x
print(C.y, C.x, C.z, C().method())
def f():
    exec("q = 5", globals())
    local = 1
    return sorted(locals()), q
print(f())
def shadow():
    len = lambda v: "mine"
    return len([1])
print(shadow(), len([1]))
def deleted():
    v = 1
    del v
    try:
        return v
    except UnboundLocalError as error:
        return str(error)
print(deleted())
namespace = {}
exec("a = 1\ndef g(): return a + 1\nb = g()", namespace)
print(namespace["b"], eval("a * 10", namespace), "__builtins__" in namespace)
try:
    del undefined
except NameError as error:
    print(error)
for i in range(3): pass
print(i, [i for i in "ab"], i)
__debug__ and print("debug")
assert True
try:
    assert x == "other", f"x is {x}"
except AssertionError as error:
    print("AssertionError", error)
