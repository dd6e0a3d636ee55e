import { InvalidTemplate } from './errors.ts';
import { isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { pythonRepr } from './python-text.ts';

/**
 * The value of a Fn::FindInMap whose keys are plain text, or undefined when the value is none or cannot be known here.
 */
export function findInMap(value: Json, mappings: JsonMap): Json | undefined {
  if (!isMap(value) || !('Fn::FindInMap' in value)) return undefined;
  const keys = value['Fn::FindInMap'];
  if (!isList(keys) || keys.length !== 3) {
    throw new InvalidTemplate(`Invalid FindInMap value ${pythonRepr(keys)}. FindInMap expects an array with 3 values.`);
  }
  const [name, top, second] = keys;
  if (typeof name !== 'string' || typeof top !== 'string' || typeof second !== 'string') return undefined;
  const mapping = mappings[name];
  if (mapping === undefined) return undefined;
  const row = isMap(mapping) ? mapping[top] : null;
  if (row === undefined) return undefined;
  if (!isMap(row)) {
    throw new InvalidTemplate(`Cannot use Fn::FindInMap on Mapping '${name}' which is not a a two-level map.`);
  }
  return row[second];
}
