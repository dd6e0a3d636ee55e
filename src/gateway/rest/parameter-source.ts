// What a parameter mapping may take its value from: 'text', method.request.*, context.*, stageVariables.*, and, in answers,
// integration.response.*. https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
import { compileJsonPath, parseJson, toJson, type Value } from '../templates/index.ts';
import { contextValue } from './context.ts';
import type { RestExchange } from './exchange.ts';
import type { IntegrationResponse } from './integration.ts';

/** undefined: the source has no value, the target is left out */
export type ParameterSource = (exchange: RestExchange, response?: IntegrationResponse) => string | undefined;

const none: ParameterSource = () => undefined;

export function compileParameterSource(source: string): ParameterSource {
  const text = /^'([^]*)'$/.exec(source);
  if (text) return () => text[1]!;
  const dot = source.indexOf('.');
  const root = source.slice(0, dot);
  const rest = source.slice(dot + 1);
  if (root === 'context') {
    return (exchange) => {
      const value = contextValue(exchange, rest);
      return value === undefined || value === '' ? undefined : String(value);
    };
  }
  if (root === 'stageVariables') return (exchange) => exchange.variant.variables[rest];
  if (root === 'method' && rest.startsWith('request.')) return requestSource(rest.slice('request.'.length));
  if (root === 'integration' && rest.startsWith('response.')) return responseSource(rest.slice('response.'.length));
  return none;
}

const split = (text: string): [place: string, name: string] => {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
};

function requestSource(source: string): ParameterSource {
  const [place, name] = split(source);
  switch (place) {
    case 'header': {
      const lower = name.toLowerCase();
      return ({ request }) => lastHeader(request.rawHeaders, lower);
    }
    case 'multivalueheader': {
      const lower = name.toLowerCase();
      return ({ request }) => allHeaders(request.rawHeaders, lower)?.join(',');
    }
    case 'querystring':
      return ({ query }) => query.findLast(([key]) => key === name)?.[1];
    case 'multivaluequerystring':
      return ({ query }) => {
        const values = query.filter(([key]) => key === name).map(([, value]) => value);
        return values.length ? values.join(',') : undefined;
      };
    case 'path':
      return ({ route }) => route?.pathParameters.find(([key]) => key === name)?.[1];
    case 'body':
      return bodySource((exchange) => exchange.body.toString(), name);
    default:
      return none;
  }
}

function responseSource(source: string): ParameterSource {
  const [place, name] = split(source);
  switch (place) {
    case 'header': {
      const lower = name.toLowerCase();
      return (_exchange, response) => response?.headers.findLast(([key]) => key.toLowerCase() === lower)?.[1];
    }
    case 'multivalueheader': {
      const lower = name.toLowerCase();
      return (_exchange, response) => {
        const values = response?.headers.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value);
        return values?.length ? values.join(',') : undefined;
      };
    }
    case 'body':
      return bodySource((_exchange, response) => response?.body.toString() ?? '', name);
    default:
      return none;
  }
}

/** `body` is the whole text, `body.JSONPath` a part: text as it is, anything else as JSON. */
function bodySource(
  read: (exchange: RestExchange, response?: IntegrationResponse) => string,
  path: string,
): ParameterSource {
  if (!path) return (exchange, response) => read(exchange, response) || undefined;
  const compiled = compileJsonPath(path);
  return (exchange, response) => {
    let root: Value;
    try {
      root = parseJson(read(exchange, response));
    } catch {
      return undefined;
    }
    const value = compiled.find(root);
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : toJson(value);
  };
}

export function lastHeader(rawHeaders: readonly string[], lower: string): string | undefined {
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const name = rawHeaders[i]!;
    if (name.length === lower.length && name.toLowerCase() === lower) return rawHeaders[i + 1];
  }
  return undefined;
}

export function allHeaders(rawHeaders: readonly string[], lower: string): string[] | undefined {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === lower) values.push(rawHeaders[i + 1]!);
  }
  return values.length ? values : undefined;
}
