# Word statistics over a text.
import re, string, textwrap
from collections import Counter
TEXT = '''It was the best of times, it was the worst of times, it was the age of wisdom,
it was the age of foolishness, it was the epoch of belief...'''
words = re.findall(r"[a-z]+", TEXT.lower())
counts = Counter(words)
width = max(map(len, counts))
for word, count in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:6]:
    print(f"{word:<{width}} {count:>3} {'#' * count}")
print(len(words), len(counts), sum(map(len, words)) / len(words))
print(textwrap.fill(" ".join(words), 40, initial_indent="> ", subsequent_indent="  "))
print(textwrap.dedent("    a\n      b\n").splitlines(), string.capwords("hello big world"), string.Template("$a-${b}").substitute(a=1, b=2))
