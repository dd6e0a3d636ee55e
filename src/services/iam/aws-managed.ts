// AWS managed policies as policies: with ARN, id and one version.
import { createHash } from 'node:crypto';
import { awsManagedDocuments, type AwsManagedDocument } from './aws-managed-documents.ts';
import type { ManagedPolicy } from './records.ts';

const PREFIX = 'arn:aws:iam::aws:policy';
const CREATED_AT = Date.parse('2015-02-06T18:39:46Z');
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The same in every start, in IAM's form; AWS's own ids are not published. */
function policyId(name: string): string {
  const bytes = createHash('sha256').update(name).digest();
  return `ANPA${Array.from({ length: 17 }, (_, i) => BASE32[(bytes[i] as number) & 31]).join('')}`;
}

function toPolicy({ name: pathAndName, description, statements }: AwsManagedDocument): ManagedPolicy {
  const slash = pathAndName.lastIndexOf('/') + 1;
  return {
    name: pathAndName.slice(slash),
    id: policyId(pathAndName),
    path: pathAndName.slice(0, slash),
    arn: PREFIX + pathAndName,
    description,
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    defaultVersion: 'v1',
    nextNumber: 2,
    versions: [
      {
        id: 'v1',
        document: JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2),
        createdAt: CREATED_AT,
      },
    ],
    tags: [],
  };
}

export const isAwsManaged = (arn: string): boolean => arn.startsWith(`${PREFIX}/`);

const byArn = new Map(awsManagedDocuments.map((document) => [PREFIX + document.name, document]));
const policies = new Map<string, ManagedPolicy>();

export function findAwsManaged(arn: string): ManagedPolicy | undefined {
  const document = byArn.get(arn);
  if (!document) return undefined;
  const policy = policies.get(arn) ?? toPolicy(document);
  policies.set(arn, policy);
  return policy;
}

export const listAwsManaged = (): ManagedPolicy[] =>
  [...byArn.keys()].map((arn) => findAwsManaged(arn) as ManagedPolicy);
