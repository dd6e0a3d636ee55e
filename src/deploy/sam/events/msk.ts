import { isList, isMap } from '../json.ts';
import type { JsonMap } from '../json.ts';
import { eventSourceMapping, mappingProperties, requireStartingPosition, sourceArn } from './event-source-mapping.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';
import { allow, kafkaSourceConfig, schemaRegistryStatements } from './schema-registry.ts';

export const msk: EventSource = {
  properties: mappingProperties,
  build(event) {
    const source = sourceArn(event, 'Stream');
    requireStartingPosition(event);
    const statements = [...secretStatements(event), ...schemaRegistryStatements(event)];
    return eventSourceMapping(event, {
      typeName: 'MSK',
      source,
      managedPolicy: 'service-role/AWSLambdaMSKExecutionRole',
      hasConsumerGroups: true,
      extra: { AmazonManagedKafkaEventSourceConfig: kafkaSourceConfig(event) },
      policy:
        statements.length === 0 ? undefined : { name: 'MSKExecutionRolePolicy', document: { Statement: statements } },
    });
  },
};

function secretStatements(event: FunctionEvent): JsonMap[] {
  const configurations = event.properties['SourceAccessConfigurations'];
  if (!isList(configurations)) return [];
  return configurations
    .filter(isMap)
    .filter((entry) => entry['Type'] === 'SASL_SCRAM_512_AUTH' && entry['URI'] !== undefined)
    .map((entry) => allow(['secretsmanager:GetSecretValue'], entry['URI'] ?? null));
}
