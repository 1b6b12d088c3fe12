# xml.parsers.expat: every event of documents that use all of XML, errors with their places, settings.
from xml.parsers import expat

HANDLERS = '''StartElement EndElement CharacterData ProcessingInstruction Comment StartCdataSection
EndCdataSection StartNamespaceDecl EndNamespaceDecl XmlDecl StartDoctypeDecl EndDoctypeDecl ElementDecl
AttlistDecl EntityDecl UnparsedEntityDecl NotationDecl SkippedEntity'''.split()


def show(parser, name, result=None):
    def handler(*args):
        place = f"{parser.CurrentLineNumber}:{parser.CurrentColumnNumber}@{parser.CurrentByteIndex}"
        print("  ", place, name, *map(ascii, args))
        return result
    return handler


def install(parser, text=None, depth=0):
    for name in HANDLERS:
        setattr(parser, name + "Handler", show(parser, name))
    parser.DefaultHandlerExpand = show(parser, "Default")
    parser.NotStandaloneHandler = show(parser, "NotStandalone", 1)
    if text is not None:
        def external(context, base, system, public):
            print("   external", context, base, system, public)
            inner = parser.ExternalEntityParserCreate(context)
            install(inner, text, depth + 1)
            return inner.Parse(text[system], True)
        parser.ExternalEntityRefHandler = external


def run(document, *, namespaces=None, encoding=None, external=None, step=0, **settings):
    print(ascii(document)[:100])
    parser = expat.ParserCreate(encoding, namespaces)
    for name, value in settings.items():
        setattr(parser, name, value)
    install(parser, external)
    parser.SetBase("base")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
    try:
        if step:
            for start in range(0, len(document), step):
                parser.Parse(document[start:start + step])
            parser.Parse(b"", True)
        else:
            parser.Parse(document, True)
    except expat.ExpatError as error:
        print("   error", error, error.code, error.lineno, error.offset, parser.CurrentByteIndex)


run(b'''<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<!DOCTYPE doc [
<!ELEMENT doc (#PCDATA|a|b)*>
<!ELEMENT a ((b,c?)|(d+,e*))?><!ELEMENT b EMPTY><!ELEMENT c ANY>
<!ATTLIST doc x CDATA "def" y ID #IMPLIED z (p|q) "p" n NOTATION (nn) #REQUIRED f NMTOKENS #FIXED " a  b ">
<!ENTITY e "ent &lt;b>x&#65;</b>"> <!ENTITY % pe "<!ENTITY f '&#37;q'>"> %pe;
<!NOTATION nn PUBLIC " pub  id "> <!NOTATION n2 SYSTEM "sys"> <!NOTATION n3 PUBLIC "p" "s">
<!ENTITY img SYSTEM "i.gif" NDATA nn>
]>
<doc y=" a " n="nn">&e;&f; &amp; &#x20ac;<?pi  data?><!-- c\r\nd --><![CDATA[<]]]]>\r\n<a/></doc>
''')
run('<é ü="ö">\u20ac\U0001f600</é>')
names = (b'<p:a xmlns:p="u" xmlns="d" p:x="1" y="2" xml:lang="en"><b xmlns="" xmlns:p="w" p:z="3"/></p:a>')
run(names, namespaces=" ")
run(names, namespaces="", ordered_attributes=True)
run(names, namespaces="|", namespace_prefixes=True, ordered_attributes=True)
run(names, step=1)
run(b'<!DOCTYPE doc PUBLIC "pub" "dtd" [<!ENTITY in SYSTEM "ent">]><doc>&in;&late;&never;</doc>', external={
    "dtd": b'<?xml encoding="us-ascii"?><!ENTITY late "l"><![INCLUDE[<!ENTITY % m "ANY">]]>'
           b'<![IGNORE[<!ELEMENT x <![y]]>]]><!ELEMENT doc %m;><!ATTLIST doc q CDATA "v">',
    "ent": b'<?xml version="1.0" encoding="iso-8859-1"?>caf\xe9<i/>',
}, specified_attributes=True)
for encoding in "utf-16", "utf-16-be", "latin-1", "koi8-r", "cp1252":
    text = "<a>\u044f</a>" if encoding == "koi8-r" else "<a>é</a>"
    declared = "utf-16" if encoding == "utf-16-be" else encoding
    run(f'<?xml version="1.0" encoding="{declared}"?>\n{text}'.encode(encoding))
run(b"<a>\xe9</a>", encoding="iso-8859-1")

for document in [
    b"", b"<a", b"<a>", b"</a>", b"<a></b>", b"<a/><b/>", b"<a/>x", b"<a b='' b=''/>", b"<a b/>", b"<a>&e;</a>",
    b"<a>]]></a>", b"<a>\xff</a>", b"<a>\xc3", b"<a>&#0;</a>", b"<a>&#xfffe;</a>", b"<a><!-- -- --></a>", b"<a><?xml?></a>",
    b"<a><?xMl?></a>", b" <?xml version='1.0'?><a/>", b"<?xml version='2.0'?><a/>", b"<?xml encoding='utf-8'?><a/>",
    b"<?xml version='1.0' encoding='utf-16'?><a/>", b"<?xml version='1.0' standalone='maybe'?><a/>",
    b"<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>", b"<!DOCTYPE a [<!ENTITY e '<b>'>]><a>&e;</a>",
    b"<!DOCTYPE a [<!ENTITY e SYSTEM 'x'>]><a b='&e;'/>", b"<!DOCTYPE a [<!ENTITY e SYSTEM 'x' NDATA n>]><a>&e;</a>",
    b"<!DOCTYPE a [<!ENTITY % p 'x'><!ENTITY e '%p;'>]><a/>", b"<!DOCTYPE a [<!ELEMENT a (b,c|d)>]><a/>",
    b"<!DOCTYPE a PUBLIC '{' 's'><a/>", b"<!DOCTYPE a [<!ENTITY % p '<!ELEMENT'>%p;]><a/>", b"<!DOCTYPE a [<!FOO>]><a/>",
    b"<a><![CDATA[x", b"<a><![CDAT[", b"<a b='<'/>", b"<a>\n\n  <b></c>",
]:
    parser = expat.ParserCreate()
    try:
        print(document, parser.Parse(document, True))
    except expat.ExpatError as error:
        print(document, error, error.code, parser.ErrorByteIndex, parser.ErrorCode)
