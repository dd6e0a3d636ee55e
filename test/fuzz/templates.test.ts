// Mapping templates that do their worst: none hangs, takes memory without bound, or reaches anything but its own values. A hang
// cannot be seen from inside, so the work is done by a child with little memory.
// Long: FUZZ_RUNS=20000 node --test test/fuzz/templates.test.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compileTemplate,
  Input,
  InvalidPayload,
  TemplateError,
  TemplateSyntaxError,
  util,
  type Value,
} from '../../src/gateway/templates/index.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);
const CHILD_MEGABYTES = 512;
/** a second or so for each that uses up its budget, on a busy machine */
const CHILD_MS_MAX = 120_000 + numRuns * 500;

/** Each doubles, recurses or goes round in circles. */
const GREEDY: Record<string, string> = {
  'a text that doubles': '#set($s = "xxxxxxxxxxxxxxxx")#foreach($i in [1..1000])#set($s = "$s$s")#end$s',
  'a text that doubles by +': '#set($s = "x")#foreach($i in [1..1000])#set($s = $s + $s)#end$s.length()',
  'a text that replaces itself': '#set($s = "xx")#foreach($i in [1..1000])#set($s = $s.replace("x", $s))#end',
  'a text by replaceAll': '#set($s = "xx")#foreach($i in [1..1000])#set($s = $s.replaceAll("x|", $s))#end',
  'a text by concat': '#set($s = "xx")#foreach($i in [1..1000])#set($s = $s.concat($s))#end',
  'escapes of escapes': '#set($s = "\\\\")#foreach($i in [1..1000])#set($s = $util.escapeJavaScript($s))#end',
  'url encodings of encodings': '#set($s = "%")#foreach($i in [1..1000])#set($s = $util.urlEncode("$s$s"))#end',
  'a wide format': '#set($x = "")$x.format("%1000000000d", 1)$x.format("%.1000000000f", 1.5)',
  'split into letters':
    '#set($s = "x,")#foreach($i in [1..22])#set($s = "$s$s")#end#foreach($i in [1..1000])#set($y = $s.split(","))#end',
  'a list in itself': '#set($l = [])#set($n = $l.add($l))$l $l.hashCode() $l.equals($l) $l.contains($l)',
  'a map in itself': '#set($m = {})#set($n = $m.put("m", $m))$m $m.hashCode() $m.equals($m)',
  'a list of lists of lists': '#set($l = [1])#foreach($i in [1..1000])#set($l = [$l, $l])#end$l',
  'equal trees':
    '#set($a = [1])#set($b = [1])#foreach($i in [1..200])#set($a = [$a, $a])#set($b = [$b, $b])#end#if($a == $b)y#end$a.equals($b)',
  'a list that is added to itself': '#set($l = [1])#foreach($i in [1..1000])#set($n = $l.addAll($l))#end$l.size()',
  'loops in loops': '#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])$a#end#end#end',
  'loops without output': '#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end',
  ranges: '#foreach($a in [1..1000])#set($r = [1..99999])#set($all = "$all$r")#end',
  'a range without end': '#set($r = [-2147483648..2147483647])',
  'a macro that calls itself': '#macro(m)#m()#end#m()',
  'a macro that calls itself twice': '#macro(m $a)#m("$a$a")#m("$a$a")#end#m("x")',
  'macros that call each other': '#macro(a)#b()#end#macro(b)#a()#end#a()',
  'a block that prints itself': '#define($d)$d$d#end$d',
  'evaluate itself':
    '#set($e = "#evaluate($e)#evaluate($e)")#set($h = "#")#evaluate($e.replace("!", $h))#evaluate(\'#evaluate($e)\')',
  'large numbers': '#set($n = 999999999999)#foreach($i in [1..1000])#set($n = $n * $n)#end$n',
  'a path that visits everything twice': '$input.json("$..*..*..*..*..*")$input.path("$..[?(@..a)]..[?(@..a)]")',
  'a filter with an expression': '$input.path("$..[?(@.s =~ /(x+x+)+y{20}/)]")',
  'an expression that backtracks':
    '#set($s = $input.path("$.s"))$s.matches("(x+x+)+y{20}")$s.replaceAll("(x|x)*y{17}", "")$s.split("(x+)+\\\\1y")',
};
const NESTED: Record<string, string> = {
  '#if': '#if(true)'.repeat(30_000),
  brackets: `#set($a = ${'('.repeat(100_000)}`,
  lists: `#set($a = ${'['.repeat(100_000)}`,
  nots: `#if(${'!'.repeat(100_000)}true)#end`,
  methods: `$a${'.b(1)'.repeat(50_000)}`,
  indexes: `$a${'[1]'.repeat(60_000)}`,
  pluses: `#set($a = 1${' + 1'.repeat(70_000)})$a`,
  interpolations: `#set($a = ${'"${'.repeat(60_000)}`,
  elseifs: `#if(false)${'#elseif(false)'.repeat(20_000)}#end`,
};

