// Durable functions for the tests of this folder.
import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  type Event,
  type GetDurableExecutionCommandOutput,
  type InvokeCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { eventually } from '../../harness.ts';

export const DURABLE = { Runtime: 'nodejs24.x', Timeout: 60, DurableConfig: { ExecutionTimeout: 300 } } as const;

/** A handler by AWS's SDK, as the runtime brings it. */
export const handler = (body: string): string => `
  const sdk = require('@aws/durable-execution-sdk-js');
  exports.handler = sdk.withDurableExecution(async (event, context) => { ${body} });`;

export interface Called {
  status: number | undefined;
  error: string | undefined;
  arn: string;
  result: any;
}

export async function call(
  lambda: LambdaClient,
  name: string,
  payload: unknown = {},
  rest: Partial<InvokeCommandInput> = {},
): Promise<Called> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: `${name}:$LATEST`, Payload: JSON.stringify(payload), ...rest }),
  );
  const result: unknown = JSON.parse(answer.Payload?.transformToString() || 'null');
  return { status: answer.StatusCode, error: answer.FunctionError, arn: answer.DurableExecutionArn ?? '', result };
}

/** Answers the execution's ARN. */
export const start = async (lambda: LambdaClient, name: string, payload: unknown = {}): Promise<string> =>
  (await call(lambda, name, payload, { InvocationType: 'Event' })).arn;

export async function historyOf(lambda: LambdaClient, DurableExecutionArn: string): Promise<Event[]> {
  const { Events = [] } = await lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn }));
  return Events;
}

export const ended = (lambda: LambdaClient, DurableExecutionArn: string): Promise<GetDurableExecutionCommandOutput> =>
  eventually(async () => {
    const execution = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
    return execution.Status === 'RUNNING' ? undefined : execution;
  }, 30_000);

/** The callback that an execution waits for. */
export const callbackOf = (lambda: LambdaClient, arn: string): Promise<string> =>
  eventually(async () => {
    const events = await historyOf(lambda, arn);
    return events.find((event) => event.CallbackStartedDetails)?.CallbackStartedDetails?.CallbackId;
  });
