// API Gateway's IAM actions are HTTP methods on its resource paths.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
import type { Context } from '#kernel/context.ts';
import type { Authorize } from '#kernel/service.ts';

const VERBS: [RegExp, string][] = [
  [/^(Create|Import|Tag)/, 'POST'],
  [/^(Reimport|Put)/, 'PUT'],
  [/^Update/, 'PATCH'],
  [/^(Delete|Untag)/, 'DELETE'],
];

/** collection below an API, and the member that names one of it */
const CHILDREN: [RegExp, string, string][] = [
  [/Route(Responses?|RequestParameter|s)?$/, 'routes', 'RouteId'],
  [/Integration(Responses?|s)?$/, 'integrations', 'IntegrationId'],
  [/Authorizers?$/, 'authorizers', 'AuthorizerId'],
  [/Deployments?$/, 'deployments', 'DeploymentId'],
  [/Model(Template|s)?$/, 'models', 'ModelId'],
  [/Stages?$/, 'stages', 'StageName'],
];

/** below one of those */
const GRANDCHILDREN: [RegExp, string, string][] = [
  [/RouteResponses?$/, 'routeresponses', 'RouteResponseId'],
  [/IntegrationResponses?$/, 'integrationresponses', 'IntegrationResponseId'],
  [/RouteRequestParameter$/, 'requestparameters', 'RequestParameterKey'],
  [/ModelTemplate$/, 'template', ''],
];

function pathOf(operation: string, input: Record<string, string | undefined>): string {
  const { ApiId, StageName, RouteKey, ResourceArn } = input;
  if (ResourceArn !== undefined) return `/tags/${encodeURIComponent(ResourceArn)}`;
  const { DomainName, ApiMappingId, RoutingRuleId } = input;
  if (/RoutingRules?$/.test(operation)) {
    return `/domainnames/${DomainName}/routingrules${RoutingRuleId === undefined ? '' : `/${RoutingRuleId}`}`;
  }
  if (/DomainNames?$|ApiMappings?$/.test(operation)) {
    const isMapping = operation.includes('ApiMapping');
    const domain = DomainName === undefined || operation === 'CreateDomainName' ? '' : `/${DomainName}`;
    return `/domainnames${domain}${isMapping ? '/apimappings' : ''}${ApiMappingId === undefined ? '' : `/${ApiMappingId}`}`;
  }
  if (ApiId === undefined) return '/apis';
  const api = `/apis/${ApiId}`;
  if (operation === 'ExportApi') return `${api}/exports/${input['Specification'] ?? ''}`;
  if (operation === 'DeleteCorsConfiguration') return `${api}/cors`;
  if (operation === 'DeleteAccessLogSettings') return `${api}/stages/${StageName}/accesslogsettings`;
  if (operation === 'DeleteRouteSettings') return `${api}/stages/${StageName}/routesettings/${RouteKey}`;
  const child = CHILDREN.find(([pattern]) => pattern.test(operation));
  if (!child) return api;
  const id = input[child[2]];
  const below = GRANDCHILDREN.find(([pattern]) => pattern.test(operation));
  const isNew = operation.startsWith('Create') && !below;
  const path = isNew || id === undefined ? `${api}/${child[1]}` : `${api}/${child[1]}/${id}`;
  if (!below) return path;
  const belowId = operation.startsWith('Create') ? undefined : input[below[2]];
  return belowId === undefined ? `${path}/${below[1]}` : `${path}/${below[1]}/${belowId}`;
}

export const authorize =
  (operation: string): Authorize =>
  (input: Record<string, string | undefined>, context: Context) => [
    {
      action: `apigateway:${VERBS.find(([pattern]) => pattern.test(operation))?.[1] ?? 'GET'}`,
      resource: `arn:aws:apigateway:${context.region}::${pathOf(operation, input)}`,
    },
  ];
