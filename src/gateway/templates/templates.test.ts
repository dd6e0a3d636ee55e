// The engine against the Velocity user guide and reference (1.7) and AWS's mapping template reference.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compileJsonPath,
  compileTemplate,
  Input,
  InvalidPayload,
  parseJson,
  TemplateError,
  TemplateSyntaxError,
  util,
} from './index.ts';
import type { Value } from './index.ts';

const NO_PARAMETERS = { path: [], querystring: [], header: [] };

function render(source: string, variables: Record<string, Value> = {}): string {
  return compileTemplate(source).render(new Map(Object.entries(variables)));
}

function map(source: string, body: unknown, parameters = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const input = new Input(text, () => ({ ...NO_PARAMETERS, ...parameters }));
  return render(source, { input, util });
}

/** template, expected output, variables */
const cases: Record<string, [template: string, output: string, variables?: Record<string, Value>][]> = {
  'references print their value': [
    ['Hello $name!', 'Hello World!', { name: 'World' }],
    ['${vice}maniac', 'Jackmaniac', { vice: 'Jack' }],
    ['$!{vice}maniac $!nothing|', 'Jackmaniac |', { vice: 'Jack' }],
    ['$a.b.c', '1', { a: new Map([['b', new Map([['c', 1]])]]) }],
    ['$a.b.', 'x.', { a: new Map([['b', 'x']]) }],
    ['$mud-slinger_9', 'ok', { 'mud-slinger_9': 'ok' }],
    ['$_x', 'ok', { _x: 'ok' }],
    ['${a[0]}$a[1]', '12', { a: [1, 2] }],
  ],
  'a null reference prints nothing, as API Gateway has it': [['[$foo][$foo.bar][$foo.baz()]', '[][][]']],
  'dollar signs and hashes that begin nothing are text': [
    ['$5 costs $ and $', '$5 costs $ and $'],
    ['#1 # and #fff', '#1 # and #fff'],
    ['$$name', '$x', { name: 'x' }],
    ['${unclosed', '${unclosed', {}],
    ['{"$schema": 1}', '{"": 1}'],
  ],
  'backslashes escape references that exist': [
    ['\\$email', '$email', { email: 'foo' }],
    ['\\\\$email', '\\foo', { email: 'foo' }],
    ['\\\\\\$email', '\\$email', { email: 'foo' }],
    ['\\\\\\\\$email', '\\\\foo', { email: 'foo' }],
    ['\\$none', '\\$none'],
    ['a\\b \\\\ c', 'a\\b \\\\ c'],
  ],
  'backslashes escape directives': [
    ['\\#if( $x )', '#if(  )'],
    ['\\\\#if(true)y#end', '\\y'],
    ['\\#unknown', '\\#unknown'],
    ['\\#foreach', '#foreach'],
  ],
  '#set assigns strings, numbers, lists, maps, references': [
    ['#set($a = "x")$a#set($a = 5)$a#set($a = 1.50)$a', 'x51.5'],
    ["#set($a = ['x', 2, $b])$a.get(0)$a[1]$a.size()", 'x23', { b: true }],
    ['#set($a = {"k": "v", "n": {"m": 1}})$a.k $a.n.m', 'v 1'],
    ['#set($m = {})#set($m.x = 1)#set($m["y"] = 2)$m', '{x=1, y=2}'],
    ['#set($l = [1,2])#set($l[0] = 9)$l', '[9, 2]'],
    ['#set( $e = {} )$e.isEmpty()', 'true'],
  ],
  '#set with null on the right changes nothing': [['#set($a = 1)#set($a = $none)$a', '1']],
  'single quotes are literal, double quotes interpolate': [
    ['#set($s = "$n items")$s', '3 items', { n: 3 }],
    ["#set($s = '$n items')$s", '$n items', { n: 3 }],
    ['#set($s = "#if($n > 2)many#{else}few#end")$s', 'many', { n: 3 }],
    ['#set($s = "a ""b"" c")$s', 'a "b" c'],
    ["#set($s = 'it''s')$s", "it's"],
    ['#set($s = "a\\u0041b")$s', 'aAb'],
    ['#set($s = "x\\\\")$s|', 'x\\\\|'],
    ['#set($d = "${d}\\""${k}\\"":1")$d', '{\\"k\\":1', { d: '{', k: 'k' }],
  ],
  'arithmetic keeps integers and makes doubles': [
    ['#set($a = 7 + 2 * 3)$a', '13'],
    ['#set($a = (7 + 2) * 3)$a', '27'],
    ['#set($a = 7 / 2)$a #set($a = 7 % 2)$a', '31'],
    ['#set($a = 7.0 / 2)$a', '3.5'],
    ['#set($a = 2 * 1.5)$a', '3.0'],
    ['#set($a = 5)#set($a = $a / 0)$a', '5'],
    ['#set($a = "x" + 1)$a', 'x1'],
    ['#set($a = 9007199254740991)#set($a = $a + 2)$a', '9007199254740993'],
    ['#set($a = -3)#set($a = $a - 1)$a', '-4'],
  ],
  '#if takes null and false as false, everything else as true': [
    ['#if($x)y#{else}n#end', 'n'],
    ['#if($x)y#{else}n#end', 'n', { x: false }],
    ['#if($x)y#{else}n#end', 'y', { x: '' }],
    ['#if($x)y#{else}n#end', 'y', { x: 0 }],
    ['#if($x < 10)a#elseif($x == 10)b#{elseif}($x > 10)c#end', 'b', { x: 10 }],
    ['#if(!$x)n#end#if(not $x)n#end', 'nn'],
    ['#if($x && $y || $z)y#end', 'y', { z: 1 }],
    ['#if($x and ($y or $z))y#else n#end', ' n', { y: 1 }],
    ['#if(1 lt 2 && 2 le 2 && 3 gt 2 && 3 ge 3 && 1 eq 1 && 1 ne 2)y#end', 'y'],
  ],
  '== compares numbers by value and unlike kinds by their text': [
    ['#if(1 == 1.0)y#end', 'y'],
    ['#if("5" == 5)y#end', 'y'],
    ['#if($a == "")y#else n#end', ' n'],
    ['#if($a != "")y#end', 'y'],
    ["#if($a == 'x')y#end", 'y', { a: 'x' }],
    ['#if($a == $b)y#end', 'y', { a: [1, 'x'], b: [1, 'x'] }],
  ],
  '#foreach walks lists, ranges and the values of maps': [
    ['#foreach($x in [1..3])$x,#end', '1,2,3,'],
    ['#foreach($x in [2..-1])$x #end', '2 1 0 -1 '],
    [
      '#foreach($x in $l)$foreach.index:$foreach.count:$x#if($foreach.hasNext),#end#end',
      '0:1:a,1:2:b',
      { l: ['a', 'b'] },
    ],
    ['#foreach($v in {"a": 1, "b": 2})$v#end', '12'],
    [
      '#foreach($k in $m.keySet())$k=$m.get($k);#end',
      'a=1;b=2;',
      {
        m: new Map([
          ['a', 1],
          ['b', 2],
        ]),
      },
    ],
    ['#foreach($e in $m.entrySet())$e.key:$e.value;#end', 'a:1;', { m: new Map([['a', 1]]) }],
    ['#foreach($x in [1,2])$velocityCount$!velocityHasNext #end', '1true 2false '],
    ['#foreach($x in [1,2,3])#if($x == 2)#break#end$x#end.', '1.'],
    [
      '#foreach($x in [1,2])#foreach($y in [1,2])$foreach.parent.index$foreach.index $foreach.first#end#end',
      '00 true01 false10 true11 false',
    ],
    ['#foreach($x in $none)a#end#foreach($x in "text")b#end.', '.'],
    ['#set($x = 9)#foreach($x in [1])$x#end$x', '19'],
    ['#foreach ( $a in [ $one , "b" ] )$a#end', '1b', { one: 1 }],
  ],
  '#foreach stops after a thousand turns': [['#set($n = 0)#foreach($x in [1..5000])#set($n = $n + 1)#end$n', '1000']],
  '#stop ends the template': [
    ['a#stop b', 'a'],
    ['#foreach($x in [1,2])$x#stop#end', '1'],
  ],
  '#macro defines and calls, before or after, with a block': [
    ['#macro(d)<tr></tr>#end#d()', '<tr></tr>'],
    ['#row(["a","b"] "c")#macro(row $l $t)#foreach($x in $l)<$t>$x</$t>#end#end', '<c>a</c><c>b</c>'],
    ['#macro(hi $n)Hi $n#end#hi("Bob"), #hi( $x )', 'Hi Bob, Hi Al', { x: 'Al' }],
    ['#macro(b)[$bodyContent]#end#@b()text#end', '[text]'],
    ['#unknown($x)', '#unknown($x)'],
    ['#macro(n $a)$a#if($a > 0)#set($b = $a - 1)#n($b)#end#end#n(3)', '3210'],
  ],
  '#define is rendered where it is printed': [['#define($b)Hello $who#end#set($who = "World")$b', 'Hello World']],
  '#evaluate runs a text': [['#set($s = "#foreach($x in [1..2])$x#end")#evaluate($s)', '12']],
  'comments and text blocks': [
    ['a## comment\nb', 'ab'],
    ['a#* many\nlines *#b', 'ab'],
    ['a#** doc *#b', 'ab'],
    ['#[[$x #if]]#', '$x #if', { x: 1 }],
    ['a ## to the end', 'a '],
  ],
  'directives take the blanks and the line end after them': [
    ['#if(true)  \nx\n#end\ny', 'x\ny'],
    ['#if(false)\nx\n#else \ny\n#end\nz', 'y\nz'],
    ['#set($a = 1)\n$a', '1'],
    ['x\n   #set($a = 1)\n$a', 'x\n   1'],
    ['#if(true)\n   #set($a = 1)\n$a#end', '1'],
    ['#foreach($x in [1,2])\n$x\n#end\n.', '1\n2\n.'],
    ['#if(true) x#end', ' x'],
    ['#macro(m)\nx\n#end\n#m()\ny', 'x\ny'],
  ],
  'values print as Java prints them': [
    [
      '$m',
      '{a=1, b=[1, 2], c=null, d={e=x}}',
      {
        m: new Map<Value, Value>([
          ['a', 1],
          ['b', [1, 2]],
          ['c', null],
          ['d', new Map([['e', 'x']])],
        ]),
      },
    ],
    ['$j.a $j.b', '[1,"x",{"k":true}] {k=1.0}', { j: parseJson('{"a":[1,"x",{"k":true}],"b":{"k":1.0}}') }],
    [
      '$j.big $j.f $j.e $j.i',
      '12345678901234567890 0.5 1.0E10 100',
      { j: parseJson('{"big":12345678901234567890,"f":0.5,"e":1e10,"i":100}') },
    ],
  ],
  'strings have the methods of java.lang.String': [
    ['$s.length() $s.toUpperCase() $s.substring(1,3) $s.substring(2)', '5 HELLO el llo', { s: 'hello' }],
    [
      '$s.indexOf("l") $s.lastIndexOf("l") $s.contains("ell") $s.startsWith("he") $s.endsWith("x")',
      '2 3 true true false',
      { s: 'hello' },
    ],
    ['$s.replace("l","L") $s.replaceAll("[el]+","-") $s.replaceFirst("l","1")', 'heLLo h-o he1lo', { s: 'hello' }],
    ["$s.replaceAll('(.)\\|(.)', '$2$1')", 'ba', { s: 'a|b' }],
    ['$s.split(",").size() $s.split(",")[1] $s.split(",", 2)[1]', '2 b b,,', { s: 'a,b,,' }],
    ['$s.split("").size()', '4', { s: 'a,b,' }],
    ['$s.trim()|$s.isEmpty()|$s.charAt(1)|$s.equals(" a ")', 'a|false|a|true', { s: ' a ' }],
    [
      '$s.matches("[a-z]+") $s.matches("[a-z]") $s.equalsIgnoreCase("ABC") $s.compareTo("abd")',
      'true false true -1',
      { s: 'abc' },
    ],
    ['$s.concat("d").hashCode()', '2987074', { s: 'abc' }],
    [
      '#set($S = "")$S.format("%05d|%-4s|%.2f|%,d", 42, "ab", 1.5, 1234567) $S.join("-", ["a","b"])',
      '00042|ab  |1.50|1,234,567 a-b',
    ],
  ],
  'lists and maps have the methods of ArrayList and LinkedHashMap': [
    [
      '#set($l = [3,1])#set($x = $l.add(2))$l $x $l.contains(1) $l.indexOf(2) $l.remove(0) $l $l.isEmpty()',
      '[3, 1, 2] true true 2 3 [1, 2] false',
    ],
    [
      '#set($m = {})$!m.put("a",1)$m.size() $m.containsKey("a") $m.getOrDefault("b", 7) $m.remove("a") $m.isEmpty()',
      '1 true 7 1 true',
    ],
    ['#set($l = ["b","a"])$!l.sort($none)$l.subList(0,1)', '[a]'],
  ],
  'static methods are reached through a value of the class': [
    ['#set($Integer = 0)#set($n = $Integer.parseInt("41") + 1)$n', '42'],
  ],
  'what a class does not have is null': [['[$s.nonsense()][$s.class][$n.foo]', '[][][]', { s: 'x', n: 1 }]],
};

