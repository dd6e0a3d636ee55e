/** All names and values together: AWS's limit, below what the listener takes. */
export function exceedsHeaderBytes(rawHeaders: readonly string[], bytesMax: number): boolean {
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length;
  return bytes > bytesMax;
}
