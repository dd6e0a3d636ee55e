// ReportBatchItemFailures: which items of a batch failed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, .../services-kinesis-batchfailurereporting.html

/** Identifiers of the failed items; `all` when the answer cannot be understood, as AWS has it. */
export function failedItems(answer: string, identifiers: Iterable<string>): ReadonlySet<string> | 'all' {
  let json: unknown;
  try {
    json = JSON.parse(answer);
  } catch {
    return 'all';
  }
  if (json === null) return new Set();
  if (typeof json !== 'object') return 'all';
  const failures = (json as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return 'all';
  const known = new Set(identifiers);
  const failed = new Set<string>();
  for (const failure of failures as unknown[]) {
    const id =
      typeof failure === 'object' && failure !== null
        ? (failure as { itemIdentifier?: unknown }).itemIdentifier
        : undefined;
    if (typeof id !== 'string' || !known.has(id)) return 'all';
    failed.add(id);
  }
  return failed;
}
