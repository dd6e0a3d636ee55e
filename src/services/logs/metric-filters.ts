import type { Operation } from '#kernel/service.ts';
import { extractedValues, matchesPattern, parsePattern } from './pattern.ts';

export const testMetricFilter: Operation<'logs', 'TestMetricFilter'> = (input) => {
  const pattern = parsePattern(input.filterPattern);
  return {
    matches: input.logEventMessages.flatMap((eventMessage, i) =>
      matchesPattern(pattern, eventMessage)
        ? [{ eventNumber: i + 1, eventMessage, extractedValues: extractedValues(pattern, eventMessage) }]
        : [],
    ),
  };
};
