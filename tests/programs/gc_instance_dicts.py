# What an instance's attributes are, when its dictionary was asked for: the collector counts each
# value once, and takes neither what others use, nor what only the dictionary still shows.
import gc
import weakref

gc.disable()


class Holder:
    pass


class Value:
    def __init__(self):
        self.state = [1]
        self.me = self


class Slotted(Holder):
    __slots__ = ("extra",)


def value_outlives_instance(make):
    holder, value = make(), Value()
    holder.value = value
    holder.me = holder
    assert "me" in holder.__dict__
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    print(gone() is None, value.state, value.me is value)


value_outlives_instance(Holder)
value_outlives_instance(Slotted)
value_outlives_instance(type("Error", (BaseException,), {}))


def class_outlives_instance():
    class Local:
        kind = "local"

    holder = Holder()
    holder.cls = Local
    holder.me = holder
    vars(holder)
    del holder
    gc.collect()
    print(Local.__mro__[1:], Local.kind, Local().kind)


class_outlives_instance()


def dictionary_outlives_instance():
    holder = Holder()
    holder.value = Value()
    names = holder.__dict__
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    print(gone() is None, sorted(names), names["value"].state)


dictionary_outlives_instance()


def dictionary_keeps_the_cycle():
    holder = Holder()
    holder.value = Value()
    holder.me = holder
    names = holder.__dict__
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    print(gone() is not None, sorted(names), names["value"].state, names["me"].value.state)
    names.clear()
    gc.collect()
    print(gone() is None)


dictionary_keeps_the_cycle()


def shared_dictionary():
    first, second = Holder(), Holder()
    first.value, first.me = Value(), first
    second.__dict__ = first.__dict__
    del first
    gc.collect()
    print(second.value.state, sorted(second.__dict__))


shared_dictionary()


def cycles_still_end():
    gone = []
    for ask in (False, True):
        holder = Holder()
        holder.value = Value()
        holder.value.back = holder
        if ask:
            vars(holder), vars(holder.value)
        gone.append(weakref.ref(holder))
        gone.append(weakref.ref(holder.value))
        del holder
    gc.collect()
    print([each() for each in gone])


cycles_still_end()
