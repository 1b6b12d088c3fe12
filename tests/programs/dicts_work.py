# Dictionaries keep their order, merge, and complain.
ages = {"ann": 31, "bob": 25}
ages["cid"] = 40
ages |= {"ann": 32, "dee": 19}
print(ages, ages.get("eve"), ages.setdefault("eve", 1), ages.pop("bob"), list(ages))
print(ages.keys() & {"ann", "zed"}, sorted(ages.items()), dict(zip("ab", [1, 2])), {**ages, "x": 0})
print({k: v for k, v in ages.items() if v > 20}, dict.fromkeys("xy", 0), list(reversed(ages)))
print(ages.popitem(), 1 in {1: 2}, {1: "a"} == {1.0: "a"}, {True: "yes"}[1])
try:
    for key in ages:
        ages[key + "!"] = 0
except RuntimeError as error:
    print(error)
try:
    ages["missing"]
except KeyError as error:
    print(repr(error))
try:
    {[]: 1}
except TypeError as error:
    print(error)
class Default(dict):
    def __missing__(self, key):
        return key * 2
print(Default(a=1)["zz"], Default(a=1))
