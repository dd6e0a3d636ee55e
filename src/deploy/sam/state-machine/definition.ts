import { getAtt, isDynamicReference, isIntrinsic, join } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

export interface InlineDefinition {
  readonly definitionString: JsonMap;
  readonly substitutions: JsonMap;
}

/**
 * An inline definition as a string. What CloudFormation must compute in it is replaced by
 * `${definition_substitution_1}` and so on, because intrinsic functions do not work within strings.
 */
export function inlineDefinition(definition: JsonMap): InlineDefinition {
  const substitutions: JsonMap = {};
  const plain = replaceDynamicValues(definition, substitutions);
  const text = JSON.stringify(plain, undefined, 4).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { definitionString: join('\n', text.split('\n')), substitutions };
}

/** Goes through keys in alphabetical order, which numbers the substitutions; the result has its keys in that order. */
function replaceDynamicValues(value: Json, substitutions: JsonMap): Json {
  if (isIntrinsic(value) || isDynamicReference(value)) {
    const name = `definition_substitution_${Object.keys(substitutions).length + 1}`;
    substitutions[name] = value;
    return `\${${name}}`;
  }
  if (isList(value)) return value.map((item) => replaceDynamicValues(item, substitutions));
  if (!isMap(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, replaceDynamicValues(value[key] ?? null, substitutions)]));
}

export function revisionId(logicalId: string): JsonMap {
  return getAtt(logicalId, 'StateMachineRevisionId');
}
