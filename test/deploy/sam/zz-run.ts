import { listPairs, checkPair } from '/work/main/test/deploy/sam/pairs.ts';
const only = process.argv.slice(2);
let ok = { o: 0, e: 0 };
for (const p of listPairs()) {
  if (only.length && !only.some((n) => p.name === n || (n.endsWith('*') && p.name.startsWith(n.slice(0, -1)))))
    continue;
  let lines: string[];
  try {
    lines = checkPair(p);
  } catch (e: any) {
    lines = ['CRASH ' + e.stack.split('\n').slice(0, 5).join(' | ')];
  }
  if (lines.length === 0) ok[p.isError ? 'e' : 'o']++;
  else
    console.log(
      '## ' +
        p.name +
        '\n' +
        lines
          .slice(0, only.length ? 12 : 4)
          .map((l) => '   ' + l.slice(0, only.length ? 900 : 420))
          .join('\n'),
    );
}
console.log(JSON.stringify(ok));
