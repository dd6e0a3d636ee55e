// API Gateway's IAM actions are HTTP methods on its resource paths.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
import type { Context } from '#kernel/context.ts';
import type { Authorize } from '#kernel/service.ts';

type Input = Record<string, string | undefined>;

const VERBS: [RegExp, string][] = [
  [/^(Put|TagResource|ImportDocumentationParts)/, 'PUT'],
  [/^(Create|Generate|Import|TestInvoke|Flush)/, 'POST'],
  [/^Update/, 'PATCH'],
  [/^(Delete|Untag)/, 'DELETE'],
];

const join = (...parts: (string | undefined)[]): string =>
  parts
    .filter((part) => part !== undefined)
    .map((part) => `/${part}`)
    .join('');

/** Collections of an account. */
function accountPath(operation: string, input: Input): string {
  if (operation.endsWith('Account')) return '/account';
  if (/ApiKeys?$/.test(operation)) return join('apikeys', input['apiKey']);
  if (/UsagePlanKeys?$/.test(operation)) {
    return join(
      'usageplans',
      input['usagePlanId'],
      'keys',
      operation.startsWith('Create') ? undefined : input['keyId'],
    );
  }
  if (operation.endsWith('Usage')) {
    return join('usageplans', input['usagePlanId'], ...(input['keyId'] ? ['keys', input['keyId']] : []), 'usage');
  }
  if (operation.includes('UsagePlan')) return join('usageplans', input['usagePlanId']);
  if (/ClientCertificates?$/.test(operation)) return join('clientcertificates', input['clientCertificateId']);
  if (/DomainNames?$/.test(operation)) {
    return join('domainnames', operation.startsWith('Create') ? undefined : input['domainName']);
  }
  if (/BasePathMappings?$/.test(operation)) {
    const basePath = operation.startsWith('Create') ? undefined : input['basePath'];
    return join('domainnames', input['domainName'], 'basepathmappings', basePath);
  }
  return '/restapis';
}

/** collection below an API, and the member that names one of it */
const CHILDREN: [RegExp, string, string][] = [
  [/Deployments?$/, 'deployments', 'deploymentId'],
  [/Stages?$/, 'stages', 'stageName'],
  [/Models?$/, 'models', 'modelName'],
  [/Authorizers?$/, 'authorizers', 'authorizerId'],
  [/RequestValidators?$/, 'requestvalidators', 'requestValidatorId'],
  [/GatewayResponses?$/, 'gatewayresponses', 'responseType'],
  [/DocumentationParts?$/, 'documentation/parts', 'documentationPartId'],
  [/DocumentationVersions?$/, 'documentation/versions', 'documentationVersion'],
];

function apiPath(operation: string, restApiId: string, input: Input): string {
  const api = join('restapis', restApiId);
  const { resourceId, httpMethod, statusCode } = input;
  if (operation === 'GetModelTemplate') return `${api}${join('models', input['modelName'], 'default_template')}`;
  if (operation === 'GetExport') return `${api}${join('stages', input['stageName'], 'exports', input['exportType'])}`;
  if (resourceId !== undefined) {
    const method = `${api}${join('resources', resourceId, ...(httpMethod === undefined ? [] : ['methods', httpMethod]))}`;
    const place = operation.includes('Integration') ? `${method}/integration` : method;
    return operation.endsWith('Response') ? `${place}${join('responses', statusCode)}` : place;
  }
  if (/Resources?$/.test(operation)) return `${api}${join('resources', input['parentId'])}`;
  const child = CHILDREN.find(([pattern]) => pattern.test(operation));
  if (!child) return api;
  return `${api}${join(child[1], operation.startsWith('Create') ? undefined : input[child[2]])}`;
}

function pathOf(operation: string, input: Input): string {
  const { resourceArn, restApiId } = input;
  if (resourceArn !== undefined) return `/tags/${encodeURIComponent(resourceArn)}`;
  const isOfAccount = restApiId === undefined || operation.includes('BasePathMapping');
  return isOfAccount ? accountPath(operation, input) : apiPath(operation, restApiId, input);
}

export const authorize =
  (operation: string): Authorize =>
  (input: Input, context: Context) => [
    {
      action: `apigateway:${VERBS.find(([pattern]) => pattern.test(operation))?.[1] ?? 'GET'}`,
      resource: `arn:aws:apigateway:${context.region}::${pathOf(operation, input)}`,
    },
  ];
