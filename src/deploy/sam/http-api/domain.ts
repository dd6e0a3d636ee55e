import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { basePaths } from '../domain/base-paths.ts';
import { mutualTls } from '../domain/mutual-tls.ts';
import { addRecordSets } from '../domain/record-set.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { compact, isBlank } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { suffixedId } from '../logical-id.ts';
import type { SamResource } from '../sam-resource.ts';

/** The custom domain name of an HTTP or WebSocket API, its mappings and records. */
export function customDomainV2(
  resource: SamResource,
  api: CfnResource,
  stage: CfnResource,
  tags: JsonMap,
  context: TransformContext,
): CfnResource[] {
  const given = resource.properties['Domain'];
  if (given === undefined || isBlank(given)) return [];
  const { logicalId, passedOn } = resource;
  const domain = expectOf(logicalId).map(given, 'Domain');
  const name = domain['DomainName'];
  if (isBlank(name) || name === undefined || isBlank(domain['CertificateArn'])) {
    throw new InvalidResource(
      logicalId,
      'Custom Domains only works if both DomainName and CertificateArn are provided.',
    );
  }
  checkEndpoint(logicalId, domain['EndpointConfiguration']);
  const paths = basePaths(logicalId, domain['BasePath'], (path) => mappingKey(logicalId, path));
  const domainName = domainNameResource(resource, name, domain, tags);
  context.references.add(logicalId, 'DomainName', domainName.logicalId);
  const route53 = domain['Route53'];
  if (route53 !== undefined && !isBlank(route53)) {
    const named = { logicalId: domainName.logicalId, name, kind: 'REGIONAL' } as const;
    addRecordSets(logicalId, route53, named, passedOn, context);
  }
  const mappings = paths.map((path) =>
    cfnResource(
      `${logicalId}${path.idPart}ApiMapping`,
      'AWS::ApiGatewayV2::ApiMapping',
      {
        ApiId: refTo(api),
        Stage: refTo(stage),
        DomainName: refTo(domainName),
        ApiMappingKey: path.value,
      },
      passedOn,
    ),
  );
  return [domainName, ...mappings];
}

function checkEndpoint(logicalId: string, endpoint: Json | undefined): void {
  if (endpoint === undefined || endpoint === 'REGIONAL') return;
  throw new InvalidResource(logicalId, "EndpointConfiguration for Custom Domains must be one of ['REGIONAL'].");
}

function domainNameResource(resource: SamResource, name: Json, domain: JsonMap, tags: JsonMap): CfnResource {
  return cfnResource(
    suffixedId('ApiGatewayDomainNameV2', name),
    'AWS::ApiGatewayV2::DomainName',
    {
      DomainName: name,
      DomainNameConfigurations: [
        compact({
          CertificateArn: domain['CertificateArn'],
          EndpointType: 'REGIONAL',
          SecurityPolicy: domain['SecurityPolicy'],
          OwnershipVerificationCertificateArn: domain['OwnershipVerificationCertificateArn'],
          IpAddressType: domain['IpAddressType'],
        }),
      ],
      MutualTlsAuthentication: mutualTls(resource.logicalId, domain['MutualTlsAuthentication']),
      Tags: tags,
    },
    resource.passedOn,
  );
}

function mappingKey(logicalId: string, path: string): string {
  if (/[^0-9a-zA-Z/\-_]/.test(path)) throw new InvalidResource(logicalId, 'Invalid Basepath name provided.');
  return path.replace(/^\/+/, '');
}
