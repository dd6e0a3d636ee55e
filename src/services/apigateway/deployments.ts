import type { Deployment, Stage } from '@aws-sdk/client-api-gateway';
import { removeStage } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, conflict, deploymentNotFound, limitExceeded, notOffered, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule, toBoolean, toNumber, type PatchRule } from './patch.ts';
import { freeze, publish } from './publish.ts';
import { requireApi } from './rest-apis.ts';
import {
  deployments,
  placeOf,
  resources,
  stages,
  type DeploymentRecord,
  type RestApiRecord,
  type StageRecord,
} from './store.ts';

/** Quota "Stages per API" */
const STAGES_MAX = 10;
const STAGE_NAME = /^[A-Za-z0-9_-]{1,128}$/;
const VARIABLE_NAME = /^[A-Za-z0-9_]+$/;
const VARIABLE_VALUE = /^[A-Za-z0-9\-._~:/?#&=,]*$/;

const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

const describeDeployment = ({ id, description, createdDate }: DeploymentRecord): Deployment => ({
  id,
  ...(description !== undefined && { description }),
  createdDate: seconds(createdDate),
});

function describeStage(stage: StageRecord): Stage {
  const { createdDate, lastUpdatedDate, ...rest } = stage;
  return { ...(rest as Stage), createdDate: seconds(createdDate), lastUpdatedDate: seconds(lastUpdatedDate) };
}

function checkVariables(variables: Record<string, string> | undefined): void {
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (!VARIABLE_NAME.test(name)) throw badRequest('Stage variable name must match [A-Za-z0-9_]+: ' + name);
    if (!VARIABLE_VALUE.test(value))
      throw badRequest(`Stage variable value must match [A-Za-z0-9-._~:/?#&=,]*: ${value}`);
  }
}

async function newDeployment(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  description: string | undefined,
): Promise<DeploymentRecord> {
  const all = await resources.list(tx, placeOf(context), api.id);
  const methods = all.flatMap((resource) => Object.values(resource.resourceMethods));
  if (methods.length === 0) throw badRequest("The REST API doesn't contain any methods");
  if (methods.some((method) => !method.methodIntegration)) throw badRequest('No integration defined for method');
  const id = context.ids.lower(6);
  const deployment: DeploymentRecord = {
    id,
    ...(description !== undefined && { description }),
    createdDate: context.clock.now(),
    frozen: await freeze(tx, context, api, id),
  };
  deployments.put(tx, placeOf(context), api.id, deployment);
  return deployment;
}

async function requireStage(
  tx: Pick<Transaction, 'get'>,
  context: Context,
  apiId: string,
  name: string,
): Promise<StageRecord> {
  const stage = await stages.find(tx as Transaction, placeOf(context), apiId, name);
  if (!stage) throw stageNotFound();
  return stage;
}

async function putStage(tx: Transaction, context: Context, api: RestApiRecord, stage: StageRecord): Promise<void> {
  checkVariables(stage.variables);
  stages.put(tx, placeOf(context), api.id, stage);
  await publish(tx, context, api, stage);
}

const newStage = (context: Context, stageName: string, deploymentId: string): StageRecord => ({
  deploymentId,
  stageName,
  cacheClusterEnabled: false,
  methodSettings: {},
  tracingEnabled: false,
  createdDate: context.clock.now(),
  lastUpdatedDate: context.clock.now(),
});

export const createDeployment: Operation<'apigateway', 'CreateDeployment'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    if (input.canarySettings !== undefined && input.stageName === undefined)
      throw badRequest('Canary settings need a stage name.');
    if (input.cacheClusterEnabled) throw notOffered('cache clusters');
    const { stageName } = input;
    if (stageName !== undefined && !STAGE_NAME.test(stageName)) {
      throw badRequest('Stage name only allows a-zA-Z0-9_-');
    }
    const deployment = await newDeployment(tx, context, api, input.description);
    if (stageName !== undefined) {
      const before = await stages.find(tx, placeOf(context), api.id, stageName);
      const stage: StageRecord = {
        ...(before ?? newStage(context, stageName, deployment.id)),
        ...(!input.canarySettings && { deploymentId: deployment.id }),
        ...(input.stageDescription !== undefined && { description: input.stageDescription }),
        ...(input.variables && { variables: input.variables }),
        ...(input.tracingEnabled !== undefined && { tracingEnabled: input.tracingEnabled }),
        ...(input.canarySettings && { canarySettings: { ...input.canarySettings, deploymentId: deployment.id } }),
        lastUpdatedDate: context.clock.now(),
      };
      await putStage(tx, context, api, stage);
    }
    return describeDeployment(deployment);
  });

