"""functools: results and messages."""
import functools as F, _functools, copy

def strip(text):
    while " at 0x" in text:
        start = text.index(" at 0x")
        end = start + 6
        while end < len(text) and text[end] in "0123456789abcdef":
            end += 1
        text = text[:start] + text[end:]
    return text


def t(s):
    try:
        print(s, "=>", strip(str(eval(s))))
    except BaseException as e:
        print(s, "=>", type(e).__name__, "|", strip(str(e)))


p=F.partial
_=F.Placeholder
def f(*a,**k): return a,k
class PP(p): pass
class C:
    m=p(f,1)
    n=p(f,_,2)
    @F.lru_cache
    def g(self,x): return x
@F.lru_cache(maxsize=2)
def h(*a,**k): return a,k
@F.lru_cache(maxsize=0)
def z(x): return x
@F.cache
def u(x): return x
pp=p(f); pp.x=1
c=C()
K=F.cmp_to_key(lambda a,b:a-b)
for s in '''F.reduce(f,[]);F.reduce(lambda a,b:a+b,[1,2,3]);F.reduce(lambda a,b:a+b,[1,2,3],10);F.reduce(lambda a,b:a+b,[],initial=5);F.reduce();F.reduce(f);F.reduce(f,1);F.reduce(f,[1],2,3);F.reduce(1,[1,2]);F.reduce(function=f,iterable=[])
p();p(1);p(f,1,x=2);repr(p(f,1,x=2));p(f,1)(2,x=3);p(p(f,1),2,y=3);p(f,_,2)(1);p(f,_,2)();p(f,_,2)(1,3,z=4);p(f,1,_);p(f,_,x=_);p(p(f,_,2,_,4),1)(3,5);p(p(f,_,2,_,4),1).args;p(p(f,_,_),5).args;p(p(f,_,_,3),_,5);p(f,1).func;p(f,1).args;p(f,1,a=2).keywords;p(f,1).__reduce__();pp.__reduce__();PP(f,1);repr(PP(f,1));p(PP(f,1),2).func;PP(p(f,1),2).func;p(pp,1).func;c.m(5);c.n(5);C.m(5);C.m;pp.__dict__;setattr(pp,'func',1);p(f,1).__setstate__((f,(1,),{},None));p(f).__setstate__(1);p(f).__setstate__((1,(),{},None));p(f).__setstate__((f,(1,_),{},None));p(f).__setstate__((f,(),{}));p[int];F.Placeholder;type(_)();type(_)(1);_.__reduce__();copy.copy(_) is _;p(f,x=1)(x=2,y=3);p(f,**{'a':1})();p(f,a=1)(**{'a b':2});hash(p(f)) != 0;p(int,base=2)('10');p(f,_)
K(1)<K(2);K(1)==K(1);K(1)<1;K(1);K.obj;K(1).obj;K();K(1,2);hash(K(1));F.cmp_to_key();F.cmp_to_key(1)(2);F.cmp_to_key(1)(2)<F.cmp_to_key(1)(3);F.cmp_to_key(mycmp=f);type(K);sorted([3,1,2],key=K);K(obj=3).obj;K(1)>=K(0)
h(1),h(2),h(1),h(3),h(2);h.cache_info();h.cache_clear();h.cache_info();h(1,x=2),h(1,x=2);h.cache_info();h(1.0),h(1),h(True);h.cache_info();h([]);z(1);z.cache_info();u(1),u(1);u.cache_info();c.g(3),c.g(3);C.g.cache_info();h.__reduce__();h.__wrapped__;h.__name__;h.cache_parameters();copy.copy(h) is h;copy.deepcopy(h) is h;_functools._lru_cache_wrapper();_functools._lru_cache_wrapper(1,2,3,4);_functools._lru_cache_wrapper(f,'x',False,tuple);_functools._lru_cache_wrapper(f,1,False,1);_functools._lru_cache_wrapper(f,1,False,tuple);h;h.__dict__.keys()'''.replace('\n',';').split(';'): t(s)
@F.lru_cache(maxsize=3,typed=True)
def ty(*a): return a
ty(1);ty(1.0);ty(1);ty('a',2);print(ty.cache_info())
@F.lru_cache(maxsize=3)
def fib(n): return n if n<2 else fib(n-1)+fib(n-2)
print(fib(30), fib.cache_info())
