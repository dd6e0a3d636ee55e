// What IAM is asked: actions, resources, policies and condition keys by the service authorization reference, "AWS Lambda".
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Authorization } from '#kernel/service.ts';
import { findLayer, parseLayer } from './layers.ts';
import { functionArn, layerArn, parseFunctionName } from './names.ts';
import { policyFor, policyText } from './policy.ts';
import type { Snapshots } from './snapshots.ts';
import { findFunction, placeOf } from './store.ts';

type Authorize = (input: Input, context: Context) => Promise<Authorization[]>;
type Conditions = NonNullable<Authorization['conditions']>;

/** Members of the inputs that decide what is asked. */
interface Input {
  FunctionName?: string;
  Qualifier?: string;
  /** of the operations on tags */
  Resource?: string;
  Role?: string;
  Layers?: string[];
  Tags?: Record<string, string>;
  TagKeys?: string[];
  /** AddPermission */
  Principal?: string;
  FunctionUrlAuthType?: string;
  /** function URLs */
  AuthType?: string;
}

export const tagConditions = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

function conditionsOf(input: Input): Conditions {
  const { Tags, TagKeys = Tags && Object.keys(Tags), Layers, Principal } = input;
  const urlAuthType = input.FunctionUrlAuthType ?? input.AuthType;
  return {
    ...(Principal !== undefined && { 'lambda:Principal': Principal }),
    ...(urlAuthType !== undefined && { 'lambda:FunctionUrlAuthType': urlAuthType }),
    ...(Layers !== undefined && { 'lambda:Layer': Layers }),
    ...(TagKeys !== undefined && { 'aws:TagKeys': TagKeys }),
    ...Object.fromEntries(Object.entries(Tags ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}

/** Action on the function's ARN, with the policy of the qualifier that is called. */
export const onFunction =
  (action: string): Authorize =>
  async (input, context) => {
    const ref = parseFunctionName(input.FunctionName ?? input.Resource ?? '', placeOf(context), input.Qualifier);
    const record = await findFunction(context.store, ref, ref.name);
    const resourcePolicy = record && policyFor(record, ref.qualifier);
    return [
      {
        action: `lambda:${action}`,
        resource: functionArn(ref, ref.name, ref.qualifier),
        resourceAccountId: ref.accountId,
        conditions: { ...conditionsOf(input), ...tagConditions(record?.tags ?? {}) },
        ...(resourcePolicy !== undefined && { resourcePolicy }),
      },
    ];
  };

/** The same for calls of the function, which are many: by what is compiled in memory. */
export const createOnInvocation =
  (snapshotsOf: (platform: Platform) => Snapshots): Authorize =>
  async (input, context) => {
    const ref = parseFunctionName(input.FunctionName ?? '', placeOf(context), input.Qualifier);
    const resource = functionArn(ref, ref.name, ref.qualifier);
    const found = snapshotsOf(context.platform).find(resource);
    const invocable = found instanceof Promise ? await found : found;
    return [
      invocable?.authorization ?? { action: 'lambda:InvokeFunction', resource, resourceAccountId: ref.accountId },
    ];
  };

/** Who gives a function a role must be allowed to pass it; who tags it, to tag. */
export const passingRole =
  (action: string): Authorize =>
  async (input, context) => {
    const asked = await onFunction(action)(input, context);
    if (input.Tags) asked.push(...(await onFunction('TagResource')(input, context)));
    if (input.Role !== undefined) {
      asked.push({
        action: 'iam:PassRole',
        resource: input.Role,
        conditions: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      });
    }
    return asked;
  };

interface LayerInput {
  LayerName?: string;
  Arn?: string;
  VersionNumber?: number;
}

export const onLayer =
  (action: string) =>
  async (input: LayerInput, context: Context): Promise<Authorization[]> => {
    const text = input.LayerName ?? input.Arn ?? '';
    const { at, name, version = input.VersionNumber } = parseLayer(text, placeOf(context));
    const layer = version === undefined ? undefined : await findLayer(context.store, at, name, version);
    return [
      {
        action: `lambda:${action}`,
        resource: version === undefined ? layerArn(at, name) : `${layerArn(at, name)}:${version}`,
        resourceAccountId: at.accountId,
        ...(layer?.policy && { resourcePolicy: policyText(layer.policy) }),
      },
    ];
  };
