import type { ResourceType } from './contract.ts';
import { ignoreMissing, pick, tagChanges, tagMap } from './shared.ts';

export const codeSigningConfig: ResourceType = {
  type: 'AWS::Lambda::CodeSigningConfig',
  service: 'Lambda',
  async create(properties, { call }) {
    const Tags = tagMap(properties.Tags);
    const { CodeSigningConfig } = await call('lambda', 'CreateCodeSigningConfig', {
      ...pick(properties, ['Description', 'CodeSigningPolicies']),
      AllowedPublishers: properties.AllowedPublishers,
      ...(Object.keys(Tags).length > 0 && { Tags }),
    });
    const { CodeSigningConfigArn = '', CodeSigningConfigId } = CodeSigningConfig ?? {};
    return { physicalId: CodeSigningConfigArn, attributes: { CodeSigningConfigArn, CodeSigningConfigId } };
  },
  async update({ physicalId: CodeSigningConfigArn, properties: before, attributes }, properties, { call }) {
    await call('lambda', 'UpdateCodeSigningConfig', {
      CodeSigningConfigArn,
      Description: properties.Description ?? '',
      AllowedPublishers: properties.AllowedPublishers,
      CodeSigningPolicies: properties.CodeSigningPolicies ?? { UntrustedArtifactOnDeployment: 'Warn' },
    });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const Resource = CodeSigningConfigArn;
    if (Object.keys(set).length > 0) await call('lambda', 'TagResource', { Resource, Tags: set });
    if (remove.length > 0) await call('lambda', 'UntagResource', { Resource, TagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId: CodeSigningConfigArn }, { call }) {
    await ignoreMissing(() => call('lambda', 'DeleteCodeSigningConfig', { CodeSigningConfigArn }));
  },
};
