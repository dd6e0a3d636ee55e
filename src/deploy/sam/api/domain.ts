import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { basePaths } from '../domain/base-paths.ts';
import { mutualTls } from '../domain/mutual-tls.ts';
import { addRecordSets } from '../domain/record-set.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { compact, isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { alphanumeric, suffixedId } from '../logical-id.ts';
import type { SamResource } from '../sam-resource.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-domainconfiguration.html

type EndpointKind = 'EDGE' | 'REGIONAL' | 'PRIVATE';

/** The custom domain name of a REST API, its mappings and records. */
export function customDomain(
  resource: SamResource,
  api: CfnResource,
  stage: CfnResource,
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
  const kind = endpointKind(logicalId, domain['EndpointConfiguration']);
  const domainName =
    kind === 'PRIVATE' ? privateDomain(name, domain, passedOn) : publicDomain(logicalId, name, kind, domain, passedOn);
  context.references.add(logicalId, 'DomainName', domainName.logicalId);
  const route53 = domain['Route53'];
  if (route53 !== undefined && !isBlank(route53)) {
    addRecordSets(logicalId, route53, { logicalId: domainName.logicalId, name, kind }, passedOn, context);
  }
  return [
    domainName,
    ...mappings(resource, domain, domainName, api, stage),
    ...accessAssociation(domain, domainName, passedOn),
  ];
}

function endpointKind(logicalId: string, given: Json | undefined): EndpointKind {
  if (given === undefined) return 'REGIONAL';
  if (given === 'EDGE' || given === 'REGIONAL' || given === 'PRIVATE') return given;
  throw new InvalidResource(
    logicalId,
    "EndpointConfiguration for Custom Domains must be one of ['EDGE', 'REGIONAL', 'PRIVATE'].",
  );
}

function publicDomain(
  logicalId: string,
  name: Json,
  kind: EndpointKind,
  domain: JsonMap,
  attributes: JsonMap,
): CfnResource {
  const certificate = domain['CertificateArn'];
  return cfnResource(
    suffixedId('ApiGatewayDomainName', name),
    'AWS::ApiGateway::DomainName',
    {
      DomainName: name,
      CertificateArn: kind === 'EDGE' ? certificate : undefined,
      RegionalCertificateArn: kind === 'EDGE' ? undefined : certificate,
      EndpointConfiguration: compact({ Types: [kind], IpAddressType: domain['IpAddressType'] }),
      MutualTlsAuthentication: mutualTls(logicalId, domain['MutualTlsAuthentication']),
      OwnershipVerificationCertificateArn: domain['OwnershipVerificationCertificateArn'],
      SecurityPolicy: domain['SecurityPolicy'],
      EndpointAccessMode: domain['EndpointAccessMode'],
    },
    attributes,
  );
}

function privateDomain(name: Json, domain: JsonMap, attributes: JsonMap): CfnResource {
  return cfnResource(
    suffixedId('ApiGatewayDomainNameV2', name),
    'AWS::ApiGateway::DomainNameV2',
    {
      DomainName: name,
      CertificateArn: domain['CertificateArn'],
      EndpointConfiguration: compact({ Types: ['PRIVATE'], IpAddressType: domain['IpAddressType'] }),
      Policy: domain['Policy'],
      SecurityPolicy: domain['SecurityPolicy'],
      EndpointAccessMode: domain['EndpointAccessMode'],
    },
    attributes,
  );
}

function mappings(
  resource: SamResource,
  domain: JsonMap,
  domainName: CfnResource,
  api: CfnResource,
  stage: CfnResource,
): CfnResource[] {
  const isPrivate = domainName.type === 'AWS::ApiGateway::DomainNameV2';
  const type = isPrivate ? 'AWS::ApiGateway::BasePathMappingV2' : 'AWS::ApiGateway::BasePathMapping';
  const target = isPrivate ? { DomainNameArn: refTo(domainName) } : { DomainName: refTo(domainName) };
  const keeps = domain['NormalizeBasePath'] === false;
  const toKey = (path: string): string => (keeps ? path : alphanumeric(path));
  const paths = basePaths(resource.logicalId, domain['BasePath'], toKey);
  return paths.map((path) =>
    cfnResource(
      `${resource.logicalId}${path.idPart}BasePathMapping`,
      type,
      { ...target, RestApiId: refTo(api), Stage: refTo(stage), BasePath: path.value },
      resource.passedOn,
    ),
  );
}

/** Lets a VPC endpoint reach the private domain name. */
function accessAssociation(domain: JsonMap, domainName: CfnResource, attributes: JsonMap): CfnResource[] {
  const association = domain['AccessAssociation'];
  if (!isMap(association)) return [];
  const endpoint = association['VpcEndpointId'] ?? null;
  return [
    cfnResource(
      suffixedId('DomainNameAccessAssociation', [endpoint, domainName.logicalId]),
      'AWS::ApiGateway::DomainNameAccessAssociation',
      { AccessAssociationSource: endpoint, AccessAssociationSourceType: 'VPCE', DomainNameArn: refTo(domainName) },
      attributes,
    ),
  ];
}
