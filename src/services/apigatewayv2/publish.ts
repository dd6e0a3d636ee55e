// From the records of the control plane to what the request path reads.
import type { Cors, RouteSettings } from '@aws-sdk/client-apigatewayv2';
import {
  findBrokenModel,
  publishStage,
  type PublishedCors,
  type PublishedHttpAuthorizer,
  type PublishedHttpDeployment,
  type PublishedHttpIntegration,
  type PublishedHttpStageSettings,
  type PublishedRoute,
  type PublishedRouteSettings,
  type PublishedWebSocketDeployment,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest } from './errors.ts';
import {
  authorizers,
  deployments,
  frozen,
  integrationResponses,
  integrations,
  models,
  placeOf,
  routeResponses,
  routes,
  stages,
  type ApiRecord,
  type AuthorizerRecord,
  type DeploymentRecord,
  type IntegrationRecord,
  type RouteRecord,
  type StageRecord,
} from './store.ts';
import { publishedModel, publishedWebSocketIntegration, publishedWebSocketRoute } from './websocket/publish.ts';

const AUTO_DESCRIPTION = 'Automatic deployment triggered by changes to the Api configuration';

/** Members that are not there stay away: JSON has no undefined, and types with exact optional members none either. */
const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;

const publishedRoute = (route: RouteRecord): PublishedRoute =>
  given({
    routeId: route.RouteId,
    routeKey: route.RouteKey,
    target: route.Target,
    authorizationType: route.AuthorizationType as PublishedRoute['authorizationType'],
    authorizerId: route.AuthorizerId,
    authorizationScopes: route.AuthorizationScopes,
    operationName: route.OperationName,
  }) as PublishedRoute;

const publishedIntegration = (integration: IntegrationRecord): PublishedHttpIntegration =>
  given({
    integrationId: integration.IntegrationId,
    integrationType: integration.IntegrationType,
    integrationSubtype: integration.IntegrationSubtype,
    integrationMethod: integration.IntegrationMethod,
    integrationUri: integration.IntegrationUri,
    connectionType: integration.ConnectionType,
    credentialsArn: integration.CredentialsArn,
    payloadFormatVersion: integration.PayloadFormatVersion,
    requestParameters: integration.RequestParameters,
    responseParameters: integration.ResponseParameters,
    timeoutInMillis: integration.TimeoutInMillis,
    tlsConfig: integration.TlsConfig && { serverNameToVerify: integration.TlsConfig.ServerNameToVerify },
  }) as PublishedHttpIntegration;

const publishedAuthorizer = (authorizer: AuthorizerRecord): PublishedHttpAuthorizer =>
  given({
    authorizerId: authorizer.AuthorizerId,
    name: authorizer.Name,
    authorizerType: authorizer.AuthorizerType,
    authorizerUri: authorizer.AuthorizerUri,
    authorizerCredentialsArn: authorizer.AuthorizerCredentialsArn,
    authorizerPayloadFormatVersion: authorizer.AuthorizerPayloadFormatVersion,
    authorizerResultTtlInSeconds: authorizer.AuthorizerResultTtlInSeconds,
    enableSimpleResponses: authorizer.EnableSimpleResponses,
    identitySource: authorizer.IdentitySource,
    jwtConfiguration: authorizer.JwtConfiguration && {
      audience: authorizer.JwtConfiguration.Audience,
      issuer: authorizer.JwtConfiguration.Issuer,
    },
  }) as PublishedHttpAuthorizer;

const publishedCors = (cors: Cors): PublishedCors =>
  given({
    allowCredentials: cors.AllowCredentials,
    allowHeaders: cors.AllowHeaders,
    allowMethods: cors.AllowMethods,
    allowOrigins: cors.AllowOrigins,
    exposeHeaders: cors.ExposeHeaders,
    maxAge: cors.MaxAge,
  }) as PublishedCors;

const publishedSettings = (settings: RouteSettings): PublishedRouteSettings =>
  given({
    detailedMetricsEnabled: settings.DetailedMetricsEnabled,
    throttlingBurstLimit: settings.ThrottlingBurstLimit,
    throttlingRateLimit: settings.ThrottlingRateLimit,
    dataTraceEnabled: settings.DataTraceEnabled,
    loggingLevel: settings.LoggingLevel,
  }) as PublishedRouteSettings;

/** An HTTP API as it is now, under a new id. */
export async function freezeHttp(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  id: string,
): Promise<PublishedHttpDeployment> {
  const at = placeOf(context);
  return {
    id,
    routes: (await routes.list(tx, at, api.ApiId)).map(publishedRoute),
    integrations: (await integrations.list(tx, at, api.ApiId)).map(publishedIntegration),
    authorizers: (await authorizers.list(tx, at, api.ApiId)).map(publishedAuthorizer),
    ...(api.CorsConfiguration && { corsConfiguration: publishedCors(api.CorsConfiguration) }),
  };
}

async function freezeWebSocket(
  tx: Transaction,
  context: Context,
  { ApiId, DisableSchemaValidation }: ApiRecord,
  id: string,
): Promise<PublishedWebSocketDeployment> {
  const at = placeOf(context);
  const schemas = (await models.list(tx, at, ApiId)).map(publishedModel);
  const broken = DisableSchemaValidation ? undefined : findBrokenModel(schemas);
  if (broken !== undefined) throw badRequest(`Invalid model schema specified: ${broken}`);
  const deployment: PublishedWebSocketDeployment = {
    id,
    routes: [],
    integrations: [],
    authorizers: (await authorizers.list(tx, at, ApiId)).map(publishedAuthorizer),
    models: schemas,
  };
  for (const route of await routes.list(tx, at, ApiId)) {
    const responses = await routeResponses.list(tx, at, `${ApiId}/${route.RouteId}`);
    deployment.routes.push(publishedWebSocketRoute(route, responses));
  }
  for (const integration of await integrations.list(tx, at, ApiId)) {
    const responses = await integrationResponses.list(tx, at, `${ApiId}/${integration.IntegrationId}`);
    deployment.integrations.push(publishedWebSocketIntegration(integration, responses));
  }
  return deployment;
}

