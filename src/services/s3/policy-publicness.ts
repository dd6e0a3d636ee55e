// When S3 calls a policy public: someone unknown may do something, and no condition with fixed values limits who.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
interface Statement {
  Effect?: string;
  Principal?: unknown;
  NotPrincipal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

const LIMITING_KEYS = new Set([
  'aws:sourceip',
  'aws:sourcearn',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceowner',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:userid',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principalorgid',
  'aws:principalorgpaths',
  's3:dataaccesspointarn',
  's3:dataaccesspointaccount',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
]);
const POSITIVE =
  /^(ForAnyValue:|ForAllValues:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$/i;

export function isPublicPolicy(policy: string | undefined): boolean {
  if (policy === undefined) return false;
  const { Statement: statements } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return [statements ?? []].flat().some((statement) => isPublicStatement(statement));
}

function isPublicStatement(statement: Statement): boolean {
  if (statement.Effect !== 'Allow') return false;
  if (statement.NotPrincipal === undefined && !isEveryone(statement.Principal)) return false;
  return !isLimited(statement.Condition);
}

function isEveryone(principal: unknown): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  return [(principal as { AWS?: unknown }).AWS ?? []].flat().includes('*');
}

function isLimited(condition: Statement['Condition']): boolean {
  return Object.entries(condition ?? {}).some(
    ([operator, keys]) =>
      POSITIVE.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          LIMITING_KEYS.has(key.toLowerCase()) && [values].flat().every((value) => isFixed(key, String(value))),
      ),
  );
}

/** No wildcard, no variable; an address range must leave most of the Internet out. */
function isFixed(key: string, value: string): boolean {
  if (key.toLowerCase() === 'aws:sourceip') {
    const [address = '', bits] = value.split('/');
    return bits === undefined || Number(bits) >= (address.includes(':') ? 32 : 8);
  }
  return !/[*?]|\$\{/.test(value);
}
