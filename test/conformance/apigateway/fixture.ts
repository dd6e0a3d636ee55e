import assert from 'node:assert/strict';
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  type PutMethodCommandInput,
} from '@aws-sdk/client-api-gateway';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

export interface RestApiServer extends TestServer {
  client: APIGatewayClient;
  /** a request to a stage, by path */
  ask(restApiId: string, stageName: string, path: string, init?: RequestInit): Promise<Response>;
}

export interface NewApi {
  restApiId: string;
  rootId: string;
}

export async function startRestApiServer(): Promise<RestApiServer> {
  const server = await startTestServer();
  return {
    ...server,
    client: new APIGatewayClient(server.sdk),
    ask: (restApiId, stageName, path, init) =>
      fetch(`${server.endpoint}/restapis/${restApiId}/${stageName}/_user_request_${path}`, init),
  };
}

export async function createApi({ client }: RestApiServer, name = 'pets'): Promise<NewApi> {
  const { id = '', rootResourceId = '' } = await client.send(new CreateRestApiCommand({ name }));
  return { restApiId: id, rootId: rootResourceId };
}

export async function createResource(
  { client }: RestApiServer,
  { restApiId, rootId }: NewApi,
  pathPart: string,
  parentId = rootId,
): Promise<string> {
  const { id = '' } = await client.send(new CreateResourceCommand({ restApiId, parentId, pathPart }));
  return id;
}

/** A method that answers 200 and this body. */
export async function putMock(
  { client }: RestApiServer,
  { restApiId, rootId }: NewApi,
  body: string,
  rest: Partial<PutMethodCommandInput> = {},
): Promise<{ restApiId: string; resourceId: string; httpMethod: string }> {
  const place = { restApiId, resourceId: rest.resourceId ?? rootId, httpMethod: rest.httpMethod ?? 'GET' };
  await client.send(new PutMethodCommand({ authorizationType: 'NONE', ...rest, ...place }));
  await client.send(new PutMethodResponseCommand({ ...place, statusCode: '200' }));
  const requestTemplates = { 'application/json': '{"statusCode": 200}' };
  await client.send(new PutIntegrationCommand({ ...place, type: 'MOCK', requestTemplates }));
  const responseTemplates = { 'application/json': body };
  await client.send(new PutIntegrationResponseCommand({ ...place, statusCode: '200', responseTemplates }));
  return place;
}

export async function deploy({ client }: RestApiServer, restApiId: string, stageName = 'test'): Promise<string> {
  return (await client.send(new CreateDeploymentCommand({ restApiId, stageName }))).id ?? '';
}

/** The error's code and words. */
export const refusal = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

/** Asks until the stage answers with this status: a change is live a moment later. */
export const untilStatus = (ask: () => Promise<Response>, status: number): Promise<Response> =>
  eventually(async () => {
    const response = await ask();
    return response.status === status ? response : undefined;
  });
