# A tree of elements far deeper than the native stack is made, walked and let go.
import xml.etree.ElementTree as ET

deep = ET.Element("x")
inner = deep
for _ in range(100_000):
    inner = ET.SubElement(inner, "y")
print(sum(1 for _ in deep.iter()))
del deep, inner
print("gone")
