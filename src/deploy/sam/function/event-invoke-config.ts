import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { sub } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { pythonRepr, pythonText } from '../python-text.ts';
import type { SamResource } from '../sam-resource.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html

type Outcome = 'OnSuccess' | 'OnFailure';

const destinationTypes = ['SQS', 'SNS', 'EventBridge', 'Lambda', 'S3Bucket'];
/** Types whose destination is made here when none is given. */
const creatableTypes = ['SQS', 'SNS'];

export interface EventInvokeResources {
  readonly resources: CfnResource[];
  /** What the function's role must allow so that results can be delivered. */
  readonly policies: Json[];
}

interface Destination {
  readonly config: JsonMap;
  readonly made?: CfnResource;
  readonly policy?: JsonMap;
}

export function eventInvokeConfig(
  resource: SamResource,
  lambda: CfnResource,
  alias: string | undefined,
): EventInvokeResources {
  const config = resource.properties['EventInvokeConfig'];
  if (!isMap(config) || isBlank(config)) return { resources: [], policies: [] };
  const logicalId = `${resource.logicalId}EventInvokeConfig`;
  const destinations = destinationsOf(resource, logicalId, config);
  const made = destinations.map(([, destination]) => destination);
  const invokeConfig = cfnResource(
    logicalId,
    'AWS::Lambda::EventInvokeConfig',
    {
      FunctionName: refTo(lambda),
      Qualifier: alias ?? '$LATEST',
      DestinationConfig:
        config['DestinationConfig'] === undefined
          ? undefined
          : Object.fromEntries(destinations.map(([outcome, destination]) => [outcome, destination.config])),
      MaximumEventAgeInSeconds: config['MaximumEventAgeInSeconds'],
      MaximumRetryAttempts: config['MaximumRetryAttempts'],
    },
    resource.passedOn,
  );
  return {
    resources: [invokeConfig, ...made.flatMap((destination) => destination.made ?? [])],
    policies: made.flatMap((destination) => destination.policy ?? []),
  };
}

function destinationsOf(resource: SamResource, logicalId: string, config: JsonMap): [Outcome, Destination][] {
  if (config['DestinationConfig'] === undefined || config['DestinationConfig'] === null) return [];
  const expect = expectOf(resource.logicalId);
  const name = 'EventInvokeConfig.DestinationConfig';
  const destinations = expect.map(config['DestinationConfig'], name);
  const found: [Outcome, Destination][] = [];
  for (const outcome of ['OnSuccess', 'OnFailure'] as const) {
    const destination = destinations[outcome];
    if (destination === undefined || destination === null) continue;
    found.push([outcome, readDestination(resource, logicalId, outcome, expect.map(destination, `${name}.${outcome}`))]);
  }
  return found;
}

function readDestination(resource: SamResource, logicalId: string, outcome: Outcome, given: JsonMap): Destination {
  const type = given['Type'];
  if (type !== undefined && !(typeof type === 'string' && destinationTypes.includes(type))) {
    throw new InvalidResource(
      resource.logicalId,
      `'Type: ${pythonText(type)}' must be one of ${pythonRepr(destinationTypes)}`,
    );
  }
  const target = given['Destination'];
  if (target === undefined && !(typeof type === 'string' && creatableTypes.includes(type))) {
    throw new InvalidResource(
      resource.logicalId,
      `Destination is required if Type is not ${pythonRepr(creatableTypes)}`,
    );
  }
  const made = target === undefined ? makeDestination(`${logicalId}${outcome}`, type, resource) : undefined;
  const arn = target ?? (made?.type === 'AWS::SNS::Topic' ? refTo(made) : made === undefined ? null : arnOf(made));
  const policy = typeof type === 'string' ? policyOf(`${logicalId}${outcome}${type}Policy`, type, arn) : undefined;
  return { config: { Destination: arn }, ...(made && { made }), ...(policy && { policy }) };
}

function makeDestination(prefix: string, type: Json | undefined, resource: SamResource): CfnResource {
  return type === 'SQS'
    ? cfnResource(`${prefix}Queue`, 'AWS::SQS::Queue', {}, resource.passedOn)
    : cfnResource(`${prefix}Topic`, 'AWS::SNS::Topic', {}, resource.passedOn);
}

function policyOf(name: string, type: string, arn: Json): JsonMap {
  return { PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: statementsOf(type, arn) } };
}

function statementsOf(type: string, arn: Json): Json[] {
  const allow = (action: string, resource: Json): JsonMap => ({ Action: action, Resource: resource, Effect: 'Allow' });
  switch (type) {
    case 'SQS':
      return [allow('sqs:SendMessage', arn)];
    case 'SNS':
      return [allow('sns:publish', arn)];
    case 'EventBridge':
      return [allow('events:PutEvents', arn)];
    case 'S3Bucket':
      return [allow('s3:PutObject', sub('${Bucket}/*', { Bucket: arn })), allow('s3:ListBucket', arn)];
    default:
      return [allow('lambda:InvokeFunction', arn)];
  }
}
