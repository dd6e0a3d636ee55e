import { findResource } from '../context.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { isIntrinsic, ref, referredLogicalId } from '../intrinsics.ts';
import { isList, isMap, sameJson } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { findEndProperties } from './profiles.ts';

/** The source or the destination of a connector. */
export interface ConnectorEnd {
  readonly logicalId: string | undefined;
  /** The CloudFormation type, also of what SAM resources become. */
  readonly type: string;
  /** The type as the template has it. */
  readonly writtenType: string;
  readonly values: {
    readonly Arn: Json | undefined;
    readonly Name: Json | undefined;
    readonly ResourceId: Json | undefined;
    readonly Qualifier: Json | undefined;
  };
  readonly roleName: Json | undefined;
  readonly queueUrl: Json | undefined;
}

const typesOfSam: Readonly<Record<string, string>> = {
  'AWS::Serverless::Api': 'AWS::ApiGateway::RestApi',
  'AWS::Serverless::Function': 'AWS::Lambda::Function',
  'AWS::Serverless::HttpApi': 'AWS::ApiGatewayV2::Api',
  'AWS::Serverless::SimpleTable': 'AWS::DynamoDB::Table',
  'AWS::Serverless::StateMachine': 'AWS::StepFunctions::StateMachine',
};

/** Reads an end that names a resource of the template, or tells all that is needed of one elsewhere. */
export function connectorEnd(
  connectorId: string,
  given: JsonMap,
  other: JsonMap,
  context: TransformContext,
): ConnectorEnd {
  if (!('Id' in given)) return describedEnd(connectorId, given);
  const fail = (detail: string): InvalidResource => new InvalidResource(connectorId, detail);
  if (Object.keys(given).some((name) => name !== 'Id' && name !== 'Qualifier')) {
    throw fail("Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.");
  }
  const logicalId = given['Id'];
  if (typeof logicalId !== 'string') throw fail("'Id' is missing or not a string.");
  const resource = findResource(context.resources, logicalId);
  if (resource === undefined) throw fail(`Unable to find resource with logical ID '${logicalId}'.`);
  const type = resource['Type'];
  if (typeof type !== 'string') throw fail("'Type' is missing or not a string.");
  const properties = isMap(resource['Properties']) ? resource['Properties'] : {};
  const outputs = findEndProperties(type)?.Outputs ?? {};
  const written = findResource(context.original, logicalId)?.['Type'];
  return {
    logicalId,
    type,
    writtenType: typeof written === 'string' ? written : type,
    values: {
      Arn: output(outputs['Arn'], logicalId),
      Name: output(outputs['Name'], logicalId),
      ResourceId: output(outputs['Id'], logicalId),
      Qualifier: given['Qualifier'] ?? output(outputs['Qualifier'], logicalId),
    },
    roleName: roleName(type, properties, other),
    queueUrl: output(outputs['Url'], logicalId),
  };
}

function describedEnd(connectorId: string, given: JsonMap): ConnectorEnd {
  const written = given['Type'];
  if (typeof written !== 'string') throw new InvalidResource(connectorId, "'Type' is missing or not a string.");
  const type = typesOfSam[written] ?? written;
  const defaultQualifier = findEndProperties(type)?.Outputs['Qualifier'];
  return {
    logicalId: undefined,
    type,
    writtenType: type,
    values: {
      Arn: given['Arn'],
      Name: given['Name'],
      ResourceId: given['ResourceId'],
      Qualifier: given['Qualifier'] ?? defaultQualifier,
    },
    roleName: given['RoleName'],
    queueUrl: given['QueueUrl'],
  };
}

function output(template: Json | undefined, logicalId: string): Json | undefined {
  if (typeof template === 'string') return template.replaceAll('%{logicalId}', logicalId);
  if (isList(template)) return template.map((item) => output(item, logicalId) ?? null);
  if (!isMap(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, output(item, logicalId) ?? null]));
}

/** The role by reference, when it is in the template too. */
function roleName(type: string, properties: JsonMap, other: JsonMap): Json | undefined {
  const input = findEndProperties(type)?.Inputs?.Role;
  if (input === undefined) return undefined;
  const role = typeof input === 'string' ? properties[input] : ruleRole(properties, other);
  const roleId = referredLogicalId(role);
  return roleId === undefined ? undefined : ref(roleId);
}

/** A rule has a role for each target: the one that is the connector's other end. */
function ruleRole(properties: JsonMap, other: JsonMap): Json | undefined {
  const targets = isList(properties['Targets']) ? properties['Targets'] : [];
  const target = targets.filter(isMap).find((item) => {
    const arn = item['Arn'];
    const byId = isIntrinsic(arn) && other['Id'] !== undefined && referredLogicalId(arn) === other['Id'];
    return byId || (other['Arn'] !== undefined && sameJson(arn, other['Arn']));
  });
  return target?.['RoleArn'];
}
