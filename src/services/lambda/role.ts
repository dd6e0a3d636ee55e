import type { Principal } from '#core/principal.ts';

/** The principal that a function's code and its deliveries act as. */
export function rolePrincipal(roleArn: string, sessionName: string): Principal {
  const accountId = roleArn.split(':')[4] ?? '';
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  return {
    type: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
    userId: `${roleName}:${sessionName}`,
    roleArn,
    sessionName,
  };
}
