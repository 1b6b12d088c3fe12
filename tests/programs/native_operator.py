"""operator, _stat and _abc: results and messages."""
import operator as o, _stat, _abc

def strip(text):
    while " at 0x" in text:
        start = text.index(" at 0x")
        end = start + 6
        while end < len(text) and text[end] in "0123456789abcdef":
            end += 1
        text = text[:start] + text[end:]
    return text


def t(f):
    try:
        print("ok", strip(str(f())))
    except BaseException as e:
        print(type(e).__name__, "|", strip(str(e)))


t(lambda: _stat.S_ISDIR('x')); t(lambda: _stat.S_ISDIR(-1)); t(lambda: _stat.S_ISDIR(1<<70)); t(lambda:_stat.S_ISDIR(1<<40)); t(lambda:_stat.filemode(0o100644));t(lambda:_stat.filemode(1.5));t(lambda: _stat.S_ISDIR(True)); t(lambda:_stat.filemode(0o7777));t(lambda:_stat.filemode(0o47000))
t(lambda: o.itemgetter()); t(lambda: o.itemgetter(1,x=2)); t(lambda: repr(o.itemgetter(1))); t(lambda: repr(o.itemgetter(1,2))); t(lambda: o.itemgetter(1)(1,2)); t(lambda:o.itemgetter(1)()); t(lambda:o.itemgetter(1)(x=1)); t(lambda: o.itemgetter(1).__reduce__()); t(lambda: o.itemgetter(1,2).__reduce__()); t(lambda: o.itemgetter(1)((1,)))
t(lambda: o.itemgetter('a',x=3))
t(lambda: o.attrgetter()); t(lambda: o.attrgetter('a',x=2)); t(lambda:repr(o.attrgetter('a.b'))); t(lambda:repr(o.attrgetter('a.b','c'))); t(lambda:o.attrgetter(1)); t(lambda: o.attrgetter('a.b','c').__reduce__()); t(lambda:o.attrgetter('real.imag')(1)); t(lambda:o.attrgetter('real.imag','numerator')(1)); t(lambda:o.attrgetter('a')(1,2)); t(lambda:o.attrgetter('a')(x=2)); t(lambda: o.attrgetter('a..b')(1)); t(lambda:o.attrgetter('')(1))
t(lambda:o.methodcaller()); t(lambda:o.methodcaller(1)); t(lambda:repr(o.methodcaller('a'))); t(lambda:repr(o.methodcaller('a',1,x=2))); t(lambda:o.methodcaller('a',1).__reduce__()); t(lambda:o.methodcaller('a',1,x=2).__reduce__()); t(lambda: o.methodcaller('a')()); t(lambda:o.methodcaller('a')(1,2)); t(lambda:o.methodcaller('a')(1,x=2)); t(lambda:o.methodcaller('index',2)([1,2]))
t(lambda:o.methodcaller(name='a'))
t(lambda:o.length_hint([1])); t(lambda:o.length_hint(1,'a')); t(lambda:o.length_hint(1,5)); t(lambda:o.length_hint(1,-5)); t(lambda:o.indexOf([1],2)); t(lambda:o.countOf(1,2)); t(lambda:o.indexOf(1,2)); t(lambda:o.concat(1,2)); t(lambda:o.iconcat([1],(2,))); t(lambda:o.iconcat(1,2)); t(lambda:o.pow(2,'a')); t(lambda:o._compare_digest('a','b')); t(lambda:o._compare_digest('é','b')); t(lambda:o._compare_digest(1,'b')); t(lambda:o._compare_digest(b'a','b')); t(lambda:o._compare_digest(b'a',bytearray(b'a'))); t(lambda:o.call()); t(lambda:o.call(int,'5',base=6)); t(lambda: o.iadd(1,'a')); t(lambda:o.index(1.5)); t(lambda:o.inv(1.5)); t(lambda:o.add(1))
t(lambda:o.length_hint(1,1<<80)); t(lambda: o.length_hint()); t(lambda: o.contains(1,2)); t(lambda:o.ipow(2,3)); t(lambda:o.countOf([float('nan')],1))
t(lambda: _abc._get_dump(int)); 
import abc
class A(metaclass=abc.ABCMeta): pass
t(lambda: A._abc_impl); t(lambda: type(A._abc_impl)()); t(lambda: A.register(1)); t(lambda: issubclass(1,A)); t(lambda: _abc._abc_subclasscheck(A,1)); t(lambda: A.register(A)); 
class B(A): pass
t(lambda: B.register(A))
