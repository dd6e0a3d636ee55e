import { badRequest } from './errors.ts';

const RESULTS_DEFAULT = 100;
const RESULTS_MAX = 500;

/** The token is the last id of the page before, in base64. */
export function pageOf<T>(
  all: readonly T[],
  idOf: (each: T) => string,
  input: { NextToken?: string | undefined; MaxResults?: string | undefined },
): { Items: T[]; NextToken?: string } {
  const limit = input.MaxResults === undefined ? RESULTS_DEFAULT : Number(input.MaxResults);
  if (!Number.isInteger(limit) || limit < 1 || limit > RESULTS_MAX) throw badRequest('Invalid maxResults specified');
  let from = 0;
  if (input.NextToken !== undefined) {
    const last = Buffer.from(input.NextToken, 'base64').toString();
    from = all.findIndex((each) => idOf(each) === last) + 1;
    if (from === 0) throw badRequest('Invalid nextToken specified');
  }
  const Items = all.slice(from, from + limit);
  const last = Items.at(-1);
  const goesOn = last !== undefined && from + limit < all.length;
  return { Items, ...(goesOn && { NextToken: Buffer.from(idOf(last)).toString('base64') }) };
}
