import { cfnResource } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import { InvalidResource } from './errors.ts';
import { expectOf } from './expect.ts';
import { isBlank } from './json.ts';
import type { Json } from './json.ts';
import { optional, passedOn } from './properties.ts';
import type { PropertyTable } from './properties.ts';
import { pythonText } from './python-text.ts';
import type { SamResource } from './sam-resource.ts';
import { tagList } from './tags.ts';

export const simpleTableProperties: PropertyTable = {
  ...passedOn('PointInTimeRecoverySpecification TableName SSESpecification'),
  PrimaryKey: optional('map'),
  ProvisionedThroughput: optional('map'),
  Tags: optional('map'),
};

const attributeTypes: Readonly<Record<string, string>> = { String: 'S', Number: 'N', Binary: 'B' };

/**
 * AWS::Serverless::SimpleTable: a table with one key.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html
 */
export function transformSimpleTable(resource: SamResource): CfnResource[] {
  const { properties, logicalId } = resource;
  const key = primaryKey(logicalId, properties['PrimaryKey']);
  const throughput = properties['ProvisionedThroughput'];
  const table = cfnResource(
    logicalId,
    'AWS::DynamoDB::Table',
    {
      AttributeDefinitions: [{ AttributeName: key.name, AttributeType: key.type }],
      KeySchema: [{ AttributeName: key.name, KeyType: 'HASH' }],
      ProvisionedThroughput: throughput,
      BillingMode: throughput === undefined ? 'PAY_PER_REQUEST' : undefined,
      PointInTimeRecoverySpecification: properties['PointInTimeRecoverySpecification'],
      SSESpecification: properties['SSESpecification'],
      TableName: properties['TableName'],
      Tags: properties['Tags'] === undefined ? undefined : tagList(properties['Tags']),
    },
    resource.attributes,
  );
  return [table];
}

function primaryKey(logicalId: string, given: Json | undefined): { name: Json; type: Json } {
  if (given === undefined || isBlank(given)) return { name: 'id', type: 'S' };
  const expect = expectOf(logicalId);
  const key = expect.map(given, 'PrimaryKey');
  const name = expect.present(key['Name'], 'PrimaryKey.Name');
  const type = expect.present(key['Type'], 'PrimaryKey.Type');
  const attributeType = typeof type === 'string' ? attributeTypes[type] : undefined;
  if (attributeType === undefined) {
    throw new InvalidResource(logicalId, `Invalid 'Type' "${pythonText(type)}".`);
  }
  return { name, type: attributeType };
}
