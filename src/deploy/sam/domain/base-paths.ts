import { InvalidResource } from '../errors.ts';
import { isBlank, isList } from '../json.ts';
import type { Json } from '../json.ts';
import { alphanumeric } from '../logical-id.ts';

export interface BasePath {
  /** Undefined: no path is given, the whole domain maps to the API. */
  readonly value: string | undefined;
  readonly idPart: string;
}

/** The base paths under which a domain serves an API, each made a mapping key by `toKey`. */
export function basePaths(apiId: string, given: Json | undefined, toKey: (path: string) => string): BasePath[] {
  if (given === undefined || isBlank(given)) return [{ value: undefined, idPart: '' }];
  const list = isList(given) ? given : [given];
  return list.map((path) => {
    if (typeof path !== 'string') throw new InvalidResource(apiId, 'Basepath must be a string.');
    return { value: path === '/' ? '' : toKey(path), idPart: alphanumeric(path) };
  });
}