export const getDeployment: Operation<'apigateway', 'GetDeployment'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const deployment = await deployments.find(context.store, placeOf(context), input.restApiId, input.deploymentId);
  if (!deployment) throw deploymentNotFound();
  if (!input.embed?.includes('apisummary')) return describeDeployment(deployment);
  const apiSummary = Object.fromEntries(
    deployment.frozen.resources.map(({ path, resourceMethods }) => [
      path,
      Object.fromEntries(
        Object.values(resourceMethods ?? {}).map((method) => [
          method.httpMethod,
          { authorizationType: method.authorizationType, apiKeyRequired: method.apiKeyRequired ?? false },
        ]),
      ),
    ]),
  );
  return { ...describeDeployment(deployment), apiSummary };
};

export const getDeployments: Operation<'apigateway', 'GetDeployments'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const all = await deployments.list(context.store, placeOf(context), input.restApiId);
  const { items, position } = pageOf(all, (each) => each.id, input);
  return { items: items.map(describeDeployment), ...(position !== undefined && { position }) };
};

export const updateDeployment: Operation<'apigateway', 'UpdateDeployment'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const deployment = await deployments.find(tx, placeOf(context), input.restApiId, input.deploymentId);
    if (!deployment) throw deploymentNotFound();
    applyPatch(deployment, input.patchOperations, [textRule<DeploymentRecord>('description')]);
    deployments.put(tx, placeOf(context), input.restApiId, deployment);
    return describeDeployment(deployment);
  });

export const deleteDeployment: Operation<'apigateway', 'DeleteDeployment'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const at = placeOf(context);
    if (!(await deployments.find(tx, at, input.restApiId, input.deploymentId))) throw deploymentNotFound();
    const using = (await stages.list(tx, at, input.restApiId)).some(
      (stage) => stage.deploymentId === input.deploymentId || stage.canarySettings?.deploymentId === input.deploymentId,
    );
    if (using) throw badRequest('Active stages pointing to this deployment must be moved or deleted');
    deployments.remove(tx, at, input.restApiId, input.deploymentId);
  });
  return {};
};

export const createStage: Operation<'apigateway', 'CreateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireApi(context, input.restApiId, tx);
    if (input.cacheClusterEnabled) throw notOffered('cache clusters');
    if (!STAGE_NAME.test(input.stageName)) throw badRequest('Stage name only allows a-zA-Z0-9_-');
    if (await stages.find(tx, at, api.id, input.stageName)) throw conflict('Stage already exists');
    if ((await stages.list(tx, at, api.id)).length >= STAGES_MAX)
      throw limitExceeded('Maximum number of stages for this API has been reached.');
    if (!(await deployments.find(tx, at, api.id, input.deploymentId))) throw deploymentNotFound();
    const stage: StageRecord = {
      ...newStage(context, input.stageName, input.deploymentId),
      ...(input.description !== undefined && { description: input.description }),
      ...(input.variables && { variables: input.variables }),
      ...(input.documentationVersion !== undefined && { documentationVersion: input.documentationVersion }),
      ...(input.canarySettings && { canarySettings: input.canarySettings }),
      tracingEnabled: input.tracingEnabled ?? false,
      ...(input.tags && Object.keys(input.tags).length > 0 && { tags: input.tags }),
    };
    await putStage(tx, context, api, stage);
    return describeStage(stage);
  });

export const getStage: Operation<'apigateway', 'GetStage'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  return describeStage(await requireStage(context.store, context, input.restApiId, input.stageName));
};

export const getStages: Operation<'apigateway', 'GetStages'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const all = await stages.list(context.store, placeOf(context), input.restApiId);
  const shown = all.filter((stage) => input.deploymentId === undefined || stage.deploymentId === input.deploymentId);
  return { item: shown.map(describeStage) };
};

export const deleteStage: Operation<'apigateway', 'DeleteStage'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    await requireStage(tx, context, input.restApiId, input.stageName);
    stages.remove(tx, placeOf(context), input.restApiId, input.stageName);
    await removeStage(tx, input.restApiId, input.stageName);
  });
  return {};
};

