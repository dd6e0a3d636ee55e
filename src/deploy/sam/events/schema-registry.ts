import { isIntrinsic, sub } from '../intrinsics.ts';
import { compact, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { FunctionEvent } from './event-source.ts';

/** The part of the mapping that Kafka sources keep under a key of their own. */
export function kafkaSourceConfig(event: FunctionEvent): JsonMap | undefined {
  const config = compact({
    ConsumerGroupId: event.properties['ConsumerGroupId'],
    SchemaRegistryConfig: event.properties['SchemaRegistryConfig'],
  });
  return Object.keys(config).length === 0 ? undefined : config;
}

/** Statements that let the role read the schemas: the registry's credentials, and the registry when it is Glue's. */
export function schemaRegistryStatements(event: FunctionEvent): JsonMap[] {
  const config = event.properties['SchemaRegistryConfig'];
  if (!isMap(config)) return [];
  const access = isList(config['AccessConfigs']) ? config['AccessConfigs'] : [];
  const secrets = access.filter(isMap).flatMap((entry) => entry['URI'] ?? []);
  const statements = secrets.map((secret) => allow(['secretsmanager:GetSecretValue'], secret));
  const registry = glueRegistryName(config['SchemaRegistryURI']);
  if (registry === undefined) return statements;
  const schemas = sub(`arn:\${AWS::Partition}:glue:\${AWS::Region}:\${AWS::AccountId}:schema/${registry}/*`);
  return [
    ...statements,
    allow(['glue:GetRegistry'], config['SchemaRegistryURI'] ?? null),
    allow(['glue:GetSchemaVersion'], [schemas]),
  ];
}

export function allow(actions: string[], resource: Json): JsonMap {
  return { Action: actions, Effect: 'Allow', Resource: resource };
}

/** The last part of `arn:…:glue:…:registry/NAME`, also inside Fn::Sub. */
function glueRegistryName(uri: Json | undefined): string | undefined {
  const text = isIntrinsic(uri) ? uri['Fn::Sub'] : uri;
  if (typeof text !== 'string' || !text.startsWith('arn:')) return undefined;
  return /:glue:.*:registry\/(.+)$/.exec(text)?.[1];
}
