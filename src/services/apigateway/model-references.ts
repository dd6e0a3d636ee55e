// Models refer to each other by address. GetModel with flatten: the schemas that a model refers to stand in it.

const REFERENCE = /^https?:\/\/[^/]+\/restapis\/[^/]+\/models\/([A-Za-z0-9]+)$/;

/** Names of the models that a schema refers to by address. */
export function referencedModels(schema: string): string[] {
  const found = new Set<string>();
  JSON.parse(schema, (key, value: unknown) => {
    const name = key === '$ref' && typeof value === 'string' ? REFERENCE.exec(value)?.[1] : undefined;
    if (name !== undefined) found.add(name);
    return value;
  });
  return [...found];
}

/** `schemas`: all of the API's, by name. References to models that are not there stay as they are. */
export function flattened(schema: string, schemas: ReadonlyMap<string, string>): string {
  const definitions: Record<string, unknown> = {};
  const flatten = (text: string): unknown =>
    JSON.parse(text, (key, value: unknown) => {
      const name = key === '$ref' && typeof value === 'string' ? REFERENCE.exec(value)?.[1] : undefined;
      const referred = name === undefined ? undefined : schemas.get(name);
      if (name === undefined || referred === undefined) return value;
      if (!Object.hasOwn(definitions, name)) {
        definitions[name] = {}; // models may refer to each other in a circle
        definitions[name] = flatten(referred);
      }
      return `#/definitions/${name}`;
    });
  const own = flatten(schema);
  if (Object.keys(definitions).length === 0 || typeof own !== 'object' || own === null) return schema;
  return JSON.stringify({ ...own, definitions: { ...(own as { definitions?: object }).definitions, ...definitions } });
}
