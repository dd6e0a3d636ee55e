import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { bothConditions, negatedCondition } from '../conditions.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isConditional, isNoValue, sub } from '../intrinsics.ts';
import { isBlank, isList, isMap } from '../json.ts';
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
  context: TransformContext,
): EventInvokeResources {
  const config = resource.properties['EventInvokeConfig'];
  if (!isMap(config) || isBlank(config)) return { resources: [], policies: [] };
  const logicalId = `${resource.logicalId}EventInvokeConfig`;
  const destinations = destinationsOf(resource, logicalId, config, context);
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

function destinationsOf(
  resource: SamResource,
  logicalId: string,
  config: JsonMap,
  context: TransformContext,
): [Outcome, Destination][] {
  if (config['DestinationConfig'] === undefined || config['DestinationConfig'] === null) return [];
  const expect = expectOf(resource.logicalId);
  const name = 'EventInvokeConfig.DestinationConfig';
  const destinations = expect.map(config['DestinationConfig'], name);
  const found: [Outcome, Destination][] = [];
  for (const outcome of ['OnSuccess', 'OnFailure'] as const) {
    const destination = destinations[outcome];
    if (destination === undefined || destination === null) continue;
    const given = expect.map(destination, `${name}.${outcome}`);
    found.push([outcome, readDestination(resource, logicalId + outcome, given, context)]);
  }
  return found;
}

function readDestination(
  resource: SamResource,
  prefix: string,
  given: JsonMap,
  context: TransformContext,
): Destination {
  const type = given['Type'];
  if (type !== undefined && !(typeof type === 'string' && destinationTypes.includes(type))) {
    throw new InvalidResource(
      resource.logicalId,
      `'Type: ${pythonText(type)}' must be one of ${pythonRepr(destinationTypes)}`,
    );
  }
  const isCreatable = typeof type === 'string' && creatableTypes.includes(type);
  const target = given['Destination'];
  if (target === undefined && !isCreatable) {
    throw new InvalidResource(
      resource.logicalId,
      `Destination is required if Type is not ${pythonRepr(creatableTypes)}`,
    );
  }
  const { arn, made } = isCreatable ? completeTarget(target, prefix, type, resource, context) : { arn: target ?? null };
  const policy = typeof type === 'string' ? policyOf(`${prefix}${type}Policy`, type, arn) : undefined;
  return { config: { Destination: arn }, ...(made && { made }), ...(policy && { policy }) };
}

/** Makes the queue or topic that is not given, or not given under one branch of a condition. */
function completeTarget(
  target: Json | undefined,
  prefix: string,
  type: string,
  resource: SamResource,
  context: TransformContext,
): { arn: Json; made?: CfnResource } {
  const made = makeDestination(prefix, type, resource);
  const madeArn = type === 'SNS' ? refTo(made) : arnOf(made);
  if (target === undefined || isNoValue(target)) return { arn: madeArn, made };
  const branches = isConditional(target) ? target['Fn::If'] : undefined;
  const [condition = null, then = null, otherwise = null] = isList(branches) ? branches : [];
  if (!isNoValue(then) && !isNoValue(otherwise)) return { arn: target };
  if (isNoValue(then) && isNoValue(otherwise)) return { arn: madeArn, made };
  const name = String(condition);
  const missing = isNoValue(then) ? name : negatedCondition(context.conditions, name);
  const own = resource.passedOn['Condition'];
  made.attributes['Condition'] = typeof own === 'string' ? bothConditions(context.conditions, own, missing) : missing;
  const complete = [condition, isNoValue(then) ? madeArn : then, isNoValue(otherwise) ? madeArn : otherwise];
  return { arn: { 'Fn::If': complete }, made };
}

function makeDestination(prefix: string, type: string, resource: SamResource): CfnResource {
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