for (const [name, rows] of Object.entries(cases)) {
  test(name, () => {
    for (const [template, output, variables] of rows) {
      assert.equal(render(template, variables), output, template);
    }
  });
}

test('$input.json answers JSON text and $input.path values', () => {
  const body = {
    pets: [
      { id: 1, type: 'dog', price: 249.99 },
      { id: 2, type: 'cat', price: 124 },
    ],
    name: 'a"b',
    none: null,
  };
  assert.equal(map('$input.json("$.pets[0]")', body), '{"id":1,"type":"dog","price":249.99}');
  assert.equal(map("$input.json('$.name')", body), '"a\\"b"');
  assert.equal(map("$input.json('$.none') $input.json('$.missing')", body), 'null ""');
  assert.equal(map("$input.path('$.pets').size() $input.path('$.pets[1].type')", body), '2 cat');
  assert.equal(map("$input.path('$.missing')|$input.path('$').missing", body), '|');
  assert.equal(map("$input.json('$..type')", body), '["dog","cat"]');
  assert.equal(map("$input.json('$.pets[?(@.price > 200)].id')", body), '[1]');
  assert.equal(
    map("$input.json('$.pets[*].id') $input.json('$.pets[-1].id') $input.json('$.pets[0:1].id')", body),
    '[1,2] 2 [1]',
  );
  assert.equal(map("$input.path('$.pets.length()')", body), '2');
  assert.equal(map("$input.json('$[\\'name\\']')".replaceAll("\\'", "''"), body), '"a\\"b"');
  assert.equal(map("$input.json('$.pets[?(@.type == ''cat'' && @.id in [2,3])].price')", body), '[124]');
  assert.equal(map("$input.json('$.pets[?(@.type =~ /D.*/i)].id')", body), '[1]');
  assert.equal(map('$input.body', 'raw text'), 'raw text');
});

