// What the IAM tests share.
import assert from 'node:assert/strict';

export const ACCOUNT = '000000000000';
export const LAMBDA_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
export const READ_S3 = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
});

/** Code, message and status of what AWS would refuse. */
export async function refusal(
  sending: Promise<unknown>,
): Promise<[code: string, message: string, status: number | undefined]> {
  try {
    await sending;
  } catch (error) {
    const { name, message, $metadata } = error as {
      name: string;
      message: string;
      $metadata?: { httpStatusCode?: number };
    };
    return [name.replace(/Exception$/, ''), message, $metadata?.httpStatusCode];
  }
  return assert.fail('it was accepted');
}