const name = fc.constantFrom(
  'a',
  'b',
  's',
  'input',
  'util',
  'context',
  'foreach',
  'constructor',
  '__proto__',
  'prototype',
  'class',
  'getClass()',
  'toString()',
  'size()',
  'keySet()',
  'entrySet()',
  'constructor("return process")()',
  'add($a)',
  'addAll($a)',
  'put("k", $a)',
  'get("__proto__")',
  'json("$..*")',
  'path("$")',
  'parseJson($s)',
  'escapeJavaScript($s)',
  'replaceAll("(.*)*", "$0$0")',
  'split("")',
  'subList(0, 1)',
  'iterator()',
  'length()',
);
const reference = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `$${names.join('.')}`);
const operator = fc.constantFrom('+', '-', '*', '/', '%', '==', '<', '&&', '||');
const { template } = fc.letrec<{ template: string; piece: string; value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    reference,
    fc.constantFrom('1', '-1', '99999999999', '0.5', '"x$s$s"', "'x'", 'true', '[1..1000]', '[]', '{}'),
    fc.tuple(tie('value'), operator, tie('value')).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    tie('template').map((text) => `"${text.replaceAll('"', "'")}"`),
  ),
  piece: fc.oneof(
    { maxDepth: 4 },
    reference,
    fc.string({ maxLength: 8 }),
    fc.constantFrom('#end', '#else', '#stop', '#break', '#[[', ']]#', '##', '\\', '#m($a)', '$d'),
    fc.tuple(reference, tie('value')).map(([target, value]) => `#set(${target} = ${value})`),
    fc.tuple(tie('value'), tie('template')).map(([over, body]) => `#foreach($i in ${over})${body}#end`),
    fc.tuple(tie('value'), tie('template')).map(([check, body]) => `#if(${check})${body}#end`),
    tie('template').map((body) => `#macro(m $b)${body}#end#m($a)`),
    tie('template').map((body) => `#define($d)${body}#end$d`),
    tie('value').map((value) => `#evaluate(${value})`),
  ),
  template: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
}));

const BODY = JSON.stringify({ s: `${'x'.repeat(3000)}!`, a: [1, { b: [2, { a: [3, { a: 'x' }] }] }], n: null });

/** The output, or the reason why there is none; anything else is thrown. */
function render(source: string): string {
  try {
    const input = new Input(BODY, () => ({ path: [], querystring: [['q', '1']], header: [] }));
    const variables = new Map<string, Value>([
      ['input', input],
      ['util', util],
      ['s', 'xy'],
      ['a', [1, 2]],
      ['b', new Map<Value, Value>([['k', 'v']])],
    ]);
    return compileTemplate(source).render(variables);
  } catch (error) {
    const isRefused =
      error instanceof TemplateError || error instanceof TemplateSyntaxError || error instanceof InvalidPayload;
    if (!isRefused) throw new Error(`${source.slice(0, 500)}: ${(error as Error).stack}`, { cause: error });
    return '';
  }
}

if (process.env['TEMPLATE_FUZZ_CHILD']) {
  for (const sources of [GREEDY, NESTED]) {
    for (const [what, source] of Object.entries(sources)) {
      process.stderr.write(`${what}\n`);
      assert.ok(render(source).length <= 10 * 1024 * 1024, what);
    }
  }
  fc.assert(
    fc.property(template, (source) => {
      const output = render(source);
      assert.doesNotMatch(output, /native code|\[object |function \w*\(/);
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
    { numRuns },
  );
} else {
  test('no template hangs, takes memory without bound or leaves its sandbox', () => {
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      [`--max-old-space-size=${CHILD_MEGABYTES}`, import.meta.filename],
      {
        env: { ...process.env, TEMPLATE_FUZZ_CHILD: '1', NODE_TEST_CONTEXT: '' },
        timeout: CHILD_MS_MAX,
        encoding: 'utf8',
      },
    );
    assert.deepEqual([status, signal], [0, null], stderr.slice(-3000));
  });
}
