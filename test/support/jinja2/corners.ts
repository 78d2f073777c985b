/** Templates for the corners that chance seldom finds: one line each, by what they are about. */
const expressions = String.raw`
'abc'.expandtabs() ~ 'a\tb\n\tc'.expandtabs() ~ 'a\tb'.expandtabs(4) ~ 'a\tb'.expandtabs(tabsize=0)
'a\tb\rc\td'.expandtabs(3)
'ABC'.casefold()
'{a} {b}'.format_map({'a': 1, 'b': 2, 3: 4})
'{c}'.format_map({'a': 1})
'{}'.format_map({'a': 1})
'ab'.split('')
'ab'.partition('')
'ab'.partition(1)
'ab'.split(1)
'a-b'.split('-', 'x')
'a-b-c'.split('-', 0)
' a b '.split(none, 0) ~ ' a b '.rsplit(none, 0)
'a'.center(3, 'xy')
'a'.center(3, 1)
'a'.center('3')
'abc'.find('b', 5) ~ 'abc'.find('', 3) ~ 'abc'.find('', 4) ~ 'abc'.find('c', -1) ~ 'abc'.rfind('a', -10, 2)
'né😀x'.find('x') ~ 'né😀x'.index('😀') ~ 'né😀x'.count('', 2) ~ 'né😀x'.find('x', 3, 4)
'né😀x'[1:3] ~ 'né😀x'[::-1] ~ 'né😀x'[-1] ~ 'né😀x'.center(9, '·') ~ 'né😀x'.zfill(7) ~ 'né😀x'.ljust(6, '.')
'abc'.count('b', 0, 1) ~ 'abc'.count('')
'abc'.count(1)
'abc'.startswith(('x', 1))
'abc'.startswith(('x', 'a')) ~ 'abc'.endswith('') ~ 'abc'.startswith('', 9)
'abc'.startswith('b', 1) ~ 'abc'.endswith('b', 0, 2)
'a'.upper(1)
'a'.replace('a')
'a'.replace('a', 'b', 1, 2)
'aaa'.replace('a', 'b', -5) ~ 'aaa'.replace('', '-', 2) ~ 'aaa'.replace('a', '', 0)
'a'.replace(count=1)
'x'.join('né😀') ~ '-'.join({'a': 1, 'b': 2}) ~ ''.join([])
'-'.join([1])
'-'.join(5)
'12'.isdecimal() ~ '1a'.isidentifier() ~ 'a1'.isidentifier() ~ 'é'.isascii() ~ 'a\n'.isprintable() ~ ''.isalnum()
'É'.isupper() ~ 'é'.islower() ~ 'É'.lower() ~ 'straße'.upper() ~ 'É'.isalpha() ~ '١'.isdigit() ~ '½'.isnumeric()
'hello WORLD'.swapcase() ~ "it's a-b c".title() ~ 'ßa'.title() ~ 'ßa'.capitalize() ~ 'éa'.title()
'Hello World'.istitle() ~ 'Hello world'.istitle() ~ 'HELLO'.istitle() ~ '1'.istitle()
'+5'.zfill(4) ~ '-'.zfill(3) ~ ''.zfill(2)
'a\x1cb\x85c\u2028d\r\ne'.splitlines() ~ 'a\nb\n'.splitlines(true) ~ ''.splitlines()
'xxaxx'.strip('') ~ 'xax'.lstrip('x') ~ '\u3000a\x1f'.strip() ~ 'é€é'.strip('é')
'a'.strip(1)
'abc'.removeprefix('') ~ 'abc'.removesuffix('') ~ 'abc'.removesuffix('x')
'abc'.nosuch()
'abc'[5] is defined ~ 'abc'['upper']() ~ 'abc'['x'] is defined
'abc'[1:'x']
'abc'[::0]
{}[1:2]
5[1:2]
[1, 2, 3][none:none] ~ [1, 2, 3][10:] ~ [1, 2, 3][-10:2] ~ (1, 2, 3)[::-2] ~ [1, 2, 3][2:0:-1]
[1, 2, 3].index(2, -2) ~ [1, 2, 3].index(3, 0, 10)
[1].index(2)
[1].pop(5)
[1, 2].pop(-1) ~ [1, 2].pop(true)
[1].insert()
[1].append(1, 2)
[1].append(x=1)
[3, 1].sort(1)
[3, 1].sort(foo=1)
[3, 1].sort(reverse='x')
(1, 2, 1).index(1, 1) ~ (1, 2, 1).count(1)
(1, 2).index(9)
((1, 2) + (3,)) ~ () ~ (1,) * 2
[1] + (2,)
[1] * 2.0
'a' * 'b'
{'a': 1}.fromkeys([1, 2], 0) ~ {}.fromkeys('ab')
{'a': 1}.pop('b')
{}.popitem()
{'a': 1}.pop()
{'a': 1}.get()
{'a': 1}.setdefault('a', 2) ~ {'a': 1}.setdefault('b')
{'a': 1}.nosuch
({'a': 1} == {'a': 1.0}) ~ ({'a': 1} == {'b': 1}) ~ ({'a': 1} == {'a': 1, 'b': 2}) ~ ({1: 2} == {true: 2})
({'a': 1}.items() == {'a': 1}.items()) ~ ({'a': 1}.keys() == {'a': 2}.keys()) ~ ({'a': 1}.keys() == ['a']) ~ ({'a': 1}.values() == {'a': 1}.values())
('a' in {'a': 1}.keys()) ~ (1 in {'a': 1}.values()) ~ (('a', 1) in {'a': 1}.items())
{1: 'a', 1.0: 'b', true: 'c', '1': 'd', none: 'e', (1, 2): 'f', (1.0, 2): 'g', 1.5: 'h'}
{(1, ('a', none)): 1}[(true, ('a', none))] ~ {('a',): 1}.get(('b',)) ~ ({range(2): 1}[range(2)] is defined)
{(1, [2]): 3}
dict([(1, 2), 'ab', [3, 4]]) ~ dict({'a': 1}, b=2) ~ dict()
dict([1])
dict(['abc'])
dict(5)
dict({}, {})
dict(**{'a': 1}) ~ dict(a=1, **{'b': 2})
dict(a=1, **{'a': 2})
dict(**{1: 2})
dict(**[1])
dict(*[[['a', 1]]])
dict(*5)
dict(*nosuch)
dict(**nosuch)
range()
range(1, 2, 3, 4)
range(1.5)
range('a')
range(true)|list ~ range(5, 0, -2)|list ~ range(0)
range(1, 2, 0)
range(stop=3)
(range(3) == range(0, 3)) ~ (range(0) == range(5, 5)) ~ (range(3) == [0, 1, 2]) ~ (2 in range(0, 10, 2)) ~ (3 in range(0, 10, 2)) ~ (2.0 in range(3)) ~ ('a' in range(3))
range(10)[-1] ~ range(10)[3:8:2] ~ range(3)|last ~ range(3)|reverse|list ~ range(3).start
[1, 2] is sameas [1, 2] ~ (none is sameas none) ~ (1 is sameas 1.0) ~ (1 is sameas true) ~ (256 is sameas 256) ~ ('a' is sameas 'b')
() is sameas ()
(1, 2) is sameas (1, 2)
nosuch is none ~ (nosuch is string) ~ (nosuch is number) ~ (nosuch is mapping) ~ (nosuch is callable) ~ (nosuch is sameas none)
nosuch is iterable
nosuch is sequence
nosuch is eq 1
nosuch is lower
nosuch is odd
nosuch in [1]
[nosuch] == [1]
[nosuch] == []
nosuch|length
nosuch|list
nosuch|first
nosuch|last
nosuch|sort
nosuch|abs
nosuch|int
nosuch|float
nosuch|round
nosuch|upper
nosuch|join
nosuch|string
nosuch|tojson
nosuch|default
(nosuch|default('x')) ~ (nosuch|d('y', true)) ~ (''|d('z', boolean=true))
nosuch|items|list
nosuch|map('upper') is defined
nosuch|map('upper')|list
nosuch|attr('x')
nosuch|replace('a', 'b')
nosuch|indent
nosuch|truncate
nosuch|wordwrap
nosuch|reverse
nosuch|batch(2)|list
nosuch|dictsort
nosuch|groupby('x')
nosuch|xmlattr
nosuch|urlencode
nosuch|pprint
nosuch|format(1)
'%s'|format(nosuch)
'abc' % nosuch
'%(a)s' % nosuch
nosuch % 2
-nosuch
+nosuch
nosuch ~ 'a'
nosuch[1:2]
nosuch < 1
1 < nosuch
nosuch ** 2
[1, 2][nosuch]
{'a': 1}[nosuch]
(1 if false) ~ '|' ~ ((1 if false)|list) ~ ((1 if false)|length) ~ ('x' if (1 if false) else 'y') ~ ((1 if false) == (2 if false)) ~ ((1 if false) is defined)
(1 if false) + 1
(1 if false).x
(1 if false) < 1
[(1 if false)]
{(1 if false): 1}
(1 if false)|upper ~ ((1 if false)|default('d')) ~ ((1 if false)|join)
'x' in (1 if false)
(1 if false) is sequence
-true ~ +true ~ -(-5) ~ +2.5 ~ (not none)
-'a'
+[]
1 < 'a'
[] < {}
{} < {}
none < none
((1, 2) < (1, 3)) ~ ([1] < [1, 0]) ~ ('a' < 'b' < 'c') ~ (1 < 2.5 < 3) ~ (true < 2)
[1, 'a'] < [1, 2]
(1 == '1') ~ (1 == true) ~ (none == none) ~ ([] == ()) ~ ('' == none) ~ (1.0 == 1) ~ ((1 / 3) == 0.3333333333333333)
1 in 'a'
none in 'a'
'a' in 5
'a' in none
(1 in {1: 2}) ~ (1.0 in {1: 2}) ~ ([] in [[]])
[] in {}
10 ** 400 * 1.0
10 ** 400 / 10 ** 399
10 ** 400 / 3
2.0 ** 1024
0.0 ** -1
0 ** 0 ~ (0.0 ** 0) ~ (0.0 ** 3) ~ (2 ** -3) ~ (2.5 ** 2) ~ ((-2) ** 3) ~ (-2.0 ** 2) ~ (1.5 ** -20)
0.1 ** 3 ~ (1.1 ** 10) ~ (3.3 ** 5) ~ (7 ** -7) ~ (1e-200 ** 1)
7 // 0
7 % 0
7.0 // 0
7.0 % 0
7 / 0.0
-7 // 2 ~ (-7 % 3) ~ (7 % -3) ~ (-7.5 // 2) ~ (-7.5 % 2) ~ (7.5 % -2) ~ (-0.0) ~ (0.0 // -2) ~ (5 // 2.0)
(9007199254740993 + 1) ~ '|' ~ (9007199254740992 * 3) ~ '|' ~ (2 ** 70 // 3) ~ '|' ~ (2 ** 70 % 7) ~ '|' ~ (-(2 ** 70)) ~ '|' ~ (2 ** 70 - 2 ** 70) ~ '|' ~ (2 ** 70 / 2 ** 69)
(2 ** 70 == 2.0 ** 70) ~ (2 ** 70 > 1e20) ~ (2 ** 53 + 1 == 2.0 ** 53) ~ ({2 ** 70: 1}[2.0 ** 70])
1e400
1e308 * 10 ~ (-1e308 * 10) ~ (1e308 * 10 - 1e308 * 10)
(1e308 * 10)|int
'-Infinity'|float
'nan'|float
(' 1_0.5 '|float) ~ ('1__0'|float) ~ ('.5'|float) ~ ('5.'|float) ~ ('1e5'|float) ~ ('0x1'|float)
'inf'|int
'nan'|int
'0b11'|int(0, 2) ~ ('0o17'|int(base=8)) ~ ('0x1f'|int(base=16)) ~ ('1f'|int(base=16)) ~ ('0x1f'|int(base=0)) ~ ('011'|int) ~ ('011'|int(7, 0)) ~ ('z'|int(1, 36)) ~ ('0b1'|int(5, 16)) ~ ('1_000'|int) ~ ('_1'|int) ~ ('1_'|int) ~ ('-  5'|int) ~ (' -5 '|int) ~ ('+7'|int) ~ ('0_7'|int(9, 0))
'5'|int(1, 1)
'5'|int(1, 99)
'5'|int('d', 'x')
'1e3'|int ~ ('5.9'|int) ~ (-5.9|int) ~ (true|int) ~ (none|int) ~ ([]|int('d')) ~ (none|float) ~ ([]|float(1)) ~ ('x'|int(none))
5|round(-1) ~ (15|round(-1)) ~ (25|round(-1)) ~ (-15|round(-1)) ~ (true|round) ~ (2.675|round(2)) ~ (0.5|round) ~ (1.5|round) ~ (-0.4|round) ~ (1e300|round(-300))
2.5|round(none) ~ (2|round(none))
2.5|round(method='up')
'a'|round
2.5|round('x')
2|round(0, 'floor') ~ (25|round(-1, 'ceil')) ~ (2.45|round(1, 'ceil')) ~ (2.45|round(1, 'floor')) ~ (-2.45|round(1, 'floor'))
2.5|round(1.5, 'floor')
'a'|abs
[1, 2]|sum(start=10) ~ ([[1], [2]]|sum(start=[])) ~ ([{'a': 1}]|sum('a'))
[]|sum(start='')
['a']|sum
['a']|sum(start='b')
[1, 'a']|sum
[0.5, 0.25]|sum ~ ([1.5, 2, true]|sum)
1|filesizeformat ~ (0|filesizeformat) ~ (999|filesizeformat) ~ (1e30|filesizeformat) ~ ('2048'|filesizeformat(true)) ~ (-5|filesizeformat) ~ (999999|filesizeformat)
'x'|filesizeformat
[3, 1, 2]|sort(reverse=true) ~ (['b', 'A']|sort) ~ (['b', 'A']|sort(case_sensitive=true)) ~ ([(1, 'b'), (1, 'a')]|sort)
[1, 'a']|sort
['a', 1]|sort
[none, 1]|sort
[2, 1.5, true]|sort ~ ({'b': 1, 'a': 2}|sort) ~ ('bca'|sort)
[]|min is defined ~ ([3, 1]|min) ~ (['b', 'A']|min) ~ (['b', 'A']|max(case_sensitive=true)) ~ ([]|max is defined)
[]|first is defined ~ ({}|first is defined) ~ ('abc'|first) ~ ('né😀'|last) ~ ({'a': 1}|last) ~ ({'a': 1}.items()|last)
[]|last
5|first
5|last
[1]|map('string')|last
{1: 2, 3: 4}|reverse|list ~ ({1: 2}.values()|reverse|list) ~ ('né😀'|reverse) ~ ([1, 2]|map('string')|reverse)
5|reverse
[1, 2, 3]|batch(0)|list ~ ([1, 2, 3]|batch(2.0)|list) ~ ([1, 2, 3]|batch('x')|list) ~ ([]|batch(2)|list) ~ ([1]|batch(3, none)|list)
[1, 2, 3]|batch('x', 1)|list
[1, 2, 3]|slice(0)|list
[1, 2, 3]|slice(-1)|list
[1, 2, 3]|slice(5)|list ~ ([1, 2, 3, 4]|slice(3, 'x')|list)
['a', 'A', 'b']|unique|list ~ (['a', 'A']|unique(true)|list) ~ ([{'a': 1}, {'a': 1}]|unique(attribute='a')|list) ~ ([1, 1.0, true]|unique|list)
[[1]]|unique|list
{'b': 1, 'A': 2}|dictsort(true) ~ ({'b': 1, 'A': 2}|dictsort(by='value', reverse=true)) ~ ({1: 'b', 2: 'a'}|dictsort)
{'a': 1}|dictsort(by='x')
[1]|dictsort
{1: 1, 'a': 1}|dictsort
[1]|attr('append') is defined ~ ('a'|attr('nosuch') is defined) ~ ({'a': 1}|attr('a') is defined)
'a'|attr(5)
[{'a': {'b': 1}}]|map(attribute='a.b')|list ~ ([[1, 2]]|map(attribute=1)|list) ~ ([[1, 2]]|map(attribute='1')|list) ~ ([{}]|map(attribute='a.b', default=0)|list)
[{}]|map(attribute='a.b')|list
[1]|map|list
[1]|map(attribute='a', x=1)|list
[1]|map('nosuch')|list
[1]|map(nosuch)|list
[1]|map(5)|list
[1]|select(nosuch)|list
[1]|select(1)|list
[1]|selectattr|list
[{'a': 1}, {'a': none}]|selectattr('a', 'none')|list ~ ([{'a': {'b': 1}}]|selectattr('a.b')|list|length)
[{'a': 1}, {}]|rejectattr('a')|list
[1, 2]|select('divisibleby', 2)|list ~ ([1, 2]|reject('eq', 1)|list) ~ ([1, 2]|select('>=', 2)|list) ~ ([1, 2]|select('in', [2])|list)
[{'a': 'x', 'n': 1}, {'a': 'X', 'n': 2}, {'n': 3}]|groupby('a', default='z')
[{'a': 'x', 'n': 1}, {'a': 'X', 'n': 2}]|groupby('a', case_sensitive=true)
[{'a': 1}]|groupby('a')|map(attribute='grouper')|list ~ (([{'a': 1}]|groupby('a'))[0].list)
[{'a': 1}, {}]|groupby('a')
{'a': 1}|items|list
[1]|items|list
[1, 2]|join(none) ~ ([1, none]|join(5)) ~ ([{'a': 1}]|join(attribute='a')) ~ ({'a': 1}|join) ~ ('abc'|join('-'))
5|join
'a b'|wordcount ~ ("it's a-b"|wordcount) ~ (''|wordcount) ~ ('é_1 x'|wordcount)
'aaa bbb ccc'|wordwrap(3) ~ '|' ~ ('aaaaaaa'|wordwrap(3, false)) ~ '|' ~ ('aaa-bbb-ccc'|wordwrap(5)) ~ '|' ~ ('aaa-bbb-ccc'|wordwrap(5, break_on_hyphens=false)) ~ '|' ~ ('a  b   c'|wordwrap(4)) ~ '|' ~ ('  lead'|wordwrap(4)) ~ '|' ~ ('x -- y--z'|wordwrap(3))
'aa aaaaaaa bb'|wordwrap(4, false) ~ '|' ~ ('--aaa-b'|wordwrap(3)) ~ '|' ~ ('a\n\nb'|wordwrap(5)) ~ '|' ~ ('one two-three four'|wordwrap(9, wrapstring='+'))
'abc'|wordwrap(0)
5|wordwrap
'foo bar baz'|truncate(5) ~ '|' ~ ('foo'|truncate(3, end='')) ~ '|' ~ ('foobar'|truncate(3, true, '', 0)) ~ '|' ~ ('foo bar'|truncate(5, leeway=0)) ~ '|' ~ ([1, 2]|truncate(5)) ~ '|' ~ ('né😀né😀'|truncate(4, true, '.', 0))
'foo'|truncate(1)
'foo bar'|truncate(3, leeway=-1)
[1, 2, 3]|truncate(1, end='', leeway=0)
'a\nb'|indent(-1) ~ '|' ~ ('a\n\n b'|indent(2, true, true)) ~ '|' ~ (''|indent(first=true)) ~ '|' ~ ('\n'|indent) ~ '|' ~ ('a\r\nb'|indent(1))
'a'|indent('x', true) ~ ('a\nb'|indent(width='>'))
'a'|indent(none)
5|indent
'%s %s'|format(1)
'%s'|format(1, 2)
'%(a)s'|format(a=1)
'%s'|format
'%(a)s'|format(b=1)
'%s'|format(1, a=2)
5|format
'%d%%' % 5 ~ ('%5.1f|%-8s|%+d|% d|%08.3f|%x|%X|%#o|%e|%G|%c|%c|%r|%.2s|%i|%u' % (1.25, 'ab', 5, 5, 3.14159, 255, 255, 8, 12345.678, 1e-10, 'x', 65, 'q', 'abc', 3, 4))
'%*d|%-*d|%.*f' % (5, 1, 4, 2, 2, 3.14159)
'%*d' % ('a', 1)
'%d' % 'a'
'%d' % none
'%x' % 1.5
'%f' % 'a'
'%c' % 'ab'
'%c' % -1
'%c' % 1.5
'%y' % 1
'%' % 1
'%(a)d' % {'a': 5} ~ ('%(a)s' % {'a': none}) ~ ('x' % {}) ~ ('x' % []) ~ ('%s' % [1]) ~ ('%s' % {})
'%(a)s' % 5
'%(b)s' % {'a': 5}
'x' % 5
'%s %s' % 5
'%d' % 3.99 ~ ('%d' % true) ~ ('%.0f' % 0.5) ~ ('%.0f' % 1.5) ~ ('%5s' % none) ~ ('%-5d|' % 3) ~ ('%05d' % -3) ~ ('%.3d' % 5) ~ ('%+.2e' % 0) ~ ('%g' % 1e6) ~ ('%g' % 123456789) ~ ('%g' % 0.0001) ~ ('%g' % 0.00001)
'{:d}{:5d}|{:<5}|{:^5}|{:>5}|{:*^7}|{:+}|{: }|{:x}|{:X}|{:#x}|{:o}|{:b}|{:c}|{:,}|{:_}|{:_b}'.format(1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 8, 5, 65, 1234567, 1234567, 255)
'{:.2f}|{:8.3f}|{:<8.2f}|{:e}|{:.0e}|{:g}|{:G}|{:%}|{:.1%}|{:,.2f}|{}|{:5}|{:.3}|{:.1}'.format(1.5, 2.5, 3.5, 12345.6, 5.5, 1e10, 1e-10, 0.25, 0.125, 1234567.891, 1.0, 2.0, 3.14159, 25.0)
'{:s}|{:>5s}|{:.2s}|{:^6}|{:05}'.format('a', 'b', 'cde', 'f', 'g')
'{:d}'.format('a')
'{:s}'.format(1)
'{:d}'.format(1.5)
'{:.1d}'.format(1)
'{:,s}'.format('a')
'{:,x}'.format(255)
'{:+s}'.format('a')
'{:#s}'.format('a')
'{:=5}'.format('a')
'{:=+8}|{:08.2f}|{:+08}|{:=8}'.format(-5, -1.5, 3, 4.5)
'{:y}'.format(1)
'{:5}'.format(none)
'{:5}'.format([])
'{:5}|{:>5}|{}'.format(true, false, true)
'{:z}'.format('a')
'{!r}|{!s}|{0!r:>5}'.format('a', 'b')
'{!r}|{!s}'.format('a', 'b') ~ '{0}{1}{0}'.format('a', 'b') ~ '{a}{b}'.format(a=1, b=2) ~ '{{{}}}'.format(1) ~ '{:{}}|'.format('a', 5) ~ '{:{w}.{p}f}'.format(3.14159, w=8, p=2)
'{!x}'.format(1)
'{0}{}'.format(1, 2)
'{}{0}'.format(1, 2)
'{'.format()
'}'.format()
'{a'.format(a=1)
'{}'.format()
'{a}'.format()
'{0[0]}{0[-1]}'.format('ab')
'{0[0]}|{0[a]}'.format({'a': 1, 0: 2})
'{0[b]}'.format({'a': 1})
'{0[5]}'.format([1])
'{0[x]}'.format([1])
'{0[0]}'.format(5)
'{:,}|{:,}|{:,.1f}|{:15,}|{:_x}'.format(-1234, 999, 1e6, 1e7, 65536 * 65536)
'{:inf}'.format(1)
'{:f} {:5} {:+f} {}'.format('inf'|float, 'nan'|float, 'inf'|float, '-inf'|float)
'%f %5.1f %d' % ('inf'|float, 'nan'|float, 5)
'%d' % ('inf'|float)
'%05f|%-6f|' % ('inf'|float, '-inf'|float)
{'a': [1, 2.0, none, true, 'é"<>&\u2028\x7f'], 'b': {}}|tojson ~ ([]|tojson(2)) ~ ({'b': [1, {}], 'a': 2}|tojson(indent=1)) ~ ((1, 'a')|tojson) ~ ({'a': [1]}|tojson(indent='--'))
{1: 'a', none: 1}|tojson
{1: 'a', 2.5: 'b', true: 'c'}|tojson ~ ({none: 1}|tojson) ~ ({1.0: 2}|tojson)
{(1, 2): 3}|tojson
range(3)|tojson
[nosuch]|tojson
('nan'|float)|tojson ~ (('inf'|float)|tojson)
'😀'|tojson ~ ('a/b\b\f'|tojson)
{'a': 1, 'b': 'x<y', 'c': none, 'd"': true}|xmlattr ~ ({'a': 1}|xmlattr(false)) ~ ({}|xmlattr)
{'a b': 1}|xmlattr
[1]|xmlattr
'<b>a</b> &amp; <!-- x --> c&lt;'|striptags ~ ('a < b > c'|striptags) ~ ('  a  b '|striptags) ~ ('<a'|striptags) ~ ('&'|striptags)
'a b&c=d/é?'|urlencode ~ ({'a b': 'c/d', 'e': 1}|urlencode) ~ ([('a', 1), ['b', 2]]|urlencode) ~ (5|urlencode) ~ (none|urlencode) ~ ("~'()*!-_."|urlencode)
['ab']|urlencode
['abc']|urlencode
[5]|urlencode
'<a>'|e|e ~ ('<a>'|e|forceescape) ~ ('<a>'|safe|e) ~ (5|e) ~ (none|safe) ~ ([('<')]|e)
('<'|e).join(['<', 'a'])
('a'|e).join([1])
('a<b'|e).partition('<') ~ ('a-b'|e).rpartition('-') ~ ('a b'|e).split() ~ ('a\nb'|e).splitlines() ~ ('a'|e).startswith('a') ~ ('a'|e).find('a')
('a'|e).nosuch
('abc'|e)[1] ~ ('abc'|e)[1:] ~ ('abc'|e)|length ~ (('abc'|e) == 'abc') ~ (('a'|e) < 'b') ~ ('b' in ('abc'|e)) ~ {'a': 1}['a'|e] ~ [('a'|e)] ~ (('a'|e)|upper) ~ [('a'|e)|upper, ('a b'|e)|title, ('a'|e)|string, ('ab'|e)|first, ('ab'|e)|reverse]
('a'|e) * 2 ~ ('%s' % ('<'|e)) ~ ('{}'.format('<'|e)) ~ ('a'|e is string) ~ ('a'|e is escaped) ~ ('a' is escaped) ~ [('a'|e) * 2, ('a'|e) + 'b', 'b' + ('a'|e)]
('a'|e) + 1
('a%s'|e) % '<'
['a'|e, 'b']|join('<') ~ (['<']|join('-'|e)) ~ [['a'|e]|join]
'abc'|center(9)|trim ~ ('xax'|trim('x')) ~ ('x'|center(-1)) ~ (5|center(5)) ~ (none|upper) ~ (1.0|lower) ~ (5|title) ~ ([1]|capitalize) ~ ('HELLO-wORLD foo(bar'|title) ~ (5|string ~ 1)
5|replace('5', 6) ~ ('aaa'|replace('a', 'b', 1)) ~ (none|replace('N', 'n')) ~ ('aaa'|replace('a', 'b', 0)) ~ ('a'|replace('', '-'))
'a'|replace('a')
'a'|replace('a', 'b', 'c')
'a'|upper(1)
'a'|nosuch
'a'|default(1, 2, 3)
1 is nosuch
1 is odd(1)
1 is divisibleby
'a' is odd
1.0 is odd ~ (2 is even) ~ (true is odd) ~ (4 is divisibleby 2) ~ (none is none) ~ (0 is false) ~ (false is false) ~ ([] is sequence) ~ ({}.items() is sequence) ~ ({} is iterable) ~ (5 is iterable) ~ ('A' is upper) ~ (1 is lower) ~ ('b' is gt 'a') ~ (1 is in [1]) ~ ('upper' is filter) ~ (none is filter) ~ ('odd' is test) ~ ('==' is test)
[] is filter
(1, 2) is test
namespace(a=1).a ~ namespace({'b': 2}).b ~ namespace([('c', 3)], d=4).c ~ namespace(a=1)
namespace(5)
namespace().x
namespace(a=1)['a'] ~ (namespace(items=5).items) ~ (namespace() is mapping) ~ (namespace() is callable)
cycler()
cycler('a', 'b').next() ~ cycler(1).current ~ cycler(1, 2).items ~ cycler(1).pos
joiner()() ~ joiner('x').sep ~ joiner().used
joiner(1, 2)
range ~ dict ~ namespace ~ cycler ~ joiner
range is callable ~ (lipsum is callable) ~ ('a'.upper is callable) ~ (5 is callable)
5()
none()
'a'()
(5).x is defined ~ (5.5).x is defined
5[0] is defined ~ (none['a'] is defined) ~ (true.x is defined) ~ [1]['0'] is defined ~ [1][0.0] is defined
(not 1) == 2 ~ (not (1 == 2)) ~ (1 if 2 else 3) ~ (1 if 0 else 2 if 0 else 3) ~ (1 or 2 and 0) ~ (0 and 1 or 2) ~ (not 0 and 1) ~ (none or [] or '' or 'x')
(1 < 2 == true) ~ (1 < 2 in [true]) ~ (1 in [1] in [[1]]) ~ (3 > 2 >= 2 != 1) ~ (1 not in [2] not in [3])
2 ** 3 ** 2 ~ (-2 ** 2) ~ (2 * 3 ~ 4) ~ (1 ~ 2 + 3|string) ~ (7 - 2 - 1) ~ (2 + 3 * 4 ** 2) ~ (10 % 4 * 2) ~ (-3|abs) ~ (- 3 ** 2)
[1, 2,] ~ (1,) ~ {'a': 1,} ~ dict(a=1,) ~ [[], {}, ()]
'\x41\u00e9\U0001F600\101\0\a\b\f\n\r\t\v\\\'\"\
z\q' ~ 'a' "b" 'c'
'\é' ~ '\😀' ~ '\—x'
'\x4'
'\u12'
'\U0001'
'\U99999999'
'\N{BULLET}'
'\8\18\400'
1_0.5_0 ~ 1e1_0 ~ 0XfF ~ 0B1 ~ 0O7 ~ 00 ~ 1E5 ~ 1.5e-3
0x
1__0
0_1
01
1.e5
.5
1.a
[1].0 ~ {'a': [1, 2]}.a.1 ~ ((1, 2), 3).0.1
[1].x.y
'a'.0 ~ 'abc'.1.upper()
x.1.5
'a'|upper.x
'a'.upper
{}.items
[1]|map('string')
self
-2 ** x
(1 - 3) ** n ~ (2 ** n) ~ (n ** -2)
-1 ** n
-2 ** 2 ** n
(-2 if true else n) ** n
(n - 7) ** 2 ** n
3[1:] is defined
('abc'[1:'x'] or 1)
{}[1:2]|default('x')
(1 if true)[1:] is defined
'abc'[1:][0:2][-1] ~ (1, 2)[:1] ~ 'abc'[0:9]
℮
{'a·b': 1}.a·b
'a'.center(5, none)
'a'.ljust(5, none) ~ 1
'a'.replace('a', 'b', none)
'a'.split('a', 2 ** 70)
'a'.find('a', 2 ** 70) ~ 'a'.find('a', -2 ** 70) ~ [1].index(1, -2 ** 70, 2 ** 70)
'a'.expandtabs(2 ** 40)
'a\nb'.splitlines(1) ~ 'a\nb'.splitlines(false)
'a\nb'.splitlines('x')
[1].pop(none)
[1].insert(2 ** 70, 1)
[2, 1].sort(reverse=none)
[2, 1]|sort('x')
[2, 1]|sort(0) ~ ([2, 1]|sort(5))
{'b': 1}|dictsort(reverse='x')
{}.pop([1], 0) ~ {}.pop({}, 1)
'a<b'.partition('<'|safe) ~ 'ab'.partition('x'|e)
('<b>'|e).join('a', 'b')
('<b>'|e).partition(1)
('<b>'|e).strip('<') ~ 1
('a<'|safe).replace('<', 'x')
('ab'|e).replace('a', 'x') ~ ('ab'|e).strip('b')
('<b>'|e).casefold()
['<i>'|safe|trim('<')]
['ab'|e|last, ['x'|e]|map('last')|list]
'abcdefgh'|truncate(5, end=1)
'abc'|truncate(5.0)
'abc'|wordwrap(3, wrapstring=1)
'abc'|wordwrap(5.5)
'é😀-->!-xx-'|wordwrap(5) ~ '|' ~ ('😀x-y-z'|wordwrap(5)) ~ '|' ~ ('--😀'|wordwrap(2))
[3, 1]|reject('lt', b=2)|list
[3, 1]|select('lt', 2, 3)|list
[1]|select(value=1)|list
[1]|map('string', context=1)|list
'%s'|format(value=1)
cycler(1, 2).reset(1)
dict(_loop_vars=1)
namespace(_block_vars=1)
dict(_Context__self=1)
'{self}{obj}'.format(self=1, obj=2) ~ dict(self=1)
'{0[a]}'.format(dict)
'%.17e|%.20g' % (1e23, 1e23) ~ '{:.18e}'.format(9.5e22)
'%5%' % 1
'%*%' % 0
'%(a)s %s' % {'a': 1}
'%(a)s %(a)s' % {'a': 1}
'{:>+08.0f}|{:^08}|{:<05}|{:*>05}'.format(1.5, 2, 'a', 3)
'{!r:>-5}'.format(1)
'{:-5}'.format('a')
'{:-d}|{:-}'.format(5, -5)
'{:z}'.format(1.5)
'{:.0%}'.format(1.7976931348623157e308)
'{0[{]}'.format({'{': 3})
'{١}'.format(1, 2)
['⮖', 'ƛ'|upper]
super()
loop
caller()
varargs
true.x
True.false
`;

