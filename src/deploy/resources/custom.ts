// Custom resources backed by a function: CloudFormation sends an event, the function answers by PUT.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
import { ServiceError } from '#core/errors.ts';
import { ResourceFailure } from '../engine/failure.ts';
import type { StackKey } from '../engine/records.ts';
import { parseStackId } from '../stacks/identity.ts';
import { responseUrl } from '../stacks/signals.ts';
import { clearSignals, listSignals, watchSignals, type SignalRecord } from '../stacks/store.ts';
import type { Created, Deployed, Properties, ResourceContext, ResourceType } from './contract.ts';
import { waitFor } from './wait.ts';

/** ServiceTimeout: seconds to wait for the answer. */
const SERVICE_TIMEOUT_SECONDS = 3_600;

/** CloudFormation sends scalars as text. */
function asText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
}

interface Request {
  type: 'Create' | 'Update' | 'Delete';
  properties: Properties;
  physicalId?: string;
  oldProperties?: Properties;
}

const keyOf = ({ stackId }: ResourceContext): StackKey => {
  const parsed = parseStackId(stackId);
  if (!parsed) throw new Error(`${stackId} is no stack id`);
  return parsed;
};

function requestEvent(request: Request, context: ResourceContext): Record<string, unknown> {
  const { stackId, logicalId, token, region, type } = context;
  return {
    RequestType: request.type,
    ServiceToken: request.properties.ServiceToken,
    ResponseURL: responseUrl({ stackId, logicalId, token }, region),
    StackId: stackId,
    RequestId: token,
    LogicalResourceId: logicalId,
    ...(request.physicalId !== undefined && { PhysicalResourceId: request.physicalId }),
    ResourceType: type,
    ResourceProperties: asText(request.properties),
    ...(request.oldProperties && { OldResourceProperties: asText(request.oldProperties) }),
  };
}

/** Invokes the function and waits for its answer. */
async function ask(request: Request, context: ResourceContext): Promise<SignalRecord> {
  const { platform, logicalId, token, startedAt } = context;
  const stack = keyOf(context);
  const { ServiceToken, ServiceTimeout } = request.properties;
  if (typeof ServiceToken !== 'string')
    throw new ResourceFailure('Invalid custom resource: ServiceToken must be specified');
  if (!ServiceToken.startsWith('arn:') || ServiceToken.split(':')[2] !== 'lambda') {
    throw new ResourceFailure(`Gatehouse supports custom resources behind Lambda functions only, not ${ServiceToken}`);
  }
  const timeoutSeconds = Number(ServiceTimeout ?? SERVICE_TIMEOUT_SECONDS);
  const answered = async (): Promise<SignalRecord | undefined> =>
    (await listSignals(platform.store, stack, logicalId)).find((signal) => signal.uniqueId === token);
  let failure: string | undefined;
  let wake: () => void = () => undefined;
  if (!(await answered())) {
    await invoke(ServiceToken, requestEvent(request, context), context, (text) => {
      failure = text;
      wake();
    });
  }
  const answer = await waitFor(
    context,
    (listener) => {
      wake = listener;
      return watchSignals(platform.store, stack, logicalId, listener);
    },
    async () => {
      const found = await answered();
      if (!found && failure !== undefined) throw new ResourceFailure(failure);
      return found;
    },
    startedAt + timeoutSeconds * 1000,
  );
  await clearSignals(platform.store, stack, logicalId);
  if (answer) return answer;
  throw new ResourceFailure(
    `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${token}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
  );
}

/**
 * In serve mode an asynchronous invocation, as on AWS. In start mode the function is waited for beside the answer, so that
 * one that crashed before it answered fails the resource at once and not after an hour.
 */
async function invoke(
  arn: string,
  event: Record<string, unknown>,
  { call, platform }: ResourceContext,
  failed: (text: string) => void,
): Promise<void> {
  const input = { FunctionName: arn, Payload: Buffer.from(JSON.stringify(event)) };
  if (platform.config.mode === 'serve') {
    await call('lambda', 'Invoke', { ...input, InvocationType: 'Event' });
    return;
  }
  const running = call('lambda', 'Invoke', { ...input, InvocationType: 'RequestResponse' });
  void running.then(
    ({ FunctionError, Payload }) => {
      if (FunctionError)
        failed(
          `The function behind the custom resource failed before it answered: ${Buffer.from(Payload ?? []).toString()}`,
        );
    },
    (error: unknown) => failed(error instanceof ServiceError ? error.message : 'Internal Failure'),
  );
}

const REASON = (signal: SignalRecord, token: string): string =>
  `Received response status [FAILED] from custom resource. Message returned: ${signal.reason ?? ''} (RequestId: ${token})`;

async function createdFrom(signal: SignalRecord, context: ResourceContext, physicalId?: string): Promise<Created> {
  const id = signal.physicalId ?? physicalId ?? context.physicalName;
  if (signal.status === 'FAILURE') {
    // Its Delete must still be sent when the stack rolls back.
    if (physicalId === undefined) await context.initiated(id);
    throw new ResourceFailure(REASON(signal, context.token));
  }
  return { physicalId: id, attributes: (signal.data as Record<string, unknown> | undefined) ?? {} };
}

export const customResource: ResourceType = {
  type: 'AWS::CloudFormation::CustomResource',
  service: 'CloudFormation',
  attributes: '*',
  tagsAs: false,
  replaceOn: ['ServiceToken'],
  async create(properties, context) {
    return createdFrom(await ask({ type: 'Create', properties }, context), context);
  },
  async update({ physicalId, properties: oldProperties }: Deployed, properties, context) {
    const signal = await ask({ type: 'Update', properties, physicalId, oldProperties }, context);
    return createdFrom(signal, context, physicalId);
  },
  async delete({ physicalId, properties }, context) {
    const signal = await ask({ type: 'Delete', properties, physicalId }, context);
    if (signal.status === 'FAILURE') throw new ResourceFailure(REASON(signal, context.token));
  },
};
