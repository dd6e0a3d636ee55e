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

/** A replay runs the version that began: so one has to be named, $LATEST in words. */
export function requireQualified({ qualifier }: { qualifier?: string }): void {
  if (qualifier === undefined) {
    throw invalidParameter('You cannot invoke a durable function using an unqualified ARN.');
  }
}

const SYNC_SECONDS_MAX = 900;

/** Somebody waits for the end: a caller, or an event source mapping with its batch. */
export function requireShort({ executionTimeout }: DurableSettings): void {
  if (executionTimeout > SYNC_SECONDS_MAX) {
    throw invalidParameter(
      'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
    );
  }
}
