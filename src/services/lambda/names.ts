// The forms in which a function may be named: name, partial ARN, ARN, each with a qualifier or without.
import { invalidParameter, notFound } from './errors.ts';
import type { Place } from './store.ts';

export interface FunctionRef extends Place {
  name: string;
  /** version, alias or $LATEST, as given */
  qualifier?: string;
}

const FORM =
  /^(?:arn:aws[a-zA-Z-]*:lambda:(?=[^:]+:\d{12}:function:))?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;

/** `at` is the caller's own account and region: what the name leaves out. */
export function parseFunctionName(text: string, at: Place, qualifier?: string): FunctionRef {
  const match = FORM.exec(text);
  if (!match) throw invalidParameter(`${text} is not a valid function name`);
  const [, region = at.region, accountId = at.accountId, name = '', inName] = match;
  // `at` without a region: who asks has found the function already
  if (region !== at.region && at.region !== '') {
    throw notFound(`Functions from '${region}' are not reachable in this region ('${at.region}')`);
  }
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.');
  }
  const given = qualifier ?? inName;
  return { accountId, region, name, ...(given !== undefined && { qualifier: given }) };
}

export const functionArn = (at: Place, name: string, qualifier?: string): string =>
  `arn:aws:lambda:${at.region}:${at.accountId}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`;

export const layerArn = (at: Place, name: string): string =>
  `arn:aws:lambda:${at.region}:${at.accountId}:layer:${name}`;

/** For what belongs to a function as a whole. */
export function whole(ref: FunctionRef): FunctionRef {
  if (ref.qualifier === undefined) return ref;
  throw invalidParameter(
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  );
}
