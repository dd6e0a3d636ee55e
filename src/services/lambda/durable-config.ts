// DurableConfig of a function: set when it is created, changed later, never added or taken away.
import type { DurableConfig } from '@aws-sdk/client-lambda';
import { invalidParameter, notOffered } from './errors.ts';

export interface DurableSettings {
  executionTimeout: number;
  retentionPeriodInDays: number;
}

/** AWS SAM reference, DurableConfig (2026-11) */
const RETENTION_DAYS_DEFAULT = 14;

/** `before`: the settings of a function that is there; undefined when it is created. */
export function durableSettings(
  input: DurableConfig | undefined,
  before: { durable?: DurableSettings } | undefined,
): DurableSettings | undefined {
  if (!input) return before?.durable;
  if (input.KMSKeyArn) throw notOffered('DurableConfig.KMSKeyArn');
  if (before && !before.durable) {
    throw invalidParameter('You cannot add a durable configuration to an existing function.');
  }
  const executionTimeout = input.ExecutionTimeout ?? before?.durable?.executionTimeout;
  if (executionTimeout === undefined) {
    throw invalidParameter('You cannot create a function with a durable configuration without an executionTimeout');
  }
  return {
    executionTimeout,
    retentionPeriodInDays:
      input.RetentionPeriodInDays ?? before?.durable?.retentionPeriodInDays ?? RETENTION_DAYS_DEFAULT,
  };
}

export const describeDurable = ({ executionTimeout, retentionPeriodInDays }: DurableSettings): DurableConfig => ({
  RetentionPeriodInDays: retentionPeriodInDays,
  ExecutionTimeout: executionTimeout,
});
