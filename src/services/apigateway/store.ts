// Keys and records of REST APIs. A record is what the API answers, in the API's own words; times are ms.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type {
  PublishedGatewayResponse,
  PublishedMethod,
  PublishedMethodSetting,
  PublishedModel,
  PublishedRequestValidator,
  PublishedResource,
  PublishedRestAuthorizer,
  PublishedRestDeployment,
  PublishedRestStageSettings,
  PublishedUsagePlan,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Key, Reader, Writer } from '#store/contract.ts';

export interface Place {
  accountId: string;
  region: string;
}
export interface RestApiRecord {
  id: string;
  name: string;
  description?: string;
  createdDate: number;
  version?: string;
  binaryMediaTypes?: string[];
  minimumCompressionSize?: number;
  apiKeySource: 'HEADER' | 'AUTHORIZER';
  endpointConfiguration: { types: string[]; vpcEndpointIds?: string[]; ipAddressType?: string };
  policy?: string;
  tags?: Record<string, string>;
  disableExecuteApiEndpoint: boolean;
  securityPolicy?: string;
  endpointAccessMode?: 'BASIC' | 'STRICT';
  rootResourceId: string;
  warnings?: string[];
}
export interface ResourceRecord extends PublishedResource {
  pathPart?: string;
  resourceMethods: Record<string, PublishedMethod>;
}
export interface DeploymentRecord {
  id: string;
  description?: string;
  createdDate: number;
}
export interface StageRecord extends PublishedRestStageSettings {
  description?: string;
  cacheClusterStatus?: string;
  createdDate: number;
  lastUpdatedDate: number;
  tags?: Record<string, string>;
  methodSettings: Record<string, PublishedMethodSetting>;
}
export interface ModelRecord extends PublishedModel {
  id: string;
  description?: string;
}
export interface ValidatorRecord extends PublishedRequestValidator {
  name: string;
}
export interface AuthorizerRecord extends PublishedRestAuthorizer {
  authType?: string;
}

export interface ApiKeyRecord {
  id: string;
  value: string;
  name?: string;
  customerId?: string;
  description?: string;
  enabled: boolean;
  createdDate: number;
  lastUpdatedDate: number;
  /** `api/stage` */
  stageKeys: string[];
  tags?: Record<string, string>;
  usagePlanIds: string[];
}
export type UsagePlanRecord = Omit<PublishedUsagePlan, 'accountId' | 'region' | 'apiStages'> & {
  description?: string;
  tags?: Record<string, string>;
  apiStages: NonNullable<PublishedUsagePlan['apiStages']>;
};

export interface ClientCertificateRecord {
  id: string;
  description?: string;
  /** PEM */
  certificate: string;
  /** PKCS #8 in PEM; never answered */
  privateKey: string;
  createdDate: number;
  expirationDate: number;
  tags?: Record<string, string>;
}
export interface DocumentationPartRecord {
  id: string;
  location: DocumentationLocation;
  /** JSON text */
  properties: string;
}
export interface DocumentationLocation {
  type: string;
  path?: string;
  method?: string;
  statusCode?: string;
  name?: string;
}
export interface DocumentationVersionRecord {
  version: string;
  createdDate: number;
  description?: string;
}

export const placeOf = (context: Context): Place => ({ accountId: context.accountId, region: context.region });
/** Fast: a deployment is written once a change and read once a start. */
const PACKING_LEVEL = 1;

const root = (at: Place): Key => [at.accountId, at.region, 'apigateway'];

/** Records of one kind below an API (or below the account, when `parent` is empty). */
function collection<T>(
  kind: string,
  idOf: (value: T) => string,
): {
  find(reader: Reader, at: Place, parent: string, id: string): Promise<T | undefined>;
  put(tx: Writer, at: Place, parent: string, value: T): void;
  remove(tx: Writer, at: Place, parent: string, id: string): void;
  list(reader: Reader, at: Place, parent: string): Promise<T[]>;
} {
  const keyOf = (at: Place, parent: string, id: string): Key => [...root(at), kind, parent, id];
  return {
    find: async (reader, at, parent, id) => (await reader.get<T>(keyOf(at, parent, id)))?.value,
    put: (tx, at, parent, value) => tx.set(keyOf(at, parent, idOf(value)), value),
    remove: (tx, at, parent, id) => tx.delete(keyOf(at, parent, id)),
    async list(reader, at, parent) {
      const all: T[] = [];
      let after: Key | undefined;
      for (;;) {
        const page = await reader.list<T>({ prefix: [...root(at), kind, parent] }, after ? { after } : {});
        all.push(...page.map((entry) => entry.value));
        if (page.length < 1000) return all;
        after = page.at(-1)?.key;
      }
    },
  };
}

const API_KINDS = [
  'resource',
  'deployment',
  'frozen',
  'stage',
  'model',
  'validator',
  'authorizer',
  'gateway-response',
  'documentation-part',
  'documentation-version',
  'documentation-snapshot',
] as const;

