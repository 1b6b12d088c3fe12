"""What compile() says of bytes that are not what they declare to be."""
cases=[b"# -*- coding: fake -*-\n", b"# coding: uft-8\nx=1\n", b"x=1\n# coding: fake\ny",b"# coding: hex_codec\nx=1\n", b"# coding: utf8-sig\n\nx=1", b"\xef\xbb\xbf# coding: latin1\nx", b"\xef\xbb\xbf# coding: utf8\nx=\xffd", b"# coding: ascii\nx='\xff'\n", b"x='\xff'\n", b"\n\nx='\xff'\n",b"\n\n\nx='\xff'\n", b"# coding: utf-8\nx='\xff'\n", b"# coding: utf-8\n\n\nx='\xff'\n", b"#\xff\n", b"#\n\n\n\xff=3;", b"x=1\0", b"x\xff\0", b"# coding: utf-16\nx=1",b"# coding: utf-7\nx='+AGE-'",b"# coding: iso-8859-15\nx='\xa4'",b"# coding: iso-8859-15\nx='\xa4' 1",b"# coding: latin-1\nx='\xa4' 1", b"# coding: rot13\nk=1", b"# coding: idna\nk=1", b"# coding: undefined\nk=1", b"# coding: cp1252\nk='\x81'", b"# coding: unicode_escape\nk='\\x41\\n'", b"# coding: raw_unicode_escape\nk=1", b"\xef\xbb\xbf# coding: fake\nx", b"\xfe\xff", b"\xff\xfe", b"x = 1 + \n\n\n \xff", b"# coding: utf-8-foo\nx=1",b"# coding: utf-8-foo\nx='\xff'",b"# coding: u8\nx='\xff'",b"# coding: utf\nx='\xff'\n",b"'\xed\xa0\x80'", b"# coding: utf-8\n'\xed\xa0\x80'", b"# coding: utf8\n# \xe0\x80\x80\n", b"x = 1\r\xff", b"(\n\n\xff", b"'''\n\n\xff", b"# coding: fake\r\nx", b"\x0c# coding: fake\nx", b"pass # coding: fake\nx", b"\n#!coding=fake\nx", b"\\\n# coding: fake\nx",b"# vim: set fileencoding=fake :\n",b"#coding:\tfake",b"#coding : fake",b"#coding= fake",b"#xcoding: fake coding: bar",b"#coding:fake/utf-8",b"#coding:",b"#coding:\n#coding:fake",b"# coding: FAKE_name.x-y",b"# coding: Latin_1\nx='\xff'", b"# coding: iso_8859_1_foo\nx='\xff'",b"# coding: iso-latin-1-unix\nx='\xff'", b"# coding: latin1\nx='\xff'",b"# coding: l1\nx='\xff'"]
for c in cases:
  for mode in ('exec',):
    try:
        r = compile(c,'dummy',mode).co_consts
        print(c, 'ok', ascii(r))
    except BaseException as e:
        print(c, type(e).__name__, ascii(e.args), getattr(e,'text',None).__class__, e.__cause__, e.__context__)
for c in (b"x\0", b"\n\0x", "x\0", "x\ud800", b"\xef\xbb\xbfx y", "\ufeffx y", b"'\xef\xbb\xbf' 1"):
  for m in ('exec','eval','single'):
    try:
        r = compile(c,'dummy',m).co_consts
        print(c, 'ok', ascii(r))
    except BaseException as e:
        print(ascii(c), type(e).__name__, ascii(e.args))