test('JSON keeps the order of its members, and its numbers', () => {
  assert.equal(
    map("$input.json('$')", '{"b":1.0,"10":12345678901234567890,"a":[1e2]}'),
    '{"b":1.0,"10":12345678901234567890,"a":[100.0]}',
  );
});

test('a payload that is no JSON is one string; broken JSON is refused', () => {
  assert.equal(map("#foreach($p in $input.path('$').split('&'))$p;#end", 'a=1&b=2'), 'a=1;b=2;');
  assert.equal(map('{"body": $input.json("$")}', 'a=1&b=2'), '{"body": "a=1&b=2"}');
  assert.equal(map("$input.path('$.x')|$input.json('$')", ''), '|{}');
  assert.throws(() => map("$input.path('$.x')", '{"a":'), InvalidPayload);
});

test('$input.params searches path, query string and headers, in this order', () => {
  const parameters = {
    path: [['id', 'p']],
    querystring: [
      ['id', 'q'],
      ['page', '2'],
    ],
    header: [['X-Key', 'h']],
  };
  assert.equal(
    map(
      "$input.params('id') $input.params('page') $input.params('X-Key') $input.params('x-key')|$input.params('no')|",
      '',
      parameters,
    ),
    'p 2 h h||',
  );
  const all = `#set($all = $input.params())
#foreach($type in $all.keySet())
$type:#foreach($name in $all.get($type).keySet())$name=$util.escapeJavaScript($all.get($type).get($name));#end

#end`;
  assert.equal(map(all, '', parameters), 'path:id=p;\nquerystring:id=q;page=2;\nheader:X-Key=h;\n');
});

