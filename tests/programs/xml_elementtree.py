# xml.etree.ElementTree over its native half: elements, builders, parsers, iterators, and their errors.
import _elementtree
import copy
import io
import pickle
import warnings
import xml.etree.ElementTree as ET
from xml.dom import minidom
from xml.sax import parseString, handler


def attempt(label, call):
    try:
        print(label, call())
    except Exception as error:
        place = getattr(error, "code", ""), getattr(error, "position", "")
        print(label, type(error).__name__, error, *place)


print(ET.Element is _elementtree.Element, ET.Element.__module__, ET.XMLParser)
e = ET.Element("a", {"x": "1"}, y="2")
e.append(ET.Element("b"))
ET.SubElement(e, "c", z="3").text = "in"
e.text, e[0].tail = "t", "u"
print(ET.tostring(e), len(e), e.items(), e.keys(), e.get("x"), e.get("no", 0))
attempt("no tag", lambda: ET.Element())
attempt("too many", lambda: ET.Element(1, {}, 3))
attempt("no dict", lambda: ET.Element("a", 2))
attempt("attrib", lambda: ET.Element("a", attrib={"q": 1}, z=2).attrib)
attempt("attrib", lambda: ET.Element("a", attrib=3))
attempt("parent", lambda: ET.SubElement(1, 2))
attempt("append", lambda: e.append(1))
attempt("extend", lambda: e.extend(1))
attempt("extend", lambda: e.extend([1]))
attempt("insert", lambda: e.insert(0, 1))
attempt("remove", lambda: e.remove(ET.Element("z")))
attempt("index", lambda: e[5])
attempt("index", lambda: e["a"])
attempt("slice", lambda: [each.tag for each in e[::-1]])
attempt("assign", lambda: e.__setitem__(9, ET.Element("q")))
attempt("assign", lambda: e.__setitem__(0, 1))
attempt("assign", lambda: e.__setitem__(slice(0, 1), 1))
attempt("assign", lambda: e.__setitem__(slice(0, 2, 2), [ET.Element("p"), ET.Element("q")]))
attempt("delete", lambda: e.__delitem__(9))
attempt("delete", lambda: delattr(e, "tag"))
attempt("attrib", lambda: setattr(e, "attrib", 1))
attempt("unknown", lambda: setattr(e, "foo", 1))
attempt("state", lambda: e.__setstate__(1))
attempt("state", lambda: e.__setstate__({"tag": "a", "_children": 1}))
other = ET.Element("list")
other[:] = [ET.Element(letter) for letter in "pqrstu"]
other[1:3] = [ET.Element("new")]
other[::2] = [ET.Element(letter) for letter in "XYZ"]
del other[1::3]
other.insert(-1, ET.Element("late"))
print(ET.tostring(other))
for same in copy.copy(e), copy.deepcopy(e), pickle.loads(pickle.dumps(e)):
    print(ET.tostring(same) == ET.tostring(e), same[0] is e[0])
print(e.find("b").tag, e.findtext("c"), e.findtext("b"), e.findtext("no", "d"), e.find(".//c").tag, e.find("no"))
print([each.tag for each in e.findall("*")], [each.tag for each in e.iterfind("c")])
print([each.tag for each in e.iter()], [each.tag for each in e.iter("c")], list(e.itertext()))
print(repr(e).startswith("<Element 'a' at 0x"), repr(ET.Element(None))[:16])
with warnings.catch_warnings():
    warnings.simplefilter("error")
    attempt("truth", lambda: bool(e))
e.clear()
print(ET.tostring(e), e.attrib, e.text)

builder = ET.TreeBuilder()
attempt("nothing", builder.close)
attempt("end", lambda: builder.end("x"))
attempt("attributes", lambda: builder.start("x", 1))
builder.start("x", {"k": "v"})
builder.data("a")
builder.data("b")
builder.start("y", {})
builder.end("y")
builder.data("c")
builder.comment("hidden")
builder.data("d")
builder.end("x")
attempt("second", lambda: builder.start("z", {}))
print(ET.tostring(builder.close()))
text = '<a>x<!--c-->y<?p i?>z</a>'
builder = ET.TreeBuilder(insert_comments=True, insert_pis=True)
print(ET.tostring(ET.fromstring(text, ET.XMLParser(target=builder))), ET.tostring(ET.fromstring(text)))
attempt("keyword", lambda: ET.TreeBuilder(foo=2))


class Target:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args: print("  ", name, args)


parser = ET.XMLParser(target=Target())
parser.feed('<!DOCTYPE a PUBLIC "p" "q" [<!ENTITY z "zz">]>')
parser.feed('<a xmlns="u" xmlns:p="v" p:q="1"><!--c--><?pi d?>t&z;<p:b/></a>')
print(parser.close())

for document in ["<a>&undef;</a>", "<a></b>", "", "<a/><b/>", "<a b='1' b='2'/>", "<p:a/>"]:
    attempt(document, lambda: ET.fromstring(document))
parser = ET.XMLParser()
attempt("feed", lambda: parser.feed(1))
attempt("entity", lambda: setattr(parser, "entity", {}))
parser.entity["e"] = "value"
parser.feed('<!DOCTYPE a SYSTEM "q"><a>&e;</a>')
print(ET.tostring(parser.close()))
attempt("events", lambda: parser._setevents([], ["foo"]))
attempt("events", lambda: parser._setevents([], 1))
pull = ET.XMLPullParser(["start", "end", "start-ns", "end-ns", "comment", "pi"])
pull.feed('<a xmlns="u"><!--c--><?p i?><b>')
pull.feed("</b></a>")
for event, node in pull.read_events():
    print("  ", event, node.text if event in ("comment", "pi") else getattr(node, "tag", node))
print([(event, node.tag) for event, node in ET.iterparse(io.BytesIO(b"<a><b/></a>"), ["start", "end"])])
print(ascii(ET.parse(io.StringIO("<a>\u20ac</a>")).getroot().text))
print(ascii(ET.fromstring('<?xml version="1.0" encoding="cp1252"?><a>\x80</a>'.encode("latin-1")).text))
attempt("encoding", lambda: ET.fromstring(b'<?xml version="1.0" encoding="foo"?><a/>'))
attempt("encoding", lambda: ET.XMLParser(encoding=1))

print(minidom.parseString('<a xmlns:p="u" p:b="c">t<!--d--></a>').documentElement.toxml())


class Content(handler.ContentHandler):
    def startElement(self, name, attributes):
        print("  ", name, dict(attributes))

    def characters(self, content):
        print("  ", repr(content))


parseString(b"<a b='c'>one\ntwo</a>", Content())
