import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import type { Json, JsonMap } from '#deploy/sam/index.ts';

/**
 * Reads a template of the pairs as AWS's tests do: YAML 1.1, CloudFormation's short tags in long form, dates as
 * strings.
 */
export function readTemplate(text: string): Json {
  const document = parseDocument(text, { version: '1.1', logLevel: 'silent', uniqueKeys: false });
  if (document.errors.length > 0) throw document.errors[0] ?? new Error('unreadable YAML');
  return toJson(document.contents as Node | null, document);
}

function toJson(node: Node | null, document: Document): Json {
  if (node === null) return null;
  if (isAlias(node)) return toJson(node.resolve(document) ?? null, document);
  const value = untagged(node, document);
  const tag = node.tag;
  return tag !== undefined && tag.startsWith('!') && !tag.startsWith('!!') ? longForm(tag.slice(1), value) : value;
}

function untagged(node: Node, document: Document): Json {
  if (isScalar(node)) return scalar(node);
  if (isSeq(node)) return node.items.map((item) => toJson(item as Node | null, document));
  if (!isMap(node)) throw new Error('a node that is neither map, list nor scalar');
  const result: JsonMap = {};
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : String(pair.key);
    const value = toJson(pair.value as Node | null, document);
    if (key === '<<') Object.assign(result, value);
    else result[key] = value;
  }
  return result;
}

function scalar(node: Scalar): Json {
  const { value, source } = node;
  // The Python parser knows no `y` and `n`, takes dates for text, and numbers with a leading zero that are not octal.
  if (value instanceof Date) return source ?? value.toISOString();
  if (typeof value === 'boolean' && /^[yn]$/i.test(source ?? '')) return source ?? '';
  if (typeof value === 'number' && (Number.isNaN(value) || /^0\d*[89]/.test(source ?? ''))) return source ?? '';
  return value as Json;
}

function longForm(name: string, value: Json): Json {
  if (name === 'Ref' || name === 'Condition') return { [name]: value };
  if (name === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.');
    return { 'Fn::GetAtt': dot < 0 ? [value] : [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: value };
}
