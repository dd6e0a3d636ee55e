// $request.header.Authorization, $request.querystring.token, $context.identity.sourceIp, $stageVariables.tenant
import { httpContextValue } from './context.ts';
import type { HttpExchange } from './exchange.ts';

export type IdentitySource = (exchange: HttpExchange) => string | undefined;

export function compileIdentitySource(text: string): IdentitySource {
  const [, root = '', name = ''] =
    /^\$(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(text) ?? [];
  switch (root) {
    case 'request.header': {
      const lower = name.toLowerCase();
      return ({ request }) => request.headers[lower];
    }
    case 'request.querystring':
      return ({ query }) => query.find(([key]) => key === name)?.[1];
    case 'context':
      return (exchange) => {
        const value = httpContextValue(exchange, name);
        return value === undefined ? undefined : String(value);
      };
    case 'stageVariables':
      return ({ stage }) => stage.variables[name];
    default:
      return () => undefined;
  }
}

/** Undefined when one is missing or empty. */
export function readIdentity(sources: readonly IdentitySource[], exchange: HttpExchange): string[] | undefined {
  const values: string[] = [];
  for (const source of sources) {
    const value = source(exchange);
    if (!value) return undefined;
    values.push(value);
  }
  return values;
}
