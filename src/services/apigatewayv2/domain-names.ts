// Custom domain names. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
import type { DomainName, DomainNameConfiguration } from '@aws-sdk/client-apigatewayv2';
import { findDomain, publishDomain, removeDomain } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { badRequest, conflict, domainNotFound, notOffered } from './errors.ts';
import { pageOf } from './page.ts';
import { apiMappings, domainNames, placeOf, type DomainNameRecord } from './store.ts';
import { checkTags } from './tags.ts';

const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/;
/** Route 53's zone of regional names in us-east-1. */
const HOSTED_ZONE = 'Z1UJRXOUMOOFQ8';

const describeDomain = ({ id, ...domain }: DomainNameRecord, { region, accountId }: Context): DomainName => ({
  ...domain,
  ApiMappingSelectionExpression: '$request.basepath',
  DomainNameArn: `arn:aws:apigateway:${region}:${accountId}:/domainnames/${domain.DomainName}`,
  DomainNameConfigurations: domain.DomainNameConfigurations.map((configuration) => ({
    ...configuration,
    ApiGatewayDomainName: `d-${id}.execute-api.${region}.amazonaws.com`,
    DomainNameStatus: 'AVAILABLE',
    HostedZoneId: HOSTED_ZONE,
  })),
});

export async function requireDomain(reader: Reader, context: Context, name: string): Promise<DomainNameRecord> {
  const domain = await domainNames.find(reader, placeOf(context), '', name.toLowerCase());
  if (!domain) throw domainNotFound();
  return domain;
}

/** Makes a domain answer by its mappings, as they stand in this transaction. */
export async function publishMappings(tx: Transaction, context: Context, domainName: string): Promise<void> {
  const at = placeOf(context);
  const mappings = (await apiMappings.list(tx, at, domainName)).map(({ ApiId, ApiMappingKey = '', Stage }) => ({
    path: ApiMappingKey,
    apiId: ApiId,
    stage: Stage,
  }));
  publishDomain(tx, { ...at, domainName, mappings });
}

/** One regional configuration; what has no effect here is refused. */
function configurationsOf(given: DomainNameConfiguration[] = []): DomainNameConfiguration[] {
  const [configuration] = given;
  if (!configuration || given.length > 1) throw badRequest('Exactly one domain name configuration must be specified');
  const {
    CertificateArn,
    EndpointType = 'REGIONAL',
    SecurityPolicy = 'TLS_1_2',
    IpAddressType = 'ipv4',
  } = configuration;
  if (EndpointType !== 'REGIONAL') throw badRequest('Only the endpoint type REGIONAL is supported for HTTP APIs');
  if (!CertificateArn || !CERTIFICATE.test(CertificateArn)) throw badRequest('Invalid certificate ARN specified');
  if (configuration.OwnershipVerificationCertificateArn) throw notOffered('ownership verification certificates');
  return [{ CertificateArn, EndpointType, IpAddressType, SecurityPolicy }];
}

function refuseUnheard(input: {
  MutualTlsAuthentication?: object | undefined;
  RoutingMode?: string | undefined;
}): void {
  if (input.MutualTlsAuthentication !== undefined) throw notOffered('mutual TLS of domain names');
  if ((input.RoutingMode ?? 'API_MAPPING_ONLY') !== 'API_MAPPING_ONLY') throw notOffered('routing rules');
}

export const createDomainName: Operation<'apigatewayv2', 'CreateDomainName'> = async (input, context) => {
  refuseUnheard(input);
  const name = input.DomainName.toLowerCase();
  if (!NAME.test(name)) throw badRequest('The domain name provided is not valid');
  const { Tags = {} } = input;
  checkTags(Tags);
  const domain: DomainNameRecord = {
    id: context.ids.lower(10),
    DomainName: name,
    DomainNameConfigurations: configurationsOf(input.DomainNameConfigurations),
    RoutingMode: 'API_MAPPING_ONLY',
    Tags,
  };
  await context.store.transact(async (tx) => {
    if (await findDomain(tx, name)) throw conflict('The domain name you provided already exists.');
    domainNames.put(tx, placeOf(context), '', domain);
    await publishMappings(tx, context, name);
  });
  context.platform.warn(
    'custom domain names answer with a certificate of the local CA: there is no ACM to take theirs from',
  );
  return describeDomain(domain, context);
};

export const getDomainName: Operation<'apigatewayv2', 'GetDomainName'> = async (input, context) =>
  describeDomain(await requireDomain(context.store, context, input.DomainName), context);

export const getDomainNames: Operation<'apigatewayv2', 'GetDomainNames'> = async (input, context) => {
  const all = await domainNames.list(context.store, placeOf(context), '');
  const { Items, ...next } = pageOf(all, (domain) => domain.DomainName, input);
  return { Items: Items.map((domain) => describeDomain(domain, context)), ...next };
};

export const updateDomainName: Operation<'apigatewayv2', 'UpdateDomainName'> = (input, context) =>
  context.store.transact(async (tx) => {
    refuseUnheard(input);
    const domain = await requireDomain(tx, context, input.DomainName);
    if (input.DomainNameConfigurations) {
      domain.DomainNameConfigurations = configurationsOf(input.DomainNameConfigurations);
    }
    domainNames.put(tx, placeOf(context), '', domain);
    return describeDomain(domain, context);
  });

export const deleteDomainName: Operation<'apigatewayv2', 'DeleteDomainName'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    const { DomainName: name } = await requireDomain(tx, context, input.DomainName);
    for (const { ApiMappingId } of await apiMappings.list(tx, at, name)) apiMappings.remove(tx, at, name, ApiMappingId);
    domainNames.remove(tx, at, '', name);
    removeDomain(tx, name);
  });
  return {};
};
