import { cfnResource, cfnResourceToJson } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { findResource } from '../context.ts';
import type { TransformContext } from '../context.ts';
import { DuplicateLogicalId, InvalidResource } from '../errors.ts';
import { referredLogicalId } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { optional, required } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import { samResource } from '../sam-resource.ts';
import type { SamResource } from '../sam-resource.ts';
import { connectorEnd } from './ends.ts';
import type { ConnectorEnd } from './ends.ts';
import { fillProfile, findProfile } from './profiles.ts';
import type { ConnectorProfile } from './profiles.ts';

export const connectorType = 'AWS::Serverless::Connector';

const connectorProperties: PropertyTable = {
  Source: required('map'),
  Destination: required('map', 'list'),
  Permissions: required('list'),
  SourceReference: optional('map'),
};

/**
 * AWS::Serverless::Connector: the permissions that one resource needs for another. Changes the template's resources.
 */
export function transformConnector(logicalId: string, given: JsonMap, context: TransformContext): void {
  const resource = samResource(logicalId, given, connectorProperties, { passMetadata: true });
  const { Source: source, Destination: destination } = resource.properties;
  if (isList(destination) && destination.length === 0) {
    throw new InvalidResource(logicalId, "'Destination' is an empty list");
  }
  const many = isList(destination);
  const made = (many ? destination : [destination ?? null]).flatMap((end, index) => {
    const suffix = many ? `Destination${index}` : '';
    return connect(resource, isMap(source) ? source : {}, isMap(end) ? end : {}, suffix, context);
  });
  for (const item of made) {
    if (context.resources[item.logicalId] !== undefined) {
      throw new DuplicateLogicalId(logicalId, item.logicalId, item.type);
    }
  }
  delete context.resources[logicalId];
  for (const item of made) context.resources[item.logicalId] = cfnResourceToJson(item);
  const madeIds = made.map((item) => item.logicalId);
  replaceDependency(context.resources, logicalId, madeIds);
}

/** A connector that the transform makes itself, between ends that are not resources of the template yet. */
export interface GeneratedConnector {
  readonly logicalId: string;
  readonly source: JsonMap;
  readonly destination: JsonMap;
  readonly permissions: Json;
  readonly attributes: JsonMap;
}

export function connectGenerated(connector: GeneratedConnector, context: TransformContext): CfnResource[] {
  const { logicalId, source, destination, permissions, attributes } = connector;
  const properties = { Permissions: permissions };
  const resource = { logicalId, type: connectorType, properties, attributes, passedOn: attributes };
  return connect(resource, source, destination, '', context);
}

function connect(
  resource: SamResource,
  source: JsonMap,
  destination: JsonMap,
  suffix: string,
  context: TransformContext,
): CfnResource[] {
  const { logicalId } = resource;
  const from = connectorEnd(logicalId, source, destination, context);
  const to = connectorEnd(logicalId, destination, source, context);
  const profile = findProfile(from.type, to.type);
  if (profile === undefined) {
    throw new InvalidResource(
      logicalId,
      `Unable to create connector from ${from.type} to ${to.type}; it's not supported or the template is invalid.`,
    );
  }
  const wanted = checkPermissions(resource, profile, from, to);
  const attributes = attributesOf(resource, from, to);
  const made = resourcesOf(logicalId, suffix, profile, wanted, from, to, attributes);
  for (const item of made) makeDependent(profile, from, to, item, context.resources);
  return made;
}

function checkPermissions(
  resource: SamResource,
  profile: ConnectorProfile,
  from: ConnectorEnd,
  to: ConnectorEnd,
): string[] {
  const given = resource.properties['Permissions'];
  const wanted = isList(given) ? given.map(String) : [];
  const { AccessCategories: categories, ValidAccessCategories: combinations } = profile.Properties;
  const names = Object.keys(categories).sort().join(', ');
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  if (wanted.length === 0) throw fail(`'Permissions' cannot be empty; valid values are: ${names}.`);
  const unsupported = `Unsupported 'Permissions' provided for connector from ${from.type} to ${to.type}`;
  if (!wanted.every((name) => Object.hasOwn(categories, name)))
    throw fail(`${unsupported}; valid values are: ${names}.`);
  const isValid = combinations?.some(
    (set) => set.length === wanted.length && set.every((name) => wanted.includes(name)),
  );
  if (isValid === false) {
    const list = (combinations ?? []).map((set) => set.join(' + ')).join(', ');
    throw fail(`${unsupported}; valid combinations are: ${list}.`);
  }
  return Object.keys(categories).filter((name) => wanted.includes(name));
}

