import type { Properties } from './contract.ts';

export const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** Lists become text with commas, as parameters take them. */
export const parametersOf = (parameters: Properties | undefined): { ParameterKey: string; ParameterValue: string }[] =>
  Object.entries(parameters ?? {}).map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: Array.isArray(value) ? value.join(',') : String(value),
  }));
