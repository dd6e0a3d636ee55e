import type { Deployment } from '@aws-sdk/client-api-gateway';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, deploymentNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule } from './patch.ts';
import { freeze } from './publish.ts';
import { requireApi } from './rest-apis.ts';
import { checkStageName, enableCache, newStage, putStage, seconds } from './stage-rules.ts';
import {
  deployments,
  frozen,
  placeOf,
  resources,
  stages,
  type DeploymentRecord,
  type RestApiRecord,
  type StageRecord,
} from './store.ts';

const describeDeployment = ({ id, description, createdDate }: DeploymentRecord): Deployment => ({
  id,
  ...(description !== undefined && { description }),
  createdDate: seconds(createdDate),
});

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
  };
  deployments.put(tx, placeOf(context), api.id, deployment);
  frozen.put(tx, placeOf(context), api.id, await freeze(tx, context, api, id));
  return deployment;
}

export const createDeployment: Operation<'apigateway', 'CreateDeployment'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    if (input.canarySettings !== undefined && input.stageName === undefined)
      throw badRequest(
        'Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null',
      );
    const { stageName } = input;
    if (stageName !== undefined) checkStageName(stageName);
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
      if (input.cacheClusterSize !== undefined) stage.cacheClusterSize = input.cacheClusterSize;
      if (input.cacheClusterEnabled !== undefined) enableCache(stage, input.cacheClusterEnabled);
      await putStage(tx, context, api, stage);
    }
    return describeDeployment(deployment);
  });

export const getDeployment: Operation<'apigateway', 'GetDeployment'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const deployment = await deployments.find(context.store, placeOf(context), input.restApiId, input.deploymentId);
  if (!deployment) throw deploymentNotFound();
  if (!input.embed?.includes('apisummary')) return describeDeployment(deployment);
  const summarized = await frozen.find(context.store, placeOf(context), input.restApiId, input.deploymentId);
  const apiSummary = Object.fromEntries(
    (summarized?.resources ?? []).map(({ path, resourceMethods }) => [
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
    frozen.remove(tx, at, input.restApiId, input.deploymentId);
  });
  return {};
};
