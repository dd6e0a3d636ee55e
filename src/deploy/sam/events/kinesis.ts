import { eventSourceMapping, mappingProperties, requireStartingPosition, sourceArn } from './event-source-mapping.ts';
import type { EventSource } from './event-source.ts';

export const kinesis: EventSource = {
  properties: mappingProperties,
  build(event) {
    const source = sourceArn(event, 'Stream');
    requireStartingPosition(event);
    return eventSourceMapping(event, {
      typeName: 'Kinesis',
      source,
      managedPolicy: 'service-role/AWSLambdaKinesisExecutionRole',
    });
  },
};
