# pickle and copy of own classes.
import copy, pickle
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return vars(self) == vars(other)
class Custom:
    def __init__(self, value): self.value = value
    def __reduce__(self): return Custom, (self.value + 1,)
    def __copy__(self): return "copied"
class State:
    def __getstate__(self): return {"only": 1}
    def __setstate__(self, state): self.restored = state
data = {"list": [1, 2.5, "x", b"y", None, True], "point": Point(1, 2), "set": {1}, "big": 10**50}
data["self"] = data
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    again = pickle.loads(pickle.dumps(data, protocol))
    print(protocol, again["point"] == data["point"], again["self"] is again, again["big"] == 10**50)
print(pickle.loads(pickle.dumps(Custom(1))).value, pickle.loads(pickle.dumps(State())).restored)
original = [[1], Point([2], 3)]
shallow, deep = copy.copy(original), copy.deepcopy(original)
original[0].append(9)
print(shallow[0], deep[0], copy.copy(Custom(1)), deep[1] == original[1], deep[1].x is original[1].x)
try:
    pickle.dumps(lambda: 1)
except (pickle.PicklingError, AttributeError) as error:
    print(type(error).__name__)