test('$util escapes, parses, encodes and decodes', () => {
  assert.equal(render('$util.escapeJavaScript($s)', { util, s: 'a\'b"c/d\\\n\u00e9' }), 'a\\\'b\\"c\\/d\\\\\\n\\u00E9');
  assert.equal(render('$util.escapeJavaScript($s).replaceAll("\\\\\'","\'")', { util, s: "it's" }), "it's");
  assert.equal(render('$util.parseJson($s).a[1]', { util, s: '{"a":[1,2]}' }), '2');
  assert.equal(
    render('$util.urlEncode($s) $util.urlDecode("a%20b+c%C3%A9")', { util, s: "a b&=é*'" }),
    'a+b%26%3D%C3%A9*%27 a b cé',
  );
  assert.equal(render('$util.base64Encode("hé") $util.base64Decode("aMOp")', { util }), 'aMOp hé');
});

test('the form mapping of examples/contact-us', () => {
  const template = `#set($fields = {"fullname": "", "emailid": "", "company": ""})
#foreach($pair in $input.body.split("&"))
#set($parts = $pair.split("=", 2))
#if($parts.size() == 2 && $fields.containsKey($parts[0]))
#set($ignored = $fields.put($parts[0], $util.urlDecode($parts[1])))
#end
#end
{
  "fullname": "$util.escapeJavaScript($fields.fullname).replaceAll("\\\\'", "'")",
  "emailid": "$util.escapeJavaScript($fields.emailid)"
}`;
  const output = map(template, 'fullname=O%27Neil+%22x%22&emailid=a%40b.c&evil=1');
  assert.deepEqual(JSON.parse(output), { fullname: 'O\'Neil "x"', emailid: 'a@b.c' });
});

