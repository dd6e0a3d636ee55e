// What a value refers to: the edges of the dependency graph, and the names to check.
import { isObject, type Json, type TemplatePath } from './document.ts';
import { functionName } from './evaluate.ts';
import { parseSub, subReference } from './sub.ts';

export interface Reference {
  kind: 'Ref' | 'GetAtt' | 'Condition' | 'ImportValue';
  name: string;
  attribute?: string;
  path: TemplatePath;
}

/** Every Ref, GetAtt and condition inside a value, also those in Fn::Sub texts. */
export function findReferences(value: Json, path: TemplatePath = [], found: Reference[] = []): Reference[] {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) findReferences(item, [...path, i], found);
    return found;
  }
  if (!isObject(value)) return found;
  const name = functionName(value);
  const argument = name === undefined ? undefined : value[name];
  if (name === 'Ref') {
    if (typeof argument === 'string') found.push({ kind: 'Ref', name: argument, path });
    return found;
  }
  if (name === 'Fn::GetAtt') {
    getAttReference(argument as Json, path, found);
    return found;
  }
  if (name === 'Fn::Sub') subReferences(argument as Json, path, found);
  if (name === 'Fn::If' && Array.isArray(argument) && typeof argument[0] === 'string') {
    found.push({ kind: 'Condition', name: argument[0], path });
  }
  for (const [key, inner] of Object.entries(value)) findReferences(inner, [...path, key], found);
  return found;
}

function getAttReference(argument: Json, path: TemplatePath, found: Reference[]): void {
  const parts = typeof argument === 'string' ? argument.split(/\.(.*)/s, 2) : argument;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') return;
  const attribute = parts[1];
  found.push({
    kind: 'GetAtt',
    name: parts[0],
    ...(typeof attribute === 'string' && { attribute: parts.slice(1).join('.') }),
    path,
  });
  if (isObject(attribute)) findReferences(attribute, path, found);
}

function subReferences(argument: Json, path: TemplatePath, found: Reference[]): void {
  const text = Array.isArray(argument) ? argument[0] : argument;
  const variables = Array.isArray(argument) && isObject(argument[1]) ? argument[1] : {};
  if (typeof text !== 'string') return;
  for (const part of parseSub(text)) {
    if (!('variable' in part) || Object.hasOwn(variables, part.variable)) continue;
    const { logicalId, attribute } = subReference(part.variable);
    if (attribute === undefined) found.push({ kind: 'Ref', name: part.variable, path });
    else found.push({ kind: 'GetAtt', name: logicalId, attribute, path });
  }
}
