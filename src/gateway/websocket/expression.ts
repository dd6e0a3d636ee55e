// Selection expressions and parameter sources: `$request.body.action`, `${request.header.x}-${context.stage}`, `\$default`,
// `route.request.querystring.q`, `'text'`.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
import { allHeaders, lastHeader } from '../rest/parameter-source.ts';
import { compileJsonPath, parseJson, toJson, type Value } from '../templates/index.ts';
import { webSocketContextValue } from './context.ts';
import type { WebSocketExchange } from './exchange.ts';

export type Expression = (exchange: WebSocketExchange) => string | undefined;

const PART = /\\\$|\$\{([^{}]+)\}|\$((?:request|context|stageVariables)(?:\.[A-Za-z0-9_-]+)+)/g;

export function compileExpression(text: string): Expression {
  const parts: (string | Expression)[] = [];
  let from = 0;
  for (const match of text.matchAll(PART)) {
    parts.push(text.slice(from, match.index));
    parts.push(match[0] === '\\$' ? '$' : compileSource(match[1] ?? match[2]!));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  const filled = parts.filter((part) => part !== '');
  if (filled.length === 1) return typeof filled[0] === 'string' ? () => filled[0] as string : (filled[0] as Expression);
  return (exchange) => filled.map((part) => (typeof part === 'string' ? part : (part(exchange) ?? ''))).join('');
}

/** `'text'`, or a source as parameter mappings and identity sources name it. */
export function compileParameter(text: string): Expression {
  const literal = /^'([^]*)'$/.exec(text);
  return literal ? () => literal[1]! : compileSource(text.replace(/^\$?(?:route\.)?/, ''));
}

function compileSource(source: string): Expression {
  const [root = '', place = '', ...rest] = source.split('.');
  const name = rest.join('.');
  const path = [place, ...rest].join('.');
  if (root === 'stageVariables') return ({ stage }) => stage.variables[path];
  if (root === 'context') {
    return (exchange) => {
      const value = webSocketContextValue(exchange, path);
      return value === undefined ? undefined : String(value);
    };
  }
  return root === 'request' ? compileRequestSource(place, name) : () => undefined;
}

/** Headers and query are those of the handshake: $connect alone has them. */
function compileRequestSource(place: string, name: string): Expression {
  const lower = name.toLowerCase();
  switch (place) {
    case 'body':
      return bodySource(name);
    case 'header':
      return ({ handshake }) => handshake && lastHeader(handshake.rawHeaders, lower);
    case 'multivalueheader':
      return ({ handshake }) => handshake && allHeaders(handshake.rawHeaders, lower)?.join(',');
    case 'querystring':
      return ({ query }) => query.findLast(([key]) => key === name)?.[1];
    case 'multivaluequerystring':
      return ({ query }) => {
        const values = query.filter(([key]) => key === name).map(([, value]) => value);
        return values.length ? values.join(',') : undefined;
      };
    default:
      return () => undefined;
  }
}

function bodySource(path: string): Expression {
  if (!path) return ({ body }) => body;
  const compiled = compileJsonPath(path);
  return ({ body }) => {
    let root: Value;
    try {
      root = parseJson(body);
    } catch {
      return undefined;
    }
    const value = compiled.find(root);
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : toJson(value);
  };
}
