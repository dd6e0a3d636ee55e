// What an API's own settings may be.
import { compilePolicy, MalformedPolicy } from '#core/policy/index.ts';
import { checkSecurityPolicy } from '#gateway/index.ts';
import { badRequest } from './errors.ts';
import { refuseMissing } from './offered.ts';
import type { RestApiRecord } from './store.ts';

const COMPRESSION_BYTES_MAX = 10_485_760;
const ENDPOINT_TYPES = new Set(['EDGE', 'REGIONAL', 'PRIVATE']);

export function endpointOf(
  given: { types?: string[]; vpcEndpointIds?: string[]; ipAddressType?: string } | undefined,
): RestApiRecord['endpointConfiguration'] {
  const types = given?.types ?? ['EDGE'];
  if (types.length !== 1 || !ENDPOINT_TYPES.has(types[0] ?? '')) {
    throw badRequest('Invalid EndpointTypes specified. Only options are [EDGE, REGIONAL, PRIVATE]');
  }
  if (types[0] === 'PRIVATE') refuseMissing('privateEndpoints');
  if (given?.vpcEndpointIds?.length) throw badRequest('VPCEndpoints can only be specified with PRIVATE apis.');
  return { types, ipAddressType: given?.ipAddressType ?? 'ipv4' };
}

export function checkCompression(size: number | undefined): void {
  if (size === undefined) return;
  if (size < 0 || size > COMPRESSION_BYTES_MAX) {
    throw badRequest('Invalid minimum compression size, must be between 0 and 10485760');
  }
}

/** What stands in a policy is checked where it is set: a policy that cannot be read would close the API. */
export function checkPolicy(policy: string | undefined): void {
  if (!policy) return;
  try {
    compilePolicy(policy, 'resource');
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw badRequest('Invalid policy document. Please check the policy syntax and ensure that Principals are valid.');
  }
}

export function checkKeySource(source: string | undefined): void {
  if (source !== undefined && source !== 'HEADER' && source !== 'AUTHORIZER') {
    throw badRequest('Invalid API Key Source. Valid values are: HEADER and AUTHORIZER');
  }
}

/** The policy of the default endpoint, by the kind of endpoint. */
export function checkSecurity({
  endpointConfiguration,
  securityPolicy = 'TLS_1_0',
  endpointAccessMode,
}: RestApiRecord): void {
  const endpointType = endpointConfiguration.types[0] === 'EDGE' ? 'EDGE' : 'REGIONAL';
  checkSecurityPolicy({ endpointType, securityPolicy, endpointAccessMode });
}