test('syntax errors name the line', () => {
  for (const source of [
    '#if(true)',
    '#foreach($x in)',
    '#set($x 1)',
    '#end',
    '#if(true)#else',
    '#macro()x#end',
    '#* open',
    '#set($x = "open)',
    '#parse("x")',
  ]) {
    assert.throws(() => compileTemplate(source), TemplateSyntaxError, source);
  }
  assert.throws(() => compileTemplate('a\nb #if($x)'), /line 2/);
  assert.equal(compileTemplate('x'.repeat(300 * 1024)).render(new Map()).length, 300 * 1024);
  assert.throws(() => compileTemplate('ä'.repeat(150 * 1024 + 1)), /at most 300 KB/);
});

test('what throws in Java ends the template', () => {
  assert.throws(() => render('$s.substring(9)', { s: 'abc' }), TemplateError);
  assert.throws(() => render('$l.get(3)', { l: [] }), TemplateError);
  assert.throws(() => render('#set($I = 0)$I.parseInt("x")'), TemplateError);
});

test('no template hangs or takes unbounded memory', () => {
  const hungry = [
    '#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end',
    '#set($s = "x")#foreach($a in [1..1000])#set($s = $s + $s)#end',
    '#set($s = "x")#foreach($a in [1..1000])#set($s = "$s$s")#end',
    '#macro(m)#m()#m()#end#m()',
    '#define($d)$d$d#end$d',
    '#set($l = [1])#foreach($a in [1..1000])#set($l = [$l,$l])#end$l',
    '#set($l = [])#set($x = $l.add($l))$l',
    '#set($l = [1])#set($m = [1])#foreach($a in [1..60])#set($l = [$l,$l])#set($m = [$m,$m])#end#if($l == $m)x#end',
    '#set($l = [1])#foreach($a in [1..100])#set($x = $l.addAll($l))#end',
    '#set($n = 2)#foreach($a in [1..1000])#set($n = $n * $n)#end',
    '[#foreach($a in [1..100000000])x#end',
    '#set($s = "#evaluate($s)")#evaluate("#set($t = 1)#foreach($i in [1..1000])#foreach($i in [1..1000])#foreach($i in [1..1000])#set($t = $t)#end#end#end")',
    '#set($s = "a")#foreach($a in [1..24])#set($s = $s + $s)#end#foreach($a in [1..1000])#set($t = $s.replaceAll("a", "$0$0$0"))#end',
    '('.repeat(5000),
    `#if(${'('.repeat(5000)}`,
    `#set($x = ${'['.repeat(5000)}`,
    '#if(true)'.repeat(5000),
  ];
  for (const source of hungry) {
    try {
      render(source);
    } catch (error) {
      assert.ok(
        error instanceof TemplateError || error instanceof TemplateSyntaxError,
        `${source.slice(0, 80)}: ${error}`,
      );
    }
  }
});

