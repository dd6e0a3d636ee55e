// patchOperations: RFC 6902's words over API Gateway's own rules of what may be changed how.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
import { badRequest } from './errors.ts';

export interface PatchOperation {
  op?: string;
  path?: string;
  value?: string;
  from?: string;
}
type Op = 'add' | 'remove' | 'replace';

export interface PatchRule<T> {
  /** `/name`, `/variables/*`; `*` takes one segment, which comes unescaped */
  path: string;
  ops: readonly Op[];
  /** `add` says all in its path */
  addsWithoutValue?: true;
  apply: (target: T, value: string, captured: string[], op: Op) => void;
}

/** `~1` is a slash, `~0` a tilde (RFC 6901) */
export const unescapePointer = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

function match(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const captured: string[] = [];
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '*') captured.push(unescapePointer(given[i] ?? ''));
    else if (wanted[i] !== given[i]) return undefined;
  }
  return captured;
}

export function applyPatch<T>(
  target: T,
  operations: readonly PatchOperation[] | undefined,
  rules: readonly PatchRule<T>[],
): void {
  for (const { op = '', path = '', value } of operations ?? []) {
    if (op !== 'add' && op !== 'remove' && op !== 'replace') {
      throw badRequest(`Invalid patch operation specified. Must be one of: [add, remove, replace]`);
    }
    const found = rules
      .map((rule) => ({ rule, captured: match(rule.path, path) }))
      .find(({ rule, captured }) => captured && rule.ops.includes(op));
    if (!found?.captured) {
      const known = rules.filter((rule) => rule.ops.includes(op)).map((rule) => rule.path.replaceAll('*', '{name}'));
      throw badRequest(`Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${known.join(', ')}]`);
    }
    const needsValue = op === 'replace' || (op === 'add' && !found.rule.addsWithoutValue);
    if (needsValue && value === undefined) throw badRequest(`Invalid null or empty value for patch path '${path}'`);
    found.rule.apply(target, value ?? '', found.captured, op);
  }
}

export const toBoolean = (text: string): boolean => {
  if (text !== 'true' && text !== 'false') throw badRequest(`Invalid boolean value '${text}'`);
  return text === 'true';
};
export const toNumber = (text: string): number => {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw badRequest(`Invalid number '${text}'`);
  return number;
};

type Keys<T> = { [K in keyof T]-?: K }[keyof T] & string;

/** A text member that may be replaced. */
export const textRule = <T extends object>(key: Keys<T>, ops: readonly Op[] = ['replace']): PatchRule<T> => ({
  path: `/${key}`,
  ops,
  apply: (target, value, _captured, op) => {
    if (op === 'remove') delete (target as Record<string, unknown>)[key];
    else (target as Record<string, unknown>)[key] = value;
  },
});
export const booleanRule = <T extends object>(key: Keys<T>): PatchRule<T> => ({
  path: `/${key}`,
  ops: ['replace'],
  apply: (target, value) => {
    (target as Record<string, unknown>)[key] = toBoolean(value);
  },
});
export const numberRule = <T extends object>(key: Keys<T>): PatchRule<T> => ({
  path: `/${key}`,
  ops: ['replace'],
  apply: (target, value) => {
    (target as Record<string, unknown>)[key] = toNumber(value);
  },
});
/** A map whose entries are added, replaced and removed by name. */
export const mapRule = <T extends object>(
  key: Keys<T>,
  read: (text: string) => unknown = (text) => text,
): PatchRule<T> => ({
  path: `/${key}/*`,
  ops: ['add', 'remove', 'replace'],
  apply: (target, value, [name = ''], op) => {
    const map = { ...((target as Record<string, unknown>)[key] as Record<string, unknown> | undefined) };
    if (op === 'remove') delete map[name];
    else map[name] = read(value);
    (target as Record<string, unknown>)[key] = map;
  },
});
/** A list of texts whose items are the values: `add` and `remove` of `/providerARNs`. */
export const valueListRule = <T extends object>(key: Keys<T>): PatchRule<T> => ({
  path: `/${key}`,
  ops: ['add', 'remove'],
  apply: (target, value, _captured, op) => {
    const list = ((target as Record<string, unknown>)[key] as string[] | undefined) ?? [];
    const others = list.filter((item) => item !== value);
    (target as Record<string, unknown>)[key] = op === 'add' ? [...others, value] : others;
  },
});
/** A list of texts whose items are named in the path. */
export const listRule = <T extends object>(key: Keys<T>): PatchRule<T> => ({
  path: `/${key}/*`,
  ops: ['add', 'remove', 'replace'],
  addsWithoutValue: true,
  apply: (target, value, [name = ''], op) => {
    const list = [...(((target as Record<string, unknown>)[key] as string[] | undefined) ?? [])];
    const at = list.indexOf(name);
    if (op === 'add' && at < 0) list.push(name);
    if (op === 'remove' && at >= 0) list.splice(at, 1);
    if (op === 'replace' && at >= 0) list[at] = value;
    (target as Record<string, unknown>)[key] = list;
  },
});
