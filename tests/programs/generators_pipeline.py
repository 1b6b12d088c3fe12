# A lazy pipeline over lines of a log.
LOG = '''INFO start
WARN disk 91
INFO step
ERROR net down
WARN disk 95
'''
def lines(text):
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line:
            yield number, line
def parse(rows):
    for number, row in rows:
        level, _, rest = row.partition(" ")
        yield {"line": number, "level": level, "text": rest}
def only(records, *levels):
    return (r for r in records if r["level"] in levels)
for record in only(parse(lines(LOG)), "WARN", "ERROR"):
    print("{line:>3} {level:<5} {text}".format(**record))
import itertools
pairs = itertools.pairwise(r["line"] for r in parse(lines(LOG)))
print(list(pairs), list(itertools.islice(itertools.count(5, 5), 3)))
