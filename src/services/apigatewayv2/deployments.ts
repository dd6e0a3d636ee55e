import type { Deployment } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { requireApi } from './api-settings.ts';
import { badRequest, deploymentNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { deployTo, putDeployment } from './publish.ts';
import { deployments, frozen, placeOf, routes, stages, type DeploymentRecord } from './store.ts';

/** Everything that is deployed here is deployed at once. */
const describeDeployment = ({ createdMs, ...deployment }: DeploymentRecord): Deployment => ({
  ...deployment,
  CreatedDate: new Date(Math.floor(createdMs / 1000) * 1000),
  DeploymentStatus: 'DEPLOYED',
});

async function requireDeployment(
  context: Context,
  apiId: string,
  id: string,
  reader: Reader = context.store,
): Promise<DeploymentRecord> {
  await requireApi(context, apiId, reader);
  const deployment = await deployments.find(reader, placeOf(context), apiId, id);
  if (!deployment) throw deploymentNotFound();
  return deployment;
}

export const createDeployment: Operation<'apigatewayv2', 'CreateDeployment'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, StageName, Description } = input;
    const at = placeOf(context);
    const api = await requireApi(context, ApiId, tx);
    if ((await routes.list(tx, at, ApiId)).length === 0) {
      throw badRequest('At least one route is required before deploying the Api.');
    }
    const stage = StageName === undefined ? undefined : await stages.find(tx, at, ApiId, StageName);
    if (StageName !== undefined && !stage) throw stageNotFound();
    if (stage?.AutoDeploy) {
      throw badRequest(`Deployments cannot be made for the stage ${stage.StageName}, which deploys automatically`);
    }
    const deployment = await putDeployment(tx, context, api, { description: Description, isAutomatic: false });
    if (stage) await deployTo(tx, context, api, stage, deployment);
    return describeDeployment(deployment);
  });

export const getDeployment: Operation<'apigatewayv2', 'GetDeployment'> = async (input, context) =>
  describeDeployment(await requireDeployment(context, input.ApiId, input.DeploymentId));

export const getDeployments: Operation<'apigatewayv2', 'GetDeployments'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  const all = await deployments.list(context.store, placeOf(context), input.ApiId);
  const newestFirst = all.sort((a, b) => b.createdMs - a.createdMs);
  const { Items, ...next } = pageOf(newestFirst, (each) => each.DeploymentId, input);
  return { Items: Items.map(describeDeployment), ...next };
};

export const updateDeployment: Operation<'apigatewayv2', 'UpdateDeployment'> = (input, context) =>
  context.store.transact(async (tx) => {
    const before = await requireDeployment(context, input.ApiId, input.DeploymentId, tx);
    const deployment = { ...before, ...(input.Description !== undefined && { Description: input.Description }) };
    deployments.put(tx, placeOf(context), input.ApiId, deployment);
    return describeDeployment(deployment);
  });

export const deleteDeployment: Operation<'apigatewayv2', 'DeleteDeployment'> = async (input, context) => {
  const { ApiId, DeploymentId } = input;
  await context.store.transact(async (tx) => {
    await requireDeployment(context, ApiId, DeploymentId, tx);
    const using = await stages.list(tx, placeOf(context), ApiId);
    if (using.some((stage) => stage.DeploymentId === DeploymentId)) {
      throw badRequest('Active stages pointing to this deployment must be moved or deleted');
    }
    deployments.remove(tx, placeOf(context), ApiId, DeploymentId);
    frozen.remove(tx, placeOf(context), ApiId, DeploymentId);
  });
  return {};
};
