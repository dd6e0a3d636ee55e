/** Which content types are binary, by the API's binaryMediaTypes: exact, `image/*` or `*\/*`. */
export type BinaryMedia = (type: string | undefined) => boolean;

export function compileBinaryMedia(types: readonly string[] | undefined): BinaryMedia {
  // The control plane keeps them as users give them, also in the escaped form of patch paths.
  const all = (types ?? []).map((type) => type.replaceAll('~1', '/').trim().toLowerCase());
  if (all.length === 0) return () => false;
  if (all.includes('*/*')) return () => true;
  const exact = new Set(all);
  const groups = all.filter((type) => type.endsWith('/*')).map((type) => type.slice(0, -1));
  return (type) => type !== undefined && (exact.has(type) || groups.some((group) => type.startsWith(group)));
}
