// Custom domain names of REST APIs.
import type { DomainName } from '@aws-sdk/client-api-gateway';
import { patchValues } from './apigateway-patch.ts';
import { SERVICE } from './apigateway-stage.ts';
import type { Attributes, ResourceType } from './contract.ts';
import { camelCase, ignoreMissing, omit, tagChanges, tagMap } from './shared.ts';

const attributesOf = (domain: Partial<DomainName>): Attributes => ({
  DomainNameArn: domain.domainNameArn,
  DistributionDomainName: domain.distributionDomainName,
  DistributionHostedZoneId: domain.distributionHostedZoneId,
  RegionalDomainName: domain.regionalDomainName,
  RegionalHostedZoneId: domain.regionalHostedZoneId,
});

const domainName: ResourceType = {
  type: 'AWS::ApiGateway::DomainName',
  service: SERVICE,
  name: { property: 'DomainName', lengthMax: 255 },
  async create(properties, { call }) {
    const tags = tagMap(properties.Tags);
    const created = await call('apigateway', 'CreateDomainName', {
      ...camelCase(omit(properties, ['Tags', 'DomainName'])),
      domainName: properties.DomainName,
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    return { physicalId: properties.DomainName, attributes: attributesOf(created) };
  },
  async update({ physicalId, properties: before }, properties, { call, region, partition }) {
    const [oldType, newType] = [before, properties].map((each) => each.EndpointConfiguration?.Types?.[0] ?? 'EDGE');
    const patchOperations = [
      ...(oldType === newType
        ? []
        : [{ op: 'replace' as const, path: `/endpointConfiguration/types/${oldType}`, value: newType }]),
      ...patchValues(
        before,
        properties,
        {
          CertificateArn: '/certificateArn',
          RegionalCertificateArn: '/regionalCertificateArn',
          SecurityPolicy: '/securityPolicy',
          EndpointAccessMode: '/endpointAccessMode',
          RoutingMode: '/routingMode',
          OwnershipVerificationCertificateArn: '/ownershipVerificationCertificateArn',
        },
        { RoutingMode: 'BASE_PATH_MAPPING_ONLY', SecurityPolicy: 'TLS_1_2' },
      ),
      ...patchValues(before.MutualTlsAuthentication ?? {}, properties.MutualTlsAuthentication ?? {}, {
        TruststoreUri: '/mutualTlsAuthentication/truststoreUri',
        TruststoreVersion: '/mutualTlsAuthentication/truststoreVersion',
      }),
    ];
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateDomainName', { domainName: physicalId, patchOperations });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/domainnames/${physicalId}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
    return { attributes: attributesOf(await call('apigateway', 'GetDomainName', { domainName: physicalId })) };
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteDomainName', { domainName: physicalId }));
  },
};

const basePathMapping: ResourceType = {
  type: 'AWS::ApiGateway::BasePathMapping',
  service: SERVICE,
  async create({ DomainName, BasePath, RestApiId, Stage }, { call, resumed }) {
    const basePath: string = BasePath || '(none)';
    if (resumed)
      await ignoreMissing(() => call('apigateway', 'DeleteBasePathMapping', { domainName: DomainName, basePath }));
    await call('apigateway', 'CreateBasePathMapping', {
      domainName: DomainName,
      restApiId: RestApiId,
      basePath,
      ...(Stage !== undefined && { stage: Stage }),
    });
    return { physicalId: `${DomainName}|${basePath}` };
  },
  async update({ properties: before }, properties, { call }) {
    const patchOperations = patchValues(before, properties, { RestApiId: '/restapiId', Stage: '/stage' });
    if (patchOperations.length === 0) return;
    await call('apigateway', 'UpdateBasePathMapping', {
      domainName: properties.DomainName,
      basePath: properties.BasePath || '(none)',
      patchOperations,
    });
  },
  async delete({ properties: { DomainName, BasePath } }, { call }) {
    const input = { domainName: DomainName, basePath: BasePath || '(none)' };
    await ignoreMissing(() => call('apigateway', 'DeleteBasePathMapping', input));
  },
};

export const domainTypes: readonly ResourceType[] = [domainName, basePathMapping];
