import { InvalidEvent } from '../errors.ts';
import { isIntrinsic, sub } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { FunctionEvent } from './event-source.ts';
import { allow } from './schema-registry.ts';

/** `SourceAccessConfigurations` as maps. */
export function sourceAccess(event: FunctionEvent, sourceName: string): JsonMap[] {
  const configurations = event.properties['SourceAccessConfigurations'];
  if (configurations === undefined) return [];
  if (!isList(configurations)) {
    throw new InvalidEvent(event.eventId, `SourceAccessConfigurations for ${sourceName} event should be a list.`);
  }
  return configurations.map((entry) => {
    if (isMap(entry)) return entry;
    throw new InvalidEvent(
      event.eventId,
      `SourceAccessConfigurations for ${sourceName} event should be a list of maps.`,
    );
  });
}

/** The secret that a broker or a cluster is logged in to with; exactly one entry of type BASIC_AUTH names it. */
export function basicAuthSecret(event: FunctionEvent, entries: readonly JsonMap[]): Json {
  const secrets = entries.filter((entry) => entry['Type'] === 'BASIC_AUTH');
  if (secrets.length > 1) {
    throw new InvalidEvent(event.eventId, 'Multiple BASIC_AUTH properties specified in SourceAccessConfigurations.');
  }
  const secret = secrets[0];
  if (secret === undefined) {
    throw new InvalidEvent(event.eventId, 'No BASIC_AUTH property specified in SourceAccessConfigurations.');
  }
  if (secret['URI'] === undefined) {
    throw new InvalidEvent(event.eventId, 'No BASIC_AUTH URI property specified in SourceAccessConfigurations.');
  }
  return secret['URI'];
}

export function secretStatement(secret: Json): JsonMap {
  return allow(['secretsmanager:GetSecretValue'], secret);
}

export const networkInterfaceStatement: JsonMap = allow(
  [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeVpcs',
    'ec2:DescribeSubnets',
    'ec2:DescribeSecurityGroups',
  ],
  '*',
);

/** SecretsManagerKmsKeyId: the key that the secret is encrypted with. */
export function secretKeyStatements(event: FunctionEvent): JsonMap[] {
  const key = event.properties['SecretsManagerKmsKeyId'];
  if (key === undefined) return [];
  if (typeof key !== 'string' || isIntrinsic(key)) {
    throw new InvalidEvent(event.eventId, "Property 'SecretsManagerKmsKeyId' should be a string.");
  }
  return [allow(['kms:Decrypt'], sub(`arn:\${AWS::Partition}:kms:\${AWS::Region}:\${AWS::AccountId}:key/${key}`))];
}
