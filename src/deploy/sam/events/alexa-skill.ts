import { lambdaPermission } from '../lambda-permission.ts';
import { optional } from '../properties.ts';
import type { EventSource } from './event-source.ts';

export const alexaSkill: EventSource = {
  properties: { SkillId: optional('string') },
  build(event) {
    const grant = {
      functionName: event.target.name,
      principal: 'alexa-appkit.amazon.com',
      eventSourceToken: event.properties['SkillId'],
    };
    return [lambdaPermission(`${event.logicalId}Permission`, grant, event.passedOn)];
  },
};
