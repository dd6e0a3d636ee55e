// Loops of functions: the trace that SDKs pass on counts how often each function has been in it.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { parseFunctionName } from './names.ts';
import { requireFunction, updateFunction } from './record.ts';
import { placeOf } from './store.ts';

/** "approximately 16 times" */
const LOOP_MAX = 16;
/** functions that one trace remembers */
const LINEAGE_MAX = 32;
const LINEAGE = /(?:^|;)\s*Lineage=([0-9a-f:|]*)/;

export const lineageId = (functionArn: string): string =>
  createHash('sha256').update(functionArn).digest('hex').slice(0, 8);

export class RecursiveInvocation extends ServiceError {
  constructor() {
    super(
      'RecursiveInvocationException',
      "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.",
      400,
      { fields: { Type: 'User' } },
    );
  }
}

/** The trace header that an invocation runs under: the caller's with one more visit, or a new one. */
export function traceOf(
  header: string | undefined,
  { id, mayLoop, requestId, nowMs }: { id: string; mayLoop: boolean; requestId: string; nowMs: number },
): string {
  if (header === undefined || !header.includes('Root=')) {
    const noise = requestId.replaceAll('-', '').padEnd(32, '0');
    return `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${noise.slice(8)};Parent=${noise.slice(0, 16)};Sampled=0;Lineage=${id}:0`;
  }
  const visits = visitsOf(header);
  const visit = (visits.get(id) ?? -1) + 1;
  if (visit >= LOOP_MAX && !mayLoop) throw new RecursiveInvocation();
  visits.set(id, visit);
  const lineage = [...visits].slice(-LINEAGE_MAX).map(([each, count]) => `${each}:${count}`);
  return `${header.replace(LINEAGE, '')};Lineage=${lineage.join('|')}`;
}

function visitsOf(header: string): Map<string, number> {
  const visits = new Map<string, number>();
  for (const part of (LINEAGE.exec(header)?.[1] ?? '').split('|')) {
    const [id, count] = part.split(':');
    if (id && count && /^\d{1,6}$/.test(count)) visits.set(id, Number(count));
  }
  return visits;
}

export const putFunctionRecursionConfig: Operation<'lambda', 'PutFunctionRecursionConfig'> = (input, context) =>
  updateFunction(context, input.FunctionName ?? '', (record) => {
    record.recursiveLoop = input.RecursiveLoop as 'Allow' | 'Terminate';
    return { RecursiveLoop: record.recursiveLoop };
  });

export const getFunctionRecursionConfig: Operation<'lambda', 'GetFunctionRecursionConfig'> = async (input, context) => {
  const record = await requireFunction(context, parseFunctionName(input.FunctionName ?? '', placeOf(context)));
  return { RecursiveLoop: record.recursiveLoop ?? 'Terminate' };
};
