import type { Call } from '#kernel/call.ts';
import type { Attributes, Properties, ResourceContext, ResourceType } from './contract.ts';
import { identityPolicies, type Identity } from './iam-attachments.ts';
import { ignoreMissing, isSame, jsonText, listChanges, pick } from './shared.ts';

/** IAM keeps five versions; CloudFormation deletes the oldest that is not the default one. */
const VERSIONS_MAX = 5;

const TARGETS: readonly [property: string, kind: Identity][] = [
  ['Roles', 'Role'],
  ['Users', 'User'],
  ['Groups', 'Group'],
];

async function exchangeTargets(call: Call, arn: string, before: Properties, after: Properties): Promise<void> {
  for (const [property, kind] of TARGETS) {
    const { add, remove } = listChanges(before[property], after[property]);
    for (const name of add) await identityPolicies.attach(call, kind, name, arn);
    for (const name of remove) await ignoreMissing(() => identityPolicies.detach(call, kind, name, arn));
  }
}

async function attributesOf(call: Call, PolicyArn: string): Promise<Attributes> {
  const { Policy } = await call('iam', 'GetPolicy', { PolicyArn });
  const { CreateDate, UpdateDate, ...rest } = pick(Policy ?? {}, [
    'PolicyId',
    'AttachmentCount',
    'CreateDate',
    'DefaultVersionId',
    'IsAttachable',
    'PermissionsBoundaryUsageCount',
    'UpdateDate',
  ]);
  return {
    ...rest,
    PolicyArn,
    CreateDate: (CreateDate as Date | undefined)?.toISOString(),
    UpdateDate: (UpdateDate as Date | undefined)?.toISOString(),
  };
}

async function makeRoomForVersion(call: Call, PolicyArn: string): Promise<void> {
  const { Versions = [] } = await call('iam', 'ListPolicyVersions', { PolicyArn });
  if (Versions.length < VERSIONS_MAX) return;
  const oldest = Versions.filter((version) => !version.IsDefaultVersion).sort(
    (a, b) => Number(a.VersionId?.slice(1)) - Number(b.VersionId?.slice(1)),
  )[0];
  if (oldest?.VersionId) await call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId: oldest.VersionId });
}

const arnOf = (properties: Properties, { partition, accountId, physicalName }: ResourceContext): string =>
  `arn:${partition}:iam::${accountId}:policy${properties.Path ?? '/'}${properties.ManagedPolicyName ?? physicalName}`;

export const managedPolicy: ResourceType = {
  type: 'AWS::IAM::ManagedPolicy',
  service: 'Iam',
  name: { property: 'ManagedPolicyName', lengthMax: 128 },
  async create(properties, context) {
    const { call, physicalName, initiated } = context;
    const { Policy } = await call('iam', 'CreatePolicy', {
      ...pick(properties, ['Path', 'Description']),
      PolicyName: properties.ManagedPolicyName ?? physicalName,
      PolicyDocument: jsonText(properties.PolicyDocument),
    });
    const arn = Policy?.Arn ?? arnOf(properties, context);
    await initiated(arn);
    await exchangeTargets(call, arn, {}, properties);
    return { physicalId: arn, attributes: await attributesOf(call, arn) };
  },
  async findCreated(properties, context) {
    const arn = arnOf(properties, context);
    let found = false;
    await ignoreMissing(async () => {
      await context.call('iam', 'GetPolicy', { PolicyArn: arn });
      found = true;
    });
    if (!found) return undefined;
    await exchangeTargets(context.call, arn, {}, properties);
    return { physicalId: arn, attributes: await attributesOf(context.call, arn) };
  },
  async update({ physicalId: PolicyArn, properties: before }, properties, { call }) {
    if (!isSame(before.PolicyDocument, properties.PolicyDocument)) {
      await makeRoomForVersion(call, PolicyArn);
      const PolicyDocument = jsonText(properties.PolicyDocument);
      await call('iam', 'CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault: true });
    }
    await exchangeTargets(call, PolicyArn, before, properties);
    return { attributes: await attributesOf(call, PolicyArn) };
  },
  async delete({ physicalId: PolicyArn, properties }, { call }) {
    await exchangeTargets(call, PolicyArn, properties, {});
    await ignoreMissing(async () => {
      const { Versions } = await call('iam', 'ListPolicyVersions', { PolicyArn });
      for (const { VersionId, IsDefaultVersion } of Versions ?? []) {
        if (VersionId && !IsDefaultVersion) await call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId });
      }
      await call('iam', 'DeletePolicy', { PolicyArn });
    });
  },
};
