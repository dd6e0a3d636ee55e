// TestInvokeMethod and TestInvokeAuthorizer: one request against the API as it is now, without deployment, authorizer, API key
// or throttle, answered together with its execution log.
// https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html
import { Readable } from 'node:stream';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import { factsOf } from '../facts.ts';
import type { PublishedRestDeployment, PublishedRestStage } from '../published-rest.ts';
import { RouteTrie } from '../route-trie.ts';
import { CompiledRestStage, type CompiledMethod } from './compile.ts';
import { configurationError, GatewayError } from './errors.ts';
import { RestExchange } from './exchange.ts';
import { ExecutionLog } from './execution-log.ts';
import { renderGatewayResponse } from './gateway-response.ts';
import { compileAuthorizerQuestion, type AuthorizerAnswer } from './lambda-authorizer.ts';
import { isFrontHeader } from './response-headers.ts';

export interface TestApi {
  accountId: string;
  region: string;
  apiId: string;
  name: string;
  /** the API as it is now */
  deployment: PublishedRestDeployment;
  clientCertificate?: NonNullable<PublishedRestStage['clientCertificate']>;
}

export interface TestRequest {
  httpMethod: string;
  /** path and query; the resource's own path when absent */
  pathWithQueryString?: string | undefined;
  headers?: Record<string, string> | undefined;
  multiValueHeaders?: Record<string, string[]> | undefined;
  body?: string | undefined;
  stageVariables?: Record<string, string> | undefined;
}

export interface TestAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  log: string;
  latency: number;
}

const STAGE_NAME = 'test-invoke-stage';

/** Undefined when the API has no such method. */
export async function testInvokeMethod(
  platform: Platform,
  api: TestApi,
  resourceId: string,
  request: TestRequest,
): Promise<TestAnswer | undefined> {
  const resource = api.deployment.resources.find(({ id }) => id === resourceId);
  const methods = resource?.resourceMethods;
  if (!resource || !(methods?.[request.httpMethod] ?? methods?.['ANY'])) return undefined;
  const stage = compileStage(platform, api, request);
  const target = request.pathWithQueryString ?? resource.path;
  const exchange = openExchange(stage, request, target);
  // The resource is given: its path alone is matched, so that a more specific one does not take the request.
  const only = new RouteTrie<CompiledMethod>();
  const method = stage.findMethod(resource.id, request.httpMethod)!;
  only.insert(resource.path, 'ANY', method);
  const matched = only.find(exchange.path, request.httpMethod, { ignoresTrailingSlash: true });
  exchange.route = matched ?? { value: method, pathParameters: [] };
  exchange.log = new ExecutionLog(exchange, { level: 'INFO', dataTrace: true });
  const response = await run(exchange);
  return answerOf(exchange, response);
}

async function run(exchange: RestExchange): Promise<HttpResponse> {
  const method = exchange.route!.value;
  let response: HttpResponse;
  exchange.log!.started();
  exchange.log!.bodyRead();
  try {
    method.validator?.(exchange);
    response = await method.integration(exchange);
  } catch (error) {
    const failure = error instanceof GatewayError ? error : configurationError((error as Error).message, error);
    exchange.log!.failed(failure);
    response = renderGatewayResponse(exchange, failure);
  }
  exchange.log!.completed(response);
  return response;
}

function compileStage(platform: Platform, api: TestApi, { stageVariables }: TestRequest): CompiledRestStage {
  const { accountId, region, apiId, name, deployment, clientCertificate } = api;
  const stage: PublishedRestStage = {
    kind: 'REST',
    accountId,
    region,
    apiId,
    api: { name },
    stage: { stageName: STAGE_NAME, deploymentId: deployment.id, ...(stageVariables && { variables: stageVariables }) },
    deployment,
    ...(clientCertificate && { clientCertificate }),
  };
  return new CompiledRestStage(stage, factsOf(platform));
}

function openExchange(stage: CompiledRestStage, request: TestRequest, target: string): RestExchange {
  const mark = target.indexOf('?');
  const { ids, clock } = stage.facts.platform;
  const path = mark < 0 ? target : target.slice(0, mark);
  const exchange = new RestExchange(stage, toHttpRequest(request, target), path, ids.uuid(), clock.now());
  exchange.body = Buffer.from(request.body ?? '');
  exchange.identity = { apiKey: 'test-invoke-api-key', apiKeyId: 'test-invoke-api-key-id' };
  return exchange;
}

