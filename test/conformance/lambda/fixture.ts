// Functions for the tests of this folder.
import {
  CreateFunctionCommand,
  InvokeCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import yazl from 'yazl';

export const ROLE = 'arn:aws:iam::000000000000:role/test';

export async function zip(files: Record<string, string>): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text), name);
  archive.end();
  return Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
}

/** A Node function of one file. */
export async function createFunction(
  lambda: LambdaClient,
  FunctionName: string,
  source: string,
  rest: Partial<CreateFunctionCommandInput> = {},
): Promise<string> {
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: ROLE,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': source }) },
      ...rest,
    }),
  );
  return created.FunctionArn ?? '';
}

export async function invoke(
  lambda: LambdaClient,
  FunctionName: string,
  payload: unknown = {},
  rest: object = {},
): Promise<{ status: number | undefined; error: string | undefined; version: string | undefined; result: any }> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...rest }));
  const text = answer.Payload?.transformToString() ?? '';
  return {
    status: answer.StatusCode,
    error: answer.FunctionError,
    version: answer.ExecutedVersion,
    result: text === '' ? undefined : JSON.parse(text),
  };
}
