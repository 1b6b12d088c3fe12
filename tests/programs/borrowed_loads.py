"""Where loads of locals may borrow, and where they must check."""
import dis


def unbound_by_comprehension(a, b):
    names = {b.name for b in b.expressions}
    b = b.transform(lambda n: n in names)
    return f"lambda {a(b)}"


def after_handler_with_generator(a, b):
    try:
        ret = a(b)
    except E:
        if b:
            ret = tuple(x for x in b)
        else:
            ret = a
    if ret:
        return 3
    return ret


for function in unbound_by_comprehension, after_handler_with_generator:
    for each in dis.get_instructions(function):
        print(each.offset, each.opname, each.argrepr.partition(" at 0x")[0])
