# Regular expressions.
import re
log = "2024-01-15 ERROR [db] timeout after 30s; 2024-02-20 INFO [web] ok in 5ms"
pattern = re.compile(r"(?P<year>\d{4})-(\d\d)-(\d\d) (?P<level>[A-Z]+) \[(\w+)\]")
for match in pattern.finditer(log):
    print(match.span(), match["year"], match.group("level", 5), match.groups(), match.groupdict())
print(re.sub(r"(\d+)(s|ms)", lambda m: f"<{int(m[1]) * 2}{m[2]}>", log)[-40:])
print(re.split(r"[;,]\s*", "a, b;c"), re.findall(r"\b\w{2}\b", "it is an ok day"), re.fullmatch(r"\w+", "a b"))
print(re.sub(r"(?i)ERROR", "WARN", log, count=1)[:20], re.escape("a.b*c"), re.match("(a)|b", "b").group(1))
print(re.search(r"(?<=\[)\w+(?=\])", log).group(), re.findall(r"(a+?)(b*)", "aabb"), re.subn("o", "0", "foo"))
print(re.compile(r"^\s*(\w+)\s*=\s*(.*?)\s*$", re.M).findall("a = 1\n b=two  \n"), re.match(r"(?P<q>['\"]).*?(?P=q)", "'x' y")[0])
print(re.sub(r"(?P<first>\w+) (?P<second>\w+)", r"\g<second> \1", "hello world"))
try:
    re.compile("(unclosed")
except re.error as error:
    print(error)
