import { InvalidEvent } from '../errors.ts';
import { isBlank, isList } from '../json.ts';
import type { JsonMap } from '../json.ts';
import { optional } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import { eventSourceMapping, mappingProperties } from './event-source-mapping.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';
import { kafkaSourceConfig, schemaRegistryStatements } from './schema-registry.ts';
import { networkInterfaceStatement, secretStatement, sourceAccess } from './source-access.ts';

const authMechanisms = ['SASL_SCRAM_256_AUTH', 'SASL_SCRAM_512_AUTH', 'BASIC_AUTH'];
const sourceName = 'self managed kafka';

export const selfManagedKafka: EventSource = {
  properties: { ...mappingProperties, SourceAccessConfigurations: optional(), Topics: optional() },
  build(event) {
    const topics = event.properties['Topics'];
    if (isBlank(topics)) {
      throw new InvalidEvent(event.eventId, `No Topics provided for ${sourceName} as an event source`);
    }
    if (isList(topics) && topics.length > 1) {
      throw new InvalidEvent(event.eventId, `Topics for ${sourceName} only supports single configuration entry.`);
    }
    const servers = event.properties['KafkaBootstrapServers'];
    if (isBlank(servers) || servers === undefined) {
      throw new InvalidEvent(event.eventId, `No KafkaBootstrapServers provided for ${sourceName} as an event source`);
    }
    const statements = [...accessStatements(event), ...schemaRegistryStatements(event)];
    return eventSourceMapping(event, {
      typeName: 'SelfManagedKafka',
      hasConsumerGroups: true,
      extra: {
        SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: servers } },
        SelfManagedKafkaEventSourceConfig: kafkaSourceConfig(event),
      },
      policy:
        statements.length === 0
          ? undefined
          : {
              name: 'SelfManagedKafkaExecutionRolePolicy',
              document: { Version: '2012-10-17', Statement: statements },
            },
    });
  },
};

/** What the role needs for the credentials and the network that the source is reached with. */
function accessStatements(event: FunctionEvent): JsonMap[] {
  const entries = sourceAccess(event, sourceName);
  const ofType = (...types: string[]): JsonMap[] =>
    entries.filter((entry) => typeof entry['Type'] === 'string' && types.includes(entry['Type']));
  const auth = ofType(...authMechanisms);
  if (auth.length > 1) {
    throw new InvalidEvent(
      event.eventId,
      `Multiple auth mechanism properties specified in SourceAccessConfigurations for ${sourceName} event.`,
    );
  }
  const subnets = ofType('VPC_SUBNET');
  const groups = ofType('VPC_SECURITY_GROUP');
  if (subnets.length > 0 !== groups.length > 0) {
    throw new InvalidEvent(
      event.eventId,
      'VPC_SUBNET and VPC_SECURITY_GROUP in SourceAccessConfigurations for SelfManagedKafka must be both provided.',
    );
  }
  checkUris(event, [...auth, ...subnets, ...groups]);
  const secrets = auth.map((entry) => secretStatement(entry['URI'] ?? null));
  return subnets.length > 0 ? [...secrets, networkInterfaceStatement] : secrets;
}

function checkUris(event: FunctionEvent, entries: readonly JsonMap[]): void {
  for (const entry of entries) {
    if (!isBlank(entry['URI'])) continue;
    const type = pythonText(entry['Type']);
    throw new InvalidEvent(
      event.eventId,
      `No ${type} URI property specified in SourceAccessConfigurations for ${sourceName} event.`,
    );
  }
}
