// What each security policy lets a client speak.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html

export interface TlsVersions {
  minVersion: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's list; absent: node's own, which is TLS 1.2 and 1.3 with forward secrecy and a few of RSA's */
  ciphers?: string;
}

const TLS_1_3: TlsVersions = { minVersion: 'TLSv1.3' };
const TLS_1_2: TlsVersions = { minVersion: 'TLSv1.2' };
/** OpenSSL calls the digests of TLS 1.0 and 1.1 insecure; a policy that allows those versions has to allow them. */
const TLS_1_0: TlsVersions = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
/** ephemeral keys only */
const TLS_1_2_PFS: TlsVersions = { minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20' };
const TLS_1_2_FIPS: TlsVersions = { minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM:RSA+AESGCM' };
const TLS_1_2_FIPS_PFS: TlsVersions = { minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM' };

const POLICIES: Record<string, { of: 'EDGE' | 'REGIONAL' | 'both'; versions: TlsVersions }> = {
  TLS_1_0: { of: 'both', versions: TLS_1_0 },
  TLS_1_2: { of: 'both', versions: TLS_1_2 },
  SecurityPolicy_TLS13_1_3_2025_09: { of: 'REGIONAL', versions: TLS_1_3 },
  SecurityPolicy_TLS13_1_3_FIPS_2025_09: { of: 'REGIONAL', versions: TLS_1_3 },
  SecurityPolicy_TLS13_1_2_2021_06: { of: 'REGIONAL', versions: TLS_1_2 },
  SecurityPolicy_TLS13_1_2_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2 },
  SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2 },
  SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2_PFS },
  SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2_FIPS },
  SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2_FIPS },
  SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09: { of: 'REGIONAL', versions: TLS_1_2_FIPS_PFS },
  SecurityPolicy_TLS13_2025_EDGE: { of: 'EDGE', versions: TLS_1_3 },
  SecurityPolicy_TLS12_PFS_2025_EDGE: { of: 'EDGE', versions: TLS_1_2_PFS },
  SecurityPolicy_TLS12_2018_EDGE: { of: 'EDGE', versions: TLS_1_2 },
};

export const securityPolicyNames: readonly string[] = Object.keys(POLICIES);

/** The long names belong to one kind of endpoint each; private APIs have the regional ones. */
export function fitsEndpoint(policy: string, endpointType: 'EDGE' | 'REGIONAL'): boolean {
  const known = Object.hasOwn(POLICIES, policy) ? POLICIES[policy] : undefined;
  return known !== undefined && (known.of === 'both' || known.of === endpointType);
}

/** The names since 2025 come with an endpoint access mode. */
export const needsAccessMode = (policy: string): boolean => policy.startsWith('SecurityPolicy_');

export const tlsVersionsOf = (policy: string): TlsVersions => POLICIES[policy]?.versions ?? TLS_1_2;
