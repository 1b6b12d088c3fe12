"""The classes of t-strings: matching, iterating, pickling, subscripts, concatenation."""
import copy
import pickle
from string.templatelib import Interpolation, Template

name, width = "Maria", 8
template = t"Hello, {name!r:>{width}}{width}!"
print(Interpolation.__match_args__)
for part in template:
    match part:
        case str():
            print("text", part)
        case Interpolation(value, expression, conversion, format_spec):
            print(value, expression, conversion, format_spec)
parts = iter(template)
print(type(parts), iter(parts) is parts, list(parts), list(parts), list(iter(t"")), list(t"{1}{2}"))
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    again = pickle.loads(pickle.dumps(template, protocol))
    print(again.strings == template.strings, again.values, again.interpolations[0].format_spec)
print(copy.copy(template).values, template.__reduce__()[1][0])
print(Template[int], Interpolation[str])
print((t"a" + t"b{1}").strings)
for left, right in (template, "text"), ("text", template), (template, 1):
    try:
        left + right
    except TypeError as error:
        print(error)