const statements = `
{% set true = 1 %}
{% set 1 = 2 %}
{% set [a] = [1] %}
{% set {'a': 1} = 2 %}
{% set a.b.c = 1 %}
{% set a[0] = 1 %}
{% set f() = 1 %}
{% set (a + b) = 1 %}
{% set (a, b.c) = 1, 2 %}
{% set (a, (b, [c])) = 1, (2, [3]) %}
{% set (a if b else c) = 1 %}
{% set (a is odd) = 1 %}
{% set a, = [1] %}{{ a }}
{% set (a) = 1 %}{{ a }}
{% set () = [] %}
{% set a, b = 1 %}
{% set a, b = {'x': 1, 'y': 2} %}{{ a }}{{ b }}
{% set a, b = [1, 2, 3] %}
{% set a, b = nosuch %}
{% set a = b = 1 %}
{% set a 1 %}
{% set a %}x{% endset %}{{ a }}{% set b|upper|replace('X', y) %}x{% endset %}
{% set a.b %}x{% endset %}
{% set o = namespace() %}{% set o.a %}x{{ 1 }}{% endset %}{{ o.a }}{% set o.b = o.a ~ 1 %}{{ o }}
{% set x.y = 1 %}
{% set nosuch.y = 1 %}
{% set a, o.b = 1, 2 %}
{% for x in [1] %}{% set loop = 1 %}{% endfor %}
{% for loop in [1] %}{% endfor %}
{% for x in [1, 2] %}{{ loop }}{{ loop|length }}{% endfor %}
{% for x in [1, 2] %}{% for y in loop %}{% endfor %}{% endfor %}
{% for x in [1] %}{{ loop.cycle() }}{% endfor %}
{% for x in [1] %}{{ loop([2]) }}{% endfor %}
{% for x in [1] recursive %}{{ loop(5) }}{% endfor %}
{% for x in [1] recursive %}{{ loop() }}{% endfor %}
{% for x in [[1, [2]]] recursive %}{{ loop.depth0 }}{% if x is iterable %}{{ loop(x) }}{% endif %}{% else %}none{% endfor %}
{% for x in [] recursive %}{% else %}none{% endfor %}
{% for x in [1, [2]] recursive if x %}{{ x }}{% endfor %}
{% for x in [1, [2, 0]] if x recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}
{% for a, b in [[1, 2], [0, 3]] if a %}{{ a }}{{ b }}{{ loop.index }}{% endfor %}
{% for a, (b, c) in [[1, [2, 3]]] if c %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in [1, 2, 3] if loop.index %}{% endfor %}
{% for x in [3, 1] if x > 1 %}{{ loop.index }}{{ loop.length }}{{ loop.last }}{{ loop.revindex }}{% else %}e{% endfor %}
{% for x in 'né😀' %}{{ loop.index }}{{ x }}{{ loop.revindex0 }}{% endfor %}
{% for x in [1]|map('string') %}{{ loop.length }}{{ loop.revindex }}{% endfor %}
{% for x in [1, 2, 3]|map('string') %}{{ x }}{{ loop.nextitem|default('-') }}{{ loop.length }}{{ loop.last }}{% endfor %}
{% for x in [1, 2, 3] %}{{ loop.changed(x // 2) }}{{ loop.changed() }}{{ loop.previtem is defined }}{% endfor %}
{% for x in {'a': 1} %}{% do d.update(b=1) %}{% endfor %}
{% set d = {'a': 1} %}{% for x in d %}{% do d.update(b=1) %}{% endfor %}
{% set l = [1] %}{% for x in l %}{% if x < 5 %}{% do l.append(x + 1) %}{% endif %}{{ x }}{% endfor %}
{% set l = [1] %}{% do l.append(l) %}{{ l }}{% set d = {} %}{% do d.update(d=d) %}{{ d }}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for x, y in [1] %}{% endfor %}
{% for x in [1] %}{% else %}{{ x }}{% endfor %}
{% for x in [] %}{% else %}{{ x }}{% endfor %}
{% for in in [1] %}{{ in }}{% endfor %}
{% for x in [1], [2] %}{{ x }}{% endfor %}
{% for x in [1] if true else [2] %}{% endfor %}
{% for x of [1] %}{% endfor %}
{% for x in %}{% endfor %}
{% for x.y in [1] %}{% endfor %}
{% if %}{% endif %}
{% if 1, 2 %}x{% endif %}
{% if x = 1 %}{% endif %}
{% if 1 %}a{% else %}b{% elif 1 %}c{% endif %}
{% if 1 %}a{% else if 0 %}b{% endif %}
{% if 0 %}a{% elif 0 %}b{% elif 1 %}c{% else %}d{% endif %}
{% if 1: %}x{% endif %}
{% elif %}
{% block a-b %}{% endblock %}
{% block a %}{% endblock %}{% block a %}{% endblock %}
{% block a required %}x{% endblock %}
{% block a required %} {# c #} {% endblock %}
{% block a required %}{{ 1 }}{% endblock %}
{% block a %}{{ super() }}{% endblock %}
{% block a %}{{ super.super }}{{ super is defined }}{% endblock %}
{% block a %}1{% endblock a %}{{ self.a() }}{{ self['a']() }}{{ self.nosuch is defined }}{{ self.a.name }}
{% block a %}1{% endblock b %}
{{ self.nosuch() }}{% block a %}{% endblock %}
{% for i in [1, 2] %}{% block a scoped %}{{ i }}{{ loop.index }}{% endblock %}{% endfor %}
{% for i in [1, 2] %}{% block a %}{{ i is defined }}{% endblock %}{% endfor %}
{% macro m(a, b=1, c) %}{% endmacro %}
{% macro m(a, a) %}{% endmacro %}
{% macro m(true) %}{% endmacro %}
{% macro m %}{% endmacro %}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m }}{{ m.name }}{{ m.arguments }}{{ m.caller }}{{ m.catch_varargs }}{{ m.explicit_caller }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(1, *[2]) }}{{ m(**{'a': 1, 'b': 2}) }}{{ m(b=1, *[2]) }}
{% macro m(caller) %}{{ caller() }}{% endmacro %}
{% macro m(caller=none) %}{{ caller is none }}{% endmacro %}{{ m() }}{% call m() %}x{% endcall %}
{% macro m(a, caller=1) %}{{ caller() }}{% endmacro %}{% call m(1, 2) %}x{% endcall %}
{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{{ caller(1) }}{% endmacro %}{% call m() %}y{% endcall %}
{% macro m() %}{{ caller(1, b=2) }}{% endmacro %}{% call(a, b=3, c=4) m() %}{{ a }}{{ b }}{{ c }}{% endcall %}
{% macro m() %}{{ caller }}{{ caller.name }}{{ caller.arguments }}{% endmacro %}{% call(a) m() %}y{% endcall %}
{% macro m() %}{{ kwargs }}{{ varargs }}{{ caller() }}{% endmacro %}{% call m(1, x=2) %}y{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{% call m(caller=1) %}y{% endcall %}
{% macro m(x=[]) %}{% do x.append(1) %}{{ x }}{% endmacro %}{{ m() }}{{ m() }}
{% macro m(a=b, b=1) %}{{ a }}{% endmacro %}{{ m() }}
{% macro m(a=b, b=1) %}{{ b }}{% endmacro %}{{ m() }}
{% set b = 5 %}{% macro m(a=b) %}{{ a }}{% endmacro %}{% set b = 6 %}{{ m() }}
{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
{% if true %}{% macro m() %}1{% endmacro %}{% endif %}{{ m() }}
{% for i in [1] %}{% macro m() %}1{% endmacro %}{% endfor %}{{ m is defined }}
{% macro m() %}{% macro n() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ n() }}{% endmacro %}{{ m() }}
{% macro m() %}{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}{% endmacro %}{{ m() }}
{% call 5 %}{% endcall %}
{% call x %}{% endcall %}
{% call [].append(1) %}{% endcall %}
{% call 'a'.upper() %}x{% endcall %}
{% filter upper %}a{% endfilter %}{% filter upper|lower %}B{% endfilter %}{% filter replace('a', 'b') %}a{% endfilter %}
{% filter length %}abc{% endfilter %}
{% filter nosuch %}{% endfilter %}
{% filter %}{% endfilter %}
{% with %}{% endwith %}{% with a = 1 %}{{ a }}{% endwith %}{% with a = 1, b = a|default(2) %}{{ b }}{% endwith %}
{% with a, b = [1, 2] %}{{ a }}{{ b }}{% endwith %}
{% with (a, b) = [1, 2] %}{{ a }}{{ b }}{% endwith %}
{% with a 1 %}{% endwith %}
{% with a = 1 b = 2 %}{% endwith %}
{% with 1 = a %}{% endwith %}
{% do %}
{% do 1, 2 %}{% do [].append(1) %}
{% print 1, 'a' %}{% print %}
{% raw %}{{ x }}{% endraw %}{%- raw %} a {% endraw -%} b {% raw -%} c {%- endraw %}
{% raw +%}x{% endraw %}
{%+ raw %}x{%+ endraw +%}y
{% raw %}x
{# a #}{#- b -#}{#+ c +#} {#--#}x{#-#}
{# a
{{ 1 }} {{- 1 -}} {{+1}} {{--1}} {{ -1-}} x
{{1}}{{-1-}}{{ 1 }}
{%- if 1 -%} a {%- endif -%} b {%+ if 1 +%} c {%+ endif +%} d
{%if 1%}a{%endif%}
{{ 1 }
{{ 1 }}}
{{ {1: 2} }}{{ {1: {2: 3}} }}{{ {'a}}': 1} }}
{{ (1 }}
{{ 1) }}
{{ [1) }}
{{ 1 2 }}
{{ }}
{{
{%
{% %}
{% 1 %}
{% nosuch %}
{% endfor %}
{% endblock x %}
{% if 1 %}{% for x in [] %}{% endif %}
{% if 1 %}
{% for x in [1] %}
{% macro m() %}
{% set x %}
{% include %}
{% include 'part' 'x' %}{% include nosuch %}
{% include [] %}
{% include ['nosuch', 'nosuch2'] %}
{% include ['nosuch', 'part'] %}{% include ('nosuch', 'part') ignore missing %}
{% include ['nosuch'] ignore missing %}{% include 'nosuch' ignore missing without context %}
{% include 'part' ignore %}
{% include 'part' with %}
{% include 'part' with context %}{% set n = 'part' %}{% include n %}{% include [n, 'x'] %}
{% include 5 %}
{% include none %}
{% import 'lib' as m %}{{ m }}{{ m.f }}{{ m.nosuch is defined }}{{ m._hidden is defined }}{{ m['seven'] }}
{% import 'lib' %}
{% import 'lib' as true %}
{% from 'lib' import %}
{% from 'lib' import f as g, seven %}{{ g(1) }}{{ seven }}
{% from 'lib' import f, %}{{ f(1) }}
{% from 'lib' import _hidden %}
{% from 'lib' import nosuch %}{{ nosuch }}
{% from 'lib' import nosuch %}{{ nosuch|default('d') }}
{% from 'lib' import f with context %}{{ f(1) }}{% from 'lib' import seven without context %}{{ seven }}
{% from 'nosuch' import f %}
{% from nosuch import f %}
{% for i in [1] %}{% from 'lib' import seven %}{{ seven }}{% endfor %}{{ seven is defined }}
{% macro m() %}{% import 'lib' as l %}{{ l.seven }}{% endmacro %}{{ m() }}
{% extends 'base' %}{% block title %}x{% endblock %}ignored{{ nosuch }}
{% extends 'base' %}{% extends 'base' %}
{% extends 'base' %}{% if true %}{% extends 'base' %}{% endif %}
{% if true %}{% extends 'base' %}{% endif %}text{% block title %}y{% endblock %}
{% if false %}{% extends 'base' %}{% endif %}text{% block title %}y{% endblock %}
{% for i in [1] %}{% extends 'base' %}{% endfor %}
before{% extends 'middle' %}{% block title %}{{ super() }}{{ super.super() }}{% endblock %}
{% extends 'middle' %}{% block title %}{{ super.super.super is defined }}{% endblock %}
{% extends 'base' %}{% set x = 1 %}{% block title %}{{ x }}{% endblock %}
{% extends 'base' %}{% macro m() %}M{% endmacro %}{% block title %}{{ m() }}{% endblock %}
{% extends 'base' %}{% set v %}cap{% endset %}{% block title %}{{ v }}{% endblock %}
{% extends 'base' %}{% for i in [1] %}{{ i }}{% block body %}{{ i is defined }}{% endblock %}{% endfor %}
{% extends 'base' %}{% filter upper %}x{{ 1 }}{% endfilter %}{% call [].count(1) %}{% endcall %}
{% extends %}
{% extends 'nosuch' %}
{% extends nosuch %}
{% autoescape %}{% endautoescape %}
{% trans %}x{% endtrans %}
{% continue %}
{% debug %}
{% set x = 1 %}{% if x %}{% set y = 2 %}{% else %}{% set z = 3 %}{% endif %}{{ y }}{{ z is defined }}
{% if false %}{% set range = 1 %}{% endif %}{{ range(2)|list }}
{% if true %}{% set q = 1 %}{% endif %}{% for i in [1] %}{{ q }}{% set q = 2 %}{{ q }}{% endfor %}{{ q }}
{{ q is defined }}{% set q = 1 %}{{ q }}{% macro m() %}{{ q }}{% endmacro %}{% set q = 2 %}{{ m() }}
{% for i in [1, 2] %}{% for j in [1] %}{% set k = i %}{% endfor %}{{ k is defined }}{% endfor %}
{% set _p = 1 %}{{ _p }}{% set a = 1 %}{% set a = a + 1 %}{{ a }}
{% set a = [1] %}{% for i in a %}{% do a.append(2) if a|length < 3 %}{% endfor %}{{ a }}
{% set l = [5, 3, 9, 1, 7, 2, 8, 4, 6, 0] * 9 %}{{ l|sort|join }}{{ l|sort(reverse=true)|join }}
{% set l = ['b', 'A', 'c'] * 30 %}{{ l|sort|join }}{{ l|sort(attribute='0')|unique|join }}
{{ 1 }}{#
{{ 1 }}{#-
{{ 1 }}{% raw %}
{{ 1 }} {%- raw -%}
{% raw %} {# {% endraw %}
{% set a, a = 1, 2 %}{{ a }}
{% set a, (b, a) = 1, (2, 3) %}
{% block b %}x{% endblock %}{{ self.b(1) }}
{% block b %}{{ self.b(x=1) }}{% endblock %}
{% macro m(self) %}{{ self }}{% endmacro %}{{ m(1) }}
{% macro m(self) %}{{ self }}{% endmacro %}{{ m(self=1) }}
{% macro m() %}{{ caller is defined }}{{ caller() }}{% endmacro %}{{ m(caller=none) }}
{% for i in [1] %}{{ loop.changed(x=1) }}{% endfor %}
{% for i in [1] %}{{ loop.cycle(1, x=1) }}{% endfor %}
{% if false %}{{ 1[1:] ~ 'x' }}{% endif %}
{% set x = 3 %}{{ -2 ** x }}
{% set y = -2 %}{{ y ** x }}{{ (y) ** 2 }}
`;

/** All corners, as whole templates. */
export const corners: readonly string[] = [
  ...lines(expressions).map((expression) => `{{ ${expression} }}`),
  ...lines(statements),
];

/** The lines of a list; one that ends in a backslash continues. */
function lines(text: string): string[] {
  return text
    .replace(/\\\n/g, '\\\0')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\\\0', '\\\n'));
}
