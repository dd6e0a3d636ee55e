// The credential scope of a signature, and the signature's date.
import type { ServiceError } from '#core/errors.ts';
import {
  authorizationHeaderMalformed,
  authorizationQueryParametersError,
  incompleteSignature,
  invalidSignature,
  s3AccessDenied,
  type SignatureDialect,
} from './sigv4-errors.ts';
import type { SigningScope } from './sigv4-key.ts';

export type SignatureSource = 'header' | 'query';

const TERMINATOR = 'aws4_request';
const CREDENTIAL_FORM = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"';

/** ms since the epoch of ISO 8601 basic format (X-Amz-Date) or of an HTTP date (Date); undefined when it is neither. */
export function parseSigningDate(text: string): number | undefined {
  const basic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const ms = Date.parse(basic ? `${basic[1]}-${basic[2]}-${basic[3]}T${basic[4]}:${basic[5]}:${basic[6]}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** 20150830T123600Z */
export const formatAmzDate = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** KEY/YYYYMMDD/region/service/aws4_request */
export function readCredential(
  credential: string,
  dialect: SignatureDialect,
  source: SignatureSource,
): { accessKeyId: string; scope: SigningScope } {
  const parts = credential.split('/');
  const [date = '', region = '', service = '', terminator = ''] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join('/');
  const wellFormed = parts.length === 5 && accessKeyId !== '' && region !== '' && service !== '';
  if (dialect === 's3') {
    if (!wellFormed || !/^\d{8}$/.test(date) || terminator !== TERMINATOR) {
      const message = `the Credential is mal-formed; expecting ${CREDENTIAL_FORM}.`;
      if (source === 'header') throw authorizationHeaderMalformed(message);
      throw authorizationQueryParametersError(`Error parsing the X-Amz-Credential parameter; ${message}`);
    }
  } else if (!wellFormed) {
    throw incompleteSignature(
      dialect,
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  } else if (terminator !== TERMINATOR) {
    throw invalidSignature(
      dialect,
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator}'.`,
    );
  }
  return { accessKeyId, scope: { date, region, service } };
}

export function checkScopeDate(
  scope: SigningScope,
  amzDate: string,
  dialect: SignatureDialect,
  source: SignatureSource,
): void {
  const day = amzDate.slice(0, 8);
  if (scope.date === day) return;
  if (dialect === 's3') {
    const message = `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${day}".`;
    throw source === 'query' ? authorizationQueryParametersError(message) : authorizationHeaderMalformed(message);
  }
  throw invalidSignature(
    dialect,
    `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${day}', from '${amzDate}'.`,
  );
}

export function badDate(dialect: SignatureDialect, text: string | undefined): ServiceError {
  if (dialect === 's3') return s3AccessDenied('AWS authentication requires a valid Date or x-amz-date header');
  return incompleteSignature(
    dialect,
    `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
}