test('expressions that backtrack without end are stopped', () => {
  const text = `${'a'.repeat(5000)}!`;
  assert.equal(render('$s.matches("(a*)*b")', { s: text }), 'false');
  assert.throws(() => render('$s.matches("(?=a)(a*)*b")', { s: text }));
  assert.throws(() => render('$s.matches("(?i)(a*)*b")', { s: text }));
});

test('random templates end, and end well', () => {
  const pieces = [
    '$a',
    '${a',
    '}',
    '$!',
    '#if(',
    ')',
    '#end',
    '#else',
    '#foreach($x in ',
    '[1..3]',
    '#set($a = ',
    '"',
    "'",
    '\\',
    '##',
    '#*',
    '*#',
    '.b',
    '(',
    '[0]',
    '{',
    ':',
    ',',
    ' ',
    '\n',
    '1',
    '+',
    '==',
    '#macro(m $p)',
    '#m(',
    '$input.path("$',
    '.x',
    '")',
    '#[[',
    ']]#',
    '#break',
    '#stop',
    'in',
    'not ',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      try {
        map(parts.join(''), { x: [1, { y: 2 }] });
      } catch (error) {
        assert.ok(
          error instanceof TemplateError || error instanceof TemplateSyntaxError,
          String((error as Error).stack),
        );
      }
    }),
    { numRuns: 3000 },
  );
});

test('random JSONPaths end, and end well', () => {
  const pieces = [
    '$',
    '.',
    '..',
    '*',
    '[',
    ']',
    '?(',
    ')',
    '@',
    "'a'",
    '"b"',
    '0',
    '-1',
    ':',
    ',',
    'a',
    '==',
    '<',
    '&&',
    '||',
    '!',
    ' in ',
    '=~',
    '/x/',
    '.length()',
    ' ',
  ];
  const root = parseJson('{"a":[1,{"a":"x","b":[true,null,2.5]}],"b":{"a":{"a":[]}}}');
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 15 }), (parts) => {
      try {
        compileJsonPath(`$${parts.join('')}`).read(root);
      } catch (error) {
        assert.ok(error instanceof TemplateError || error instanceof SyntaxError, String((error as Error).stack));
      }
    }),
    { numRuns: 5000 },
  );
});

test('text without dollar, hash and backslash is printed as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replace(/[$#\\]/g, '');
      assert.equal(render(plain), plain);
    }),
  );
});

test('$input.json of any JSON is that JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      if (typeof value !== 'object') return;
      assert.deepEqual(JSON.parse(map("$input.json('$')", text)), JSON.parse(text));
    }),
  );
});
