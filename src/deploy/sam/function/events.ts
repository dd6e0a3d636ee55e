import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidEvent, InvalidResource } from '../errors.ts';
import { alexaSkill } from '../events/alexa-skill.ts';
import { api } from '../events/api.ts';
import { cloudWatchLogs } from '../events/cloudwatch-logs.ts';
import { cognito } from '../events/cognito.ts';
import { documentdb } from '../events/documentdb.ts';
import { dynamodb } from '../events/dynamodb.ts';
import { eventBridgeRule } from '../events/event-bridge-rule.ts';
import type { EventSource, InvocationTarget } from '../events/event-source.ts';
import { httpApi } from '../events/http-api.ts';
import { iotRule } from '../events/iot-rule.ts';
import { kinesis } from '../events/kinesis.ts';
import { mq } from '../events/mq.ts';
import { msk } from '../events/msk.ts';
import { s3 } from '../events/s3.ts';
import { scheduleV2 } from '../events/schedule-v2.ts';
import { schedule } from '../events/schedule.ts';
import { selfManagedKafka } from '../events/self-managed-kafka.ts';
import { sns } from '../events/sns.ts';
import { sqs } from '../events/sqs.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { checkProperties } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import type { SamResource } from '../sam-resource.ts';

const eventSources: Readonly<Record<string, EventSource>> = {
  AlexaSkill: alexaSkill,
  Api: api,
  CloudWatchEvent: eventBridgeRule,
  CloudWatchLogs: cloudWatchLogs,
  Cognito: cognito,
  DocumentDB: documentdb,
  DynamoDB: dynamodb,
  EventBridgeRule: eventBridgeRule,
  HttpApi: httpApi,
  IoTRule: iotRule,
  Kinesis: kinesis,
  MQ: mq,
  MSK: msk,
  S3: s3,
  SNS: sns,
  SQS: sqs,
  Schedule: schedule,
  ScheduleV2: scheduleV2,
  SelfManagedKafka: selfManagedKafka,
};

const tenancyEventTypes = ['Api', 'HttpApi'];

/** An event of the function, checked but not yet built. */
export interface DeclaredEvent {
  readonly eventId: string;
  readonly source: EventSource;
  readonly properties: JsonMap;
}

/** Reads and checks all events, which AWS does before anything else of the function. */
export function readEvents(resource: SamResource): DeclaredEvent[] {
  const events = resource.properties['Events'];
  if (!isMap(events)) return [];
  return asProblemOf(resource, () =>
    Object.entries(events).map(([eventId, declaration]) => readEvent(eventId, declaration, resource)),
  );
}

/** Everything that the events become. */
export function eventResources(
  events: readonly DeclaredEvent[],
  resource: SamResource,
  target: InvocationTarget,
  role: CfnResource | undefined,
  context: TransformContext,
): CfnResource[] {
  return asProblemOf(resource, () =>
    events.toSorted(byPath).flatMap(({ eventId, source, properties }) =>
      source.build({
        functionId: resource.logicalId,
        eventId,
        logicalId: resource.logicalId + eventId,
        properties,
        target,
        role,
        passedOn: resource.passedOn,
        context,
      }),
    ),
  );
}

function readEvent(eventId: string, declaration: Json, resource: SamResource): DeclaredEvent {
  if (!isMap(declaration)) {
    // The words of the Python runtime, which AWS passes on.
    throw new InvalidEvent(eventId, `'${pythonTypeName(declaration)}' object has no attribute 'get'`);
  }
  const [type, source] = sourceOf(eventId, declaration, resource);
  const given = declaration['Properties'] ?? {};
  if (!isMap(given)) throw new InvalidEvent(eventId, 'Properties should be a map.');
  const properties = checkProperties(resource.logicalId + eventId, type, given, source.properties);
  return { eventId, source, properties };
}

/** By path, events without a path by name: `$default` of an HTTP API comes before the routes that it covers. */
function byPath(one: DeclaredEvent, other: DeclaredEvent): number {
  const [first, second] = [one, other].map(({ eventId, properties }) =>
    typeof properties['Path'] === 'string' ? properties['Path'] : eventId,
  );
  if (first === undefined || second === undefined || first === second) return 0;
  return first < second ? -1 : 1;
}

function asProblemOf<T>(resource: SamResource, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof InvalidEvent ? error.ofResource(resource.logicalId) : error;
  }
}

function sourceOf(eventId: string, declaration: JsonMap, resource: SamResource): [string, EventSource] {
  const type = declaration['Type'];
  const source = typeof type === 'string' && Object.hasOwn(eventSources, type) ? eventSources[type] : undefined;
  if (typeof type !== 'string' || source === undefined) {
    throw new InvalidEvent(
      eventId,
      `Resource dict has missing or invalid value for key Type. Event Type is: ${pythonText(type)}.`,
    );
  }
  if (resource.properties['TenancyConfig'] !== undefined && !tenancyEventTypes.includes(type)) {
    throw new InvalidResource(
      resource.logicalId,
      `Event source '${type}' is not supported for functions enabled with tenancy configuration. Only Api and HttpApi event sources are supported.`,
    );
  }
  return [type, source];
}

function pythonTypeName(value: Json): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'list';
}
