import { cfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { getAtt } from '../intrinsics.ts';
import { compact, isBlank, isList } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { suffixedId } from '../logical-id.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-route53configuration.html

/** CloudFront's hosted zone, where edge-optimized domain names point to. */
const cloudFrontZoneId = 'Z2FDTNDATAQYW2';

export interface NamedDomain {
  readonly logicalId: string;
  readonly name: Json;
  readonly kind: 'EDGE' | 'REGIONAL' | 'PRIVATE';
}

/** Adds the domain's records to the record set group of its hosted zone, which APIs of one zone share. */
export function addRecordSets(
  apiId: string,
  route53: Json,
  domain: NamedDomain,
  attributes: JsonMap,
  context: TransformContext,
): void {
  const expect = expectOf(apiId);
  const settings = expect.map(route53, 'Domain.Route53');
  const zone = settings['HostedZoneId'] ?? settings['HostedZoneName'];
  if (zone === undefined || isBlank(zone)) {
    throw new InvalidResource(
      apiId,
      'HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.',
    );
  }
  const separate = settings['SeparateRecordSetGroup'];
  const isSeparate = separate !== undefined && expect.boolean(separate, 'Domain.Route53.SeparateRecordSetGroup');
  const groupId = suffixedId('RecordSetGroup', isSeparate ? [zone, domain.name] : zone);
  let group = context.recordSetGroups.get(groupId);
  if (group === undefined) {
    const zoneProperties = settings['HostedZoneId'] === undefined ? { HostedZoneName: zone } : { HostedZoneId: zone };
    group = cfnResource(groupId, 'AWS::Route53::RecordSetGroup', { ...zoneProperties, RecordSets: [] }, attributes);
    context.recordSetGroups.set(groupId, group);
  }
  const present = group.properties['RecordSets'];
  group.properties['RecordSets'] = [...(isList(present) ? present : []), ...recordSets(settings, domain)];
}

function recordSets(settings: JsonMap, domain: NamedDomain): JsonMap[] {
  const base = compact({
    Name: domain.name,
    AliasTarget: aliasTarget(settings, domain),
    Region: settings['Region'],
    SetIdentifier: settings['SetIdentifier'],
  });
  const ipv4 = { ...base, Type: 'A' };
  return isBlank(settings['IpV6']) ? [ipv4] : [ipv4, { ...base, Type: 'AAAA' }];
}

function aliasTarget(settings: JsonMap, domain: NamedDomain): JsonMap {
  const evaluate = settings['EvaluateTargetHealth'];
  const health: JsonMap = evaluate === undefined ? {} : { EvaluateTargetHealth: evaluate };
  switch (domain.kind) {
    case 'REGIONAL':
      return {
        ...health,
        DNSName: getAtt(domain.logicalId, 'RegionalDomainName'),
        HostedZoneId: getAtt(domain.logicalId, 'RegionalHostedZoneId'),
      };
    case 'PRIVATE':
      return compact({
        ...health,
        DNSName: settings['VpcEndpointDomainName'],
        HostedZoneId: settings['VpcEndpointHostedZoneId'],
      });
    case 'EDGE':
      return {
        ...health,
        DNSName: settings['DistributionDomainName'] ?? getAtt(domain.logicalId, 'DistributionDomainName'),
        HostedZoneId: cloudFrontZoneId,
      };
  }
}