export const restApis = collection<RestApiRecord>('api', (each) => each.id);
export const resources = collection<ResourceRecord>('resource', (each) => each.id);
export const deployments = collection<DeploymentRecord>('deployment', (each) => each.id);
export const stages = collection<StageRecord>('stage', (each) => each.stageName);
export const models = collection<ModelRecord>('model', (each) => each.name);
export const validators = collection<ValidatorRecord>('validator', (each) => each.id);
export const authorizers = collection<AuthorizerRecord>('authorizer', (each) => each.id);
export const gatewayResponses = collection<PublishedGatewayResponse>('gateway-response', (each) => each.responseType);

export const documentationParts = collection<DocumentationPartRecord>('documentation-part', (each) => each.id);
export const documentationVersions = collection<DocumentationVersionRecord>(
  'documentation-version',
  (each) => each.version,
);
export const clientCertificates = collection<ClientCertificateRecord>('client-certificate', (each) => each.id);

export const apiKeys = collection<ApiKeyRecord>('api-key', (each) => each.id);
/** by the secret itself: no two keys have the same */
export const apiKeyValues = collection<{ value: string; id: string }>('api-key-value', (each) => each.value);
export const usagePlans = collection<UsagePlanRecord>('usage-plan', (each) => each.id);

/**
 * What deployments froze, beside their records: lists stay small, and a large API, packed, is one entry still (an OpenAPI
 * import may have 6 MB, an entry 1 MiB).
 */
const packedDeployments = packed<PublishedRestDeployment>('frozen', ({ id }) => id);
export const frozen: Packed<PublishedRestDeployment> = {
  ...packedDeployments,
  /** Until 2026-11-21 it stood in the deployment's own record. */
  async find(reader, at, apiId, id) {
    const own = await packedDeployments.find(reader, at, apiId, id);
    if (own) return own;
    const record = await deployments.find(reader, at, apiId, id);
    return (record as { frozen?: PublishedRestDeployment } | undefined)?.frozen;
  },
};

export interface DocumentationSnapshot {
  version: string;
  parts: DocumentationPartRecord[];
}
/** What a documentation version has, beside its record. */
export const documentationSnapshots = packed<DocumentationSnapshot>('documentation-snapshot', (each) => each.version);

interface Packed<T> {
  find(reader: Reader, at: Place, apiId: string, id: string): Promise<T | undefined>;
  put(tx: Writer, at: Place, apiId: string, value: T): void;
  remove(tx: Writer, at: Place, apiId: string, id: string): void;
}

function packed<T>(kind: string, idOf: (value: T) => string): Packed<T> {
  const keyOf = (at: Place, apiId: string, id: string): Key => [...root(at), kind, apiId, id];
  return {
    async find(reader, at, apiId, id) {
      const entry = await reader.get<Uint8Array>(keyOf(at, apiId, id));
      return entry && (JSON.parse(inflateRawSync(entry.value).toString()) as T);
    },
    put(tx, at, apiId, value) {
      const bytes = deflateRawSync(JSON.stringify(value), { level: PACKING_LEVEL });
      tx.set(keyOf(at, apiId, idOf(value)), new Uint8Array(bytes));
    },
    remove: (tx, at, apiId, id) => tx.delete(keyOf(at, apiId, id)),
  };
}

/** The stages, of whichever API, that show this certificate to their backends. */
export async function clientCertificateUses(
  reader: Reader,
  at: Place,
  clientCertificateId: string,
): Promise<{ apiId: string; stageName: string }[]> {
  const uses: { apiId: string; stageName: string }[] = [];
  let after: Key | undefined;
  for (;;) {
    const page = await reader.list<StageRecord>({ prefix: [...root(at), 'stage'] }, after ? { after } : {});
    for (const { key, value } of page) {
      if (value.clientCertificateId === clientCertificateId) {
        uses.push({ apiId: key.at(-2) as string, stageName: value.stageName });
      }
    }
    if (page.length < 1000) return uses;
    after = page.at(-1)?.key;
  }
}

/** Everything below an API; the API's own entry stays for the caller. */
export async function deleteBelow(
  reader: Reader,
  tx: Writer,
  at: Place,
  apiId: string,
  kinds: readonly string[] = API_KINDS,
): Promise<void> {
  for (const kind of kinds) {
    let after: Key | undefined;
    for (;;) {
      const page = await reader.list({ prefix: [...root(at), kind, apiId] }, after ? { after } : {});
      for (const entry of page) tx.delete(entry.key);
      if (page.length < 1000) break;
      after = page.at(-1)?.key;
    }
  }
}

const accountKey = (at: Place): Key => [...root(at), 'account'];
export interface AccountRecord {
  cloudwatchRoleArn?: string;
}
export const findAccount = async (reader: Reader, at: Place): Promise<AccountRecord> =>
  (await reader.get<AccountRecord>(accountKey(at)))?.value ?? {};
export const putAccount = (tx: Writer, at: Place, account: AccountRecord): void => tx.set(accountKey(at), account);