/** `/{resource path, ~1 for /}/{METHOD}/throttling/rateLimit`: the setting's place in the record, and how it is read. */
const SETTINGS: Record<string, [member: string, read: (text: string) => unknown]> = {
  'metrics/enabled': ['metricsEnabled', toBoolean],
  'logging/dataTrace': ['dataTraceEnabled', toBoolean],
  'logging/loglevel': ['loggingLevel', (text) => text],
  'throttling/burstLimit': ['throttlingBurstLimit', toNumber],
  'throttling/rateLimit': ['throttlingRateLimit', toNumber],
  'caching/enabled': ['cachingEnabled', toBoolean],
  'caching/ttlInSeconds': ['cacheTtlInSeconds', toNumber],
  'caching/dataEncrypted': ['cacheDataEncrypted', toBoolean],
  'caching/requireAuthorizationForCacheControl': ['requireAuthorizationForCacheControl', toBoolean],
  'caching/unauthorizedCacheControlHeaderStrategy': ['unauthorizedCacheControlHeaderStrategy', (text) => text],
};

/** What GetStage shows beside the settings that were made. */
const DEFAULT_SETTING = {
  metricsEnabled: false,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000.0,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
} as const;

const settingRules: PatchRule<StageRecord>[] = Object.entries(SETTINGS).map(([path, [member, read]]) => ({
  path: `/*/*/${path}`,
  ops: ['replace'],
  apply(stage, value, [resource = '', method = '']) {
    // `~1pets` names the path /pets; settings are kept as GetStage shows them: `pets/GET`, `*/*`, `~1/GET` for the root
    const key = `${resource === '/' ? '~1' : resource.replace(/^\//, '').replaceAll('/', '~1')}/${method}`;
    stage.methodSettings[key] = { ...DEFAULT_SETTING, ...stage.methodSettings[key], [member]: read(value) };
  },
}));

const RULES: readonly PatchRule<StageRecord>[] = [
  textRule('description'),
  textRule('deploymentId'),
  textRule('clientCertificateId'),
  textRule('documentationVersion'),
  {
    path: '/tracingEnabled',
    ops: ['replace'],
    apply: (stage, value) => void (stage.tracingEnabled = toBoolean(value)),
  },
  { path: '/cacheClusterEnabled', ops: ['replace'], apply: (_stage, value) => refuseCache(value) },
  { path: '/cacheClusterSize', ops: ['replace'], apply: (stage, value) => void (stage.cacheClusterSize = value) },
  {
    path: '/variables/*',
    ops: ['add', 'replace', 'remove'],
    apply(stage, value, [name = ''], op) {
      const variables = { ...stage.variables };
      if (op === 'remove') delete variables[name];
      else variables[name] = value;
      stage.variables = variables;
    },
  },
  {
    path: '/accessLogSettings/format',
    ops: ['replace', 'add'],
    apply: (stage, format) => void (stage.accessLogSettings = { ...stage.accessLogSettings, format }),
  },
  {
    path: '/accessLogSettings/destinationArn',
    ops: ['replace', 'add'],
    apply: (stage, value) =>
      void (stage.accessLogSettings = { ...stage.accessLogSettings, destinationArn: value.replace(/:\*$/, '') }),
  },
  { path: '/accessLogSettings', ops: ['remove'], apply: (stage) => void delete stage.accessLogSettings },
  { path: '/canarySettings', ops: ['remove'], apply: (stage) => void delete stage.canarySettings },
  {
    path: '/canarySettings/percentTraffic',
    ops: ['replace', 'add'],
    apply: (stage, value) => void (stage.canarySettings = { ...stage.canarySettings, percentTraffic: toNumber(value) }),
  },
  {
    path: '/canarySettings/deploymentId',
    ops: ['replace', 'add'],
    apply: (stage, value) => void (stage.canarySettings = { ...stage.canarySettings, deploymentId: value }),
  },
  {
    path: '/*/*',
    ops: ['remove'],
    apply: (stage, _value, [resource = '', method = '']) =>
      void delete stage.methodSettings[`${resource.replace(/^\//, '')}/${method}`],
  },
  ...settingRules,
];

function refuseCache(value: string): void {
  if (toBoolean(value)) throw notOffered('cache clusters');
}

export const updateStage: Operation<'apigateway', 'UpdateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    const stage = await requireStage(tx, context, api.id, input.stageName);
    applyPatch(stage, input.patchOperations, RULES);
    if (!(await deployments.find(tx, placeOf(context), api.id, stage.deploymentId))) throw deploymentNotFound();
    stage.lastUpdatedDate = context.clock.now();
    await putStage(tx, context, api, stage);
    return describeStage(stage);
  });
