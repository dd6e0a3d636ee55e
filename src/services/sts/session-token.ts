import type { Operation } from '#kernel/service.ts';
import { accessDenied } from './errors.ts';

const DURATION_SECONDS_DEFAULT = 12 * 3600;
/** The root user's sessions last an hour at most, whatever is asked. */
const ROOT_SECONDS_MAX = 3600;

export const getSessionToken: Operation<'sts', 'GetSessionToken'> = async (input, { platform, principal }) => {
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
    throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ');
  }
  const isTemporary = principal.type === 'user' && principal.tokenIssuedAt !== undefined;
  if ((principal.type !== 'user' && principal.type !== 'root') || isTemporary) {
    throw accessDenied('Cannot call GetSessionToken with session credentials');
  }
  const asked = input.DurationSeconds ?? DURATION_SECONDS_DEFAULT;
  const seconds = principal.type === 'root' ? Math.min(asked, ROOT_SECONDS_MAX) : asked;
  const credentials = await platform.identity.issueCredentials(principal, seconds);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: new Date(credentials.expiresAt),
    },
  };
};
