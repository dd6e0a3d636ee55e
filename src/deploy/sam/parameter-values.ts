import { InvalidTemplate } from './errors.ts';
import { isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { pythonRepr } from './python-text.ts';

/** What a `Ref` to a parameter or to a known pseudo parameter stands for. */
export type ParameterValues = ReadonlyMap<string, Json>;

/**
 * The given values over the defaults of the template; a parameter with neither stays unknown, and a `Ref` to it stays a
 * `Ref`.
 */
export function parameterValues(
  template: JsonMap,
  given: Readonly<Record<string, Json>>,
  pseudo: { region: string; partition: string },
): ParameterValues {
  const values = new Map<string, Json>();
  for (const [name, declaration] of Object.entries(section(template, 'Parameters'))) {
    const fallback = isMap(declaration) ? declaration['Default'] : undefined;
    if (fallback !== undefined) values.set(name, fallback);
  }
  for (const [name, value] of Object.entries(given)) values.set(name, value);
  if (!values.has('AWS::Region')) values.set('AWS::Region', pseudo.region);
  if (!values.has('AWS::Partition')) values.set('AWS::Partition', pseudo.partition);
  return values;
}

/** Replaces references to parameters with known values; all other references stay. */
export function resolveParameters<T extends Json | undefined>(value: T, parameters: ParameterValues): T {
  if (value === undefined) return value;
  return resolve(value as Json, parameters) as T;
}

/** The `Mappings` or `Parameters` section of the template, empty when absent. */
export function section(template: JsonMap, name: 'Mappings' | 'Parameters'): JsonMap {
  const value = template[name];
  if (value === undefined) return {};
  if (!isMap(value)) throw new InvalidTemplate("'Mappings' or 'Parameters' is either null or not a valid dictionary.");
  return value;
}

function resolve(value: Json, parameters: ParameterValues): Json {
  if (isList(value)) return value.map((item) => resolve(item, parameters));
  if (!isMap(value)) return value;
  const reference = value['Ref'];
  if (typeof reference === 'string' && Object.keys(value).length === 1) return parameters.get(reference) ?? value;
  const result: JsonMap = {};
  for (const [key, item] of Object.entries(value)) result[key] = resolve(item, parameters);
  const substitution = result['Fn::Sub'];
  return substitution !== undefined && Object.keys(result).length === 1
    ? { 'Fn::Sub': substitute(substitution, parameters) }
    : result;
}

/** Fn::Sub keeps its form; only the `${Parameter}` parts of its text are filled in. */
function substitute(substitution: Json, parameters: ParameterValues): Json {
  if (typeof substitution === 'string') return fill(substitution, parameters);
  if (!isList(substitution) || typeof substitution[0] !== 'string') return substitution;
  const local = isMap(substitution[1]) ? substitution[1] : {};
  return [fill(substitution[0], parameters, local), ...substitution.slice(1)];
}

function fill(text: string, parameters: ParameterValues, local: JsonMap = {}): string {
  return text.replace(/\$\{([A-Za-z0-9:.]+)\}/g, (part, name: string) => {
    const value = name in local ? undefined : parameters.get(name);
    if (value === undefined) return part;
    if (typeof value === 'object' && value !== null) {
      throw new InvalidTemplate(
        `Invalid Fn::Sub variable value ${pythonRepr(value)}. Fn::Sub expects all variables to be strings.`,
      );
    }
    return String(value);
  });
}