for document in [
    b"<p:a/>", b"<a p:b=''/>", b"<a xmlns:p=''/>", b"<a xmlns:xml='u'/>", b"<a xmlns:xmlns='u'/>", b"<a:b:c/>", b"<:a/>",
    b"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", b"<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>", b"<a xmlns='u v'/>",
]:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        print(document, parser.Parse(document, True))
    except expat.ExpatError as error:
        print(document, error, error.code)

print("buffered text")
parser = expat.ParserCreate()
parser.buffer_text = True
parser.buffer_size = 10
parser.CharacterDataHandler = lambda text: print("  ", ascii(text), parser.buffer_used)
parser.StartElementHandler = lambda name, attributes: print("  ", name, parser.GetInputContext())
parser.Parse(b"<a>one\ntwo&amp;three\n<b/>0123456789abc</a>", True)
print(parser.intern, parser.GetInputContext())

print("small pieces of long tokens wait")
for deferral in True, False:
    parser = expat.ParserCreate()
    parser.SetReparseDeferralEnabled(deferral)
    seen = []
    parser.StartElementHandler = lambda name, attributes: seen.append(index)
    for index, piece in enumerate([b"<a", b" ", b">", b"<b/>", b"<c/>"]):
        parser.Parse(piece)
    print("  ", deferral, seen, parser.GetReparseDeferralEnabled())

print("a handler that fails ends the parse")
parser = expat.ParserCreate()
parser.EndElementHandler = print
parser.StartElementHandler = lambda name, attributes: 1 / 0
try:
    parser.Parse(b"<a><b/></a>", True)
except ZeroDivisionError as error:
    print("  ", error, parser.StartElementHandler, parser.EndElementHandler, parser.ErrorCode, parser.CurrentByteIndex)
try:
    parser.Parse(b"", True)
except expat.ExpatError as error:
    print("  ", error)

print("entities do not make documents huge")
laughs = b"<!DOCTYPE a [<!ENTITY l0 'lol'>"
for level in range(1, 12):
    laughs += b"<!ENTITY l%d '%s'>" % (level, b"&l%d;" % (level - 1) * 10)
for end in b"]><a>&l11;</a>", b"]><a b='&l11;'/>":
    try:
        expat.ParserCreate().Parse(laughs + end, True)
    except expat.ExpatError as error:
        print("  ", str(error).partition(":")[0], error.code)
parser = expat.ParserCreate()
for call in [
    lambda: parser.SetBillionLaughsAttackProtectionMaximumAmplification(0.5),
    lambda: parser.SetBillionLaughsAttackProtectionActivationThreshold(-1),
    lambda: parser.ExternalEntityParserCreate(None).SetAllocTrackerActivationThreshold(1),
    lambda: setattr(parser, "buffer_size", 0),
    lambda: delattr(parser, "buffer_text"),
    lambda: setattr(parser, "buffer_used", 1),
    lambda: parser.ParseFile(1),
    lambda: parser.Parse(None),
    lambda: parser.Parse("\ud800"),
    lambda: expat.ParserCreate(namespace_separator="ab"),
    lambda: expat.ParserCreate(intern=1),
    lambda: type(parser)(),
    lambda: parser.Parse(b"<?xml version='1.0' encoding='no-such'?><a/>"),
]:
    try:
        print("  ", call())
    except Exception as error:
        print("  ", type(error).__name__, error)

depth = 100_000
parser = expat.ParserCreate()
parser.StartElementHandler = parser.EndElementHandler = lambda *args: None
print(parser.Parse(b"<a>" * depth + b"</a>" * depth, True))
print(expat.ErrorString(expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]), expat.errors.messages[3])

parser = expat.ParserCreate()
parser.ElementDeclHandler = print
try:
    parser.Parse(b"<!DOCTYPE a [<!ELEMENT a " + b"(" * 800_000 + b"b" + b")" * 800_000 + b">]><a/>", True)
except RecursionError:
    print("too deep")
parser = expat.ParserCreate()
parser.SetAllocTrackerActivationThreshold(0)
parser.SetAllocTrackerMaximumAmplification(1.0)
try:
    parser.Parse(b"<a/>", True)
except expat.ExpatError as error:
    print(str(error).partition(":")[0])

print("tracebacks show where handlers are called")
import os
import traceback
parser = expat.ParserCreate()
def failing(name, attributes):
    raise KeyError(name)
parser.StartElementHandler = failing
try:
    parser.Parse(b"<a/>", True)
except KeyError as error:
    for entry in traceback.extract_tb(error.__traceback__):
        print("  ", os.path.basename(entry.filename), entry.name)
