// CreateApi with a target: an integration, a route and a $default stage that API Gateway manages.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html#http-api-examples.cli.quick-create
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest } from './errors.ts';
import { integrationOf, isFunctionUri, type IntegrationInput } from './integration-rules.ts';
import { putIntegration } from './integrations.ts';
import { deployChanges } from './publish.ts';
import { DEFAULT_ROUTE, checkRouteKey, refuseSameRoute } from './route-key.ts';
import { putRoute } from './routes.ts';
import { putNewStage } from './stages.ts';
import { integrations, placeOf, routes, type ApiRecord } from './store.ts';

interface QuickCreate {
  /** URL or function ARN */
  Target: string | undefined;
  RouteKey: string | undefined;
  CredentialsArn: string | undefined;
}

const integrationFor = (target: string, CredentialsArn: string | undefined): IntegrationInput => ({
  IntegrationUri: target,
  ...(CredentialsArn !== undefined && { CredentialsArn }),
  ...(isFunctionUri(target)
    ? { IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' }
    : { IntegrationType: 'HTTP_PROXY', IntegrationMethod: 'ANY', PayloadFormatVersion: '1.0' }),
});

export async function quickCreate(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  { Target, RouteKey, CredentialsArn }: QuickCreate,
): Promise<void> {
  if (Target === undefined) {
    if (RouteKey !== undefined || CredentialsArn !== undefined) {
      throw badRequest('RouteKey and CredentialsArn are part of quick create and need a Target');
    }
    return;
  }
  if (api.ProtocolType !== 'HTTP') throw badRequest('Quick create is supported only for HTTP APIs');
  const managed = { isManaged: true };
  const integration = putIntegration(tx, context, api.ApiId, integrationFor(Target, CredentialsArn), managed);
  const route = { RouteKey: RouteKey ?? DEFAULT_ROUTE, Target: `integrations/${integration.IntegrationId}` };
  await putRoute(tx, context, api.ApiId, route, managed);
  await putNewStage(tx, context, api, { StageName: '$default', AutoDeploy: true }, managed);
  await deployChanges(tx, context, api);
}

export async function updateQuickCreated(
  tx: Transaction,
  context: Context,
  api: ApiRecord,
  { Target, RouteKey, CredentialsArn }: QuickCreate,
): Promise<void> {
  if (Target === undefined && RouteKey === undefined && CredentialsArn === undefined) return;
  const at = placeOf(context);
  const all = await routes.list(tx, at, api.ApiId);
  const route = all.find((each) => each.ApiGatewayManaged);
  const integration = (await integrations.list(tx, at, api.ApiId)).find((each) => each.ApiGatewayManaged);
  if (!route || !integration) throw badRequest('Target, RouteKey and CredentialsArn need an API made by quick create');
  if (RouteKey !== undefined) {
    checkRouteKey(RouteKey);
    const others = all.filter((each) => each !== route).map((each) => each.RouteKey);
    refuseSameRoute(RouteKey, others);
    routes.put(tx, at, api.ApiId, { ...route, RouteKey });
  }
  const target = Target ?? integration.IntegrationUri ?? '';
  const credentials = CredentialsArn ?? integration.CredentialsArn;
  integrations.put(tx, at, api.ApiId, integrationOf(context, integration, integrationFor(target, credentials)));
}
