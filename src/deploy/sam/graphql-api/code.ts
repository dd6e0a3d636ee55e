import { InvalidResource } from '../errors.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

/** The code of a function or resolver, as AppSync has it. */
export function codeProperties(name: string, given: JsonMap): JsonMap {
  const { InlineCode: inline, CodeUri: uri } = given;
  if (inline !== undefined && uri !== undefined) {
    throw new InvalidResource(name, "Both 'InlineCode' and 'CodeUri' cannot be defined at the same time.");
  }
  if (inline !== undefined) return { Code: inline };
  if (uri !== undefined) return { CodeS3Location: uri };
  throw new InvalidResource(name, "One of 'InlineCode' or 'CodeUri' must be set.");
}

export function runtimeProperty(name: string, given: JsonMap): JsonMap {
  const runtime = given['Runtime'];
  if (!isMap(runtime)) throw new InvalidResource(name, `'Runtime' must be defined as a property in ${name}.`);
  return { Name: runtime['Name'] ?? null, RuntimeVersion: runtime['Version'] ?? null };
}

/** What is handed on as it is, under AppSync's names. */
export function renamed(given: JsonMap, names: Readonly<Record<string, string>>): Record<string, Json | undefined> {
  return Object.fromEntries(Object.entries(names).map(([from, to]) => [to, given[from]]));
}
