// `overwrite:header.x`, `append:querystring.y`, `remove:header.z`, `overwrite:path`, `overwrite:statuscode`.
import type { HttpResponse } from '#core/http.ts';
import type { HttpExchange } from './exchange.ts';
import { compileParameterValue, type ParameterValue } from './parameter-value.ts';

interface Change {
  operation: 'append' | 'overwrite' | 'remove';
  place: string;
  name: string;
  value: ParameterValue;
}

const KEY = /^(append|overwrite|remove):(header|querystring|path|statuscode)(?:\.(.+))?$/;

function compileChanges(parameters: Record<string, string>): Change[] {
  return Object.entries(parameters).flatMap(([key, text]): Change[] => {
    const match = KEY.exec(key);
    if (!match) return [];
    const [, operation, place, name = ''] = match;
    return [{ operation: operation as Change['operation'], place: place!, name, value: compileParameterValue(text) }];
  });
}

/** What goes to the backend. */
export interface OutgoingRequest {
  headers: [string, string][];
  query: [string, string][];
  /** set when the path is replaced */
  path?: string;
}

export type RequestChanges = (exchange: HttpExchange, outgoing: OutgoingRequest) => void;

export function compileRequestChanges(parameters: Record<string, string> | undefined): RequestChanges | undefined {
  const changes = compileChanges(parameters ?? {});
  if (changes.length === 0) return undefined;
  return (exchange, outgoing) => {
    for (const change of changes) {
      const value = change.operation === 'remove' ? '' : change.value(exchange);
      if (value === undefined) continue;
      if (change.place === 'path') outgoing.path = value;
      else if (change.place === 'header') outgoing.headers = changed(outgoing.headers, change, value, true);
      else if (change.place === 'querystring') outgoing.query = changed(outgoing.query, change, value, false);
    }
  };
}

export type ResponseChanges = (exchange: HttpExchange, response: HttpResponse) => void;

/** By the status of the backend. */
export function compileResponseChanges(
  byStatus: Record<string, Record<string, string>> | undefined,
): ResponseChanges | undefined {
  const compiled = new Map(
    Object.entries(byStatus ?? {}).map(([status, parameters]) => [Number(status), compileChanges(parameters)]),
  );
  if (compiled.size === 0) return undefined;
  return (exchange, response) => {
    for (const change of compiled.get(response.status) ?? []) {
      const value = change.operation === 'remove' ? '' : change.value(exchange, response);
      if (value === undefined) continue;
      if (change.place === 'header') response.headers = changed(response.headers, change, value, true);
      else if (change.place === 'statuscode' && /^[1-5]\d\d$/.test(value)) response.status = Number(value);
    }
  };
}

function changed(
  pairs: [string, string][],
  { operation, name }: Change,
  value: string,
  ignoresCase: boolean,
): [string, string][] {
  const normalize = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const wanted = normalize(name);
  const kept = operation === 'append' ? pairs : pairs.filter(([key]) => normalize(key) !== wanted);
  return operation === 'remove' ? kept : [...kept, [name, value]];
}
