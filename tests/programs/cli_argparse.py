# A command line with sub-commands, driven from inside.
import argparse, sys
def build():
    parser = argparse.ArgumentParser(prog="tool", description="Does things.")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add numbers")
    add.add_argument("numbers", nargs="+", type=float)
    greet = commands.add_parser("greet", help="say hello")
    greet.add_argument("name")
    greet.add_argument("--times", type=int, default=1, metavar="N", choices=range(1, 4))
    greet.add_argument("--loud", action="store_true")
    return parser
def run(argv):
    args = build().parse_args(argv)
    if args.command == "add":
        print(sum(args.numbers), args.verbose)
    else:
        text = f"hello {args.name}"
        for _ in range(args.times):
            print(text.upper() if args.loud else text)
run(["add", "1", "2.5", "-3"])
run(["-vv", "greet", "ann", "--times", "2", "--loud"])
for argv in (["add", "x"], [], ["greet", "a", "--times", "9"], ["nope"]):
    try:
        run(argv)
    except SystemExit as stop:
        print("exit", stop.code, flush=True)
try:
    build().parse_args(["greet", "--help"])
except SystemExit as stop:
    print("exit", stop.code)
