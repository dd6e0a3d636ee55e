// The integration request: template by content type, pass-through behaviour, parameter mapping, content handling, and what
// the template overrides. https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
import type { PublishedRestIntegration } from '../published-rest.ts';
import { mediaType } from '../incoming.ts';
import { compileTemplate, Input, InvalidPayload, toText, util, type Template, type Value } from '../templates/index.ts';
import type { CompiledMethod } from './compile.ts';
import { ContextObject } from './context.ts';
import { configurationError, GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { compileParameterSource, type ParameterSource } from './parameter-source.ts';
import { DEFAULT_TYPE } from './validate-request.ts';

export interface MappedRequest {
  body: Buffer | string;
  contentType: string;
  headers: [string, string][];
  query: [string, string][];
  path: Map<string, string>;
}

export type RequestMapping = (exchange: RestExchange) => MappedRequest;

const TARGET = /^integration\.request\.(header|querystring|path)\.(.+)$/;

interface Targets {
  header: [name: string, source: ParameterSource][];
  querystring: [name: string, source: ParameterSource][];
  path: [name: string, source: ParameterSource][];
}

export function compileRequestMapping(method: CompiledMethod, integration: PublishedRestIntegration): RequestMapping {
  const mapBody = compileBodyMapping(method, integration);
  const targets = compileTargets(integration.requestParameters);
  return (exchange) => {
    const contentType = mediaType(exchange.request.headers['content-type']) ?? DEFAULT_TYPE;
    const { body, isMapped } = mapBody(exchange, contentType);
    const mapped: MappedRequest = {
      body,
      contentType: isMapped ? contentType : (exchange.request.headers['content-type'] ?? contentType),
      headers: read(targets.header, exchange),
      query: read(targets.querystring, exchange),
      path: new Map(read(targets.path, exchange)),
    };
    if (exchange.hasOverrides) applyOverrides(mapped, exchange);
    return mapped;
  };
}

export function compileTargets(parameters: Record<string, string> | undefined): Targets {
  const targets: Targets = { header: [], querystring: [], path: [] };
  for (const [target, source] of Object.entries(parameters ?? {})) {
    const match = TARGET.exec(target);
    if (match) targets[match[1] as keyof Targets].push([match[2]!, compileParameterSource(source)]);
  }
  return targets;
}

function read(targets: [string, ParameterSource][], exchange: RestExchange): [string, string][] {
  const values: [string, string][] = [];
  for (const [name, source] of targets) {
    const value = source(exchange);
    if (value !== undefined) values.push([name, value]);
  }
  return values;
}

type BodyMapping = (exchange: RestExchange, contentType: string) => { body: Buffer | string; isMapped: boolean };

function compileBodyMapping(method: CompiledMethod, integration: PublishedRestIntegration): BodyMapping {
  const templates = new Map<string, Template | undefined>();
  for (const [type, source] of Object.entries(integration.requestTemplates ?? {})) {
    // An empty template stands for passing the body through; GetIntegration shows it as null.
    templates.set(type.toLowerCase(), source ? lazyTemplate(source) : undefined);
  }
  const behavior = integration.passthroughBehavior ?? 'WHEN_NO_MATCH';
  const handle = compileContentHandling(method, integration);
  return (exchange, contentType) => {
    if (!templates.has(contentType)) {
      const refuses = behavior === 'NEVER' || (behavior === 'WHEN_NO_TEMPLATES' && templates.size > 0);
      if (refuses) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
      return { body: handle(exchange, contentType), isMapped: false };
    }
    const template = templates.get(contentType);
    const payload = handle(exchange, contentType);
    if (!template) return { body: payload, isMapped: false };
    return { body: renderRequest(template, exchange, payload), isMapped: true };
  };
}

/**
 * Text by default; where the content type is binary the bytes stay as they are, unless CONVERT_TO_TEXT makes base64 of
 * them. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 */
function compileContentHandling(
  method: CompiledMethod,
  { contentHandling }: PublishedRestIntegration,
): (exchange: RestExchange, contentType: string) => Buffer | string {
  return ({ body }, contentType) => {
    const isBinary = method.variant.isBinary(contentType);
    if (isBinary) return contentHandling === 'CONVERT_TO_TEXT' ? body.toString('base64') : body;
    return contentHandling === 'CONVERT_TO_BINARY' ? Buffer.from(body.toString(), 'base64') : body;
  };
}

/** Compiled at the first request that needs it: a template with an error fails its own requests only. */
export function lazyTemplate(source: string): Template {
  let compiled: Template | undefined;
  return { render: (variables) => (compiled ??= compileTemplate(source)).render(variables) };
}

export function templateVariables(exchange: RestExchange, body: string): Map<string, Value> {
  const input = new Input(body, () => ({
    path: exchange.route?.pathParameters ?? [],
    querystring: exchange.query,
    header: headerPairs(exchange.request.rawHeaders),
  }));
  return new Map<string, Value>([
    ['input', input],
    ['context', new ContextObject(exchange)],
    ['stageVariables', new Map(Object.entries(exchange.variant.variables))],
    ['util', util],
  ]);
}

function* headerPairs(rawHeaders: readonly string[]): Iterable<readonly [string, string]> {
  for (let i = 0; i < rawHeaders.length; i += 2) yield [rawHeaders[i]!, rawHeaders[i + 1]!];
}

function renderRequest(template: Template, exchange: RestExchange, payload: Buffer | string): string {
  try {
    return template.render(templateVariables(exchange, payload.toString()));
  } catch (error) {
    if (error instanceof InvalidPayload) throw new GatewayError('BAD_REQUEST_BODY', { message: error.message });
    throw configurationError(`Unable to transform request: ${(error as Error).message}`, error);
  }
}

/** $context.requestOverride: what it names replaces what was mapped. */
function applyOverrides(mapped: MappedRequest, { overrides }: RestExchange): void {
  mapped.headers = override(mapped.headers, overrides.requestHeader, (name) => name.toLowerCase());
  mapped.query = override(mapped.query, overrides.requestQuery, (name) => name);
  for (const [name, value] of overrides.requestPath) mapped.path.set(name, toText(value));
}

function override(
  pairs: [string, string][],
  values: Map<string, Value>,
  normalize: (name: string) => string,
): [string, string][] {
  if (values.size === 0) return pairs;
  const names = new Set([...values.keys()].map(normalize));
  const kept = pairs.filter(([name]) => !names.has(normalize(name)));
  const added = [...values].flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item): [string, string] => [name, toText(item)]),
  );
  return [...kept, ...added];
}
