import { badRequest } from './errors.ts';

const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 500;

/** `position` is the last id of the page before, in base64. */
export function pageOf<T>(
  all: readonly T[],
  idOf: (each: T) => string,
  input: { position?: string | undefined; limit?: number | undefined },
): { items: T[]; position?: string } {
  const limit = input.limit ?? LIMIT_DEFAULT;
  if (limit < 1 || limit > LIMIT_MAX) throw badRequest(`Invalid limit parameter: ${limit}`);
  let from = 0;
  if (input.position !== undefined) {
    const last = Buffer.from(input.position, 'base64').toString();
    from = all.findIndex((each) => idOf(each) === last) + 1;
    if (from === 0) throw badRequest('Invalid position parameter specified');
  }
  const items = all.slice(from, from + limit);
  const last = items.at(-1);
  return {
    items,
    ...(last !== undefined && from + limit < all.length && { position: Buffer.from(idOf(last)).toString('base64') }),
  };
}