/** All attributes of the connector, and a note of what it was for tools that look at the stack. */
function attributesOf(resource: SamResource, from: ConnectorEnd, to: ConnectorEnd): JsonMap {
  const metadata = resource.attributes['Metadata'];
  const note = {
    [resource.logicalId]: { Source: { Type: from.writtenType }, Destination: { Type: to.writtenType } },
  };
  return {
    ...resource.attributes,
    Metadata: { ...(isMap(metadata) ? metadata : {}), 'aws:sam:connectors': note },
  };
}

function resourcesOf(
  logicalId: string,
  suffix: string,
  profile: ConnectorProfile,
  wanted: readonly string[],
  from: ConnectorEnd,
  to: ConnectorEnd,
  attributes: JsonMap,
): CfnResource[] {
  const grants = wanted.map((name): [string, JsonMap] => {
    const filled = fillProfile(profile.Properties.AccessCategories[name] ?? {}, from, to, logicalId);
    return [name, isMap(filled) ? filled : {}];
  });
  const statements = grants.flatMap(([, grant]) => (isList(grant['Statement']) ? grant['Statement'] : []));
  const document = { Version: '2012-10-17', Statement: statements };
  const need = (value: Json | undefined, what: string, end: string): Json => {
    if (value !== undefined && value !== null) return value;
    throw new InvalidResource(logicalId, `Unable to get ${what} from '${end}' resource.`);
  };
  switch (profile.Type) {
    case 'AWS_IAM_ROLE_MANAGED_POLICY': {
      const [end, name] = profile.Properties.SourcePolicy ? [from, 'Source'] : [to, 'Destination'];
      const roles = [need(end.roleName, 'IAM role name', name)];
      const properties = { PolicyDocument: document, Roles: roles };
      return [cfnResource(`${logicalId}Policy${suffix}`, 'AWS::IAM::ManagedPolicy', properties, attributes)];
    }
    case 'AWS_SNS_TOPIC_POLICY': {
      const topics = [need(to.values.Arn, 'SNS topic ARN', 'Destination')];
      const properties = { PolicyDocument: document, Topics: topics };
      return [cfnResource(`${logicalId}TopicPolicy${suffix}`, 'AWS::SNS::TopicPolicy', properties, attributes)];
    }
    case 'AWS_SQS_QUEUE_POLICY': {
      const queues = [need(to.queueUrl, 'SQS queue URL', 'Destination')];
      const properties = { PolicyDocument: document, Queues: queues };
      return [cfnResource(`${logicalId}QueuePolicy${suffix}`, 'AWS::SQS::QueuePolicy', properties, attributes)];
    }
    case 'AWS_LAMBDA_PERMISSION': {
      const functionName = need(to.values.Arn, 'Lambda function ARN', 'Destination');
      return grants.map(([name, grant]) => {
        const properties = { FunctionName: functionName, ...grant };
        return cfnResource(
          `${logicalId}${name}LambdaPermission${suffix}`,
          'AWS::Lambda::Permission',
          properties,
          attributes,
        );
      });
    }
  }
}

/** Some resources fail when they are made before the permission is there. */
function makeDependent(
  profile: ConnectorProfile,
  from: ConnectorEnd,
  to: ConnectorEnd,
  made: CfnResource,
  resources: JsonMap,
): void {
  const { DependedBy: by } = profile.Properties;
  if (by === undefined || from.logicalId === undefined) return;
  if (by === 'SOURCE') {
    addDependency(resources, from.logicalId, made.logicalId);
    return;
  }
  const mappings = Object.keys(resources).filter((id) => isMappingBetween(resources[id], from, to));
  const only = mappings[0];
  if (mappings.length === 1 && only !== undefined) addDependency(resources, only, made.logicalId);
}

function isMappingBetween(resource: Json | undefined, from: ConnectorEnd, to: ConnectorEnd): boolean {
  if (!isMap(resource) || resource['Type'] !== 'AWS::Lambda::EventSourceMapping') return false;
  const properties = isMap(resource['Properties']) ? resource['Properties'] : {};
  return (
    to.logicalId !== undefined &&
    referredLogicalId(properties['FunctionName']) === to.logicalId &&
    referredLogicalId(properties['EventSourceArn']) === from.logicalId
  );
}

function dependenciesOf(resource: JsonMap): Json[] {
  const present = resource['DependsOn'];
  if (present === undefined || present === null) return [];
  return isList(present) ? present : [present];
}

function addDependency(resources: JsonMap, logicalId: string, on: string): void {
  const resource = findResource(resources, logicalId);
  if (resource !== undefined) resource['DependsOn'] = [...new Set([...dependenciesOf(resource), on])];
}

/** What depended on the connector depends on what it became. */
function replaceDependency(resources: JsonMap, connectorId: string, madeIds: readonly string[]): void {
  for (const resource of Object.values(resources)) {
    if (!isMap(resource)) continue;
    const names = dependenciesOf(resource);
    if (!names.includes(connectorId)) continue;
    resource['DependsOn'] = [...new Set([...names.filter((name) => name !== connectorId), ...madeIds])];
  }
}
