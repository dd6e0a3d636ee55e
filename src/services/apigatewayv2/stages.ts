import type { Stage } from '@aws-sdk/client-apigatewayv2';
import { domainsLeadingTo, removeStage } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { requireApi } from './api-settings.ts';
import {
  badRequest,
  conflict,
  deploymentNotFound,
  notOffered,
  routeSettingNotFound,
  stageNotFound,
  webSocketOnly,
} from './errors.ts';
import { pageOf } from './page.ts';
import { deployChanges, deployTo, publish } from './publish.ts';
import { accessLogsOf, checkStageName, checkVariables, routeSettingsMapOf, routeSettingsOf } from './stage-rules.ts';
import { deployments, placeOf, stages, type ApiRecord, type StageRecord } from './store.ts';
import { checkTags } from './tags.ts';

/** Quota "Stages per API" */
const STAGES_MAX = 10;
const DESCRIPTION_MAX = 1024;

type StageInput = Partial<Omit<Stage, 'ApiGatewayManaged' | 'CreatedDate' | 'LastUpdatedDate'>>;

const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

const describeStage = ({ createdMs, updatedMs, ...stage }: StageRecord): Stage => ({
  ...stage,
  CreatedDate: seconds(createdMs),
  LastUpdatedDate: seconds(updatedMs),
});

async function requireStage(context: Context, apiId: string, name: string, reader?: Reader): Promise<StageRecord> {
  const stage = await stages.find(reader ?? context.store, placeOf(context), apiId, name);
  if (!stage) throw stageNotFound();
  return stage;
}

/** What Create and Update may set, over what is there. */
async function stageOf(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  before: StageRecord,
  given: StageInput,
): Promise<StageRecord> {
  if (given.ClientCertificateId) {
    throw api.ProtocolType === 'WEBSOCKET'
      ? notOffered('client certificates of WebSocket stages')
      : webSocketOnly('ClientCertificateId');
  }
  if ((given.Description?.length ?? 0) > DESCRIPTION_MAX) {
    throw badRequest(`Description must have at most ${DESCRIPTION_MAX} characters`);
  }
  checkVariables(given.StageVariables ?? {});
  const { AccessLogSettings, AutoDeploy, DefaultRouteSettings, Description, RouteSettings, StageVariables } = given;
  const stage: StageRecord = {
    ...before,
    ...(AutoDeploy !== undefined && { AutoDeploy }),
    ...(Description !== undefined && { Description }),
    ...(StageVariables && { StageVariables }),
    ...(AccessLogSettings && { AccessLogSettings: accessLogsOf(AccessLogSettings) }),
    ...(DefaultRouteSettings && {
      DefaultRouteSettings: routeSettingsOf(DefaultRouteSettings, api.ProtocolType),
    }),
    ...(RouteSettings && { RouteSettings: await routeSettingsMapOf(tx, context, api, RouteSettings) }),
    updatedMs: context.clock.now(),
  };
  if (stage.Description === '') delete stage.Description;
  return stage;
}

/** Writes a stage and makes it live: by its own deployment, or by a new one when it deploys itself. */
async function putStage(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  stage: StageRecord,
  given: { DeploymentId?: string | undefined; deploys: boolean },
): Promise<StageRecord> {
  stages.put(tx, placeOf(context), api.ApiId, stage);
  if (given.DeploymentId !== undefined) {
    if (stage.AutoDeploy) throw badRequest('Deployment ID cannot be set on a stage with AutoDeploy enabled');
    const deployment = await deployments.find(tx, placeOf(context), api.ApiId, given.DeploymentId);
    if (!deployment) throw deploymentNotFound();
    return deployTo(tx, context, api, stage, deployment);
  }
  if (!given.deploys) {
    await publish(tx, context, api, stage);
    return stage;
  }
  await deployChanges(tx, context, api);
  return requireStage(context, api.ApiId, stage.StageName, tx);
}

