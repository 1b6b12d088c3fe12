# Template strings (PEP 750).
from string.templatelib import Interpolation, Template
name, price = "pear", 3.14159
template = t"Buy {name!r} for {price:.2f} {{now}}"
print(type(template).__name__, template.strings, template.values)
for part in template:
    if isinstance(part, Interpolation):
        print("value", part.value, part.expression, part.conversion, part.format_spec)
    else:
        print("text", repr(part))
def html(template: Template) -> str:
    out = []
    for part in template:
        out.append(part if isinstance(part, str) else str(part.value).replace("<", "&lt;"))
    return "".join(out)
evil = "<script>"
print(html(t"<p>{evil}</p>" + t"!"))
