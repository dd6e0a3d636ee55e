// Request parameters of an integration. https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
import type { PublishedWebSocketIntegration } from '../../published-websocket.ts';
import type { WebSocketExchange } from '../exchange.ts';
import { compileParameter } from '../expression.ts';

const TARGET = /^integration\.request\.(header|querystring|path)\.(.+)$/;
const CONTENT_TYPE = 'application/json';

export interface Parameters {
  path: Map<string, string>;
  query: [string, string][];
  headers: [string, string][];
  contentType: string;
}

export type MapParameters = (exchange: WebSocketExchange) => Parameters;

/** What a source does not have is left out. */
export function compileParameters({ requestParameters = {} }: PublishedWebSocketIntegration): MapParameters {
  const sources = Object.entries(requestParameters).flatMap(([target, source]) => {
    const [, place, name] = TARGET.exec(target) ?? [];
    return place === undefined || name === undefined ? [] : [{ place, name, value: compileParameter(source) }];
  });
  return (exchange) => {
    const mapped: Parameters = { path: new Map(), query: [], headers: [], contentType: CONTENT_TYPE };
    for (const { place, name, value } of sources) {
      const text = value(exchange);
      if (text === undefined) continue;
      if (place === 'path') mapped.path.set(name, text);
      else if (place === 'querystring') mapped.query.push([name, text]);
      else if (name.toLowerCase() === 'content-type') mapped.contentType = text;
      else mapped.headers.push([name, text]);
    }
    return mapped;
  };
}
