import type { Stage } from '@aws-sdk/client-api-gateway';
import { domainsLeadingTo, removeStage } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, conflict, deploymentNotFound, limitExceeded, stageNotFound } from './errors.ts';
import { publish } from './publish.ts';
import { requireApi } from './rest-apis.ts';
import { patchStage } from './stage-patch.ts';
import { checkStageName, enableCache, newStage, putStage, seconds } from './stage-rules.ts';
import { deployments, placeOf, stages, type StageRecord } from './store.ts';
import { checkTags } from './tags.ts';

/** Quota "Stages per API" */
const STAGES_MAX = 10;

function describeStage(stage: StageRecord): Stage {
  const { createdDate, lastUpdatedDate, ...rest } = stage;
  return { ...(rest as Stage), createdDate: seconds(createdDate), lastUpdatedDate: seconds(lastUpdatedDate) };
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

export const createStage: Operation<'apigateway', 'CreateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireApi(context, input.restApiId, tx);
    checkStageName(input.stageName);
    checkTags(input.tags ?? {});
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
      ...(input.cacheClusterSize !== undefined && { cacheClusterSize: input.cacheClusterSize }),
      tracingEnabled: input.tracingEnabled ?? false,
      ...(input.tags && Object.keys(input.tags).length > 0 && { tags: input.tags }),
    };
    if (input.cacheClusterEnabled !== undefined) enableCache(stage, input.cacheClusterEnabled);
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
    const domains = await domainsLeadingTo(tx, input.restApiId, input.stageName);
    if (domains.length > 0) {
      throw badRequest(
        `Deleting stage ${input.stageName} failed. Please remove all base path mappings related to the stage in your domains: ${domains.join(', ')}`,
      );
    }
    stages.remove(tx, placeOf(context), input.restApiId, input.stageName);
    await removeStage(tx, input.restApiId, input.stageName);
  });
  return {};
};

export const updateStage: Operation<'apigateway', 'UpdateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    const stage = await requireStage(tx, context, api.id, input.stageName);
    patchStage(stage, input.patchOperations ?? []);
    if (!(await deployments.find(tx, placeOf(context), api.id, stage.deploymentId))) throw deploymentNotFound();
    stage.lastUpdatedDate = context.clock.now();
    await putStage(tx, context, api, stage);
    return describeStage(stage);
  });

/** Caches live as long as a stage is unchanged: what is published again begins with empty ones. */
const flush = (context: Context, restApiId: string, stageName: string): Promise<void> =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, restApiId, tx);
    await publish(tx, context, api, await requireStage(tx, context, restApiId, stageName));
  });

export const flushStageCache: Operation<'apigateway', 'FlushStageCache'> = async (input, context) => {
  await flush(context, input.restApiId, input.stageName);
  return {};
};

export const flushStageAuthorizersCache: Operation<'apigateway', 'FlushStageAuthorizersCache'> = async (
  input,
  context,
) => {
  await flush(context, input.restApiId, input.stageName);
  return {};
};
