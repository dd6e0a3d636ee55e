// Hand-published stages on a real server, with functions that are written beside the test.
import http from 'node:http';
import { ServiceError } from '#core/errors.ts';
import type { InvokeRequest, InvokeResult } from '#kernel/functions.ts';
import {
  publishStage,
  type PublishedHttpDeployment,
  type PublishedHttpStage,
  type PublishedMethod,
  type PublishedRestDeployment,
  type PublishedRestIntegration,
  type PublishedRestStage,
} from '#gateway/index.ts';
import { startTestServer, type TestServer } from '../../harness.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

/** What a function of a test does; throwing makes a function error. */
export type FakeFunction = (event: any, request: InvokeRequest) => unknown;

export interface GatewayServer extends TestServer {
  functions: Map<string, FakeFunction>;
  /** every event that a function got */
  events: any[];
  functionArn(name: string, run: FakeFunction): string;
}

export async function startGatewayServer(options: Parameters<typeof startTestServer>[0] = {}): Promise<GatewayServer> {
  const server = await startTestServer(options);
  const functions = new Map<string, FakeFunction>();
  const events: unknown[] = [];
  server.platform.functions = {
    async invoke(request: InvokeRequest): Promise<InvokeResult> {
      const run = functions.get(request.functionArn);
      if (!run) throw new ServiceError('ResourceNotFoundException', `Function not found: ${request.functionArn}`, 404);
      return invokeFake(run, request, events);
    },
    invokeStream: () => Promise.reject(new Error('no streams here')),
  };
  return {
    ...server,
    functions,
    events,
    functionArn(name, run) {
      const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
      functions.set(arn, run);
      return arn;
    },
  };
}

async function invokeFake(run: FakeFunction, request: InvokeRequest, events: unknown[]): Promise<InvokeResult> {
  let event: unknown;
  try {
    event = JSON.parse(request.payload.toString());
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json', 400);
  }
  events.push(event);
  const facts = { executedVersion: '$LATEST', requestId: 'function-request' };
  if (request.invocationType === 'Event') {
    Promise.resolve()
      .then(() => run(event, request))
      .catch(() => {});
    return { statusCode: 202, payload: Buffer.alloc(0), ...facts };
  }
  try {
    const result = await run(event, request);
    return { statusCode: 200, payload: Buffer.from(JSON.stringify(result ?? null)), ...facts };
  } catch (error) {
    const { message: errorMessage, name: errorType } = error as Error;
    const payload = Buffer.from(JSON.stringify({ errorMessage, errorType, trace: [] }));
    return { statusCode: 200, payload, functionError: 'Unhandled', ...facts };
  }
}

let count = 0;
export const newApiId = (): string => `api${(++count).toString(36).padStart(7, '0')}`;

export const invocationUri = (functionArn: string): string =>
  `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

export interface RestOptions {
  /** `GET /pets/{id}` → method, or only its integration */
  methods: Record<string, Partial<PublishedMethod> & { methodIntegration: PublishedRestIntegration }>;
  stage?: Partial<PublishedRestStage['stage']>;
  deployment?: Partial<PublishedRestDeployment>;
  api?: Partial<PublishedRestStage['api']>;
  apiId?: string;
  canary?: { deployment: PublishedRestDeployment };
}

export function restDeployment(
  options: Pick<RestOptions, 'methods' | 'deployment'>,
  id = 'dep001',
): PublishedRestDeployment {
  const resources = new Map<string, PublishedRestDeployment['resources'][number]>();
  for (const [key, method] of Object.entries(options.methods)) {
    const [httpMethod = '', path = ''] = key.split(' ');
    let resource = resources.get(path);
    if (!resource) resources.set(path, (resource = { id: `res${resources.size}`, path, resourceMethods: {} }));
    resource.resourceMethods![httpMethod] = { httpMethod, authorizationType: 'NONE', ...method };
  }
  return { id, resources: [...resources.values()], ...options.deployment };
}

/** Publishes a stage `test` and answers the API's id. */
export async function publishRest(server: TestServer, options: RestOptions): Promise<string> {
  const apiId = options.apiId ?? newApiId();
  const deployment = restDeployment(options);
  const stage: PublishedRestStage = {
    kind: 'REST',
    accountId: ACCOUNT,
    region: REGION,
    apiId,
    api: { name: 'test api', ...options.api },
    stage: { stageName: 'test', deploymentId: deployment.id, ...options.stage },
    deployment,
    ...(options.canary && { canaryDeployment: options.canary.deployment }),
  };
  await server.platform.store.transact((tx) => publishStage(tx, stage));
  return apiId;
}

export interface HttpOptions {
  deployment: Omit<PublishedHttpDeployment, 'id'>;
  stage?: Partial<PublishedHttpStage['stage']>;
  api?: Partial<PublishedHttpStage['api']>;
  apiId?: string;
}

/** Publishes the stage `$default` unless told otherwise. */
export async function publishHttp(server: TestServer, options: HttpOptions): Promise<string> {
  const apiId = options.apiId ?? newApiId();
  const stage: PublishedHttpStage = {
    kind: 'HTTP',
    accountId: ACCOUNT,
    region: REGION,
    apiId,
    api: { name: 'test api', ...options.api },
    stage: { stageName: '$default', ...options.stage },
    deployment: { id: 'dep001', ...options.deployment },
  };
  await server.platform.store.transact((tx) => publishStage(tx, stage));
  return apiId;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  rawHeaders: string[];
  body: string;
  bytes: Buffer;
}

export interface Ask {
  method?: string;
  /** flat list keeps spelling and repetitions */
  headers?: Record<string, string> | string[];
  body?: string | Buffer;
}

/** A request by host name, with the path exactly as given. */
export function ask(server: TestServer, apiId: string, path: string, options: Ask = {}): Promise<Answer> {
  const host = `${apiId}.execute-api.${REGION}.localhost:${server.platform.config.port}`;
  return askHost(server, host, path, options);
}

export function askHost(server: TestServer, host: string, path: string, options: Ask = {}): Promise<Answer> {
  const given = options.headers ?? {};
  const flat = Array.isArray(given) ? given : Object.entries(given).flat();
  const length = options.body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(options.body))];
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port: server.platform.config.port,
        method: options.method ?? 'GET',
        path,
        headers: ['Host', host, ...length, ...flat],
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string>,
            rawHeaders: response.rawHeaders,
            body: bytes.toString(),
            bytes,
          });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}
