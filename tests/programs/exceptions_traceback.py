# An uncaught, chained exception: the traceback goes to stderr.
def level_one(value):
    return level_two(value) + 1

def level_two(value):
    data = {"a": 1}
    return data[value] / 0

def main():
    try:
        level_one("b")
    except KeyError as error:
        print("caught", error, flush=True)
        level_one("a")

main()
