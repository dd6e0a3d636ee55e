// What a template changes of the integration, route and stage that quick create made.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-apigatewaymanagedoverrides.html
import { ServiceError } from '#core/errors.ts';
import type { Call } from '#kernel/call.ts';
import type { Properties, ResourceType } from './contract.ts';
import { ignoreMissing, pick } from './shared.ts';

/** What quick create gives each member; those that are not here keep what they have. */
const RESETS: Readonly<Record<'Integration' | 'Route' | 'Stage', Properties>> = {
  Integration: { Description: '', TimeoutInMillis: 30_000 },
  Route: { AuthorizationType: 'NONE', AuthorizationScopes: [], OperationName: '' },
  Stage: { AutoDeploy: true, Description: '', StageVariables: {}, DefaultRouteSettings: {}, RouteSettings: {} },
};

const managed = <T extends { ApiGatewayManaged?: boolean | undefined }>(items: T[] | undefined, what: string): T => {
  const found = items?.find((item) => item.ApiGatewayManaged);
  if (found) return found;
  throw new ServiceError('NotFoundException', `The API has no ${what} that API Gateway manages`, 404);
};

/** The members of one part as they shall be: what the template says, and what it says no longer. */
function changesOf(part: keyof typeof RESETS, before: Properties, after: Properties): Properties {
  const [old, next] = [before[part] ?? {}, after[part] ?? {}] as Properties[];
  const gone = Object.keys(old!).filter((name) => next![name] === undefined && RESETS[part][name] !== undefined);
  return { ...next, ...pick(RESETS[part], gone) };
}

async function override(call: Call, ApiId: string, before: Properties, after: Properties): Promise<void> {
  const integration = changesOf('Integration', before, after);
  if (Object.keys(integration).length > 0) {
    const { Items } = await call('apigatewayv2', 'GetIntegrations', { ApiId, MaxResults: '500' });
    const { IntegrationId = '' } = managed(Items, 'integration');
    await call('apigatewayv2', 'UpdateIntegration', { ApiId, IntegrationId, ...integration });
  }
  const route = changesOf('Route', before, after);
  if (Object.keys(route).length > 0) {
    const { Items } = await call('apigatewayv2', 'GetRoutes', { ApiId, MaxResults: '500' });
    const { RouteId = '' } = managed(Items, 'route');
    await call('apigatewayv2', 'UpdateRoute', { ApiId, RouteId, ...route });
  }
  const stage = changesOf('Stage', before, after);
  const losesLogs = before.Stage?.AccessLogSettings && !after.Stage?.AccessLogSettings;
  if (Object.keys(stage).length === 0 && !losesLogs) return;
  const { Items } = await call('apigatewayv2', 'GetStages', { ApiId });
  const { StageName = '' } = managed(Items, 'stage');
  if (losesLogs) await call('apigatewayv2', 'DeleteAccessLogSettings', { ApiId, StageName });
  if (Object.keys(stage).length > 0) await call('apigatewayv2', 'UpdateStage', { ApiId, StageName, ...stage });
}

export const managedOverrides: ResourceType = {
  type: 'AWS::ApiGatewayV2::ApiGatewayManagedOverrides',
  service: 'ApiGatewayV2',
  async create(properties, { call }) {
    const { ApiId } = properties;
    await override(call, ApiId, {}, properties);
    return { physicalId: ApiId, attributes: { Id: ApiId } };
  },
  /** Said again, an override does no harm. */
  async findCreated() {
    return undefined;
  },
  async update({ properties: before, attributes }, properties, { call }) {
    await override(call, properties.ApiId, before, properties);
    return { attributes };
  },
  async delete({ properties }, { call }) {
    await ignoreMissing(() => override(call, properties.ApiId, properties, {}));
  },
};
