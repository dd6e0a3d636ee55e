/** Who makes a request, after authentication. `arn` is what policies and GetCallerIdentity see. */
export type Principal =
  | { type: 'root'; accountId: string; arn: string; userId: string; accessKeyId?: string }
  | {
      type: 'user';
      accountId: string;
      arn: string;
      userId: string;
      userName: string;
      accessKeyId?: string;
      /** ms since the epoch; only of temporary credentials (GetSessionToken, GetFederationToken) */
      tokenIssuedAt?: number;
      /** GetFederationToken: `arn` and `userId` are the session's, and it may do what its maker and the policies allow */
      federatedBy?: 'user' | 'root';
      sessionPolicies?: readonly string[];
      sessionPolicyArns?: readonly string[];
      sessionTags?: Readonly<Record<string, string>>;
    }
  | {
      type: 'assumed-role';
      accountId: string;
      /** arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION */
      arn: string;
      /** AROA…:SESSION */
      userId: string;
      /** arn:aws:iam::ACCOUNT:role/PATH/NAME */
      roleArn: string;
      sessionName: string;
      accessKeyId?: string;
      /** policies passed to AssumeRole (JSON texts) and their ARNs: they only narrow */
      sessionPolicies?: readonly string[];
      sessionPolicyArns?: readonly string[];
      sessionTags?: Readonly<Record<string, string>>;
      /** who stands behind the session: it stays through all roles that are assumed from it */
      sourceIdentity?: string;
      /** ms since the epoch */
      tokenIssuedAt?: number;
    }
  | {
      /** An AWS service that acts for itself, such as `apigateway.amazonaws.com`; resource policies decide. */
      type: 'service';
      service: string;
      /** the resource on whose behalf, for aws:SourceArn and aws:SourceAccount */
      sourceArn?: string;
      sourceAccount?: string;
    }
  | { type: 'anonymous' };

export const rootPrincipal = (accountId: string): Principal => ({
  type: 'root',
  accountId,
  arn: `arn:aws:iam::${accountId}:root`,
  userId: accountId,
});

export const servicePrincipal = (service: string, sourceArn?: string, sourceAccount?: string): Principal => ({
  type: 'service',
  service,
  // buckets' ARNs name no account: who acts for one says whose it is
  ...(sourceArn === undefined ? {} : { sourceArn, sourceAccount: sourceAccount ?? sourceArn.split(':')[4] ?? '' }),
});