/** A new stage, for CreateStage and quick create. */
export async function putNewStage(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  given: StageInput & { StageName: string },
  options: { isManaged?: boolean } = {},
): Promise<StageRecord> {
  const { StageName, Tags = {} } = given;
  checkStageName(StageName);
  if (StageName === '$default' && api.ProtocolType !== 'HTTP') {
    throw badRequest('The stage name $default is supported only for HTTP APIs');
  }
  checkTags(Tags);
  const all = await stages.list(tx, placeOf(context), api.ApiId);
  if (all.some((each) => each.StageName === StageName)) throw conflict('Stage already exists');
  if (all.length >= STAGES_MAX) throw badRequest('Maximum number of stages for this API has been reached.');
  const blank: StageRecord = {
    ...(options.isManaged && { ApiGatewayManaged: true }),
    DefaultRouteSettings: routeSettingsOf({}, api.ProtocolType),
    RouteSettings: {},
    StageName,
    StageVariables: {},
    Tags,
    createdMs: context.clock.now(),
    updatedMs: context.clock.now(),
  };
  const stage = await stageOf(tx, context, api, blank, given);
  return putStage(tx, context, api, stage, {
    DeploymentId: given.DeploymentId,
    deploys: stage.AutoDeploy ?? false,
  });
}

export const createStage: Operation<'apigatewayv2', 'CreateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, ...given } = input;
    return describeStage(await putNewStage(tx, context, await requireApi(context, ApiId, tx), given));
  });

export const getStage: Operation<'apigatewayv2', 'GetStage'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  return describeStage(await requireStage(context, input.ApiId, input.StageName));
};

export const getStages: Operation<'apigatewayv2', 'GetStages'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  const all = await stages.list(context.store, placeOf(context), input.ApiId);
  const { Items, ...next } = pageOf(all, (each) => each.StageName, input);
  return { Items: Items.map(describeStage), ...next };
};

export const updateStage: Operation<'apigatewayv2', 'UpdateStage'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, StageName, DeploymentId, ...given } = input;
    const api = await requireApi(context, ApiId, tx);
    const before = await requireStage(context, ApiId, StageName, tx);
    const stage = await stageOf(tx, context, api, before, given);
    const deploys = stage.AutoDeploy === true && !before.AutoDeploy;
    return describeStage(await putStage(tx, context, api, stage, { DeploymentId, deploys }));
  });

export const deleteStage: Operation<'apigatewayv2', 'DeleteStage'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.ApiId, tx);
    await requireStage(context, input.ApiId, input.StageName, tx);
    if ((await domainsLeadingTo(tx, input.ApiId, input.StageName)).length > 0) {
      throw badRequest(
        `Deleting stage ${input.StageName} failed. Please remove all API mappings for the stage from your custom domain names.`,
      );
    }
    stages.remove(tx, placeOf(context), input.ApiId, input.StageName);
    await removeStage(tx, input.ApiId, input.StageName);
  });
  return {};
};

/** Changes one stage without a deployment. */
async function changeStage(
  context: Context,
  apiId: string,
  name: string,
  change: (stage: StageRecord) => void,
): Promise<void> {
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, apiId, tx);
    const stage = await requireStage(context, apiId, name, tx);
    change(stage);
    stage.updatedMs = context.clock.now();
    await putStage(tx, context, api, stage, { deploys: false });
  });
}

export const deleteAccessLogSettings: Operation<'apigatewayv2', 'DeleteAccessLogSettings'> = async (input, context) => {
  await changeStage(context, input.ApiId, input.StageName, (stage) => void delete stage.AccessLogSettings);
  return {};
};

export const deleteRouteSettings: Operation<'apigatewayv2', 'DeleteRouteSettings'> = async (input, context) => {
  await changeStage(context, input.ApiId, input.StageName, (stage) => {
    if (!Object.hasOwn(stage.RouteSettings, input.RouteKey)) throw routeSettingNotFound(input.RouteKey);
    delete stage.RouteSettings[input.RouteKey];
  });
  return {};
};
