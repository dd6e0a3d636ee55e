import { eventSourceMapping, mappingProperties, requireStartingPosition, sourceArn } from './event-source-mapping.ts';
import type { EventSource } from './event-source.ts';

export const dynamodb: EventSource = {
  properties: mappingProperties,
  build(event) {
    const source = sourceArn(event, 'Stream');
    requireStartingPosition(event);
    return eventSourceMapping(event, {
      typeName: 'DynamoDB',
      source,
      managedPolicy: 'service-role/AWSLambdaDynamoDBExecutionRole',
    });
  },
};
