import { compileParameterSource, type ParameterSource } from './parameter-source.ts';
import type { RestExchange } from './exchange.ts';

/** `method.request.header.Authorization, method.request.querystring.q, stageVariables.s, context.httpMethod` */
export function compileIdentitySources(text: string | undefined): ParameterSource[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map(compileParameterSource);
}

/** Undefined when one of them is missing or empty: then the request has no identity. */
export function readIdentity(sources: readonly ParameterSource[], exchange: RestExchange): string[] | undefined {
  const values: string[] = [];
  for (const source of sources) {
    const value = source(exchange);
    if (!value) return undefined;
    values.push(value);
  }
  return values;
}
