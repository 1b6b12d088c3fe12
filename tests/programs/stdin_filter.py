# Reads standard input like a Unix filter.
import sys
total = 0
for number, line in enumerate(sys.stdin, 1):
    words = line.split()
    total += len(words)
    print(f"{number}: {line.rstrip()[::-1]}")
print("words", total, file=sys.stderr)
sys.exit(3 if total else 0)
