import { eventSourceMapping, mappingProperties, sourceArn } from './event-source-mapping.ts';
import type { EventSource } from './event-source.ts';

export const sqs: EventSource = {
  properties: mappingProperties,
  build(event) {
    return eventSourceMapping(event, {
      typeName: 'SQS',
      source: sourceArn(event, 'Queue'),
      managedPolicy: 'service-role/AWSLambdaSQSQueueExecutionRole',
    });
  },
};
