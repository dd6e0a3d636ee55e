// Wildcards and policy variables.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

/** The value of a condition key in the request, by its lower-case name. */
export type KeyLookup = (key: string) => string | readonly string[] | undefined;

const ANY_ONE = -1;
const ANY_MANY = -2;
/** A text to compare with: character codes, ANY_ONE for `?`, ANY_MANY for `*`. */
type Glob = readonly number[];

interface Variable {
  key: string;
  fallback?: string;
}

export interface PatternOptions {
  /** `*` and `?` have their meaning */
  wildcards: boolean;
  /** `${…}` has its meaning: documents of version 2012-10-17 */
  variables: boolean;
  ignoreCase?: boolean;
}

/** Compiled once; asked for every request. */
export type Pattern = (text: string, lookup: KeyLookup) => boolean;

const codes = (text: string): number[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

function globCodes(text: string): number[] {
  return codes(text).map((code) => (code === 42 ? ANY_MANY : code === 63 ? ANY_ONE : code));
}

/** `*` any run of characters, `?` any one. Never more than pattern × text steps. */
function matchGlob(glob: Glob, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const want = glob[g];
    if (want === ANY_MANY) {
      star = g++;
      resume = t;
    } else if (want === ANY_ONE || want === text.charCodeAt(t)) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (glob[g] === ANY_MANY) g++;
  return g === glob.length;
}

const VARIABLE = /\$\{([^}]*)\}/g;

/** `${*}`, `${?}` and `${$}` are the characters themselves; `${key, 'default'}` has a value without the key. */
function parseVariable(inside: string): Variable | string {
  const trimmed = inside.trim();
  if (trimmed === '*' || trimmed === '?' || trimmed === '$') return trimmed;
  const withDefault = /^([^,]+?)\s*,\s*'(.*)'$/.exec(trimmed);
  if (withDefault) return { key: (withDefault[1] as string).toLowerCase(), fallback: withDefault[2] as string };
  return { key: trimmed.toLowerCase() };
}

function parseParts(text: string, wildcards: boolean): (number[] | Variable)[] {
  const literal = wildcards ? globCodes : codes;
  const parts: (number[] | Variable)[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    parts.push(literal(text.slice(from, match.index)));
    const variable = parseVariable(match[1] as string);
    parts.push(typeof variable === 'string' ? codes(variable) : variable);
    from = match.index + match[0].length;
  }
  parts.push(literal(text.slice(from)));
  return parts;
}

/** Undefined when a variable has no value: then nothing matches. What a variable stands for is literal. */
function fill(parts: readonly (number[] | Variable)[], lookup: KeyLookup, ignoreCase: boolean): number[] | undefined {
  const filled: number[] = [];
  for (const part of parts) {
    if (Array.isArray(part)) {
      filled.push(...part);
      continue;
    }
    const found = lookup(part.key);
    const value = typeof found === 'string' ? found : (part.fallback ?? undefined);
    if (value === undefined) return undefined;
    filled.push(...codes(ignoreCase ? value.toLowerCase() : value));
  }
  return filled;
}

/** The keys whose values a text cannot do without. */
export function variableKeys(source: string): string[] {
  return parseParts(source, false).flatMap((part) =>
    !Array.isArray(part) && part.fallback === undefined ? [part.key] : [],
  );
}

export function compilePattern(source: string, options: PatternOptions): Pattern {
  const ignoreCase = options.ignoreCase === true;
  if (options.variables && source.includes('${')) {
    const parts = parseParts(ignoreCase ? lowerOutsideVariables(source) : source, options.wildcards);
    return (text, lookup) => {
      const glob = fill(parts, lookup, ignoreCase);
      return glob !== undefined && matchGlob(glob, ignoreCase ? text.toLowerCase() : text);
    };
  }
  const plain = compilePlain(ignoreCase ? source.toLowerCase() : source, options.wildcards);
  return ignoreCase ? (text) => plain(text.toLowerCase()) : plain;
}

const lowerOutsideVariables = (text: string): string => {
  let from = 0;
  let out = '';
  for (const match of text.matchAll(VARIABLE)) {
    out += text.slice(from, match.index).toLowerCase() + match[0];
    from = match.index + match[0].length;
  }
  return out + text.slice(from).toLowerCase();
};

/** The common forms without the walk: no wildcard, all, a prefix. */
function compilePlain(source: string, wildcards: boolean): (text: string) => boolean {
  if (!wildcards || !/[*?]/.test(source)) return (text) => text === source;
  if (/^\*+$/.test(source)) return () => true;
  const prefix = source.slice(0, -1);
  if (source.endsWith('*') && !/[*?]/.test(prefix)) return (text) => text.startsWith(prefix);
  const glob = globCodes(source);
  return (text) => matchGlob(glob, text);
}

/** `*` and `?` alone, in time that grows with both lengths only; for single questions outside of policies of IAM. */
export const matchesWildcards = (source: string, text: string, ignoreCase = false): boolean =>
  compilePattern(source, { wildcards: true, variables: false, ignoreCase })(text, () => undefined);

/** Cuts at the first five colons that are not inside a variable: the six fields of an ARN, or fewer. */
export function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let from = 0;
  let depth = 0;
  for (let i = 0; i < text.length && segments.length < 5; i++) {
    const c = text[i];
    if (c === '{' && text[i - 1] === '$') depth++;
    else if (c === '}' && depth > 0) depth--;
    else if (c === ':' && depth === 0) {
      segments.push(text.slice(from, i));
      from = i + 1;
    }
  }
  segments.push(text.slice(from));
  return segments;
}

/** Fewer than six fields: `arn:aws:sqs:*` leaves the rest open, other ARNs match nothing; what is no ARN is a plain text. */
function compileShort(source: string, segments: readonly string[], variables: boolean): Pattern {
  if (segments[0] !== 'arn') return compilePattern(source, { wildcards: true, variables });
  if (segments.at(-1) !== '*') return () => false;
  const missing = Array.from({ length: 6 - segments.length }, () => ':*');
  return compileArnPattern(source + missing.join(''), variables);
}

/** An ARN with wildcards: those of one field do not reach into the next, but the last field takes the rest, colons and all. */
export function compileArnPattern(source: string, variables: boolean): Pattern {
  if (source === '*') return () => true;
  const hasVariables = variables && source.includes('${');
  if (!hasVariables && !/[*?]/.test(source)) return (text) => text === source;
  const sources = splitSegments(source);
  if (sources.length < 6) return compileShort(source, sources, variables);
  const head = sources.slice(0, 5).join(':');
  const tail = sources[5] as string;
  if (!hasVariables && !/[*?]/.test(head) && /^[^*?]*\*$/.test(tail)) {
    const prefix = source.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  const segments = sources.map((segment) => compilePattern(segment, { wildcards: true, variables }));
  return (text, lookup) => {
    let from = 0;
    for (let i = 0; i < 5; i++) {
      const colon = text.indexOf(':', from);
      if (colon < 0 || !(segments[i] as Pattern)(text.slice(from, colon), lookup)) return false;
      from = colon + 1;
    }
    return (segments[5] as Pattern)(text.slice(from), lookup);
  };
}
