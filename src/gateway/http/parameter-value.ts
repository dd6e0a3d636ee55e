// What parameter mapping may take its values from; `${…}` stands for one inside a text.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
import type { HttpResponse } from '#core/http.ts';
import { compileJsonPath, parseJson, toJson, type Value } from '../templates/index.ts';
import { httpContextValue } from './context.ts';
import type { HttpExchange } from './exchange.ts';

/** undefined: no value, nothing is mapped */
export type ParameterValue = (exchange: HttpExchange, response?: HttpResponse) => string | undefined;

const WHOLE = /^\$(?:\{([^{}]+)\}|((?:request|response|context|stageVariables)\b.*))$/;
const INSIDE = /\$\{([^{}]+)\}/g;

export function compileParameterValue(text: string): ParameterValue {
  const whole = WHOLE.exec(text);
  if (whole) return compileSource(whole[1] ?? whole[2]!);
  if (!text.includes('${')) return () => text;
  const parts: (string | ParameterValue)[] = [];
  let from = 0;
  for (const match of text.matchAll(INSIDE)) {
    parts.push(text.slice(from, match.index), compileSource(match[1]!));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return (exchange, response) =>
    parts.map((part) => (typeof part === 'string' ? part : (part(exchange, response) ?? ''))).join('');
}

function compileSource(source: string): ParameterValue {
  const [root = '', place = '', ...rest] = source.split('.');
  const name = rest.join('.');
  if (root === 'stageVariables') return ({ stage }) => stage.variables[[place, ...rest].join('.')];
  if (root === 'context') {
    const path = [place, ...rest].join('.');
    return (exchange) => {
      const value = httpContextValue(exchange, path);
      return value === undefined ? undefined : String(value);
    };
  }
  if (root === 'request') return requestValue(place, name);
  return root === 'response' ? responseValue(place, name) : () => undefined;
}

function requestValue(place: string, name: string): ParameterValue {
  switch (place) {
    case 'header': {
      const lower = name.toLowerCase();
      return ({ request }) => request.headers[lower];
    }
    case 'querystring':
      return ({ query }) => {
        const values = query.filter(([key]) => key === name).map(([, value]) => value);
        return values.length ? values.join(',') : undefined;
      };
    case 'path':
      return name
        ? ({ route }) => route?.pathParameters.find(([key]) => key === name)?.[1]
        : (exchange) => exchange.path;
    case 'body':
      return bodyValue(({ body }) => body.toString(), name);
    default:
      return () => undefined;
  }
}

function responseValue(place: string, name: string): ParameterValue {
  if (place === 'header') {
    const lower = name.toLowerCase();
    return (_exchange, response) => response?.headers.find(([key]) => key.toLowerCase() === lower)?.[1];
  }
  if (place !== 'body') return () => undefined;
  return bodyValue((_exchange, response) => {
    const body = response?.body;
    return typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : '';
  }, name);
}

function bodyValue(read: (exchange: HttpExchange, response?: HttpResponse) => string, path: string): ParameterValue {
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
