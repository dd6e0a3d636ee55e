// Expressions that users write, on texts that strangers send: none of them takes the program's time. A hang cannot be seen from
// inside, so the work is done by a child.   Long: FUZZ_RUNS=20000 node --test test/fuzz/regex.test.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileSafeRegex, RegexTimeout } from '#core/safe-regex.ts';
import { matchesPattern, parsePattern } from '../../src/services/logs/pattern.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 60);
/** more than the budgets of all runs together, on a busy machine */
const CHILD_MS_MAX = 60_000 + numRuns * 1000;

const EVIL = [
  '(x+x+)+y',
  '(x+x+)+y{20}',
  '(?:x{1,20}){1,20}y',
  '(x+){17}y',
  '^(x?){40}x{40}$',
  '(?=(x+)+y)x',
  '(x+)+\\1y',
  '(x+)+(?!x)y',
  '(.*)*(.*)*(.*)*y',
  'x*x*x*x*x*x*x*y',
];
const TEXTS = ['x'.repeat(40), `${'x'.repeat(30_000)}!`];

const atom = fc.constantFrom(
  'x',
  '.',
  '[a-z]',
  '\\w',
  '\\s',
  '\\d',
  '[^y]',
  '\\b',
  '^',
  '$',
  'y',
  '\\1',
  '(?=x)',
  '(?!y)',
);
const quantifier = fc.constantFrom('', '', '*', '+', '?', '*?', '{2}', '{1,3}', '{0,20}', '{17}', '{3,}');
const { expression } = fc.letrec<{ expression: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(atom, quantifier).map(([one, count]) => one + (/^[\^$]|^\\b/.test(one) ? '' : count)),
    fc.tuple(tie('expression'), quantifier).map(([inner, count]) => `(${inner})${count}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(?:${a}|${b})+`),
  ),
  expression: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
}));

const TOO_LONG = Symbol('took too long');

function bounded<T>(use: () => T): T | typeof TOO_LONG {
  try {
    return use();
  } catch (error) {
    if (error instanceof RegexTimeout) return TOO_LONG;
    throw error;
  }
}

function run(source: string, flags: string): void {
  const regex = compileSafeRegex(source, flags);
  for (const text of TEXTS) {
    bounded(() => regex.test(text));
    bounded(() => regex.exec(text));
    bounded(() => regex.matchAll(text, 10));
  }
}

if (process.env['REGEX_FUZZ_CHILD']) {
  for (const flags of ['', 'i', 's']) for (const source of EVIL) run(source, flags);
  fc.assert(
    fc.property(expression, fc.constantFrom('', 'i', 's', 'm'), (source, flags) => run(source, flags)),
    { numRuns },
  );
} else {
  test('no expression runs for long', () => {
    const { status, signal, stderr } = spawnSync(process.execPath, [import.meta.filename], {
      env: { ...process.env, REGEX_FUZZ_CHILD: '1', NODE_TEST_CONTEXT: '' },
      timeout: CHILD_MS_MAX,
      encoding: 'utf8',
    });
    assert.deepEqual([status, signal], [0, null], stderr);
  });

  test('an expression that has used up its time is refused at once, one that has not goes on', () => {
    const slow = compileSafeRegex('(x+)+\\1y');
    assert.throws(() => slow.test(TEXTS[0]!), RegexTimeout);
    const begin = process.cpuUsage();
    for (let i = 0; i < 1000; i++) assert.throws(() => slow.test(TEXTS[0]!), RegexTimeout);
    const { user } = process.cpuUsage(begin);
    assert.ok(user < 1_000_000, `${user} us for a thousand refusals`);
    assert.equal(compileSafeRegex('(x+)+\\1y').test('xxy'), true);
  });

  test('what is bounded still finds what RegExp finds', () => {
    const texts = ['', 'x', 'xy', 'xxy yx', 'a1 b2\nc3', 'Xx-yY'];
    fc.assert(
      fc.property(expression, fc.constantFrom('', 'i', 's', 'm'), fc.constantFrom(...texts), (source, flags, text) => {
        const found = bounded(() => compileSafeRegex(source, flags).exec(text));
        fc.pre(found !== TOO_LONG);
        const expected = new RegExp(source, flags).exec(text);
        assert.deepEqual(found && [...found], expected && [...expected]);
      }),
      { numRuns: numRuns * 3 },
    );
  });

  test('a filter pattern of CloudWatch Logs that takes too long does not match', () => {
    const pattern = parsePattern(`%${'x{0,40}'.repeat(12)}y%`);
    assert.equal(matchesPattern(pattern, `${'x'.repeat(5000)}!`), false);
  });
}
