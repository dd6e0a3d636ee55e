// AWS Security Token Service.
import { defineService } from '#kernel/service.ts';
import { getAccessKeyInfo, getCallerIdentity } from './caller.ts';
import { assumeRole, authorizeAssumeRole } from './assume-role.ts';
import { authorizeGetFederationToken, getFederationToken } from './federation-token.ts';
import { getSessionToken } from './session-token.ts';

export const sts = defineService({
  id: 'sts',
  operations: {
    AssumeRole: assumeRole,
    GetAccessKeyInfo: getAccessKeyInfo,
    GetCallerIdentity: getCallerIdentity,
    GetFederationToken: getFederationToken,
    GetSessionToken: getSessionToken,
  },
  validate: 'all',
  authorize: {
    AssumeRole: authorizeAssumeRole,
    GetFederationToken: authorizeGetFederationToken,
    // "No permissions are required to perform this operation", not even in spite of an explicit deny
    GetCallerIdentity: () => [],
    GetSessionToken: () => [],
  },
});
