"""What collections does natively: results, messages, pickling."""
from collections import deque, defaultdict, OrderedDict, Counter
import _collections

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


d=deque('abc',5)
t(lambda: repr(d)); t(lambda: repr(deque())); t(lambda:deque([],-1)); t(lambda:deque([],1.5)); t(lambda:deque(1)); t(lambda:deque([1],2,3)); t(lambda:deque(maxlen=2,iterable=[1,2,3])); t(lambda:deque(x=1))
t(lambda: d[10]); t(lambda: d['a']); t(lambda:d[1:2]); t(lambda:d.__setitem__(10,1)); t(lambda:d.__delitem__(10)); t(lambda:d.__setitem__('a',1)); t(lambda:d+[1]); t(lambda:d+d); t(lambda:d*3); t(lambda:d*'a'); t(lambda:deque().pop()); t(lambda:deque().popleft()); t(lambda:d.remove(1)); t(lambda:d.index('z')); t(lambda:d.index('c',0,-1)); t(lambda:d.insert(1,2)); t(lambda:deque([1],1).insert(0,2)); t(lambda:d.rotate('a')); t(lambda:d.rotate(1)); t(lambda:d.rotate(1,2)); t(lambda:d.copy()); t(lambda:d.__reduce__()); t(lambda:iter(d).__reduce__()); t(lambda:reversed(d).__reduce__()); t(lambda:d==deque(d)); t(lambda:d<[]); t(lambda:d.maxlen); t(lambda:hash(d)); 
def mut():
    for x in d: d.append(1)
t(mut)
def mut():
    d=deque([1,2,3])
    class X:
        def __eq__(s,o): d.clear(); return False
    return d.index(X())
t(mut)
def mut():
    d=deque([1,2,3])
    class X:
        def __eq__(s,o): d.clear(); return False
    return d.remove(X())
t(mut)
def mut():
    d=deque([1,2,3])
    class X:
        def __eq__(s,o): d.append(1); return False
    return d.count(X())
t(mut)
def mut():
    d=deque([1,2,3])
    class X:
        def __eq__(s,o): d.append(1); return False
    return X() in d
t(mut)
class D(deque): pass
t(lambda: D([1,2],3).__reduce__()); t(lambda:D([1,2],3).copy()); t(lambda:repr(D([1],2))); t(lambda: D([1])+D([2])); t(lambda:D([1])*2)
x=D([1]); x.a=1
t(lambda:x.__reduce__())
it=_collections._deque_iterator; t(lambda:it(deque([1,2]),1)); t(lambda: list(it(deque([1,2]),1))); t(lambda:it(1)); t(lambda:it()); t(lambda: it(deque(),0,3))
t(lambda:d.append(1,2)); t(lambda: d.index()); t(lambda:d.index('a','b')); t(lambda:d.extend(1)); t(lambda:d.__class_getitem__(int)); t(lambda:d.insert('a',1))
dd=defaultdict(int,a=1)
t(lambda:repr(dd)); t(lambda:dd['x']); t(lambda:defaultdict(1)); t(lambda:defaultdict(None)['q']); t(lambda:defaultdict(None)[(1,2)]); t(lambda:dd.__reduce__()); t(lambda:dd.copy()); t(lambda:dd|{'z':1}); t(lambda:{'z':1}|dd); t(lambda:dd|1); t(lambda:defaultdict(int,{'a':1},b=2)); t(lambda:defaultdict(int,1,2)); t(lambda:dd.default_factory); t(lambda:setattr(dd,'default_factory',5)); t(lambda:repr(dd)); t(lambda: delattr(dd,'default_factory')); t(lambda:repr(dd)); t(lambda:defaultdict[int])
class DD(defaultdict): pass
t(lambda:repr(DD(list))); t(lambda:DD(list).copy()); t(lambda: DD(list)|{})
r=defaultdict(); r.default_factory=r.__repr__; t(lambda:repr(r)); r['a']=r; 
tg=_collections._tuplegetter(0,'doc'); t(lambda:repr(tg)); t(lambda:tg.__doc__); t(lambda:tg.__reduce__()); t(lambda:tg.__get__((1,),None)); t(lambda:tg.__get__(None,None) is tg); t(lambda:tg.__get__(1)); t(lambda:tg.__get__(())); t(lambda:tg.__set__(1,2)); t(lambda:tg.__delete__(1)); t(lambda:_collections._tuplegetter()); t(lambda:_collections._tuplegetter('a','b'))
t(lambda:_collections._tuplegetter(1,'b',x=2))
class P:
    f=tg
t(lambda:P().f)
o=OrderedDict(a=1,b=2,c=3)
t(lambda:repr(o)); t(lambda:repr(OrderedDict())); t(lambda:o.__reduce__()); t(lambda:o.move_to_end('a')); t(lambda:repr(o)); t(lambda:o.move_to_end('a',False)); t(lambda:repr(o)); t(lambda:o.move_to_end('zz')); t(lambda:OrderedDict().popitem()); t(lambda:o.popitem(last=False)); t(lambda:o.pop('q')); t(lambda:o.pop('q',3)); t(lambda:o.pop('b')); t(lambda:o.setdefault('n')); t(lambda:o); t(lambda:o.keys()); t(lambda:o.values()); t(lambda:o.items()); t(lambda:type(o.keys())); t(lambda:iter(o)); t(lambda:iter(o.items())); t(lambda:reversed(o)); t(lambda:iter(o).__reduce__()); t(lambda:reversed(o.items())); t(lambda:o=={'c':3,'n':None}); t(lambda:o==OrderedDict(n=None,c=3)); t(lambda:o<o); t(lambda:OrderedDict(1)); t(lambda:OrderedDict(1,2)); t(lambda:OrderedDict.fromkeys('ab',1)); t(lambda:o|{'q':1}); t(lambda:{'q':1}|o); t(lambda:o|1); t(lambda:o.__dict__); t(lambda:o.copy())
def mut():
    for k in o: o['new'+k]=1
t(mut)
def mut():
    for k in o: o[k]=1
    for k in o: o.move_to_end(k)
t(mut)
def mut():
    for k in o: del o[k]
t(mut)
class OD(OrderedDict): pass
y=OD(a=1); y.z=2; t(lambda:y.__reduce__()); t(lambda:repr(y)); t(lambda:y.copy().__dict__)
t(lambda:OrderedDict().update(1)); t(lambda:o.update(1,2)); t(lambda:OrderedDict([(1,2)]).popitem(3)); t(lambda: o.popitem(x=1)); t(lambda:o.move_to_end())
r=OrderedDict(); r['a']=r; t(lambda:repr(r)); t(lambda: delattr(o,'__dict__'))
m={}; t(lambda:_collections._count_elements(m,'abca')); t(lambda:m); t(lambda:_collections._count_elements(1,'a')); t(lambda:_collections._count_elements({},1)); t(lambda: Counter('aab'))
d=deque([1]); d.append(d); t(lambda: repr(d)); t(lambda: deque.index.__text_signature__)
