import type { FunctionSnapshot } from '#functions/index.ts';
import type { Credentials } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';

/** Longer than any sandbox lives. */
const SECONDS = 3 * 3600;

/** Temporary credentials of a function's role. */
export async function roleCredentials(platform: Platform, snapshot: FunctionSnapshot): Promise<Credentials> {
  try {
    return await platform.identity.assumeServiceRole(snapshot.roleArn, 'lambda.amazonaws.com', snapshot.name, SECONDS);
  } catch (error) {
    if (platform.config.iam === 'enforce') throw error;
    platform.warn(`${snapshot.name} runs without its role: ${(error as Error).message}`);
    // Where IAM only reports any key is good, and this one says the account.
    return {
      accessKeyId: snapshot.accountId,
      secretAccessKey: platform.ids.secretKey(),
      sessionToken: platform.ids.hex(64),
      expiresAt: platform.clock.now() + SECONDS * 1000,
    };
  }
}
