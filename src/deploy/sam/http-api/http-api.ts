import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { sub } from '../intrinsics.ts';
import { clone, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { isAlphanumeric } from '../logical-id.ts';
import { resolveParameters } from '../parameter-values.ts';
import { definitionLocation } from '../s3-location.ts';
import type { SamResource } from '../sam-resource.ts';
import { propagateTags } from '../tags.ts';
import { readHttpAuthorizers } from './authorizers.ts';
import { completeDefinition, ownTag, refuseWithoutDefinition } from './definition.ts';
import { customDomainV2 } from './domain.ts';

const defaultStage = '$default';

/**
 * AWS::Serverless::HttpApi.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html
 */
export function transformHttpApi(given: SamResource, context: TransformContext): CfnResource[] {
  const resource = withResolvedParameters(given, context);
  const body = definitionBody(resource);
  if (body === undefined) refuseWithoutDefinition(resource);
  else completeDefinition(resource, body, context);
  const { properties, logicalId } = resource;
  const uri = properties['DefinitionUri'];
  const api = cfnResource(
    logicalId,
    'AWS::ApiGatewayV2::Api',
    {
      Body: body,
      BodyS3Location: uri === undefined ? undefined : definitionLocation(logicalId, 'DefinitionUri', uri),
      FailOnWarnings: properties['FailOnWarnings'],
    },
    resource.attributes,
  );
  const tags: JsonMap = { ...(isMap(properties['Tags']) ? properties['Tags'] : {}), [ownTag[0]]: ownTag[1] };
  const stage = apiStage(resource, api, body === undefined ? undefined : tags);
  context.references.add(logicalId, 'Stage', stage.logicalId);
  const made = [
    api,
    stage,
    ...customDomainV2(resource, api, stage, tags, context),
    ...authorizerPermissions(resource, api, context),
  ];
  const others = made.filter((item) => item !== api);
  propagateTags(others, tags, properties['PropagateTags']);
  return made;
}

function withResolvedParameters(resource: SamResource, context: TransformContext): SamResource {
  const properties = { ...resource.properties };
  for (const name of ['Auth', 'Domain', 'CorsConfiguration']) {
    const value = properties[name];
    if (value !== undefined) properties[name] = resolveParameters(value, context.parameters);
  }
  return { ...resource, properties };
}

function definitionBody(resource: SamResource): JsonMap | undefined {
  const { DefinitionUri: uri, DefinitionBody: body } = resource.properties;
  if (uri !== undefined && body !== undefined) {
    throw new InvalidResource(
      resource.logicalId,
      "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.",
    );
  }
  return body === undefined ? undefined : clone(expectOf(resource.logicalId).map(body, 'DefinitionBody'));
}

function apiStage(resource: SamResource, api: CfnResource, tags: JsonMap | undefined): CfnResource {
  const { properties } = resource;
  const name = properties['StageName'] ?? defaultStage;
  return cfnResource(
    `${resource.logicalId}${stageIdPart(name)}Stage`,
    'AWS::ApiGatewayV2::Stage',
    {
      ApiId: refTo(api),
      StageName: name,
      AutoDeploy: true,
      AccessLogSettings: properties['AccessLogSettings'],
      DefaultRouteSettings: properties['DefaultRouteSettings'],
      RouteSettings: properties['RouteSettings'],
      StageVariables: properties['StageVariables'],
      Tags: tags,
    },
    resource.passedOn,
  );
}

function stageIdPart(name: Json): string {
  if (name === defaultStage) return 'ApiGatewayDefault';
  return typeof name === 'string' && isAlphanumeric(name) ? name : '';
}

/** Unlike with REST APIs, the permission is made only when it is asked for. */
function authorizerPermissions(resource: SamResource, api: CfnResource, context: TransformContext): CfnResource[] {
  const auth = resource.properties['Auth'];
  const authorizers = isMap(auth) ? readHttpAuthorizers(resource.logicalId, auth['Authorizers']) : [];
  const wanting = authorizers.filter(({ settings }) => settings['EnableFunctionDefaultPermissions'] === true);
  return wanting.map(({ name, settings }) =>
    lambdaPermission(
      `${resource.logicalId}${name}AuthorizerPermission`,
      {
        functionName: settings['FunctionArn'] ?? null,
        principal: 'apigateway.amazonaws.com',
        sourceArn: sub(
          `arn:${context.partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/authorizers/*`,
          { __ApiId__: refTo(api) },
        ),
      },
      resource.passedOn,
    ),
  );
}