export async function putDeployment(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  options: { description?: string | undefined; isAutomatic: boolean },
): Promise<DeploymentRecord> {
  const DeploymentId = context.ids.lower(6);
  const deployment: DeploymentRecord = {
    DeploymentId,
    AutoDeployed: options.isAutomatic,
    ...(options.description !== undefined && { Description: options.description }),
    createdMs: context.clock.now(),
  };
  deployments.put(tx, placeOf(context), api.ApiId, deployment);
  const freeze = api.ProtocolType === 'WEBSOCKET' ? freezeWebSocket : freezeHttp;
  frozen.put(tx, placeOf(context), api.ApiId, await freeze(tx, context, api, DeploymentId));
  return deployment;
}

/** Makes a stage live as it stands; without a deployment it has nothing to answer with, and answers 404 as AWS does. */
export async function publish(tx: Transaction, context: Context, api: ApiRecord, stage: StageRecord): Promise<void> {
  const at = placeOf(context);
  const deployment =
    stage.DeploymentId === undefined ? undefined : await frozen.find(tx, at, api.ApiId, stage.DeploymentId);
  const { ApiId: apiId, Name: name, DisableExecuteApiEndpoint: disableExecuteApiEndpoint = false } = api;
  const blank = { id: '', routes: [], integrations: [] };
  if (api.ProtocolType === 'HTTP') {
    const shown = (deployment ?? blank) as PublishedHttpDeployment;
    const settings = { name, disableExecuteApiEndpoint };
    await publishStage(tx, {
      kind: 'HTTP',
      ...at,
      apiId,
      api: settings,
      stage: publishedStage(stage),
      deployment: shown,
    });
    return;
  }
  const shown = (deployment ?? blank) as PublishedWebSocketDeployment;
  const settings = {
    name,
    disableExecuteApiEndpoint,
    routeSelectionExpression: api.RouteSelectionExpression ?? '',
    ...(api.ApiKeySelectionExpression && { apiKeySelectionExpression: api.ApiKeySelectionExpression }),
  };
  await publishStage(tx, {
    kind: 'WEBSOCKET',
    ...at,
    apiId,
    api: settings,
    stage: publishedStage(stage),
    deployment: shown,
  });
}

function publishedStage(stage: StageRecord): PublishedHttpStageSettings {
  return {
    stageName: stage.StageName,
    ...(stage.DeploymentId !== undefined && { deploymentId: stage.DeploymentId }),
    autoDeploy: stage.AutoDeploy ?? false,
    stageVariables: stage.StageVariables,
    ...(stage.DefaultRouteSettings && { defaultRouteSettings: publishedSettings(stage.DefaultRouteSettings) }),
    routeSettings: Object.fromEntries(
      Object.entries(stage.RouteSettings).map(([key, settings]) => [key, publishedSettings(settings)]),
    ),
    ...(stage.AccessLogSettings && {
      accessLogSettings: {
        destinationArn: stage.AccessLogSettings.DestinationArn ?? '',
        format: stage.AccessLogSettings.Format ?? '',
      },
    }),
  };
}

/** Puts a deployment behind a stage, in the words that GetStage shows. */
export async function deployTo(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  stage: StageRecord,
  deployment: DeploymentRecord,
): Promise<StageRecord> {
  const deployed: StageRecord = {
    ...stage,
    DeploymentId: deployment.DeploymentId,
    LastDeploymentStatusMessage: `Successfully deployed stage with deployment ID '${deployment.DeploymentId}'`,
    updatedMs: context.clock.now(),
  };
  stages.put(tx, placeOf(context), api.ApiId, deployed);
  await publish(tx, context, api, deployed);
  return deployed;
}

/**
 * After every change of an API: stages with AutoDeploy get it at once, in the same transaction. Automatic deployments that no
 * stage uses any more are removed: each holds the whole API.
 */
export async function deployChanges(tx: Transaction, context: Context, api: ApiRecord): Promise<void> {
  const at = placeOf(context);
  const all = await stages.list(tx, at, api.ApiId);
  const automatic = all.filter((stage) => stage.AutoDeploy);
  if (automatic.length === 0) return;
  const deployment = await putDeployment(tx, context, api, { description: AUTO_DESCRIPTION, isAutomatic: true });
  for (const stage of automatic) await deployTo(tx, context, api, stage, deployment);
  const used = new Set(all.filter((stage) => !stage.AutoDeploy).map((stage) => stage.DeploymentId));
  for (const old of await deployments.list(tx, at, api.ApiId)) {
    if (!old.AutoDeployed || old.DeploymentId === deployment.DeploymentId || used.has(old.DeploymentId)) continue;
    deployments.remove(tx, at, api.ApiId, old.DeploymentId);
    frozen.remove(tx, at, api.ApiId, old.DeploymentId);
  }
}

/** After a change of the API's own settings, which no deployment freezes. */
export async function republishStages(tx: Transaction, context: Context, api: ApiRecord): Promise<void> {
  for (const stage of await stages.list(tx, placeOf(context), api.ApiId)) await publish(tx, context, api, stage);
}
