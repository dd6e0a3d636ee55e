import { InvalidGlobals, InvalidResource } from './errors.ts';
import { isIntrinsic } from './intrinsics.ts';
import { clone, isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { pythonRepr } from './python-text.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html

/** What each section may hold, in the order in which AWS lists it in its message. */
const supported: Readonly<Record<string, string>> = {
  Function: `Handler Runtime CodeUri DeadLetterQueue Description MemorySize Timeout VpcConfig Environment Tags
    PropagateTags Tracing KmsKeyArn AutoPublishAlias AutoPublishAliasAllProperties Layers DeploymentPreference RolePath
    PermissionsBoundary ReservedConcurrentExecutions ProvisionedConcurrencyConfig AssumeRolePolicyDocument
    EventInvokeConfig FileSystemConfigs CodeSigningConfigArn Architectures SnapStart EphemeralStorage FunctionUrlConfig
    RuntimeManagementConfig LoggingConfig RecursiveLoop SourceKMSKeyArn TenancyConfig DurableConfig
    CapacityProviderConfig FunctionScalingConfig PublishToLatestPublished VersionDeletionPolicy`,
  Api: `Auth Name DefinitionUri CacheClusterEnabled CacheClusterSize MergeDefinitions Variables EndpointConfiguration
    MethodSettings BinaryMediaTypes MinimumCompressionSize Cors GatewayResponses AccessLogSetting CanarySetting
    TracingEnabled OpenApiVersion Domain AlwaysDeploy PropagateTags SecurityPolicy EndpointAccessMode`,
  HttpApi: `Auth AccessLogSettings StageVariables Tags CorsConfiguration DefaultRouteSettings Domain RouteSettings
    FailOnWarnings PropagateTags`,
  WebSocketApi: `AccessLogSettings ApiKeySelectionExpression DefaultRouteSettings DisableExecuteApiEndpoint
    DisableSchemaValidation Domain IpAddressType PropagateTags RouteSettings StageVariables Tags`,
  SimpleTable: 'SSESpecification',
  StateMachine: 'PropagateTags',
  LayerVersion: 'PublishLambdaVersion',
  CapacityProvider: `VpcConfig OperatorRole Tags InstanceRequirements ScalingConfig KmsKeyArn PropagateTags`,
};

const typePrefix = 'AWS::Serverless::';

/** Merges the `Globals` section into the resources and removes it. */
export function mergeGlobals(template: JsonMap, resources: JsonMap): void {
  const globals = readGlobals(template);
  delete template['Globals'];
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (!isMap(resource)) continue;
    const ignored = resource['IgnoreGlobals'];
    delete resource['IgnoreGlobals'];
    const type = resource['Type'];
    const section = typeof type === 'string' ? globals[type] : undefined;
    if (section === undefined) continue;
    const inherited = withoutIgnored(logicalId, section, ignored);
    const own = resource['Properties'] ?? ('Properties' in resource ? null : {});
    // What is not a map is told when the resource is transformed.
    if (isMap(own)) resource['Properties'] = merge(clone(inherited), own);
  }
}

/** The sections by the type of the resources that they are for. */
function readGlobals(template: JsonMap): Record<string, JsonMap> {
  const globals = template['Globals'];
  if (globals === undefined) return {};
  if (!isMap(globals) || Object.keys(globals).length === 0) {
    throw new InvalidGlobals('It must be a non-empty dictionary');
  }
  const result: Record<string, JsonMap> = {};
  for (const [name, section] of Object.entries(globals)) {
    const allowed = Object.hasOwn(supported, name) ? supported[name] : undefined;
    if (allowed === undefined) {
      const names = pythonRepr(Object.keys(supported));
      throw new InvalidGlobals(`'${name}' is not supported. Must be one of the following values - ${names}`);
    }
    if (!isMap(section)) throw new InvalidGlobals('Value of ${properties} must be a dictionary');
    checkNames(name, section, allowed.split(/\s+/));
    result[typePrefix + name] = section;
  }
  return result;
}

function checkNames(name: string, section: JsonMap, allowed: readonly string[]): void {
  const unknown = Object.keys(section).find((property) => !allowed.includes(property));
  if (unknown === undefined) return;
  const list = pythonRepr([...allowed]);
  throw new InvalidGlobals(
    `'${unknown}' is not a supported property of '${name}'. Must be one of the following values - ${list}`,
  );
}

/** `IgnoreGlobals: '*'`, or the names that this resource does not inherit. */
function withoutIgnored(logicalId: string, section: JsonMap, ignored: Json | undefined): JsonMap {
  if (ignored === undefined) return section;
  if (ignored === '*') return {};
  if (!isList(ignored)) {
    throw new InvalidResource(logicalId, `Resource ${logicalId} has invalid resource attribute 'IgnoreGlobals'.`);
  }
  const rest = { ...section };
  for (const name of ignored) {
    if (typeof name !== 'string' || !(name in section)) {
      throw new InvalidResource(
        logicalId,
        `Resource ${logicalId} has invalid resource attribute 'IgnoreGlobals' on item '${String(name)}'.`,
      );
    }
    delete rest[name];
  }
  return rest;
}

/** Maps are merged, lists joined with the global items first; of anything else the resource's own value counts. */
function merge(inherited: Json, own: Json): Json {
  if (isIntrinsic(inherited) || isIntrinsic(own)) return own;
  if (isList(inherited) && isList(own)) return [...inherited, ...own];
  if (!isMap(inherited) || !isMap(own)) return own;
  const result = { ...inherited };
  for (const [key, value] of Object.entries(own)) {
    const present = result[key];
    result[key] = present === undefined ? value : merge(present, value);
  }
  return result;
}
