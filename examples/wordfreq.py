"""Counts the words of text files and prints the most frequent ones.

    krait examples/wordfreq.py [-n COUNT] [--min LENGTH] [--json] [FILE ...]

Without a file it reads standard input.
"""
import argparse
import collections
import fileinput
import json
import re
import sys

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def count_words(lines, shortest):
    counts = collections.Counter()
    for line in lines:
        counts.update(word for word in WORD.findall(line.casefold()) if len(word) >= shortest)
    return counts


def report(counts, most):
    rows = counts.most_common(most)
    width = max((len(word) for word, _ in rows), default=0)
    top = rows[0][1] if rows else 1
    for word, count in rows:
        print(f"{word:<{width}} {count:>6} {'#' * max(1, round(40 * count / top))}")
    print(f"{counts.total()} words, {len(counts)} different", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="Word frequencies of text files.")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("-n", type=int, default=10, metavar="COUNT", help="how many words (default 10)")
    parser.add_argument("--min", type=int, default=1, metavar="LENGTH", help="the shortest word that counts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    try:
        with fileinput.input(args.files, encoding="utf-8") as lines:
            counts = count_words(lines, args.min)
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error.filename}: {error.strerror}\n")
    if args.json:
        print(json.dumps(dict(counts.most_common(args.n)), ensure_ascii=False, indent=2))
    else:
        report(counts, args.n)


if __name__ == "__main__":
    main()
