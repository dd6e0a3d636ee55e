import { InvalidTemplate } from '../errors.ts';
import { sub } from '../intrinsics.ts';
import { isBlank, isList, isMap, sameJson } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { anyMethod, isMethodKey, methodKey, pathItems, pathsOf, withoutTrailingSlash } from './paths.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html

const policyKey = 'x-amazon-apigateway-policy';
const action = 'execute-api:Invoke';

/** Adds the statements that lists of accounts, addresses and VPCs mean for every path. */
export function addResourcePolicyToPaths(body: JsonMap, settings: Json, stage: Json): void {
  if (!isMap(settings)) throw new InvalidTemplate('ResourcePolicy must be a map (ResourcePolicyStatement).');
  for (const path of Object.keys(pathsOf(body))) addResourcePolicy(body, settings, path, stage);
  addCustomStatements(body, settings['CustomStatements']);
}

export function addResourcePolicy(body: JsonMap, settings: JsonMap, path: string, stage: Json): void {
  const resources = resourcesOf(body, path, stage);
  addAccounts(body, settings['AwsAccountWhitelist'], 'Allow', resources);
  addAccounts(body, settings['AwsAccountBlacklist'], 'Deny', resources);
  addAddresses(body, settings['IpRangeWhitelist'], 'NotIpAddress', resources);
  addAddresses(body, settings['IpRangeBlacklist'], 'IpAddress', resources);
  addEndpoints(body, 'StringEquals', resources, {
    plain: plainEndpoints(settings, 'SourceVpcBlacklist', 'IntrinsicVpcBlacklist'),
    vpcs: settings['IntrinsicVpcBlacklist'],
    vpces: settings['IntrinsicVpceBlacklist'],
  });
  addEndpoints(body, 'StringNotEquals', resources, {
    plain: plainEndpoints(settings, 'SourceVpcWhitelist', 'IntrinsicVpcWhitelist'),
    vpcs: settings['IntrinsicVpcWhitelist'],
    vpces: settings['IntrinsicVpceWhitelist'],
  });
}

export function addCustomStatements(body: JsonMap, statements: Json | undefined): void {
  if (statements === undefined || isBlank(statements)) return;
  const policy = policyOf(body);
  const present = policy['Statement'];
  policy['Statement'] = isBlank(present) ? statements : [...listOf(present), ...listOf(statements)];
}

function addAccounts(body: JsonMap, accounts: Json | undefined, effect: string, resources: Json[]): void {
  if (isBlank(accounts) || accounts === undefined) return;
  addStatements(body, [{ Action: action, Effect: effect, Resource: resources, Principal: { AWS: listOf(accounts) } }]);
}

function addAddresses(body: JsonMap, addresses: Json | undefined, operator: string, resources: Json[]): void {
  if (isBlank(addresses) || addresses === undefined) return;
  const condition = { [operator]: { 'aws:SourceIp': listOf(addresses) } };
  addStatements(body, allowExcept(resources, condition));
}

interface Endpoints {
  readonly plain: string[];
  readonly vpcs: Json | undefined;
  readonly vpces: Json | undefined;
}

function addEndpoints(body: JsonMap, operator: string, resources: Json[], endpoints: Endpoints): void {
  const vpces = [...endpoints.plain.filter((id) => id.startsWith('vpce-')), ...listOf(endpoints.vpces)];
  const vpcs = [...endpoints.plain.filter((id) => id.startsWith('vpc-')), ...listOf(endpoints.vpcs)];
  const keys: JsonMap = {};
  if (vpcs.length > 0) keys['aws:SourceVpc'] = vpcs;
  if (vpces.length > 0) keys['aws:SourceVpce'] = vpces;
  if (Object.keys(keys).length > 0) addStatements(body, allowExcept(resources, { [operator]: keys }));
}

/** Everyone may call, except under the condition. */
function allowExcept(resources: Json[], condition: JsonMap): JsonMap[] {
  const base = { Action: action, Resource: resources, Principal: '*' };
  return [
    { ...base, Effect: 'Allow' },
    { ...base, Effect: 'Deny', Condition: condition },
  ];
}

function plainEndpoints(settings: JsonMap, name: string, alternative: string): string[] {
  const list = settings[name];
  if (list === undefined || list === null) return [];
  const ids = listOf(list).filter((id) => typeof id === 'string');
  if (ids.length === listOf(list).length) return ids;
  throw new InvalidTemplate(
    `${name} must be a list of strings. Use ${alternative} instead for values that use Intrinsic Functions`,
  );
}

/** The methods of a path as resources of the policy. */
function resourcesOf(body: JsonMap, path: string, stage: Json): Json[] {
  const methods = pathItems(body, path).flatMap((item) => Object.keys(item).filter(isMethodKey).map(methodKey));
  const plainPath = withoutTrailingSlash(path);
  return [...new Set(methods)].map((method) => {
    const verb = method === anyMethod ? '*' : method.toUpperCase();
    return sub(`execute-api:/\${__Stage__}/${verb}${plainPath}`, { __Stage__: stage });
  });
}

function addStatements(body: JsonMap, statements: readonly JsonMap[]): void {
  const policy = policyOf(body);
  const present = isBlank(policy['Statement']) ? [] : listOf(policy['Statement']);
  const fresh = statements.filter((statement) => !present.some((other) => sameJson(statement, other)));
  policy['Statement'] = [...present, ...fresh];
}

function policyOf(body: JsonMap): JsonMap {
  const present = body[policyKey];
  const policy = isMap(present) ? present : {};
  body[policyKey] = policy;
  policy['Version'] ??= '2012-10-17';
  return policy;
}

function listOf(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}
