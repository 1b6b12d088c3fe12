"""itertools: results and messages."""
import itertools as I
import operator

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


for s in '''I.accumulate([1,2,3]);list(I.accumulate([1,2,3],operator.mul,initial=5));I.accumulate();I.accumulate(1);I.accumulate([1],None,3,4);list(I.accumulate([],initial=None))
I.batched('abc',0);I.batched('abc');I.batched('abc',2,strict=True);list(I.batched('abc',2,strict=True));list(I.batched('abc',2));I.batched('abc','x');I.batched('abc',1,2)
I.chain(1);list(I.chain(1));list(I.chain.from_iterable(['ab','cd']));I.chain(x=1);I.chain.from_iterable(1)
I.combinations('abc',-1);I.combinations('abc');list(I.combinations('abc',2));list(I.combinations('abc',5));I.combinations('abc',r='x');I.combinations(1,2);list(I.combinations([],0))
list(I.combinations_with_replacement('abc',2));I.combinations_with_replacement('abc',-1);list(I.combinations_with_replacement('',2));list(I.combinations_with_replacement('',0))
I.compress('abc');list(I.compress('abcd',[1,0,1]));I.compress(1,[]);I.compress([],1)
I.count();I.count(5);I.count(1,2);I.count(1.5);I.count(1,1.5);I.count('a');I.count(1,'a');I.count(x=1);I.count(1,1);I.count(1,2,3);repr(I.count(step=3));I.count(10**30);next(I.count(2**63-1));I.count(1,True);I.count(True)
I.cycle();I.cycle(1);list(I.islice(I.cycle('ab'),5));I.cycle(x=1)
I.dropwhile(1);list(I.dropwhile(bool,[1,0,1]));I.takewhile(1);list(I.takewhile(bool,[1,1,0,1]));I.filterfalse(1);list(I.filterfalse(None,[0,1,2]));list(I.filterfalse(lambda x:x>1,[0,1,2]));I.dropwhile(x=1)
I.groupby();I.groupby(1);[(k,list(g)) for k,g in I.groupby('aabbc')];[(k,list(g)) for k,g in I.groupby([1,3,2,4],key=lambda x:x%2)];I.groupby([],1,2);next(I.groupby('a'))
I.islice();I.islice([1]);I.islice([1],-1);I.islice([1],1,-1);I.islice([1],1,2,0);I.islice([1],'a');I.islice([1],None,'a');I.islice([1],1,2,'x');list(I.islice(range(10),2,8,3));list(I.islice(range(10),None));list(I.islice(range(10),2,None));I.islice([1],1,2,3,4);I.islice(x=1);I.islice([1],-1,None);I.islice([1],1,2,None);I.islice(1,2)
list(I.pairwise([1,2,3]));I.pairwise();I.pairwise(1);I.pairwise(x=1);list(I.pairwise([1]))
list(I.permutations('abc',2));I.permutations('abc',-1);I.permutations('abc','x');I.permutations();list(I.permutations([1,2,3]));list(I.permutations([1],3));list(I.permutations([],0));I.permutations(1)
list(I.product('ab',repeat=2));list(I.product('ab',[1,2]));I.product(repeat=-1);I.product('ab',x=1);list(I.product());I.product(1);I.product('ab',repeat='x');list(I.product('ab',''));list(I.product(repeat=0));I.product([1,2],repeat=1<<62)
I.repeat(1);I.repeat(1,3);I.repeat(1,-3);list(I.repeat(1,2));I.repeat();I.repeat(1,'x');I.repeat(object=1,times=2);I.repeat(1,None);I.repeat(1,2,3);I.repeat(1,x=2);operator.length_hint(I.repeat(1));operator.length_hint(I.repeat(1,4))
list(I.starmap(pow,[(2,3),(3,2)]));list(I.starmap(pow,[1]));I.starmap(1);I.starmap(pow,1);list(I.starmap(1,[(1,)]))
I.tee();I.tee([1],-1);I.tee([1],0);I.tee([1],3);[list(x) for x in I.tee([1,2],2)];I.tee(1);I.tee([1],'x');I._tee([1]);I._tee();I._tee_dataobject([],[],None);I._tee_dataobject(iter([]),[1],None);I._tee_dataobject(iter([]),1,None);I.tee([1],1,2)
list(I.zip_longest('ab','c'));list(I.zip_longest('ab','c',fillvalue='-'));I.zip_longest('ab',x=1);I.zip_longest(1);list(I.zip_longest());I.zip_longest('a',fillvalue=1,x=2);I.zip_longest(1,'a');I.zip_longest('a',1)
I._grouper();I._grouper(1,2);type(next(I.groupby('a'))[1])
I.count(1).__reduce__();I.chain('a').__reduce__();I.repeat(1).__reduce__();I.combinations('abc',1).__reduce__()
I.batched([],1<<70);I.combinations('abc',1<<70);I.islice([],1<<70);I.repeat(1,1<<70)'''.replace('\n',';').split(';'): t(s)