function toHttpRequest(request: TestRequest, target: string): HttpRequest {
  const rawHeaders = [
    ...Object.entries(request.headers ?? {}).flat(),
    ...Object.entries(request.multiValueHeaders ?? {}).flatMap(([name, values]) =>
      values.flatMap((value) => [name, value]),
    ),
  ];
  const headers: Record<string, string> = { host: 'testPrefix.testDomainName' };
  for (let i = 0; i < rawHeaders.length; i += 2) headers[rawHeaders[i]!.toLowerCase()] = rawHeaders[i + 1]!;
  return {
    method: request.httpMethod,
    target,
    headers,
    rawHeaders,
    remoteAddress: 'test-invoke-source-ip',
    remotePort: 0,
    secure: true,
    httpVersion: '1.1',
    body: Readable.from([]),
    signal: new AbortController().signal,
  };
}

function answerOf(exchange: RestExchange, response: HttpResponse): TestAnswer {
  const { clock } = exchange.stage.facts;
  const multiValueHeaders: Record<string, string[]> = {};
  for (const [name, value] of response.headers) {
    if (!isFrontHeader(name)) (multiValueHeaders[name] ??= []).push(value);
  }
  const headers = Object.fromEntries(Object.entries(multiValueHeaders).map(([name, values]) => [name, values.at(-1)!]));
  const { body = '' } = response;
  return {
    status: response.status,
    body: typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : '',
    headers,
    multiValueHeaders,
    log: logText(exchange),
    latency: clock.now() - exchange.startedAt,
  };
}

/** `Execution log for request ID`, then a line each with its time. */
function logText(exchange: RestExchange): string {
  const at = formatLogTime(exchange.startedAt);
  const prefix = `(${exchange.requestId}) `;
  const lines = exchange.log!.lines.map((line) => `${at} : ${line.slice(prefix.length)}`);
  return [`Execution log for request ${exchange.requestId}`, ...lines, ''].join('\n');
}

/** Java's Date.toString: `Sat Nov 21 12:00:00 UTC 2026` */
function formatLogTime(ms: number): string {
  const [week, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${week} ${month} ${day} ${time} UTC ${year}`;
}

export interface TestAuthorizerAnswer {
  clientStatus: number;
  log: string;
  latency: number;
  principalId?: string;
  policy?: string;
  authorization?: Record<string, string[]>;
}

/** Lambda authorizers; undefined when there is none by this id. */
export async function testInvokeAuthorizer(
  platform: Platform,
  api: TestApi,
  authorizerId: string,
  request: Omit<TestRequest, 'httpMethod'>,
): Promise<TestAuthorizerAnswer | undefined> {
  const authorizer = api.deployment.authorizers?.find(({ id }) => id === authorizerId);
  if (!authorizer) return undefined;
  const full: TestRequest = { httpMethod: 'GET', ...request };
  const deployment: PublishedRestDeployment = {
    ...api.deployment,
    resources: [{ id: 'test', path: '/', resourceMethods: { GET: { httpMethod: 'GET', authorizationType: 'NONE' } } }],
  };
  const stage = compileStage(platform, { ...api, deployment }, full);
  const exchange = openExchange(stage, full, request.pathWithQueryString ?? '/');
  exchange.route = { value: stage.findMethod('test', 'GET')!, pathParameters: [] };
  exchange.log = new ExecutionLog(exchange, { level: 'INFO', dataTrace: true });
  let answer: AuthorizerAnswer | undefined;
  let clientStatus = 200;
  try {
    answer = await compileAuthorizerQuestion(exchange.variant, authorizer)(exchange);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    clientStatus = error.status;
    exchange.log.failed(error);
  }
  const latency = stage.now() - exchange.startedAt;
  return {
    clientStatus,
    log: logText(exchange),
    latency,
    ...(answer && { principalId: answer.outcome.principalId ?? '', policy: answer.policyText, authorization: {} }),
  };
}
