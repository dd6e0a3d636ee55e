// Templates both ways, by selection expression, and what is text and what bytes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-data-transformations.html
import type { PublishedWebSocketIntegration } from '../../published-websocket.ts';
import { compileSafeRegex } from '#core/safe-regex.ts';
import { compileTemplate, Input, util, type Template, type Value } from '../../templates/index.ts';
import { WebSocketContext } from '../context.ts';
import type { WebSocketExchange } from '../exchange.ts';
import { compileExpression, type Expression } from '../expression.ts';
import type { AskBackend, BackendAnswer, WebSocketIntegration } from '../integration.ts';
import { configurationError, Refused } from '../refused.ts';

type ContentHandling = PublishedWebSocketIntegration['contentHandlingStrategy'];

/** A text that stands for bytes is base64, both ways. */
function convert(body: string | Buffer, handling: ContentHandling): string | Buffer {
  if (handling === 'CONVERT_TO_BINARY') return Buffer.from(body.toString(), 'base64');
  if (handling === 'CONVERT_TO_TEXT' && typeof body !== 'string') return body.toString('base64');
  return body;
}

/** The message as it is, and the answer as it is. */
export function passedThrough(
  { contentHandlingStrategy }: PublishedWebSocketIntegration,
  ask: AskBackend,
): WebSocketIntegration {
  return (exchange) => ask(exchange, convert(exchange.body, contentHandlingStrategy));
}

export function mapped(integration: PublishedWebSocketIntegration, ask: AskBackend): WebSocketIntegration {
  const { requestTemplates = {}, templateSelectionExpression, contentHandlingStrategy } = integration;
  const mapRequest = compileTemplates(requestTemplates, templateSelectionExpression);
  const behavior = integration.passthroughBehavior ?? 'WHEN_NO_MATCH';
  const passesUnmatched =
    behavior === 'WHEN_NO_MATCH' || (behavior === 'WHEN_NO_TEMPLATES' && Object.keys(requestTemplates).length === 0);
  const mapResponse = compileResponses(integration);
  return async (exchange) => {
    const text = mapRequest(exchange, exchange.body);
    if (text === undefined && !passesUnmatched) {
      throw new Refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');
    }
    return mapResponse(exchange, await ask(exchange, convert(text ?? exchange.body, contentHandlingStrategy)));
  };
}

type MapAnswer = (exchange: WebSocketExchange, answer: BackendAnswer) => BackendAnswer;

/** The first response whose expression fits, else $default; without one the answer goes on as it is. */
function compileResponses({ integrationResponses = [] }: PublishedWebSocketIntegration): MapAnswer {
  const byExpression = integrationResponses.toSorted(
    (a, b) => Number(a.integrationResponseKey === '$default') - Number(b.integrationResponseKey === '$default'),
  );
  const responses = byExpression.map((response) => ({
    matches: selectionMatcher(response.integrationResponseKey),
    map: compileTemplates(response.responseTemplates, response.templateSelectionExpression),
    handling: response.contentHandlingStrategy,
  }));
  return (exchange, answer) => {
    const response = responses.find(({ matches }) => matches(answer.selection ?? String(answer.status)));
    if (!response) return answer;
    const body = convert(answer.body, response.handling);
    return { ...answer, body: response.map(exchange, body.toString()) ?? body };
  };
}

/** `/4\d\d/` is an expression over the status, or over a function's error message. */
function selectionMatcher(key: string): (selection: string) => boolean {
  const pattern = /^\/(.*)\/$/s.exec(key);
  if (!pattern) return () => true;
  const regex = compileSafeRegex(`^(?:${pattern[1]})$`);
  return (selection) => regex.test(selection);
}

type MapText = (exchange: WebSocketExchange, text: string) => string | undefined;

function compileTemplates(templates: Record<string, string> = {}, selection: string | undefined): MapText {
  const compiled = new Map<string, Template>();
  const select: Expression = selection === undefined ? () => '$default' : compileExpression(selection);
  return (exchange, text) => {
    const key = select(exchange) ?? '$default';
    const name = Object.hasOwn(templates, key) ? key : '$default';
    const source = templates[name];
    if (source === undefined) return undefined;
    try {
      let template = compiled.get(name);
      if (!template) compiled.set(name, (template = compileTemplate(source)));
      return template.render(variablesOf(exchange, text));
    } catch (error) {
      throw configurationError(error);
    }
  };
}

function variablesOf(exchange: WebSocketExchange, text: string): Map<string, Value> {
  const header = (): [string, string][] => Object.entries(exchange.handshake?.headers ?? {});
  const input = new Input(text, () => ({ path: [], querystring: exchange.query, header: header() }));
  return new Map<string, Value>([
    ['input', input],
    ['context', new WebSocketContext(exchange)],
    ['stageVariables', new Map(Object.entries(exchange.stage.variables))],
    ['util', util],
  ]);
}
