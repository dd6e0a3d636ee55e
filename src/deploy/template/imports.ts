import type { Blueprint } from './blueprint.ts';
import { isObject, type Json } from './document.ts';
import { functionError } from './error.ts';
import { evaluate } from './evaluate.ts';

/** Names of the exports that a blueprint needs. Arguments of Fn::ImportValue cannot depend on resources. */
export function importNames(blueprint: Blueprint): Set<string> {
  const names = new Set<string>();
  const visit = (value: Json): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isObject(value)) return;
    if (Object.hasOwn(value, 'Fn::ImportValue')) {
      const name = evaluate(value['Fn::ImportValue']!, blueprint.scope);
      if (typeof name !== 'string') {
        throw functionError('the attribute in Fn::ImportValue must be a string or a function that returns a string');
      }
      names.add(name);
    }
    Object.values(value).forEach(visit);
  };
  for (const resource of blueprint.resources.values()) visit(resource.properties);
  for (const output of blueprint.outputs) visit(output.value);
  return names;
}
