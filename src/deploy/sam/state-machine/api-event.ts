import { arnOf } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidEvent } from '../errors.ts';
import { applyMethodAuth, isManaged, linkedRestApi } from '../events/rest-api-event.ts';
import type { MethodPlace } from '../events/rest-api-event.ts';
import { sub, whenCondition } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { writeMethod } from '../openapi/integration.ts';
import { hasIntegration, integrationKey } from '../openapi/paths.ts';
import { optional, passedOn, plain, required } from '../properties.ts';
import { startExecutionRole } from './event.ts';
import type { StateMachineEvent, StateMachineEventSource } from './event.ts';

/** A method of a REST API that starts an execution. */
export const stateMachineApi: StateMachineEventSource = {
  properties: {
    ...passedOn('RestApiId Stage'),
    Path: required('string'),
    Method: required('string'),
    Auth: optional('map'),
    UnescapeMappingTemplate: plain(optional('boolean')),
  },
  build(event) {
    const api = linkedRestApi(event.properties['RestApiId'], event.context);
    if (api === undefined) {
      throw new InvalidEvent(
        event.eventId,
        "RestApiId must be a valid reference to an 'AWS::Serverless::Api' resource in same template.",
      );
    }
    const role = startExecutionRole(event, 'apigateway.amazonaws.com');
    const place = {
      eventId: event.eventId,
      path: String(event.properties['Path']),
      method: String(event.properties['Method']).toLowerCase(),
      api,
    };
    const body = api.properties['DefinitionBody'];
    if (isMap(body) && isManaged(api)) writeToDefinition(event, place, body, role);
    return [role];
  },
};

function writeToDefinition(event: StateMachineEvent, place: MethodPlace, body: JsonMap, role: CfnResource): void {
  if (hasIntegration(body, place.path, place.method)) {
    throw new InvalidEvent(
      event.eventId,
      `API method "${place.method}" defined multiple times for path "${place.path}".`,
    );
  }
  const condition = event.passedOn['Condition'];
  writeMethod(body, place.path, place.method, methodDefinition(event, role, condition), condition);
  const auth = event.properties['Auth'];
  if (isMap(auth)) applyMethodAuth(body, auth, place, event.context);
}

function methodDefinition(event: StateMachineEvent, role: CfnResource, condition: Json | undefined): JsonMap {
  const uri = sub('arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution');
  return {
    [integrationKey]: {
      type: 'aws',
      httpMethod: 'POST',
      uri: whenCondition(condition, uri),
      credentials: arnOf(role),
      requestTemplates: { 'application/json': sub(requestTemplate(event)) },
      responses: { '200': { statusCode: '200' }, '400': { statusCode: '400' } },
    },
    responses: { '200': { description: 'OK' }, '400': { description: 'Bad Request' } },
  };
}

/** escapeJavaScript also escapes single quotes, which JSON does not allow: UnescapeMappingTemplate takes that back. */
function requestTemplate(event: StateMachineEvent): string {
  const unescape = event.properties['UnescapeMappingTemplate'] === true ? `.replaceAll("\\\\'","'")` : '';
  const target = typeof event.target['Ref'] === 'string' ? event.target['Ref'] : event.stateMachineId;
  return `{"input": "$util.escapeJavaScript($input.json('$'))${unescape}", "stateMachineArn": "\${${target}}"}`;
}
