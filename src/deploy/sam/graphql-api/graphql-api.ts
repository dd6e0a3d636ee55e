import { arnOf, cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { connectGenerated } from '../connectors/connector.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource, within } from '../errors.ts';
import { getAtt, sub } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json } from '../json.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import type { SamResource } from '../sam-resource.ts';
import { tagList } from '../tags.ts';
import { authentication } from './auth.ts';
import { renamed } from './code.ts';
import { dataSources } from './data-sources.ts';
import { graphQlFunctions } from './functions.ts';
import { checkNestedSettings } from './properties.ts';
import { resolvers } from './resolvers.ts';

/**
 * AWS::Serverless::GraphQLApi: an AppSync API.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-graphqlapi.html
 */
export function transformGraphQlApi(resource: SamResource, context: TransformContext): CfnResource[] {
  const { properties, logicalId } = resource;
  checkNestedSettings(logicalId, properties);
  const auth = authentication(logicalId, isMap(properties['Auth']) ? properties['Auth'] : {});
  const schema = graphQlSchema(resource);
  const logRole =
    properties['Logging'] === undefined || properties['Logging'] === true ? loggingRole(resource) : undefined;
  const api = cfnResource(
    logicalId,
    'AWS::AppSync::GraphQLApi',
    {
      ...auth.properties,
      ...renamed(properties, {
        EnvironmentVariables: 'EnvironmentVariables',
        IntrospectionConfig: 'IntrospectionConfig',
        OwnerContact: 'OwnerContact',
        QueryDepthLimit: 'QueryDepthLimit',
        ResolverCountLimit: 'ResolverCountLimit',
        Visibility: 'Visibility',
        XrayEnabled: 'XrayEnabled',
      }),
      LogConfig: logConfig(properties['Logging'], logRole),
      Name: properties['Name'] ?? logicalId,
      Tags: [...tagList(properties['Tags']), { Key: 'graphqlapi:createdBy', Value: 'SAM' }],
    },
    resource.attributes,
  );
  const sources = within(logicalId, () => dataSources(resource, context));
  const pipelines = within(logicalId, () => {
    const functions = graphQlFunctions(resource, sources.names);
    return [...functions.made, ...resolvers(resource, functions.ids, schema)];
  });
  return [
    api,
    schema,
    ...(logRole === undefined ? [] : [logRole]),
    ...authorizerPermissions(resource, auth.authorizers, context),
    ...apiKeys(resource),
    ...cache(resource),
    ...domain(resource),
    ...sources.made,
    ...pipelines,
  ];
}

function graphQlSchema(resource: SamResource): CfnResource {
  const { SchemaInline: inline, SchemaUri: uri } = resource.properties;
  if (inline !== undefined && uri !== undefined) {
    const detail = "Both 'SchemaInline' and 'SchemaUri' cannot be defined at the same time.";
    throw new InvalidResource(resource.logicalId, detail);
  }
  if (inline === undefined && uri === undefined) {
    throw new InvalidResource(resource.logicalId, "One of 'SchemaInline' or 'SchemaUri' must be set.");
  }
  const properties = { ApiId: getAtt(resource.logicalId, 'ApiId'), Definition: inline, DefinitionS3Location: uri };
  return cfnResource(`${resource.logicalId}Schema`, 'AWS::AppSync::GraphQLSchema', properties, resource.passedOn);
}

function logConfig(logging: Json | undefined, role: CfnResource | undefined): Json | undefined {
  if (role !== undefined) return { CloudWatchLogsRoleArn: arnOf(role), FieldLogLevel: 'ALL' };
  return logging === false ? undefined : logging;
}

function loggingRole(resource: SamResource): CfnResource {
  const policy = sub('arn:${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs');
  const contents = {
    assumeRolePolicyDocument: assumeRolePolicy('appsync.amazonaws.com'),
    managedPolicyArns: [policy],
  };
  return iamRole(`${resource.logicalId}CloudWatchRole`, contents, resource.passedOn);
}

function authorizerPermissions(
  resource: SamResource,
  authorizers: readonly Json[],
  context: TransformContext,
): CfnResource[] {
  return authorizers.flatMap((arn, index) => {
    const connector = {
      logicalId: `${resource.logicalId}LambdaAuthorizer${index === 0 ? '' : index}Connector`,
      source: { Type: 'AWS::AppSync::GraphQLApi', ResourceId: getAtt(resource.logicalId, 'ApiId') },
      destination: { Type: 'AWS::Lambda::Function', Arn: arn },
      permissions: ['Write'],
      attributes: resource.passedOn,
    };
    return connectGenerated(connector, context);
  });
}

function apiKeys(resource: SamResource): CfnResource[] {
  const keys = resource.properties['ApiKeys'];
  return Object.entries(isMap(keys) ? keys : {}).map(([key, given]) => {
    const names = { ApiKeyId: 'ApiKeyId', Description: 'Description', ExpiresOn: 'Expires' };
    const properties = { ApiId: getAtt(resource.logicalId, 'ApiId'), ...renamed(isMap(given) ? given : {}, names) };
    return cfnResource(resource.logicalId + key, 'AWS::AppSync::ApiKey', properties, resource.passedOn);
  });
}

function cache(resource: SamResource): CfnResource[] {
  const given = resource.properties['Cache'];
  if (!isMap(given)) return [];
  const properties = { ...given, ApiId: getAtt(resource.logicalId, 'ApiId') };
  return [cfnResource(`${resource.logicalId}ApiCache`, 'AWS::AppSync::ApiCache', properties, resource.passedOn)];
}

function domain(resource: SamResource): CfnResource[] {
  const { logicalId, passedOn } = resource;
  const given = resource.properties['DomainName'];
  if (!isMap(given)) return [];
  const made = cfnResource(`${logicalId}DomainName`, 'AWS::AppSync::DomainName', { ...given }, passedOn);
  const link = { ApiId: getAtt(logicalId, 'ApiId'), DomainName: getAtt(made.logicalId, 'DomainName') };
  const type = 'AWS::AppSync::DomainNameApiAssociation';
  return [made, cfnResource(`${logicalId}DomainNameApiAssociation`, type, link, passedOn)];
}
