import { validationError } from '#deploy/stacks/errors.ts';

/** One page of a list, and the token of the next. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
): { items: T[]; nextToken?: string } {
  const start = token === undefined ? 0 : decode(token);
  const end = start + size;
  return { items: items.slice(start, end), ...(end < items.length && { nextToken: encode(end) }) };
}

const encode = (position: number): string => Buffer.from(JSON.stringify({ position })).toString('base64url');

function decode(token: string): number {
  try {
    const { position } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { position?: unknown };
    if (Number.isInteger(position) && (position as number) >= 0) return position as number;
  } catch {
    // answered below
  }
  throw validationError('Invalid NextToken');
}
