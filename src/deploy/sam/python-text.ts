import { isList, isMap } from './json.ts';
import type { Json } from './json.ts';

// AWS runs its transform in Python. Two of Python's text forms are observable: the notation of values in error
// messages, and the canonical JSON over which the suffixes of logical ids are computed.

/** A value as Python prints it: `['a', None]`, `{'Ref': 'X'}`. */
export function pythonRepr(value: Json | undefined): string {
  if (value === undefined || value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quote(value);
  if (isList(value)) return `[${value.map((item) => pythonRepr(item)).join(', ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${quote(key)}: ${pythonRepr(item)}`);
  return `{${entries.join(', ')}}`;
}

/** A value inside a message: strings bare, everything else in Python's notation. */
export function pythonText(value: Json | undefined): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** Compact JSON with sorted keys and escaped non-ASCII characters: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (!isMap(value)) return escapeNonAscii(JSON.stringify(value));
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${escapeNonAscii(JSON.stringify(key))}:${canonicalJson(value[key] ?? null)}`);
  return `{${entries.join(',')}}`;
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  if (mark === "'") body = body.replaceAll("'", "\\'");
  return mark + body + mark;
}

function escapeNonAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
