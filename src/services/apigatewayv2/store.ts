// Keys and records of HTTP APIs. A record is what the API answers, in the SDK's own words; times are ms.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type {
  Api,
  Authorizer,
  Integration,
  IntegrationResponse,
  Model,
  Route,
  RouteResponse,
  Stage,
} from '@aws-sdk/client-apigatewayv2';
import type { PublishedHttpDeployment, PublishedWebSocketDeployment } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Key, Reader, Writer } from '#store/contract.ts';

/** A record has what the API shows, with these members always there. */
type Kept<T, K extends keyof T> = Omit<T, K | 'CreatedDate' | 'LastUpdatedDate'> & {
  [Member in K]-?: NonNullable<T[Member]>;
};

export interface Place {
  accountId: string;
  region: string;
}
export type ApiRecord = Kept<Omit<Api, 'ApiEndpoint'>, 'ApiId' | 'Name' | 'ProtocolType' | 'Tags'> & {
  createdMs: number;
};
export type RouteRecord = Kept<Route, 'RouteId' | 'RouteKey' | 'AuthorizationType'>;
export type IntegrationRecord = Kept<Integration, 'IntegrationId' | 'IntegrationType' | 'TimeoutInMillis'>;
export type AuthorizerRecord = Kept<Authorizer, 'AuthorizerId' | 'Name' | 'AuthorizerType'>;
export type StageRecord = Kept<Stage, 'StageName' | 'RouteSettings' | 'StageVariables' | 'Tags'> & {
  createdMs: number;
  updatedMs: number;
};
export interface DeploymentRecord {
  DeploymentId: string;
  Description?: string | undefined;
  AutoDeployed: boolean;
  createdMs: number;
}

export type RouteResponseRecord = Kept<RouteResponse, 'RouteResponseId' | 'RouteResponseKey'>;
export type IntegrationResponseRecord = Kept<IntegrationResponse, 'IntegrationResponseId' | 'IntegrationResponseKey'>;
export type ModelRecord = Kept<Model, 'ModelId' | 'Name' | 'ContentType' | 'Schema'>;
/** One per kind of API. */
type Deployment = PublishedHttpDeployment | PublishedWebSocketDeployment;

export const placeOf = (context: Context): Place => ({ accountId: context.accountId, region: context.region });
/** Fast: a deployment is written once a change and read once a start. */
const PACKING_LEVEL = 1;

const root = (at: Place): Key => [at.accountId, at.region, 'apigatewayv2'];

interface Collection<T> {
  find(reader: Reader, at: Place, apiId: string, id: string): Promise<T | undefined>;
  put(tx: Writer, at: Place, apiId: string, value: T): void;
  remove(tx: Writer, at: Place, apiId: string, id: string): void;
  list(reader: Reader, at: Place, apiId: string): Promise<T[]>;
}

/** Records of one kind below an API (or below the account, when the API id is empty). */
function collection<T>(kind: string, idOf: (value: T) => string): Collection<T> {
  const prefixOf = (at: Place, apiId: string): Key => [...root(at), kind, apiId];
  return {
    find: async (reader, at, apiId, id) => (await reader.get<T>([...prefixOf(at, apiId), id]))?.value,
    put: (tx, at, apiId, value) => tx.set([...prefixOf(at, apiId), idOf(value)], value),
    remove: (tx, at, apiId, id) => tx.delete([...prefixOf(at, apiId), id]),
    async list(reader, at, apiId) {
      const all: T[] = [];
      for await (const entry of entries<T>(reader, prefixOf(at, apiId))) all.push(entry.value);
      return all;
    },
  };
}

const PAGE = 1000;

async function* entries<T>(reader: Reader, prefix: Key): AsyncGenerator<{ key: Key; value: T }> {
  let after: Key | undefined;
  for (;;) {
    const page = await reader.list<T>({ prefix }, { limit: PAGE, ...(after && { after }) });
    yield* page;
    after = page.at(-1)?.key;
    if (page.length < PAGE || !after) return;
  }
}

const CHILD_KINDS = ['route', 'integration', 'authorizer', 'model', 'stage', 'deployment', 'frozen'] as const;

export const apis = collection<ApiRecord>('api', (each) => each.ApiId);
export const routes = collection<RouteRecord>('route', (each) => each.RouteId);
export const integrations = collection<IntegrationRecord>('integration', (each) => each.IntegrationId);
export const authorizers = collection<AuthorizerRecord>('authorizer', (each) => each.AuthorizerId);
export const models = collection<ModelRecord>('model', (each) => each.ModelId);
export const stages = collection<StageRecord>('stage', (each) => each.StageName);
export const deployments = collection<DeploymentRecord>('deployment', (each) => each.DeploymentId);

/** below `api/route` and `api/integration` */
export const routeResponses = collection<RouteResponseRecord>('route-response', (each) => each.RouteResponseId);
export const integrationResponses = collection<IntegrationResponseRecord>(
  'integration-response',
  (each) => each.IntegrationResponseId,
);

/**
 * What deployments froze, beside their records: lists stay small, and a large API, packed, is one entry still (an OpenAPI
 * import may have 6 MB, an entry 1 MiB).
 */
export const frozen = {
  async find(reader: Reader, at: Place, apiId: string, id: string): Promise<Deployment | undefined> {
    const entry = await reader.get<Uint8Array>([...root(at), 'frozen', apiId, id]);
    if (entry) return JSON.parse(inflateRawSync(entry.value).toString()) as Deployment;
    // Until 2026-11-21 it stood in the deployment's own record.
    const record = await deployments.find(reader, at, apiId, id);
    return (record as { frozen?: Deployment } | undefined)?.frozen;
  },
  put(tx: Writer, at: Place, apiId: string, deployment: Deployment): void {
    const packed = deflateRawSync(JSON.stringify(deployment), { level: PACKING_LEVEL });
    tx.set([...root(at), 'frozen', apiId, deployment.id], new Uint8Array(packed));
  },
  remove: (tx: Writer, at: Place, apiId: string, id: string): void => tx.delete([...root(at), 'frozen', apiId, id]),
};

/** What is below an API; the API's own entry stays for the caller. */
export async function deleteBelow(
  tx: Reader & Writer,
  at: Place,
  apiId: string,
  kinds: readonly (typeof CHILD_KINDS)[number][] = CHILD_KINDS,
): Promise<void> {
  for (const kind of kinds) {
    for await (const { key } of entries(tx, [...root(at), kind, apiId])) tx.delete(key);
  }
}

/** The responses of one route or integration. */
export async function deleteResponses(tx: Reader & Writer, at: Place, apiId: string, id: string): Promise<void> {
  for (const kind of ['route-response', 'integration-response']) {
    for await (const { key } of entries(tx, [...root(at), kind, `${apiId}/${id}`])) tx.delete(key);
  }
}
