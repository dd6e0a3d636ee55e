import type { AccessKey, Identity } from '#kernel/identity.ts';
import type { TestServer } from '../../harness.ts';
import { ACCOUNT } from './fixture.ts';

const absent = (): never => {
  throw new Error('not here');
};

/** Users with keys and policies, without IAM behind them. */
export function fakeUsers(server: TestServer, users: Record<string, object[]>): void {
  const keys = new Map<string, AccessKey>();
  for (const userName of Object.keys(users)) {
    const accessKeyId = `AKIA${userName.toUpperCase().padEnd(16, '0')}`;
    const arn = `arn:aws:iam::${ACCOUNT}:user/${userName}`;
    const principal = {
      type: 'user',
      accountId: ACCOUNT,
      arn,
      userId: `AIDA${userName}`,
      userName,
      accessKeyId,
    } as const;
    keys.set(accessKeyId, { accessKeyId, secretAccessKey: `secret-${userName}`, active: true, principal });
  }
  const identity: Identity = {
    findAccessKey: async (id) => keys.get(id),
    policiesOf: async (principal) => ({
      identity:
        'userName' in principal
          ? users[principal.userName]!.map((Statement) => JSON.stringify({ Version: '2012-10-17', Statement }))
          : [],
    }),
    noteUse() {},
    issueCredentials: absent,
    assumeServiceRole: absent,
    serviceSession: absent,
  };
  server.platform.identity = identity;
}

export const keyOf = (userName: string): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: `AKIA${userName.toUpperCase().padEnd(16, '0')}`,
  secretAccessKey: `secret-${userName}`,
});
