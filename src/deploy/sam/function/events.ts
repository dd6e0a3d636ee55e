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

/** Everything that the function's events become. */
export function eventResources(
  resource: SamResource,
  target: InvocationTarget,
  role: CfnResource | undefined,
  context: TransformContext,
): CfnResource[] {
  const events = resource.properties['Events'];
  if (!isMap(events)) return [];
  try {
    return sortedEvents(events).flatMap(([eventId, declaration]) => {
      const [type, source] = sourceOf(eventId, declaration, resource);
      const logicalId = resource.logicalId + eventId;
      const given = declaration['Properties'] ?? {};
      if (!isMap(given)) throw new InvalidEvent(eventId, 'Properties should be a map.');
      return source.build({
        functionId: resource.logicalId,
        eventId,
        logicalId,
        properties: checkProperties(logicalId, type, given, source.properties),
        target,
        role,
        passedOn: resource.passedOn,
        context,
      });
    });
  } catch (error) {
    throw error instanceof InvalidEvent ? error.ofResource(resource.logicalId) : error;
  }
}

/** By path, events without a path by name: `$default` of an HTTP API comes before the routes that it covers. */
function sortedEvents(events: JsonMap): [string, JsonMap][] {
  const keyed = Object.entries(events).map(([eventId, declaration]): [string, string, JsonMap] => {
    if (!isMap(declaration)) {
      // The words of the Python runtime, which AWS passes on.
      const typeName = declaration === null ? 'NoneType' : pythonTypeName(declaration);
      throw new InvalidEvent(eventId, `'${typeName}' object has no attribute 'get'`);
    }
    const properties = declaration['Properties'];
    const path = isMap(properties) ? properties['Path'] : undefined;
    return [typeof path === 'string' ? path : eventId, eventId, declaration];
  });
  return keyed
    .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([, eventId, declaration]) => [eventId, declaration]);
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
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'list';
}
