import { findResource } from '../context.ts';
import { InvalidEvent, InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { getAtt } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { passedOn, plain, required } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';

/** The user pool keeps its triggers itself: the event changes the pool of the template. */
export const cognito: EventSource = {
  properties: { ...passedOn('UserPool'), Trigger: plain(required('string', 'list')) },
  build(event) {
    const [poolId, pool] = userPoolOf(event);
    addTriggers(poolId, pool, event);
    const grant = {
      functionName: event.target.name,
      principal: 'cognito-idp.amazonaws.com',
      sourceArn: getAtt(poolId, 'Arn'),
    };
    return [lambdaPermission(`${event.logicalId}CognitoPermission`, grant, event.passedOn)];
  },
};

function userPoolOf(event: FunctionEvent): [string, JsonMap] {
  const pool = event.properties['UserPool'];
  const poolId = isMap(pool) ? pool['Ref'] : undefined;
  const resource = typeof poolId === 'string' ? findResource(event.context.resources, poolId) : undefined;
  if (typeof poolId !== 'string' || resource?.['Type'] !== 'AWS::Cognito::UserPool') {
    throw new InvalidEvent(event.eventId, 'Cognito events must reference a Cognito UserPool in the same template.');
  }
  return [poolId, resource];
}

function addTriggers(poolId: string, pool: JsonMap, event: FunctionEvent): void {
  const properties = pool['Properties'] ?? {};
  if (!isMap(properties)) throw new InvalidResource(poolId, 'Properties should be a map.');
  const config = { ...expectOf(poolId).map(properties['LambdaConfig'] ?? {}, 'LambdaConfig') };
  const given = event.properties['Trigger'] ?? null;
  for (const trigger of isList(given) ? given : [given]) {
    const name = pythonText(trigger);
    if (name in config) throw new InvalidEvent(event.eventId, `Cognito trigger "${name}" defined multiple times.`);
    config[name] = event.target.arn;
  }
  pool['Properties'] = { ...properties, LambdaConfig: config };
}
