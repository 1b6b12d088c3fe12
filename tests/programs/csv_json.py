# csv and json round trips.
import csv, io, json
rows = [{"name": "Ann", "note": 'says "hi", twice'}, {"name": "Bob", "note": "line\nbreak"}]
buffer = io.StringIO()
writer = csv.DictWriter(buffer, ["name", "note"])
writer.writeheader()
writer.writerows(rows)
print(repr(buffer.getvalue()))
buffer.seek(0)
print(list(csv.DictReader(buffer)) == rows, next(csv.reader(["a;b;'c;d'"], delimiter=";", quotechar="'")))
data = {"b": [1, 2.5, None, True], "a": {"x": "\u00e9\"\n"}, "n": -1e10, "big": 10**20}
text = json.dumps(data, sort_keys=True, indent=2)
print(text, json.loads(text) == data, json.dumps(data, separators=(",", ":"), ensure_ascii=False))
print(json.loads('[1, -0.5e3, "\\u00e9\\n", {}, [], null, true, NaN]'), json.dumps({1: 2, None: 3}))
for bad in ['{"a": 1,}', "[1 2]", '"abc', "", "{1: 2}"]:
    try:
        json.loads(bad)
    except json.JSONDecodeError as error:
        print(error)
try:
    json.dumps({1, 2})
except TypeError as error:
    print(error)
