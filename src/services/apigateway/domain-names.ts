// Custom domain names. https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
import type { DomainName } from '@aws-sdk/client-api-gateway';
import { findDomain, publishDomain, removeDomain } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { badRequest, conflict, domainNotFound, notOffered } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule, type PatchRule } from './patch.ts';
import { basePathMappings, domainNames, placeOf, type DomainNameRecord } from './store.ts';
import { checkTags } from './tags.ts';

const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/;
/** Route 53's zones of API Gateway in us-east-1: aliases name them. */
const ZONES = { edge: 'Z2FDTNDATAQYW2', regional: 'Z1UJRXOUMOOFQ8' };

function describeDomain(domain: DomainNameRecord, { region, accountId }: Context): DomainName {
  const isEdge = domain.endpointConfiguration.types[0] === 'EDGE';
  const target = `d-${domain.id}.${isEdge ? 'cloudfront.net' : `execute-api.${region}.amazonaws.com`}`;
  const { id: _id, createdMs, ...rest } = domain;
  return {
    ...(rest as DomainName),
    domainNameArn: `arn:aws:apigateway:${region}:${accountId}:/domainnames/${domain.domainName}`,
    domainNameStatus: 'AVAILABLE',
    ...(domain.certificateArn !== undefined && {
      certificateUploadDate: new Date(Math.floor(createdMs / 1000) * 1000),
    }),
    ...(isEdge
      ? { distributionDomainName: target, distributionHostedZoneId: ZONES.edge }
      : { regionalDomainName: target, regionalHostedZoneId: ZONES.regional }),
  };
}

export async function requireDomain(reader: Reader, context: Context, name: string): Promise<DomainNameRecord> {
  const domain = await domainNames.find(reader, placeOf(context), '', name.toLowerCase());
  if (!domain) throw domainNotFound();
  return domain;
}

/** Makes a domain answer by its mappings, as they stand in this transaction. */
export async function publishMappings(tx: Transaction, context: Context, domainName: string): Promise<void> {
  const at = placeOf(context);
  const mappings = (await basePathMappings.list(tx, at, domainName)).map(({ basePath, restApiId, stage }) => ({
    path: basePath === '(none)' ? '' : basePath,
    apiId: restApiId,
    ...(stage !== undefined && { stage }),
  }));
  publishDomain(tx, { ...at, domainName, mappings });
}

function refuseUnheard(input: Record<string, unknown>): void {
  for (const member of ['certificateBody', 'certificatePrivateKey', 'certificateChain', 'certificateName']) {
    if (input[member] !== undefined) throw notOffered('uploaded certificates');
  }
  for (const member of [
    'mutualTlsAuthentication',
    'policy',
    'endpointAccessMode',
    'ownershipVerificationCertificateArn',
  ]) {
    if (input[member] !== undefined) throw notOffered(`${member} of domain names`);
  }
  if ((input['routingMode'] ?? 'BASE_PATH_MAPPING_ONLY') !== 'BASE_PATH_MAPPING_ONLY')
    throw notOffered('routing rules');
}

export const createDomainName: Operation<'apigateway', 'CreateDomainName'> = async (input, context) => {
  refuseUnheard(input as Record<string, unknown>);
  const domainName = input.domainName.toLowerCase();
  if (!NAME.test(domainName)) throw badRequest('The domain name provided is not valid');
  const types = (input.endpointConfiguration?.types ?? ['EDGE']) as string[];
  if (types.length !== 1 || !['EDGE', 'REGIONAL'].includes(types[0] ?? '')) {
    throw types.includes('PRIVATE')
      ? notOffered('private domain names')
      : badRequest('Invalid EndpointTypes specified. Only options are [EDGE, REGIONAL]');
  }
  const member = types[0] === 'EDGE' ? 'certificateArn' : 'regionalCertificateArn';
  const certificate = input[member];
  if (certificate === undefined || !CERTIFICATE.test(certificate))
    throw badRequest('Invalid certificate ARN specified');
  const { tags = {} } = input;
  checkTags(tags);
  const domain: DomainNameRecord = {
    id: context.ids.lower(10),
    domainName,
    [member]: certificate,
    endpointConfiguration: { types, ipAddressType: input.endpointConfiguration?.ipAddressType ?? 'ipv4' },
    routingMode: 'BASE_PATH_MAPPING_ONLY',
    securityPolicy: input.securityPolicy ?? 'TLS_1_2',
    ...(Object.keys(tags).length > 0 && { tags }),
    createdMs: context.clock.now(),
  };
  await context.store.transact(async (tx) => {
    if (await findDomain(tx, domainName)) throw conflict('The domain name you provided already exists.');
    domainNames.put(tx, placeOf(context), '', domain);
    await publishMappings(tx, context, domainName);
  });
  sayWhoseCertificate(context);
  return describeDomain(domain, context);
};

const sayWhoseCertificate = ({ platform }: Context): void =>
  platform.warn('custom domain names answer with a certificate of the local CA: there is no ACM to take theirs from');

export const getDomainName: Operation<'apigateway', 'GetDomainName'> = async (input, context) =>
  describeDomain(await requireDomain(context.store, context, input.domainName), context);

export const getDomainNames: Operation<'apigateway', 'GetDomainNames'> = async (input, context) => {
  const all = await domainNames.list(context.store, placeOf(context), '');
  const { items, position } = pageOf(all, (domain) => domain.domainName, input);
  return { items: items.map((domain) => describeDomain(domain, context)), ...(position !== undefined && { position }) };
};

const RULES: readonly PatchRule<DomainNameRecord>[] = [
  textRule('certificateArn'),
  textRule('regionalCertificateArn'),
  textRule('securityPolicy'),
];

export const updateDomainName: Operation<'apigateway', 'UpdateDomainName'> = (input, context) =>
  context.store.transact(async (tx) => {
    const domain = await requireDomain(tx, context, input.domainName);
    applyPatch(domain, input.patchOperations, RULES);
    domainNames.put(tx, placeOf(context), '', domain);
    return describeDomain(domain, context);
  });

export const deleteDomainName: Operation<'apigateway', 'DeleteDomainName'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.domainName);
    const at = placeOf(context);
    for (const { basePath } of await basePathMappings.list(tx, at, domainName)) {
      basePathMappings.remove(tx, at, domainName, basePath);
    }
    domainNames.remove(tx, at, '', domainName);
    removeDomain(tx, domainName);
  });
  return {};
};
