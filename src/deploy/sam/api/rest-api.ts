import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { clone, compact, isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { contentHash, isAlphanumeric, suffixedId } from '../logical-id.ts';
import { resolveParameters } from '../parameter-values.ts';
import { definitionLocation } from '../s3-location.ts';
import type { SamResource } from '../sam-resource.ts';
import { propagateTags, tagList } from '../tags.ts';
import { addAuth, authorizerPermissions } from './auth.ts';
import { addCors } from './cors.ts';
import { moveToOpenApi3 } from './definition.ts';
import { customDomain } from './domain.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { addModels } from './models.ts';
import { usagePlan } from './usage-plan.ts';

const deploymentSuffixLength = 10;

/**
 * AWS::Serverless::Api.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html
 */
export function transformRestApi(given: SamResource, context: TransformContext): CfnResource[] {
  const resource = withResolvedParameters(given, context);
  const body = definitionBody(resource);
  addCors(resource, body);
  addAuth(resource, body, context);
  addGatewayResponses(resource, body);
  addModels(resource, body);
  addBinaryMediaTypes(resource, body);
  addEndpointExtension(resource, body);
  if (body !== undefined) moveToOpenApi3(body);
  const api = restApi(resource, body);
  const deployment = apiDeployment(resource, api, context);
  const stage = apiStage(resource, api, deployment);
  context.references.add(resource.logicalId, 'Deployment', deployment.logicalId);
  context.references.add(resource.logicalId, 'Stage', stage.logicalId);
  const made = [
    api,
    deployment,
    ...authorizerPermissions(resource, api, context),
    ...customDomain(resource, api, stage, context),
    stage,
    ...usagePlan(resource, api, stage, context),
  ];
  propagateTags(made, resource.properties['Tags'], resource.properties['PropagateTags']);
  return made;
}

/** These settings are read here, so parameters in them are replaced; elsewhere a Ref stays for CloudFormation. */
function withResolvedParameters(resource: SamResource, context: TransformContext): SamResource {
  const properties = { ...resource.properties };
  for (const name of ['Auth', 'BinaryMediaTypes', 'Domain']) {
    const value = properties[name];
    if (value !== undefined) properties[name] = resolveParameters(value, context.parameters);
  }
  return { ...resource, properties };
}

function definitionBody(resource: SamResource): JsonMap | undefined {
  const { DefinitionUri: uri, DefinitionBody: body } = resource.properties;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  if (uri !== undefined && body !== undefined) {
    throw fail("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.");
  }
  const version = resource.properties['OpenApiVersion'];
  if (version !== undefined && !isIntrinsic(version) && !/^(2|3)(\.\d)?(\.\d)?$/.test(String(version))) {
    throw fail("The OpenApiVersion value must be of the format '3.0.0'.");
  }
  return body === undefined ? undefined : clone(expectOf(resource.logicalId).map(body, 'DefinitionBody'));
}

function restApi(resource: SamResource, body: JsonMap | undefined): CfnResource {
  const { properties, logicalId } = resource;
  const endpoint = endpointConfiguration(properties['EndpointConfiguration']);
  const uri = properties['DefinitionUri'];
  return cfnResource(
    logicalId,
    'AWS::ApiGateway::RestApi',
    {
      Body: body,
      BodyS3Location: uri === undefined ? undefined : definitionLocation(logicalId, 'DefinitionUri', uri),
      BinaryMediaTypes: properties['BinaryMediaTypes'],
      Description: properties['Description'],
      EndpointConfiguration: endpoint?.configuration,
      FailOnWarnings: properties['FailOnWarnings'],
      MinimumCompressionSize: properties['MinimumCompressionSize'],
      Mode: properties['Mode'],
      Name: properties['Name'],
      Parameters: endpoint === undefined ? undefined : { endpointConfigurationTypes: endpoint.type },
      ApiKeySourceType: properties['ApiKeySourceType'],
      Policy: properties['Policy'],
      SecurityPolicy: properties['SecurityPolicy'],
      EndpointAccessMode: properties['EndpointAccessMode'],
    },
    resource.attributes,
  );
}

function endpointConfiguration(given: Json | undefined): { configuration: JsonMap; type: Json } | undefined {
  if (given === undefined || isBlank(given)) return undefined;
  if (!isMap(given) || isIntrinsic(given)) return { configuration: { Types: [given] }, type: given };
  const type = given['Type'] ?? null;
  const endpoints = given['VPCEndpointIds'] ?? given['VpcEndpointIds'];
  const configuration = compact({ Types: [type], VpcEndpointIds: endpoints, IpAddressType: given['IpAddressType'] });
  return { configuration, type };
}

/** A deployment is a snapshot: its id changes with the definition, so that CloudFormation makes a new one. */
function apiDeployment(resource: SamResource, api: CfnResource, context: TransformContext): CfnResource {
  const { properties } = resource;
  const version = properties['OpenApiVersion'] ?? null;
  const content: Json[] = [
    api.properties['Body'] ?? api.properties['BodyS3Location'] ?? null,
    properties['Domain'] ?? null,
    version,
  ];
  if (properties['AlwaysDeploy'] === true) content.push(context.time);
  const hash = contentHash(content);
  return cfnResource(
    `${resource.logicalId}Deployment${hash.slice(0, deploymentSuffixLength)}`,
    'AWS::ApiGateway::Deployment',
    {
      RestApiId: refTo(api),
      Description: `RestApi deployment id: ${hash}`,
      // An old habit of the transform, kept by AWS for templates that do not set OpenApiVersion: it leaves an unused
      // stage.
      StageName: version === null || !isMap(api.properties['Body']) ? 'Stage' : undefined,
    },
    resource.passedOn,
  );
}

function apiStage(resource: SamResource, api: CfnResource, deployment: CfnResource): CfnResource {
  const { properties } = resource;
  const name = properties['StageName'] ?? null;
  return cfnResource(
    stageId(resource.logicalId, name),
    'AWS::ApiGateway::Stage',
    {
      DeploymentId: refTo(deployment),
      RestApiId: refTo(api),
      StageName: name,
      AccessLogSetting: properties['AccessLogSetting'],
      CacheClusterEnabled: properties['CacheClusterEnabled'],
      CacheClusterSize: properties['CacheClusterSize'],
      CanarySetting: properties['CanarySetting'],
      MethodSettings: properties['MethodSettings'],
      TracingEnabled: properties['TracingEnabled'],
      Variables: properties['Variables'],
      Tags: properties['Tags'] === undefined ? undefined : tagList(properties['Tags']),
    },
    resource.passedOn,
  );
}

/** A name that cannot be part of a logical id is hashed; a name that is not known is left out. */
function stageId(apiId: string, name: Json): string {
  if (typeof name !== 'string') return `${apiId}Stage`;
  return isAlphanumeric(name) ? `${apiId}${name}Stage` : suffixedId(`${apiId}Stage`, name);
}

/** The property writes `~1` for a slash, as JSON pointers do; the document writes the slash. */
function addBinaryMediaTypes(resource: SamResource, body: JsonMap | undefined): void {
  const types = resource.properties['BinaryMediaTypes'];
  if (body === undefined || types === undefined || isBlank(types)) return;
  body['x-amazon-apigateway-binary-media-types'] = withSlashes(isList(types) ? types : [types]);
}

function withSlashes(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll('~1', '/');
  if (isList(value)) return value.map((item) => withSlashes(item));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSlashes(item)]));
}

function addEndpointExtension(resource: SamResource, body: JsonMap | undefined): void {
  const disabled = resource.properties['DisableExecuteApiEndpoint'];
  if (disabled === undefined) return;
  if (body === undefined) {
    throw new InvalidResource(
      resource.logicalId,
      "DisableExecuteApiEndpoint works only within 'DefinitionBody' property.",
    );
  }
  // OpenAPI 3 has `servers`; in Swagger 2 the extension stands at the top.
  const extension = { disableExecuteApiEndpoint: disabled };
  if (body['openapi'] === undefined) {
    body['x-amazon-apigateway-endpoint-configuration'] = extension;
    return;
  }
  const servers = isList(body['servers']) ? body['servers'] : [{}];
  for (const server of servers) {
    if (isMap(server)) server['x-amazon-apigateway-endpoint-configuration'] = extension;
  }
  body['servers'] = servers;
}
