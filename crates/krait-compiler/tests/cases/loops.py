def f(items):
    for a, (b, *c) in items:
        if a:
            continue
        elif b:
            break
        print(c)
    else:
        return None
    while items and not a or b:
        items = items[1:]
        for x in [1, 2, 3]:
            return x
    return [i for i in items if i in (1, 2)]
