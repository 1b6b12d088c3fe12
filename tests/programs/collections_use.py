# deque, Counter, defaultdict, OrderedDict, namedtuple, ChainMap.
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
window = deque([1, 2, 3], maxlen=3)
window.append(4); window.appendleft(0); window.rotate(1)
print(window, window.popleft(), len(window), list(reversed(window)))
counts = Counter("mississippi")
print(counts.most_common(2), counts["z"], counts + Counter("ss"), sorted(counts.elements())[:4])
groups = defaultdict(list)
for word in ["apple", "avocado", "bean"]:
    groups[word[0]].append(word)
print(dict(groups), groups)
order = OrderedDict(a=1, b=2)
order.move_to_end("a")
print(order, list(order))
Point = namedtuple("Point", "x y", defaults=[0])
point = Point(1)
print(point, point.x, point._replace(y=5), point._asdict(), Point._fields, point == (1, 0))
layers = ChainMap({"a": 1}, {"a": 2, "b": 3})
print(layers["a"], layers["b"], dict(layers))
