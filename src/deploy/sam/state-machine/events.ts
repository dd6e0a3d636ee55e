import { arnOf, cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidEvent } from '../errors.ts';
import { ruleProperties } from '../events/event-bridge-rule.ts';
import { deadLetter, deadLetterResources, ruleState, targetId } from '../events/rule-target.ts';
import { scheduleV2Properties, scheduleV2Resources } from '../events/schedule-v2.ts';
import { compact, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { checkProperties, optional, passedOn } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import type { SamResource } from '../sam-resource.ts';
import { stateMachineApi } from './api-event.ts';
import { startExecutionRole } from './event.ts';
import type { StateMachineEvent, StateMachineEventSource } from './event.ts';

const targetSuffix = 'StepFunctionsTarget';

const schedule: StateMachineEventSource = {
  properties: {
    ...passedOn('Schedule Input Enabled State Name Description RetryPolicy RoleArn'),
    DeadLetterConfig: optional('map'),
    Target: optional('map'),
  },
  build: (event) =>
    ruleResources(event, {
      ScheduleExpression: event.properties['Schedule'],
      Name: event.properties['Name'],
      Description: event.properties['Description'],
    }),
};

const eventBridgeRule: StateMachineEventSource = {
  properties: ruleProperties,
  build: (event) =>
    ruleResources(event, {
      EventBusName: event.properties['EventBusName'],
      EventPattern: event.properties['Pattern'],
      Name: event.properties['RuleName'],
    }),
};

const scheduleV2: StateMachineEventSource = {
  properties: scheduleV2Properties,
  build(event) {
    const target = { arn: event.target, policySuffix: 'StartExecutionPolicy', action: 'states:StartExecution' };
    return scheduleV2Resources(event.logicalId, event.properties, target, event.passedOn);
  },
};

const eventSources: Readonly<Record<string, StateMachineEventSource>> = {
  Api: stateMachineApi,
  CloudWatchEvent: eventBridgeRule,
  EventBridgeRule: eventBridgeRule,
  Schedule: schedule,
  ScheduleV2: scheduleV2,
};

/** Everything that the state machine's events become. */
export function stateMachineEventResources(
  resource: SamResource,
  target: JsonMap,
  context: TransformContext,
): CfnResource[] {
  const events = resource.properties['Events'];
  if (!isMap(events)) return [];
  return Object.entries(events).flatMap(([eventId, declaration]) => {
    const type = isMap(declaration) ? declaration['Type'] : undefined;
    const source = typeof type === 'string' && Object.hasOwn(eventSources, type) ? eventSources[type] : undefined;
    if (!isMap(declaration) || typeof type !== 'string' || source === undefined) {
      throw new InvalidEvent(
        eventId,
        `Resource dict has missing or invalid value for key Type. Event Type is: ${pythonText(type)}.`,
      );
    }
    const logicalId = resource.logicalId + eventId;
    const given = declaration['Properties'] ?? {};
    if (!isMap(given)) throw new InvalidEvent(eventId, 'Properties should be a map.');
    const properties = checkProperties(logicalId, type, given, source.properties);
    const { passedOn: attributes } = resource;
    return source.build({
      stateMachineId: resource.logicalId,
      eventId,
      logicalId,
      properties,
      target,
      passedOn: attributes,
      context,
    });
  });
}

function ruleResources(event: StateMachineEvent, own: Record<string, Json | undefined>): CfnResource[] {
  const { properties, logicalId, passedOn: attributes } = event;
  const letter = deadLetter(logicalId, properties, attributes);
  const givenRole = properties['RoleArn'];
  const role = givenRole === undefined ? startExecutionRole(event, 'events.amazonaws.com') : undefined;
  const rule = cfnResource(
    logicalId,
    'AWS::Events::Rule',
    {
      ...own,
      State: ruleState(event.eventId, properties),
      Targets: [
        compact({
          Arn: event.target,
          Id: targetId(logicalId, targetSuffix, properties['Target']),
          RoleArn: role === undefined ? givenRole : arnOf(role),
          Input: properties['Input'],
          InputPath: properties['InputPath'],
          InputTransformer: properties['InputTransformer'],
          DeadLetterConfig: letter?.config,
          RetryPolicy: properties['RetryPolicy'],
        }),
      ],
    },
    attributes,
  );
  return [rule, ...(role === undefined ? [] : [role]), ...deadLetterResources(rule, letter, attributes)];
}
