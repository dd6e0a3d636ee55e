import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { connectGenerated } from '../connectors/connector.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { getAtt, ref, sub } from '../intrinsics.ts';
import { compact, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import type { SamResource } from '../sam-resource.ts';

export interface DataSources {
  readonly made: CfnResource[];
  /** The name that AppSync knows a data source by, by its key in the template. */
  readonly names: ReadonlyMap<string, Json>;
}

type Kind = 'DynamoDb' | 'Lambda';

/** A data source before it has its role. */
interface Plan {
  readonly idPart: string;
  readonly type: string;
  readonly config: JsonMap;
  readonly connectorSuffix: string;
  readonly destination: JsonMap;
  readonly permissions: Json;
}

export function dataSources(resource: SamResource, context: TransformContext): DataSources {
  const given = resource.properties['DataSources'];
  const made: CfnResource[] = [];
  const names = new Map<string, Json>();
  for (const kind of ['DynamoDb', 'Lambda'] as const) {
    const group = isMap(given) ? given[kind] : undefined;
    for (const [key, source] of Object.entries(isMap(group) ? group : {})) {
      const items = dataSource(resource, kind, key, isMap(source) ? source : {}, context);
      made.push(...items);
      if (items[0] !== undefined && !names.has(key)) names.set(key, getAtt(items[0].logicalId, 'Name'));
    }
  }
  return { made, names };
}

/** Functions that call nothing still need a data source. One serves all of them. */
export function noneDataSource(resource: SamResource): CfnResource {
  const properties = { ApiId: getAtt(resource.logicalId, 'ApiId'), Name: 'None', Type: 'NONE' };
  return cfnResource(`${resource.logicalId}NoneDataSource`, 'AWS::AppSync::DataSource', properties, resource.passedOn);
}

function dataSource(
  resource: SamResource,
  kind: Kind,
  key: string,
  given: JsonMap,
  context: TransformContext,
): CfnResource[] {
  const plan = kind === 'DynamoDb' ? tablePlan(given) : functionPlan(given);
  const logicalId = `${resource.logicalId}${key}${plan.idPart}DataSource`;
  const { ServiceRoleArn: roleArn, Permissions: permissions } = given;
  if (roleArn !== undefined && permissions !== undefined) {
    throw new InvalidResource(logicalId, "'Permissions' cannot be defined with 'ServiceRoleArn'.");
  }
  const assume = { assumeRolePolicyDocument: assumeRolePolicy('appsync.amazonaws.com') };
  const role = roleArn === undefined ? iamRole(`${logicalId}Role`, assume, resource.passedOn) : undefined;
  const source = cfnResource(
    logicalId,
    'AWS::AppSync::DataSource',
    {
      ApiId: getAtt(resource.logicalId, 'ApiId'),
      Description: given['Description'],
      Name: given['Name'] ?? key,
      Type: plan.type,
      ServiceRoleArn: role === undefined ? roleArn : arnOf(role),
      ...plan.config,
    },
    resource.passedOn,
  );
  if (role === undefined) return [source];
  const connector = {
    logicalId: logicalId + plan.connectorSuffix,
    source: { Type: 'AWS::AppSync::DataSource', RoleName: refTo(role) },
    destination: plan.destination,
    permissions: plan.permissions,
    attributes: resource.passedOn,
  };
  return [source, role, ...connectGenerated(connector, context)];
}

function tablePlan(given: JsonMap): Plan {
  const table = given['TableName'] ?? null;
  const region = given['Region'] ?? ref('AWS::Region');
  const arn =
    given['TableArn'] ??
    sub('arn:${AWS::Partition}:dynamodb:${__Region__}:${AWS::AccountId}:table/${__TableName__}', {
      __Region__: region,
      __TableName__: table,
    });
  const config = compact({
    AwsRegion: region,
    TableName: table,
    UseCallerCredentials: given['UseCallerCredentials'],
    Versioned: given['Versioned'],
    DeltaSyncConfig: given['DeltaSync'],
  });
  return {
    idPart: 'DynamoDB',
    type: 'AMAZON_DYNAMODB',
    config: { DynamoDBConfig: config },
    connectorSuffix: 'ToTableConnector',
    destination: { Type: 'AWS::DynamoDB::Table', Arn: arn },
    permissions: given['Permissions'] ?? ['Read', 'Write'],
  };
}

function functionPlan(given: JsonMap): Plan {
  const arn = given['FunctionArn'] ?? null;
  return {
    idPart: 'Lambda',
    type: 'AWS_LAMBDA',
    config: { LambdaConfig: { LambdaFunctionArn: arn } },
    connectorSuffix: 'ToLambdaConnector',
    destination: { Type: 'AWS::Lambda::Function', Arn: arn },
    permissions: ['Write'],
  };
}
