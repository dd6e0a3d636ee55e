// A stage as it may be, and how it becomes live.
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, deploymentNotFound, documentationVersionNotFound, notOffered } from './errors.ts';
import { publish } from './publish.ts';
import { deployments, documentationVersions, placeOf, stages, type RestApiRecord, type StageRecord } from './store.ts';

const STAGE_NAME = /^[A-Za-z0-9_-]{1,128}$/;
const VARIABLE_NAME = /^[A-Za-z0-9_]+$/;
const VARIABLE_VALUE = /^[A-Za-z0-9\-._~:/?#&=,]*$/;
const LOG_GROUP = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[^\s:*]+$/;
const CACHE_SIZES = ['0.5', '1.6', '6.1', '13.5', '28.4', '58.2', '118', '237'];

export const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

export function checkStageName(name: string): void {
  if (!STAGE_NAME.test(name)) throw badRequest('Stage name only allows a-zA-Z0-9_-');
}

function checkVariables(variables: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!VARIABLE_NAME.test(name)) throw badRequest(`Stage variable name must match [A-Za-z0-9_]+: ${name}`);
    if (!VARIABLE_VALUE.test(value)) {
      throw badRequest(`Stage variable value must match [A-Za-z0-9-._~:/?#&=,]*: ${value}`);
    }
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html */
function checkAccessLogs({ destinationArn, format }: NonNullable<StageRecord['accessLogSettings']>): void {
  if (destinationArn !== undefined && /^arn:aws[a-z-]*:firehose:/.test(destinationArn)) {
    throw notOffered('access logs to Firehose');
  }
  if (destinationArn !== undefined && !LOG_GROUP.test(destinationArn)) {
    throw badRequest('Invalid ARN specified in the request. It must be the ARN of a CloudWatch Logs log group');
  }
  if (format !== undefined && /[\r\n]./s.test(format)) {
    throw badRequest('Access Log format must be single line, new line character is allowed only at end of the format');
  }
  if (format !== undefined && !/\$context\.(requestId|extendedRequestId)\b/.test(format)) {
    throw badRequest('Access Log format must contain at least $context.requestId');
  }
}

async function checkCanary(
  tx: Transaction,
  context: Context,
  apiId: string,
  canary: NonNullable<StageRecord['canarySettings']>,
): Promise<void> {
  const { percentTraffic = 0, deploymentId, stageVariableOverrides } = canary;
  if (percentTraffic < 0 || percentTraffic > 100) throw badRequest('Percent traffic must be between 0.0 and 100.0');
  checkVariables(stageVariableOverrides);
  if (deploymentId && !(await deployments.find(tx, placeOf(context), apiId, deploymentId))) throw deploymentNotFound();
}

export const newStage = (context: Context, stageName: string, deploymentId: string): StageRecord => ({
  deploymentId,
  stageName,
  cacheClusterEnabled: false,
  cacheClusterStatus: 'NOT_AVAILABLE',
  methodSettings: {},
  tracingEnabled: false,
  createdDate: context.clock.now(),
  lastUpdatedDate: context.clock.now(),
});

/** A cluster is there at once: it is memory of this program. */
export function enableCache(stage: StageRecord, isEnabled: boolean): void {
  stage.cacheClusterEnabled = isEnabled;
  stage.cacheClusterStatus = isEnabled ? 'AVAILABLE' : 'NOT_AVAILABLE';
  if (isEnabled) stage.cacheClusterSize ??= CACHE_SIZES[0]!;
}

/** Checks a stage, writes it and makes it live. */
export async function putStage(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  stage: StageRecord,
): Promise<void> {
  if (stage.canarySettings) stage.canarySettings = { percentTraffic: 0, useStageCache: false, ...stage.canarySettings };
  checkVariables(stage.variables);
  if (stage.accessLogSettings) checkAccessLogs(stage.accessLogSettings);
  if (stage.canarySettings) await checkCanary(tx, context, api.id, stage.canarySettings);
  if (stage.cacheClusterSize !== undefined && !CACHE_SIZES.includes(stage.cacheClusterSize)) {
    throw badRequest(`Invalid cache cluster size specified. Valid values are ${CACHE_SIZES.join(', ')}`);
  }
  const { documentationVersion } = stage;
  if (documentationVersion && !(await documentationVersions.find(tx, placeOf(context), api.id, documentationVersion))) {
    throw documentationVersionNotFound();
  }
  if (stage.tracingEnabled) {
    context.platform.warn(
      'traces of API stages are passed on in X-Amzn-Trace-Id only: there is no X-Ray to send them to',
    );
  }
  stages.put(tx, placeOf(context), api.id, stage);
  await publish(tx, context, api, stage);
}
