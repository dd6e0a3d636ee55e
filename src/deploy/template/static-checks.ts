// What ValidateTemplate can say without parameter values: every name must exist somewhere, and nothing may wait for itself.
import { checkConditions } from './conditions.ts';
import { isObject, type Json, type JsonObject } from './document.ts';
import { formatError, functionError, TemplateError } from './error.ts';
import type { ParameterDefinition } from './parameters.ts';
import { PSEUDO_PARAMETERS } from './pseudo.ts';
import { findReferences } from './references.ts';
import type { LineOf } from './sections.ts';

const listOf = (value: Json | undefined): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).filter((item) => typeof item === 'string');

export function checkNames(template: JsonObject, definitions: readonly ParameterDefinition[], lineOf: LineOf): void {
  const resources = template.Resources as JsonObject;
  const parameters = new Set(definitions.map((definition) => definition.name));
  const conditions = isObject(template.Conditions) ? template.Conditions : {};
  const isParameter = (name: string): boolean => parameters.has(name) || PSEUDO_PARAMETERS.has(name);
  checkConditions(conditions, isParameter);
  for (const block of ['Resources', 'Outputs']) {
    const missing = new Set<string>();
    for (const [id, member] of Object.entries((template[block] ?? {}) as JsonObject)) {
      const { Condition: condition, DependsOn, Properties, Value, Export } = member as JsonObject;
      if (typeof condition === 'string' && !Object.hasOwn(conditions, condition)) {
        throw formatError(
          `Unresolved condition dependency ${condition} in the ${block} block of the template`,
          lineOf([block, id]),
        );
      }
      for (const name of listOf(DependsOn)) if (!Object.hasOwn(resources, name)) missing.add(name);
      for (const reference of findReferences([Properties ?? null, Value ?? null, Export ?? null])) {
        const { kind, name } = reference;
        if (kind === 'Condition' && !Object.hasOwn(conditions, name)) {
          throw formatError(
            `Unresolved condition dependency ${name} in the ${block} block of the template`,
            lineOf([block, id]),
          );
        }
        if (kind === 'GetAtt' && !Object.hasOwn(resources, name)) {
          throw functionError(`instance of Fn::GetAtt references undefined resource ${name}`, lineOf([block, id]));
        }
        if (kind === 'Ref' && !Object.hasOwn(resources, name) && !isParameter(name)) missing.add(name);
      }
    }
    if (missing.size > 0)
      throw formatError(
        `Unresolved resource dependencies [${[...missing].join(', ')}] in the ${block} block of the template`,
      );
  }
}

export function checkCycles(template: JsonObject): void {
  const resources = template.Resources as JsonObject;
  const edges = new Map(
    Object.entries(resources).map(([id, resource]) => {
      const { DependsOn, Properties } = resource as JsonObject;
      const names = [...listOf(DependsOn), ...findReferences(Properties ?? null).map(({ name }) => name)];
      return [id, new Set(names.filter((name) => Object.hasOwn(resources, name)))];
    }),
  );
  const circle = circleIn(edges);
  if (circle.length > 0) throw new TemplateError(`Circular dependency between resources: [${circle.join(', ')}]`);
}

/** Ids that wait for each other; what merely waits for them is not named. */
export function circleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const waiting = new Map([...edges].map(([id, needed]) => [id, new Set(needed)]));
  const drop = (id: string): void => {
    waiting.delete(id);
    for (const needed of waiting.values()) needed.delete(id);
  };
  for (let free = freeIn(waiting); free.length > 0; free = freeIn(waiting)) free.forEach(drop);
  for (let idle = idleIn(waiting); idle.length > 0; idle = idleIn(waiting)) idle.forEach((id) => waiting.delete(id));
  return [...waiting.keys()];
}

type Waiting = ReadonlyMap<string, ReadonlySet<string>>;
const freeIn = (waiting: Waiting): string[] => [...waiting].filter(([, needed]) => needed.size === 0).map(([id]) => id);
const idleIn = (waiting: Waiting): string[] =>
  [...waiting.keys()].filter((id) => ![...waiting.values()].some((needed) => needed.has(id)));
