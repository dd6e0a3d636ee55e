// The Principal element.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
import { isObject, MalformedPolicy, SYNTAX_ERROR } from './malformed-policy.ts';

export interface PrincipalElement {
  /** `"Principal": "*"` or `{"AWS": "*"}` */
  everyone: boolean;
  /** account ids, whether given as id or as root ARN */
  accounts: readonly string[];
  /** users, roles, role sessions, federated users */
  arns: readonly string[];
  /** AIDA…, AROA…: what IAM makes of an ARN whose user or role is gone */
  uniqueIds: readonly string[];
  services: readonly string[];
  /** identity providers: ARNs, or names such as cognito-identity.amazonaws.com */
  federated: readonly string[];
  canonicalUsers: readonly string[];
}

const ACCOUNT = /^\d{12}$/;
const ROOT = /^arn:[a-z-]+:iam::(\d{12}):root$/;
const IAM_ARN = /^arn:[a-z-]+:iam::\d{12}:(?:user|role)\/[\u0021-\u007e]+$/;
const STS_ARN = /^arn:[a-z-]+:sts::\d{12}:(?:assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+|self)$/;
const CLOUDFRONT_ARN = /^arn:[a-z-]+:iam::cloudfront:user\/CloudFront Origin Access Identity [A-Z0-9]+$/;
const UNIQUE_ID = /^(?:AIDA|AROA)[A-Z0-9]{12,}$/;
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal|amazon\.com|aws\.dev)$/;
const FEDERATED = /^(?:arn:[a-z-]+:iam::\d{12}:(?:saml-provider|oidc-provider)\/.+|[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/;

const invalid = (type: string, value: string): MalformedPolicy =>
  new MalformedPolicy(`Invalid principal in policy: "${type.toUpperCase()}":"${value}"`);

export function readPrincipals(json: unknown): PrincipalElement {
  if (json === '*') return { ...nobody(), everyone: true };
  if (!isObject(json) || Object.keys(json).length === 0) throw new MalformedPolicy(SYNTAX_ERROR);
  const found = nobody();
  for (const [type, value] of Object.entries(json)) {
    for (const name of Array.isArray(value) ? value : [value]) {
      if (typeof name !== 'string') throw new MalformedPolicy(SYNTAX_ERROR);
      addPrincipal(found, type, name);
    }
  }
  return found;
}

const nobody = () => ({
  everyone: false,
  accounts: [] as string[],
  arns: [] as string[],
  uniqueIds: [] as string[],
  services: [] as string[],
  federated: [] as string[],
  canonicalUsers: [] as string[],
});

function addPrincipal(found: ReturnType<typeof nobody>, type: string, name: string): void {
  switch (type) {
    case 'AWS':
      if (name === '*') found.everyone = true;
      else if (ACCOUNT.test(name)) found.accounts.push(name);
      else if (ROOT.test(name)) found.accounts.push((ROOT.exec(name) as RegExpExecArray)[1] as string);
      else if (IAM_ARN.test(name) && !/[*?]/.test(name)) found.arns.push(name);
      else if (STS_ARN.test(name) || CLOUDFRONT_ARN.test(name)) found.arns.push(name);
      else if (UNIQUE_ID.test(name)) found.uniqueIds.push(name);
      else throw invalid(type, name);
      return;
    case 'Service':
      if (!SERVICE.test(name)) throw invalid(type, name);
      found.services.push(name);
      return;
    case 'Federated':
      if (!FEDERATED.test(name)) throw invalid(type, name);
      found.federated.push(name);
      return;
    case 'CanonicalUser':
      found.canonicalUsers.push(name);
      return;
    default:
      throw new MalformedPolicy(SYNTAX_ERROR);
  }
}
